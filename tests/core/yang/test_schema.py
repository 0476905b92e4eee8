from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.yang.schemas import example_set, example_texts, loaded, refusal_of
from yangbeam.core.errors import InvalidInstanceError, SchemaError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.io.yang_directories import write_set

MACHINE = {"name": "press", "slot": 1, "state": "2026-01"}

GOOD: dict[str, Any] = {
    "i8": -5,
    "i32": -7,
    "i64": "-9223372036854775808",
    "u8": 255,
    "u16": 65535,
    "u32": 4294967295,
    "u64": "18446744073709551615",
    "few": "any text, since a deviation says so",
    "ratio": "99.5",
    "flag": True,
    "mark": [None],
    "blob": "AAECAw==",
    "colour": "green",
    "options": "fast loud",
    "medium": "example-types:twisted",
    "where": "/example-plant:plant/machine[name='press'][slot='1']",
    "mixed": "2026-01",
    "main": "press",
    "tag": ["b", "a"],
    "reading": [1, 1],
    "notes": {"anything": ["at", {"all": 1}]},
    "enabled": {},
    "heater": {"level": 3},
    "volts": 230,
    "machine": [
        MACHINE,
        {**MACHINE, "slot": 2, "example-plant-more:speed": 5, "example-plant-more:label": {"text": "x"}},
    ],
    "step": [{"id": "3"}, {"id": "1"}],
    "sample": [{"value": 1}, {"value": 1}],
}

TOP = "/example-plant:plant"


def contents(**members: Any) -> bytes:
    return orjson.dumps({"example-plant:plant": members})


def refused(schema: Schema, text: bytes, profile: str = "structural") -> InvalidInstanceError:
    with pytest.raises(InvalidInstanceError) as caught:
        schema.validate_contents(text, profile)
    return caught.value


@pytest.mark.parametrize("profile", ["structural", "full"])
def test_a_value_of_every_type_is_accepted(plant: Schema, profile: str) -> None:
    plant.validate_contents(contents(**GOOD), profile)


FAULTS: dict[str, tuple[Any, str, str]] = {
    "a number out of its range": ({"i8": 6}, "/i8", "outside the range -5..5"),
    "a number out of its type": ({"u8": 256}, "/u8", "outside uint8"),
    "a number as text": ({"u8": "1"}, "/u8", "JSON integer"),
    "a boolean as a number": ({"u8": True}, "/u8", "JSON integer"),
    "a counter as a JSON number": ({"u64": 5}, "/u64", "JSON string"),
    "a counter that is no number": ({"u64": "many"}, "/u64", "no uint64"),
    "a counter too large": ({"u64": "18446744073709551616"}, "/u64", "outside uint64"),
    "a decimal as a number": ({"ratio": 1.5}, "/ratio", "JSON string"),
    "a decimal too fine": ({"ratio": "1.555"}, "/ratio", "fraction digits"),
    "a decimal out of its range": ({"ratio": "99.6"}, "/ratio", "range"),
    "a decimal that is none": ({"ratio": "half"}, "/ratio", "no decimal64"),
    "a boolean as text": ({"flag": "true"}, "/flag", "boolean is"),
    "an empty that is not": ({"mark": ""}, "/mark", "[null]"),
    "a binary that is not base64": ({"blob": "???"}, "/blob", "base64"),
    "a binary too long": ({"blob": "AAECAwQ="}, "/blob", "5 octets"),
    "an unknown enumeration name": ({"colour": "blue"}, "/colour", "none of the enumeration"),
    "an unknown bit": ({"options": "fast slow"}, "/options", "no set of the bits"),
    "an unknown identity": ({"medium": "example-types:air"}, "/medium", "no identity"),
    "a base identity": ({"medium": "example-types:medium"}, "/medium", "no identity"),
    "a path that is none": ({"where": "here"}, "/where", "is a path"),
    "no member of a union": ({"mixed": "x y"}, "/mixed", "no member of the union"),
    "a text too long": (
        {"machine": [{**MACHINE, "label": "abcdefghi"}]},
        "/machine[name='press'][slot='1']/label",
        "9 char",
    ),
    "a text off its pattern": (
        {"machine": [{**MACHINE, "label": "A"}]},
        "/machine[name='press'][slot='1']/label",
        "pattern",
    ),
    "an inverted pattern": (
        {"machine": [{**MACHINE, "label": "bad"}]},
        "/machine[name='press'][slot='1']/label",
        "matches",
    ),
    "a text that is a number": ({"main": 5}, "/main", "JSON string"),
    "a container as an array": (
        {"heater": [{"level": 1}]},
        "/heater",
        "container /example-plant:plant/heater is given as an array",
    ),
    "a container as a text": ({"heater": "hot"}, "/heater", "given as a string"),
    "a container as null": ({"heater": None}, "/heater", "given as null"),
    "a list as an object": ({"step": {"id": "1"}}, "/step", "given as an object, not as an array"),
    "a leaf-list as a leaf": ({"tag": "a"}, "/tag", "leaf-list /example-plant:plant/tag is given as a string"),
    "a bad value in a leaf-list": ({"tag": ["a", 1]}, "/tag[2]", "JSON string"),
    "a repeated key in an entry": (
        {"machine": [MACHINE, {**MACHINE, "slot": 2, "example-plant-more:part": [{"id": "a"}, {"id": "a"}]}]},
        "/machine[2]/example-plant-more:part[2]",
        "unique",
    ),
    "a repeated key that is no key": (
        {"step": [{"id": "x"}, {"id": "x"}]},
        "/step[id='x']/id",
        "no uint64",
    ),
    "a text with a control character": ({"few": "\x1f"}, "/few", "no YANG string"),
    "an entry that is no object": ({"step": [1]}, "/step[1]", "given as a number, not as an object"),
    "an entry without its key": ({"machine": [{"name": "press"}]}, "/machine[1]", "lacks its key slot"),
    "an unknown leaf": ({"wheels": 4}, "/wheels", "no node 'wheels' in container /example-plant:plant"),
    "an unknown leaf of a known module": (
        {"example-plant-more:wheels": 4},
        "/example-plant-more:wheels",
        "no node 'wheels'",
    ),
    "a leaf of an unknown module": (
        {"example-garden:tree": 4},
        "/example-garden:tree",
        "module example-garden is not part",
    ),
    "a leaf that a deviation took away": ({"i16": 1}, "/i16", "no node 'i16'"),
    "a node whose feature is off": ({"cooler": {"level": 1}}, "/cooler", "no node 'cooler'"),
    "a fault in an augmentation": (
        {"machine": [{**MACHINE, "example-plant-more:label": {"text": 1}}]},
        "/machine[name='press'][slot='1']/example-plant-more:label/text",
        "JSON string",
    ),
    "a repeated key": ({"step": [{"id": "1"}, {"id": "2"}, {"id": "1"}]}, "/step[3]", "unique"),
    "a repeated pair of keys": ({"machine": [MACHINE, {**MACHINE, "state": "x"}]}, "/machine[2]", "unique"),
    "a repeated value of a leaf-list": ({"tag": ["a", "b", "a"]}, "/tag[3]", "unique"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refused_with_its_path_and_rule(plant: Schema, fault: str) -> None:
    members, path, rule = FAULTS[fault]
    error = refused(plant, contents(**GOOD | members))
    missing = "example-garden" if "module example-garden" in rule else ""
    assert (error.reason, error.module) == ("module-missing" if missing else "invalid-contents", missing)
    assert error.path == TOP + path
    assert rule in error.rule
    assert error.path in error.detail


def test_the_path_of_an_entry_quotes_its_key_as_it_can(plant: Schema) -> None:
    error = refused(plant, contents(machine=[{**MACHINE, "name": "o'clock", "label": "A"}]))
    assert error.path == TOP + "/machine[name=\"o'clock\"][slot='1']/label"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"{}", "an empty object"),
        (b"[]", "a JSON list"),
        (b'{"example-plant:plant":{}} trailing', "not JSON"),
        (b'{"plant":{}}', "has no module name"),
        (b'{"example-plant:plan":{}}', "at the top"),
        (b'{"example-garden:garden":{}}', "module example-garden is not part"),
        (b'{"ietf-yang-schema-mount:schema-mounts":{}}', "no data node"),
        (b'{"example-plant-more:letter":{"subject":"x"}}', "no data node"),
        (b'{"example-plant:alarm":{}}', "no node 'alarm' at the top"),
    ],
)
def test_what_is_no_contents_is_refused(plant: Schema, text: bytes, words: str) -> None:
    error = refused(plant, text)
    assert error.reason == ("module-missing" if words.startswith("module ") else "invalid-contents")
    assert words in error.detail


@pytest.mark.parametrize(
    ("members", "path", "words"),
    [
        ({"machine": [{"name": "a", "slot": 1}]}, f"{TOP}/machine[name='a'][slot='1']/state", "state"),
        ({"main": "nothing like it"}, f"{TOP}/main", "eafref"),
    ],
)
def test_constraints_are_judged_by_the_full_profile_only(
    plant: Schema, members: dict[str, Any], path: str, words: str
) -> None:
    plant.validate_contents(contents(**members), "structural")
    error = refused(plant, contents(**members), "full")
    assert error.path == path
    assert words in error.rule


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"where": "/example-plant:plant/wheels"}, "/where"),
        ({"mixed": "/example-garden:x"}, "/mixed"),
        ({"machine": [MACHINE], "tag": ["x"], "notes": {"a": 1}, "where": "/"}, "/where"),
    ],
)
def test_a_path_that_leads_nowhere_is_found_by_its_value(plant: Schema, members: dict[str, Any], path: str) -> None:
    error = refused(plant, contents(**members))
    assert error.path == TOP + path


def test_an_unknown_profile_is_a_mistake_of_the_caller(plant: Schema) -> None:
    with pytest.raises(ValueError, match="structural, full"):
        plant.validate_contents(contents(u8=1), "strict")


def test_a_schema_that_does_not_compile_says_why(module_cache: Path) -> None:
    texts = {"x": 'module x { namespace "urn:x"; prefix x; leaf a { type nonsense; } }'}
    schema_set = make_schema_set(texts)
    with pytest.raises(SchemaError, match="nonsense") as caught:
        Schema(schema_set, write_set(schema_set, module_cache))
    assert caught.value.reason == "schema-invalid"


def test_a_text_that_libyang_cannot_parse_says_which_module(module_cache: Path) -> None:
    schema_set = make_schema_set({"x": 'module x { namespace "urn:x"; prefix x; leaf { } }'})
    with pytest.raises(SchemaError, match="module x@"):
        Schema(schema_set, write_set(schema_set, module_cache))


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="directory"):
        Schema(example_set(), tmp_path / "nowhere")


def test_a_closed_schema_says_so_and_closing_twice_is_harmless(module_cache: Path) -> None:
    with loaded(example_set(), module_cache) as schema:
        schema.validate_contents(contents(u8=1))
    schema.close()
    with pytest.raises(SchemaError) as caught:
        schema.validate_contents(contents(u8=1))
    assert caught.value.reason == "schema-closed"


def test_imported_only_modules_lend_types_and_no_identities(module_cache: Path) -> None:
    texts = example_texts() | {
        "user": """module user { yang-version 1.1; namespace urn:user; prefix u; import example-types { prefix t; }
                   leaf medium { type identityref { base t:medium; } } leaf n { type t:count; } }""",
    }
    with loaded(make_schema_set(texts, ["user"], imported_only=["example-types"]), module_cache) as schema:
        schema.validate_contents(b'{"user:n":"5"}')
        assert schema.tree.revisions["example-types"] == "2026-01-01"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x", "name", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(text=st.binary(max_size=200))
def test_random_octets_never_do_more_than_get_refused(plant: Schema, text: bytes) -> None:
    judge(plant, text)


@settings(max_examples=300)
@given(members=st.dictionaries(st.sampled_from([*GOOD, "i16", "@u8", "example-plant:u8"]), json_values, max_size=5))
def test_any_json_under_known_names_is_accepted_or_refused(plant: Schema, members: dict[str, Any]) -> None:
    try:
        judge(plant, contents(**members))
    except TypeError:  # orjson writes no integer beyond 64 bits
        return


@settings(max_examples=300)
@given(data=st.data())
def test_a_mutated_text_is_accepted_or_refused(plant: Schema, data: st.DataObject) -> None:
    text = bytearray(contents(**GOOD))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=3))
    judge(plant, bytes(text))


def judge(schema: Schema, text: bytes) -> None:
    for profile in ("structural", "full"):
        error = refusal_of(lambda chosen=profile: schema.validate_contents(text, chosen))  # type: ignore[misc]
        assert error is None or (error.reason in {"invalid-contents", "module-missing"} and error.detail)


@settings(max_examples=300)
@given(name=st.sampled_from([name for name in GOOD if name != "notes"]), value=json_values)
def test_the_locator_finds_a_rule_for_what_libyang_refuses_of_a_leaf(plant: Schema, name: str, value: Any) -> None:
    try:
        text = contents(**{name: value})
    except TypeError:
        return
    error = refusal_of(lambda: plant.validate_contents(text))
    assert error is None or error.path.startswith(TOP), error.detail

"""What of a schema set stands when the whole does not compile, judged by libyang in this process."""

from pathlib import Path

import pytest

from yangbeam.core.errors import InvalidInstanceError, SchemaError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.envelope import enveloped

BASE = """  feature f;
  container top { leaf size { type uint8; } leaf other { if-feature f; type string; } }
  identity kind;"""
VALID = b'{"base:top":{"size":7}}'


def module(name: str, body: str, *imports: str) -> str:
    written = "".join(f"import {each} {{ prefix {each}; }} " for each in imports)
    return f'module {name} {{ yang-version 1.1; namespace "urn:{name}"; prefix {name}; {written}\n{body}\n}}\n'


def found_in(folder: Path, wanted: str = "base", **texts: str) -> SchemaSet:
    """The set of a folder of modules, as it is registered."""
    for name, text in texts.items():
        (folder / f"{name.replace('_', '-')}.yang").write_text(text)
    library = Library((Directory(str(folder)),), use_bundled=True)
    return enveloped(library.schema_set("192.0.2.1", None, frozenset({wanted})))


def accepts(found: SchemaSet, folder: Path, text: bytes) -> bool:
    with Schema(found, write_set(found, folder / "texts")) as schema:
        try:
            schema.validate_contents(text)
        except InvalidInstanceError:
            return False
    return True


BROKEN = {
    "replaced default that is not there": 'deviation "/base:top/base:size" { deviate replace { default 3; } }',
    "deviation of nothing": 'deviation "/base:top/base:nothing" { deviate not-supported; }',
    "augment of nothing": 'augment "/base:nothing" { leaf l { type int8; } }',
    "type that nobody has": 'augment "/base:top" { leaf l { type nobody; } }',
    "enumeration without values": 'augment "/base:top" { leaf l { type enumeration; } }',
    "when in a circle": (
        'augment "/base:top" { leaf m { when "../x:n"; type int8; } leaf n { when "../x:m"; type int8; } }'
    ),
    "leafref to nothing": 'augment "/base:top" { leaf l { type leafref { path "/base:top/base:nothing"; } } }',
    "mandatory without when": 'augment "/base:top" { leaf l { type int8; mandatory true; } }',
    "two nodes of one name": 'augment "/base:top" { leaf l { type int8; } leaf l { type int8; } }',
    "grouping that nobody has": 'augment "/base:top" { uses nobody; }',
    "no statement at all": 'augment "/base:top" { leef l { type int8; } }',
    "text that ends in its middle": 'augment "/base:top" { leaf l { type int8; ',
    "identity of nothing": "identity mine { base nothing; } identity yours { base base:kind; }",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_does_not_compile_is_left_out_and_named_and_all_else_stands(tmp_path: Path, body: str) -> None:
    good = module("good", 'augment "/base:top" { leaf more { type int8; } }', "base")
    found = found_in(tmp_path, base=module("base", BASE), x=module("x", body, "base"), good=good)
    assert accepts(found, tmp_path, b'{"base:top":{"size":7,"good:more":1}}')
    assert {each.module for each in found.left_out} == {"x"}
    assert all(each.words for each in found.left_out)


def test_of_many_deviations_of_a_module_only_the_bad_ones_go(tmp_path: Path) -> None:
    body = """deviation "/base:top/base:nothing" { deviate not-supported; }
deviation "/base:top/base:size" { deviate replace { type uint16; } }
deviation "/base:top/base:nowhere" { deviate not-supported; }"""
    found = found_in(tmp_path, base=module("base", BASE), x=module("x", body, "base"))
    assert accepts(found, tmp_path, b'{"base:top":{"size":700}}'), "the good one is in force"
    assert [(each.line, each.statement) for each in found.left_out] == [
        (2, "deviation /base:top/base:nothing"),
        (4, "deviation /base:top/base:nowhere"),
    ]


def test_a_deviation_that_breaks_another_module_is_found_by_halving(tmp_path: Path) -> None:
    base = module("base", BASE + ' container keyed { list l { key "k"; leaf k { type int8; } leaf v { type int8; } } }')
    body = """deviation "/base:top/base:size" { deviate replace { type uint16; } }
deviation "/base:keyed/base:l/base:k" { deviate not-supported; }
deviation "/base:keyed/base:l/base:v" { deviate replace { type int64; } }"""
    found = found_in(tmp_path, base=base, x=module("x", body, "base"))
    assert accepts(found, tmp_path, b'{"base:top":{"size":700},"base:keyed":{"l":[{"k":1,"v":"5000000000"}]}}')
    assert [(each.line, each.statement) for each in found.left_out] == [(3, "deviation /base:keyed/base:l/base:k")]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("leaf odd { type enumeration; }", "leaf odd"),
        ('leaf odd { type leafref { path "/base:top/base:nothing"; } }', "leaf odd"),
        ("list odd { key nothing; leaf k { type int8; } }", "list odd"),
        ("uses lent; } grouping lent { leaf odd { type enumeration; }", "leaf odd"),
    ],
)
def test_of_a_wanted_module_the_node_goes_that_does_not_compile(tmp_path: Path, statement: str, left: str) -> None:
    found = found_in(
        tmp_path, base=module("base", f"{BASE}\n container odds {{ leaf fine {{ type int8; }} {statement} }}")
    )
    assert accepts(found, tmp_path, b'{"base:top":{"size":7},"base:odds":{"fine":1}}')
    assert [(each.module, each.statement) for each in found.left_out] == [("base", left)]


def test_a_pattern_that_is_none_judges_nothing_and_its_leaf_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = 'container odds { leaf odd { type string { pattern "["; length 1..3; } } }'
    found = found_in(tmp_path, base=module("base", f"{BASE}\n {odd}"))
    assert accepts(found, tmp_path, b'{"base:odds":{"odd":"abc"}}')
    assert not accepts(found, tmp_path, b'{"base:odds":{"odd":"abcd"}}')
    assert (found.left_out, "line 5: no value is judged by pattern [" in caplog.text) == ((), True)


def test_a_feature_that_is_off_closes_off_the_leafref_alone(tmp_path: Path) -> None:
    body = (
        BASE
        + '\n container refers { leaf fine { type int8; } leaf r { type leafref { path "/base:top/base:other"; } } }'
    )
    (tmp_path / "base.yang").write_text(module("base", body))
    library = Library((Directory(str(tmp_path), features=("elsewhere:x",)),), use_bundled=True)
    found = enveloped(library.schema_set("192.0.2.1", None, frozenset({"base"})))
    assert accepts(found, tmp_path, b'{"base:refers":{"fine":1}}')
    assert [each.statement for each in found.left_out] == ["leaf r"]


def test_of_two_modules_of_one_namespace_the_first_stands(tmp_path: Path) -> None:
    same = module("one", 'augment "/base:top" { leaf l { type int8; } }', "base")
    found = found_in(tmp_path, base=module("base", BASE), one=same, two=same.replace("module one", "module two"))
    assert accepts(found, tmp_path, b'{"base:top":{"one:l":1}}')
    assert [each.module for each in found.left_out] == ["two"]
    assert "same namespace" in found.left_out[0].words


def test_modules_that_deviate_each_other_in_a_circle_end(tmp_path: Path) -> None:
    one = module("one", 'container c1; deviation "/two:c2" { deviate not-supported; }', "two", "base")
    two = module("two", 'container c2; deviation "/one:c1" { deviate not-supported; }', "one", "base")
    adds = 'augment "/base:top" { leaf l { type int8; } }'
    found = found_in(
        tmp_path, base=module("base", BASE), one=one.replace("container c1", adds + " container c1"), two=two
    )
    assert accepts(found, tmp_path, VALID)
    assert {each.module for each in found.left_out} <= {"one", "two"}
    assert found.left_out


def test_an_augment_of_what_was_left_out_goes_with_it(tmp_path: Path) -> None:
    gone = module("gone", 'augment "/base:top" { container c { leaf l { type nobody; } } }', "base")
    after = module("later", 'augment "/base:top/gone:c" { leaf m { type int8; } }', "base", "gone")
    found = found_in(tmp_path, base=module("base", BASE), gone=gone, later=after)
    assert accepts(found, tmp_path, VALID)


def test_of_a_submodule_its_own_augment_goes_and_not_the_module_s_to_the_same_place(tmp_path: Path) -> None:
    head = "submodule part { yang-version 1.1; belongs-to whole { prefix w; } import base { prefix b; }"
    part = f'{head}\naugment "/base:top" {{ leaf m {{ type nobody; }} }} }}'.replace("/base:", "/b:")
    body = 'include part;\naugment "/b:top" { leaf l { type int8; } }'
    head = 'module whole { yang-version 1.1; namespace "urn:whole"; prefix w; import base { prefix b; }'
    found = found_in(tmp_path, base=module("base", BASE), whole=f"{head} {body} }}", part=part)
    assert accepts(found, tmp_path, b'{"base:top":{"whole:l":1}}')
    assert [(each.module, each.line) for each in found.left_out] == [("part", 2)]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f"{BASE}\nrevision 2024-01-01;", "revision 2024-01-01"),
        (BASE.replace("type uint8;", 'type uint8; description "a";\n description "b";'), "description b"),
    ],
)
def test_a_statement_that_says_nothing_of_data_goes_alone(tmp_path: Path, body: str, left: str) -> None:
    found = found_in(tmp_path, base=module("base", body))
    assert accepts(found, tmp_path, VALID)
    assert [each.statement for each in found.left_out] == [left]


def test_what_nothing_can_save_is_refused_in_libyang_s_words(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="Invalid character sequence") as caught:
        found_in(tmp_path, base="module base { namespace urn:base; prefix base; leef }")
    assert caught.value.reason == "schema-invalid"


def test_a_set_that_compiles_has_no_quirks(tmp_path: Path) -> None:
    assert found_in(tmp_path, base=module("base", BASE)).left_out == ()

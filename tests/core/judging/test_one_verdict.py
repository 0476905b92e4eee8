"""One value has one verdict and one key, however JSON, XML and CBOR spell it; and nothing of it is lost on the way."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cbor2 import CBORTag

from tests.core.judging.modules import (
    OTHER,
    TYPES,
    all_three,
    edits_in_json,
    in_cbor,
    in_cbor_as_json,
    in_json,
    in_xml,
    judged,
)
from tests.core.yang.schemas import loaded, notification_set
from yangbeam.core.policy import Policy
from yangbeam.core.yang.canonical import canonical
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import bundled

PRUNE_ALL = Policy(invalid="prune")


@pytest.fixture(scope="module")
def types(module_cache: Path) -> Iterator[Schema]:
    texts = bundled() | {"t@2026-01-01.yang": TYPES, "o@2026-01-01.yang": OTHER}
    with loaded(notification_set(texts, "t", "o"), module_cache) as schema:
        yield schema


KEYS: list[tuple[str, str, list[tuple[str, str, Any]]]] = [
    (
        "i64",
        "5",
        [('"5"', "5", 5), ('"05"', "+5", "05"), ("5", " 5\n", "+5"), ("5.0", "5.0", 5.0), ('" 5"', "5", " 5")],
    ),
    ("u64", "1000", [('"1000"', "1000", 1000), ("1e3", "1e3", 1e3), ('"\\n1000"', "01000", "1000\n")]),
    ("i8", "-5", [("-5", "-5", -5), ('"-5"', "-05", "-5"), ("-5e0", "-5.0", -5.0)]),
    ("dec", "0.0", [('"0.0"', "0", Decimal(0)), ('"-0.0"', "-0.0", Decimal("-0.0")), ("-0.0", "-0", "0.00")]),
    (
        "dec",
        "1.5",
        [
            ('"1.50"', "1.5", Decimal("1.50")),
            ("1.5", "01.5", "+1.5"),
            ('" 1.5"', " 1.5 ", "1.5 "),
            ("15e-1", "15e-1", Decimal("15e-1")),
        ],
    ),
    ("boo", "true", [("true", "true", True), ('"true"', " true ", "true")]),
    ("enu", "up", [('"up"', "up", 1), ('" up"', " up\t", "up")]),
    ("bit", "z y", [('"z y"', "z y", b"\3"), ('"y z"', "y\nz", [b"\3"]), ('" y  z "', "<![CDATA[y z]]>", "y z")]),
    ("bin", "AQI=", [('"AQI="', "AQI=", b"\1\2"), ('"AQJ="', "AQJ=", "AQI="), ('"AQ\\nI=\\n"', "AQ\nI=\n", "AQ\nI=")]),
    ("emp", "", [("[null]", "", None), ("null", "  ", True), ('""', "<![CDATA[]]>", "")]),
    ("ide", "o:one", [('"o:one"', "oo:one", "o:one"), ('"op:one"', " oo:one ", "op:one"), ('"one"', "one", " o:one")]),
    ("ide", "t:b", [('"b"', "b", "b"), ('"t:b"', "q:b", "t:b"), ('"tp:b"', "q:b", "tp:b")]),
    ("ins", "/t:c/i64", [('"/t:c/i64"', "/q:c/q:i64", "/t:c/i64"), ('"/t:c/i64"', " /q:c/q:i64 ", "/t:c/i64")]),
    (
        "ins",
        "/t:c/k-ide[k='o:one']",
        [("\"/t:c/k-ide[k='o:one']\"", "/q:c/q:k-ide[q:k='oo:one']", "/t:c/k-ide[k='o:one']")],
    ),
    (
        "ins",
        "/t:c/m-ide[.='o:two']",
        [("\"/t:c/m-ide[.='o:two']\"", '/q:c/q:m-ide[.="oo:two"]', "/t:c/m-ide[.='o:two']")],
    ),
    ("ins", "/t:c/k-i64[k='5']", [("\"/t:c/k-i64[ k = '05' ]\"", "/q:c/q:k-i64[q:k='5']", "/t:c/k-i64[k='+5']")]),
    ("uni", "t:a", [('"a"', "a", "a"), ('"t:a"', "q:a", CBORTag(45, "t:a"))]),
    ("uni", "5", [("5", "5", 5), ('"5"', "05", "5")]),
    ("num", "16", [('"16"', "16", 16), ("16", "016", "+16"), ('"016"', " 16", "16")]),
]


@pytest.mark.parametrize(("kind", "wanted", "spellings"), KEYS)
def test_a_key_is_one_in_every_spelling_and_encoding(
    types: Schema, kind: str, wanted: str, spellings: list[tuple[str, str, Any]]
) -> None:
    name = f"k-{kind}"
    leaf = types.tree.data["t:c"].children[f"t:{name}"].children["t:k"]
    for json, xml, item in spellings:
        in_list = (
            in_json(f'{{"t:c":{{"{name}":[{{"k":{json},"v":1}}]}}}}'),
            in_xml(f'<c xmlns="urn:t" xmlns:q="urn:t" xmlns:oo="urn:o"><{name}><k>{xml}</k><v>1</v></{name}></c>'),
            in_cbor({"t:c": {name: [{"k": item, "v": 1}]}}),
        )
        for sent in in_list:
            found = judged(sent, types)
            assert found.contents is not None, (json, xml, item, found.why)
            (entry,) = found.contents["t:c"][name]
            assert canonical(leaf, types.tree)(entry["k"]) == wanted, (json, xml, item)


@pytest.mark.parametrize(("kind", "wanted", "spellings"), KEYS)
def test_an_entry_whose_key_stands_twice_is_refused_whatever_its_spellings(
    types: Schema, kind: str, wanted: str, spellings: list[tuple[str, str, Any]]
) -> None:
    del wanted
    name, (first, *_, last) = f"k-{kind}", spellings * 2
    json = f'{{"t:c":{{"{name}":[{{"k":{first[0]}}},{{"k":{last[0]}}}]}}}}'
    xml = "".join(f"<{name}><k>{each[1]}</k></{name}>" for each in (first, last))
    for sent in (
        in_json(json),
        in_xml(f'<c xmlns="urn:t" xmlns:q="urn:t" xmlns:oo="urn:o">{xml}</c>'),
        in_cbor({"t:c": {name: [{"k": first[2]}, {"k": last[2]}]}}),
    ):
        assert judged(sent, types).verdict == "refused"


@pytest.mark.parametrize(
    ("leaf", "json", "xml", "item"),
    [
        ("i64", '"0x10"', "0x10", "0x10"),
        ("i64", '"\\u0030x10"', "0x10", "0x10"),
        ("num", '"0x10"', "0x10", "0x10"),
        ("m-num", '["0x10"]', "0x10", ["0x10"]),
        ("u64", '"18446744073709551616"', "18446744073709551616", "18446744073709551616"),
        ("i64", '"\u0663"', "\u0663", "\u0663"),
        ("i8", "1e3", "1e3", 1e3),
        ("u32", "-1e0", "-1e0", -1.0),
        ("dec", '"1.555"', "1.555", Decimal("1.555")),
        ("dec", '"1E999"', "1E999", Decimal("1E999")),
        ("bit", '"w"', "w", b"\4"),
        ("bit", '"z\\u00a0y"', "z\u00a0y", "z\u00a0y"),
        ("bin", '"AQ\\u00a0I="', "AQ\u00a0I=", "AQ\u00a0I="),
        ("ide", '"t:one"', "q:one", "t:one"),
        ("own", '"t:one"', "q:one", "t:one"),
        ("own", '"o:a"', "oo:a", "o:a"),
        ("enu", '"UP"', "UP", 99),
        ("emp", "false", "false", False),
        ("any", '"text"', "", "text"),
    ],
)
def test_what_is_no_value_is_none_in_any_encoding(types: Schema, leaf: str, json: str, xml: str, item: Any) -> None:
    sent = all_three(leaf, json, xml, item)
    found = [judged(each, types).verdict for each in (sent if xml else (sent[0], sent[2]))]
    assert set(found) == {"refused"}


@pytest.mark.parametrize(
    "value", [{"t:c": {"i8": 5}}, {"o:x": {"y": [1, None]}}, {"t:c": {"any": {"t:c": {"deep": {}}}}}]
)
def test_anydata_in_cbor_names_the_modules_of_its_own_top(types: Schema, value: Any) -> None:
    contents = {"t:c": {"any": value}}
    assert judged(in_cbor(contents), types).contents == contents


@pytest.mark.parametrize("contents", [{"i8": 5, "t:i8": 6}, {"l": [], "t:l": []}, {"deep": {}, "t:deep": {"i8": 1}}])
def test_a_member_with_its_module_and_without_is_not_chosen_from(types: Schema, contents: dict[str, Any]) -> None:
    sent = in_cbor({"t:c": contents})
    assert judged(sent, types).verdict == "refused"


@pytest.mark.parametrize(
    "inner", ["<i8>5</i8>text", "text<i8>5</i8>", "<i8>5</i8><deep>text</deep>", "<i8>5</i8><any>text</any>"]
)
def test_text_beside_elements_is_set_aside_and_the_rest_goes_on(types: Schema, inner: str) -> None:
    found = judged(in_xml(f'<c xmlns="urn:t">{inner}</c>'), types)
    if "any" in inner:  # nothing in anydata is set aside (RFC 7950 section 7.10)
        assert found.contents["t:c"]["any"] == {"#text": "text"}
        return
    assert (found.verdict, found.habits) == ("pruned", ())
    assert found.contents["t:c"]["i8"] == 5
    assert found.paths[0].endswith("/#text")


@pytest.mark.parametrize(
    ("contents", "left", "path"),
    [
        ('{"i8":5,"@i8":{"x:y":1}}', {"i8": 5}, "/t:c/@i8/x:y"),
        ('{"i8":5,"@i8":{"y":1}}', {"i8": 5}, "/t:c/@i8/y"),
        ('{"i8":5,"@i8":{}}', {"i8": 5}, "/t:c/@i8"),
        ('{"i8":5,"@i64":{"o:seen":1}}', {"i8": 5}, "/t:c/@i64"),
        ('{"i8":5,"@strange":{"o:seen":1}}', {"i8": 5}, "/t:c/@strange"),
        ('{"l":[{"k":"a","i8":1,"@i64":{"o:seen":1}}]}', {"l": [{"k": "a", "i8": 1}]}, "/t:c/l[k='a']/@i64"),
        ('{"@i8":{"o:seen":1},"i8":5}', {"@i8": {"o:seen": 1}, "i8": 5}, ""),
        ('{"any":{"x:y":1},"@any":{"o:seen":1}}', {"any": {"x:y": 1}, "@any": {"o:seen": 1}}, ""),
    ],
)
def test_an_annotation_costs_itself_in_json_and_in_cbor(types: Schema, contents: str, left: Any, path: str) -> None:
    sent = in_json(f'{{"t:c":{contents}}}')
    for each in (sent, in_cbor_as_json(sent)):
        found = judged(each, types)
        assert (found.verdict, found.contents) == ("pruned" if path else "valid", {"t:c": left})
        assert found.paths == ((path,) if path else ())


@pytest.mark.parametrize(
    ("contents", "left", "path"),
    [
        ('{"i8":5,"@i8":7}', {"i8": 5}, "/t:c/@i8"),
        ('{"i8":5,"@i8":{"o:seen":{"x":1}}}', {"i8": 5}, "/t:c/@i8"),
        ('{"i8":5,"@i8":{"o:seen":"x"}}', {"i8": 5}, "/t:c/@i8"),
        ('{"i8":5,"any":"x"}', {"i8": 5}, "/t:c/any"),
        ('{"i8":5,"ins":"/t:strange"}', {"i8": 5}, "/t:c/ins"),
        ('{"i8":5,"i64":"0x5"}', {"i8": 5}, "/t:c/i64"),
        ('{"i8":5,"num":"0x5"}', {"i8": 5}, "/t:c/num"),
        ('{"k-i64":[{"k":"5"},{"k":"05","v":1}],"i8":5}', {"k-i64": [{"k": "5"}], "i8": 5}, "/t:c/k-i64[k='05']"),
        ('{"m-i64":["5","05","6"]}', {"m-i64": ["5", "6"]}, "/t:c/m-i64[2]"),
        ('{"deep":{"ins":"/t:strange","i8":1}}', {"deep": {"i8": 1}}, "/t:c/deep/ins"),
        ('{"m-ins":["/t:c/i8","/t:strange"]}', {"m-ins": ["/t:c/i8"]}, "/t:c/m-ins[2]"),
    ],
)
def test_what_only_libyang_refuses_is_set_aside_like_the_rest(
    types: Schema, contents: str, left: Any, path: str
) -> None:
    sent = in_json(f'{{"t:c":{contents}}}')
    found = judged(sent, types, PRUNE_ALL)
    assert (found.verdict, found.contents) == ("pruned", {"t:c": left}), found.why
    assert judged(sent, types).verdict == "refused"
    assert found.paths in {(path,), (path.replace("[2]", "[.='/t:strange']"),)}


def edit(target: str, value: str, operation: str = "merge") -> str:
    return f'{{"edit-id":"1","operation":"{operation}","target":"{target}","value":{value}}}'


GOOD = edit("/t:c/i8", '{"t:i8":5}')


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (edit("/t:c/k-i64=bad", '{"t:k-i64":[{"k":"bad"}]}'), "/t:c/k-i64"),
        (edit("/t:c/ins", '{"t:ins":"/t:strange"}'), "/t:c/t:ins"),
        (edit("/t:c/i8", '{"t:i64":"5"}'), "/t:c/i8"),
        (edit("/t:c/num", '{"t:num":"0x5"}'), "/t:c/num"),
        ('{"edit-id":"1","operation":"delete","target":"/t:c/k-i64=0x5"}', "/t:c/k-i64"),
    ],
)
def test_an_edit_that_contradicts_its_schema_is_set_aside_where_that_is_configured(
    types: Schema, wrong: str, path: str
) -> None:
    found = judged(edits_in_json(f"[{wrong},{GOOD}]"), types, PRUNE_ALL)
    assert found.verdict == "pruned", found.why
    assert [each["target"] for each in found.contents] == ["/t:c/i8"]
    assert found.paths[0].replace("t:", "").startswith(path.replace("t:", ""))
    assert judged(edits_in_json(f"[{wrong},{GOOD}]"), types).verdict == "refused"
    assert judged(edits_in_json(f"[{wrong}]"), types, PRUNE_ALL).verdict == "refused"


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("/t:c/k-ide=op%3Aone", "/t:c/k-ide=o%3Aone"),
        ("/t:c/k-ide=op%3aone", "/t:c/k-ide=o%3aone"),
        ("/t:c/k-ide[k='op:one']", "/t:c/k-ide[k='o:one']"),
        ("/t:c/k-ide=one", "/t:c/k-ide=o:one"),
    ],
)
def test_an_identity_by_prefix_in_a_target_is_understood_however_it_is_written(
    types: Schema, target: str, meant: str
) -> None:
    change = edit(target, '{"t:k-ide":[{"k":"o:one","v":1}]}')
    found = judged(edits_in_json(f"[{change}]"), types)
    assert (found.verdict, found.contents[0]["target"]) == ("normalised", meant)


def test_an_identity_by_prefix_names_a_value_of_a_leaf_list_too(types: Schema) -> None:
    change = edit("/t:c/m-ide=op%3Aone", '{"t:m-ide":["o:one"]}')
    found = judged(edits_in_json(f"[{change}]"), types)
    assert (found.verdict, found.contents[0]["target"]) == ("normalised", "/t:c/m-ide=o%3Aone")

"""The compiled judge by example: what it takes, what it leaves to libyang, and what once went wrong."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.yang.compiled.sets import corners
from tests.core.yang.schemas import loaded
from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.compiled.patterns import translate
from yangbeam.core.yang.compiled.texts import taker_of
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.tree import YangType


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    with loaded(corners(), tmp_path_factory.mktemp("corners")) as found:
        yield found


@pytest.fixture
def judge(schema: Schema) -> CompiledJudge:
    made = CompiledJudge(schema.tree)
    made.meet(schema.tree.data)
    return made


def test_nodes_that_were_not_met_are_left_to_libyang_until_they_are(schema: Schema) -> None:
    judge = CompiledJudge(schema.tree)
    text = b'{"corners:top":{"numbers":{"u8":1}}}'
    assert not judge.accepts(text)
    judge.meet(["corners:top", "corners:nowhere"])
    assert judge.accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"corners:top":{"texts":{"caret":"^$"}}}',  # libyang escapes what is escaped
        b'{"corners:top":{"numbers":{"u8":1.0}}}',
        b'{"corners:top":{"numbers":{"u8":256}}}',
        b'{"corners:top":{"numbers":{"u8":"1"}}}',
        b'{"corners:top":{"numbers":{"i64":"017"}}}',
        b'{"corners:top":{"numbers":{"i64":"+7"}}}',
        b'{"corners:top":{"numbers":{"u8":1,"u8":2}}}',
        b'{"corners:top":{"texts":{"plain":"\\u0000"}}}',
        b'{"corners:top":{"texts":{"plain":"\xef\xbf\xbf"}}}',
        b'{"corners:top":{"texts":{"plain":"\xff"}}}',
        b'{"corners:top":{"nothing-of-this-name":1}}',
        b'{"corners:top":{"names":{"enum":"nobody"}}}',
        b'{"corners:top":{"first":"a","first":"b"}}',
        b"{}",
        b"[]",
        b"",
        b'{"corners:top":' * 200,
    ],
)
def test_what_is_not_surely_valid_is_not_accepted(judge: CompiledJudge, text: bytes) -> None:
    assert not judge.accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"corners:top":{"numbers":{"u8":1,"i64":"-7"}}}',
        b'{ "corners:top" : { "numbers" : { "u8" : 255 } } }',
        b'{"corners:top":{"texts":{"plain":"caf\xc3\xa9 \\n \\" x"}}}',
        b'{"corners:top":{"names":{"enum":"b c","flag":true,"void":[null]}}}',
        b'{"corners:top":{"names":{"mix":[null]}}}',
        b'{"corners:top":{"names":{"mix":3}}}',
        b'{"corners:top":{"texts":{"words":["ab","cd"]}}}',
    ],
)
def test_common_spellings_take_the_short_way(judge: CompiledJudge, schema: Schema, text: bytes) -> None:
    schema.validate_contents(text)
    accepted = judge.accepts(text)
    assert accepted or b"mix" in text  # a union with an empty member may be left to libyang


def test_values_of_a_configured_leaf_list_are_unique(judge: CompiledJudge) -> None:
    assert judge.accepts(b'{"corners:top":{"texts":{"words":["ab","cd"]}}}')
    assert not judge.accepts(b'{"corners:top":{"texts":{"words":["ab","ab"]}}}')


def test_unions_with_empty_members_do_not_upset_the_garbage_collector(schema: Schema) -> None:
    for _ in range(5):
        CompiledJudge(schema.tree).meet(schema.tree.data)
        gc.collect()


def test_it_says_what_it_leaves_to_libyang(judge: CompiledJudge) -> None:
    assert any("libyang" in why or "not translated" in why for why in judge.left_out.values())


@pytest.mark.parametrize(
    "expression",
    [
        "(?:a)",
        "a**",
        "[a-[b]]",
        r"\i\c*",
        r"\p{IsBasicLatin}",
        "(a",
        "a)",
        "[]",
        r"\^",
        "a{2,1}",
        r"[\d-z]",
        r"a\q",
        "*a",
        "",
    ],
)
def test_expressions_that_the_two_could_read_differently_are_not_translated_or_harmless(expression: str) -> None:
    found = translate(expression)
    assert found is None or expression == ""


def test_an_inverted_pattern_refuses_what_matches() -> None:
    pattern = translate("[a-c]+", inverted=True)
    assert pattern is not None
    assert (pattern.takes("abc"), pattern.takes("abd")) == (False, True)


def test_a_narrowed_class_judges_only_ascii_where_it_is_negated() -> None:
    pattern = translate(r"[^\d]+")
    assert pattern is not None
    assert (pattern.takes("abc"), pattern.takes("\u0661")) == (False, False) or pattern.ascii_only


@pytest.mark.parametrize(
    ("kind", "taken", "left"),
    [
        (YangType("int64"), ["0", "-9223372036854775808"], ["-", "01", "9223372036854775808", "0x1", " 1"]),
        (YangType("decimal64", fraction_digits=2), ["1", "-1.25", "0.5"], ["1.255", ".5", "1.", "1e1", "+1"]),
        (YangType("binary"), ["", "YQ==", "YWI="], ["Y", "YQ=", "YQ==="]),
        (
            YangType("binary", lengths=((2, 4), (6, 6))),
            ["YWI=", "YWJj", "YWJjZA==", "YWJjZGVm"],
            ["", "YQ==", "YWJjZGU=", "YWJjZGVmZw=="],
        ),
        (
            YangType("binary", lengths=((7, 9),)),
            ["YWJjZGVmZw==", "YWJjZGVmZ2g=", "YWJjZGVmZ2hp"],
            ["YWJjZGVm", "YWJjZGVmZ2hpag=="],
        ),
        (YangType("binary", lengths=((1, 1),)), ["YQ=="], ["", "YWI=", "YWJj"]),
        (YangType("bits", bits=(("a", 0), ("b", 1))), ["", "a", "a b", "b a"], ["c", "a a"]),
    ],
)
def test_texts_of_built_in_types(kind: YangType, taken: list[str], left: list[str]) -> None:
    taker, why = taker_of(kind)
    assert taker is not None, why
    assert [text for text in taken if not taker(text)] == []
    assert [text for text in left if taker(text)] == []


def test_types_without_a_sure_text_are_left_to_libyang(tmp_path: Path) -> None:
    assert taker_of(YangType("instance-identifier"))[0] is None
    assert taker_of(YangType("string", plugin="xpath1.0"))[0] is None
    assert taker_of(YangType("string", patterns=((r"\^", False),)))[0] is None

"""What Python's re judges of a module's expressions ends: counted step by step, as an engine that goes back does."""

import random
import re
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from yangbeam.core.yang.backtracking import KNOWN_LONGEST, MAX_WAYS, longest_judged, longest_of
from yangbeam.core.yang.compiled.patterns import is_bounded, translate
from yangbeam.io.yang_directories import bundled

EXPLOSIVE = [
    "((a+)+)+b",
    "(a|a)*b",
    "(a|aa|aaa)*c",
    "(a*)*",
    "(a{0,100}){0,100}b",
    "(x+x+)+y",
    "(.*,)*x",
    "(a?){25}a{25}",
    "(a|b|ab)*c",
    "(ab|a)(bc|c)*",
    "((a|a),)*c",
    "(a+b?)+",
    "(a|ab)(c|bcd)(d*)*",
]
HARMLESS = [
    "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*",
    r"(([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])\.){3}([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])",
    "([a-z]+:)*[a-z]+",
    "([^,]*,)*x",
    "(([ab]|c),)*",
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})",
    "[a-zA-Z_][a-zA-Z0-9_.-]*",
    r"([0-9]{1,3}\.){3}[0-9]{1,3}(,([0-9]{1,3}\.){3}[0-9]{1,3})*",
]


@pytest.mark.parametrize("expression", EXPLOSIVE)
def test_an_expression_that_may_go_back_without_end_is_left_to_libyang(expression: str) -> None:
    assert longest_judged(expression) == 0
    assert translate(expression) is None


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_is_read_in_one_way_is_judged(expression: str) -> None:
    assert longest_judged(expression) == 4_096


@pytest.mark.parametrize(
    "expression",
    [
        r"(\p{L}+é)*x",
        r"(\w+é)*x",
        "(\\d+\u0663)*x",
        "(\\s+\u00a0)*x",
        r"(\S+\s)*x",
        "([[:alpha:]]+[a-z])*x",
        "([a[:alpha:]]+[a-z])*x",
        "(a{,9}a{,9})*b",
        "[]a]",
        "a\\",
        r"\Qa",
        r"[\i-[:]]",
    ],
)
def test_of_pcre2_s_wider_classes_and_own_syntax_nothing_is_taken_to_be_bounded(expression: str) -> None:
    assert not is_bounded(expression)


@pytest.mark.parametrize(
    "expression",
    [
        r"\p{IsBasicLatin}{0,255}",
        r"[^\p{C}]*",
        r"(\w+\.)*\w+",
        "[a-z&&b~~|]*",
        "^[0-9]+$",
        "[.]x[{,}]*",
        r"\S(.*\S)?",
        r"[\w\-]+(\.[\w\-]+)*@[\w\-]+(\.[\w\-]+)+",
    ],
)
def test_what_vendors_write_beyond_python_s_re_is_judged_by_libyang(expression: str) -> None:
    assert is_bounded(expression)


def test_a_text_that_is_too_long_for_its_expression_is_not_judged() -> None:
    found = translate(".*a.*b.*")
    assert found is not None
    assert (found.takes("xaxb" + "x" * 60), found.takes("xaxb" + "x" * 61)) == (True, False)


class Steps:
    """An engine that goes back, and counts."""

    def __init__(self, most: int) -> None:
        self.left = most

    def ends(self, parts: list[Any], text: str, at: int) -> Iterator[int]:
        if not parts:
            yield at
            return
        for end in self._of(*parts[0], text, at):
            yield from self.ends(parts[1:], text, end)

    def _of(self, name: Any, value: Any, text: str, at: int) -> Iterator[int]:
        self.left -= 1
        if self.left < 0:
            raise OverflowError
        match str(name):
            case "SUBPATTERN":
                yield from self.ends(list(value[-1]), text, at)
            case "BRANCH":
                for each in value[1]:
                    yield from self.ends(list(each), text, at)
            case "MAX_REPEAT":
                yield from self._rounds(int(value[0]), int(value[1]), list(value[2]), text, at)
            case kind:
                one = chr(value) if kind == "LITERAL" else "".join(chr(each) for _, each in value)
                if text[at : at + 1] and text[at] in one:
                    yield at + 1

    def _rounds(self, low: int, high: int, inside: list[Any], text: str, at: int) -> Iterator[int]:
        if high:
            for end in self.ends(inside, text, at):
                if end > at:
                    yield from self._rounds(max(low - 1, 0), high - 1, inside, text, end)
        if not low:
            yield at


def expressions(chance: random.Random, depth: int = 3) -> str:
    kind = chance.randrange(6 if depth else 2)
    if kind == 0:
        return chance.choice("abc")
    if kind == 1:
        return chance.choice(("[ab]", "[bc]", "a", ","))
    inside = expressions(chance, depth - 1)
    if kind == 2:
        return f"({inside}|{expressions(chance, depth - 1)})"
    if kind == 3:
        return f"({inside}){chance.choice(('*', '+', '?', '{0,3}', '{2}', '{1,40}'))}"
    return inside + expressions(chance, depth - 1)


def test_whatever_is_judged_takes_steps_in_proportion_to_its_text() -> None:
    chance, judged = random.Random(7), 0
    for _ in range(3_000):
        expression = expressions(chance) + chance.choice(("", "b", ",", "c*"))
        longest = longest_judged(expression)
        if not longest:
            continue
        judged += 1
        size = min(longest, 30)
        for piece in ("a", "b", "ab", "a,", ",", "abc", "aab,"):
            text = (piece * size)[:size]
            steps = Steps(40 * MAX_WAYS * size)
            is_taken = size in steps.ends(list(_parser.parse(expression)), text, 0)
            assert is_taken == (re.fullmatch(expression, text) is not None)
    assert judged > 1_000


def test_addresses_and_names_of_the_ietf_s_own_types_are_judged() -> None:
    with_patterns = re.findall(r"pattern\s+((?:'[^']*'\s*\+?\s*)+)", bundled()["ietf-inet-types.yang"])
    found = ["".join(re.findall(r"'([^']*)'", each)) for each in with_patterns]
    assert len(found) > 8
    for expression in found:
        pattern = translate(expression)
        assert pattern is not None
        assert pattern.longest >= KNOWN_LONGEST
        assert longest_of(expression, pattern.regex.pattern) == pattern.longest

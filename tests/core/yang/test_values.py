import pytest

from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import broken_rule, compile_pattern


@pytest.mark.parametrize(
    ("expression", "matching", "failing"),
    [
        (r"a|b", "b", "ab"),
        (r"^a$", "^a$", "a"),
        (r"[^a]+", "bcd", "a"),
        (r"\p{L}+", "Zürich", "7"),
        (r"(%[\p{N}\p{L}]+)?", "%eth0", "%-"),
        (r"\d{2}", "42", "4"),
    ],
)
def test_patterns_are_read_as_xsd_means_them(expression: str, matching: str, failing: str) -> None:
    kind = YangType("string", patterns=((expression, False),))
    assert broken_rule(kind, matching, "m") == ""
    assert "does not match" in broken_rule(kind, failing, "m")


def test_a_pattern_that_python_does_not_have_judges_nothing() -> None:
    assert compile_pattern(r"\p{IsBasicLatin}*(") == (None, 0)
    assert broken_rule(YangType("string", patterns=((r"\c(", False),)), "x", "m") == ""


def test_long_values_are_shown_short() -> None:
    rule = broken_rule(YangType("string", lengths=((1, 2),)), "x" * 500, "m")
    assert len(rule) < 150


@pytest.mark.parametrize("value", ["+5", "-0", "007"])
def test_signs_and_zeros_of_integers_are_read(value: str) -> None:
    assert broken_rule(YangType("int64"), value, "m") == ""


def test_an_integer_of_thousands_of_digits_is_outside_its_type() -> None:
    assert "outside" in broken_rule(YangType("int64"), "9" * 5000, "m")


def test_an_own_identity_needs_no_module_name() -> None:
    kind = YangType("identityref", identities=("m:a", "n:b"))
    assert broken_rule(kind, "a", "m") == ""
    assert broken_rule(kind, "n:b", "m") == ""
    assert broken_rule(kind, "b", "m")
    assert broken_rule(kind, 5, "m")

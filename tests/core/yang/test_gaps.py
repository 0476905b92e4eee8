"""Which left-out statement describes a node or a value that the schema does not have."""

import pytest

from yangbeam.core.yang.gaps import Gaps, nearest
from yangbeam.core.yang.left_out import LeftOut

LONG = "/".join(f"x:step-number-{number}" for number in range(12))


def quirk(module: str, statement: str, line: int = 3) -> LeftOut:
    return LeftOut(module, line, statement[:120], "Not found.")


@pytest.mark.parametrize(
    ("statement", "module", "place", "is_found"),
    [
        ("", "more", "/base:top/more:l", True),
        ("augment /b:top", "more", "/base:top/more:l", True),
        ("augment /b:top", "more", "/base:top/deep/more:l", False),
        ("augment /b:top/b:deep", "more", "/base:top/deep/more:l", True),
        ("augment /b:top", "other", "/base:top/other:l", False),
        ("leaf l", "more", "/base:top/more:l", True),
        ("leaf l", "user-of-the-grouping", "/user:top/l", True),
        ("leaf k", "more", "/base:top/more:l", False),
        ("uses g", "more", "/base:top/more:l", True),
        ("deviation /b:top/m:l", "more", "/base:top/more:l", True),
        ("identity l", "more", "/base:top/more:l", False),
        (f"augment /{LONG}", "more", f"/{LONG}/more:l", True),
        ("import gone", "more", "/base:top/more:l", False),
    ],
)
def test_a_node_is_looked_for_by_its_module_and_place(statement: str, module: str, place: str, is_found: bool) -> None:
    one = quirk("more@2024-01-01", statement)
    assert (Gaps([one], {"base", "more"}).of_node(module, place) == one) is is_found


def test_of_a_module_that_is_not_there_any_quirk_is_the_reason() -> None:
    one = quirk("more", "import gone")
    assert Gaps([one], {"base"}).of_node("more", "/base:top/more:l") == one
    assert Gaps([one], {"base"}).of_identity("more", "mine") == one


def test_a_submodule_s_quirk_is_its_module_s() -> None:
    one = quirk("part", "augment /b:top")
    assert Gaps([one], {"base", "whole"}, {"part": "whole"}).of_node("whole", "/base:top/whole:l") == one


def test_a_value_is_looked_for_by_the_deviation_of_its_very_leaf() -> None:
    one = quirk("dev", "deviation /b:top/b:size")
    gaps = Gaps([quirk("dev", "augment /b:top/b:size"), one], {"base"})
    assert (gaps.of_value("/base:top/size"), gaps.of_value("/base:top/size/x")) == (one, None)


def test_an_identity_is_looked_for_by_its_name() -> None:
    one = quirk("kinds", "identity gas")
    gaps = Gaps([one], {"kinds"})
    assert (gaps.of_identity("kinds", "gas"), gaps.of_identity("kinds", "neon")) == (one, None)


def test_of_the_quirks_of_a_module_the_one_about_the_path_is_nearest() -> None:
    first, second = quirk("more@2024-01-01", "leaf k"), quirk("more@2024-01-01", "leaf l")
    quirks = [quirk("other", "leaf l"), first, second]
    assert nearest(quirks, "more@2024-01-01", "/base:top/more:l") == second
    assert nearest(quirks, "nobody", "/base:top/more:l") is None


def test_a_schema_without_quirks_has_no_gaps() -> None:
    assert Gaps().of_node("more", "/base:top/more:l") is None

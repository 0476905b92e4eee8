"""One line of numbers: which holes are waited for."""

import pytest

from yangbeam.core.numbering import MAX_HOLE, REARM, Line, Verdict, give_up_hole, observe


def line(run: int = 1) -> Line:
    return Line(100, 0, run)


@pytest.mark.parametrize(
    ("width", "verdict", "waited"),
    [(1, Verdict.HOLE, 1), (MAX_HOLE, Verdict.HOLE, MAX_HOLE), (MAX_HOLE + 1, Verdict.ORDINARY, 0)],
)
def test_a_hole_is_waited_for_up_to_its_limit(width: int, verdict: Verdict, waited: int) -> None:
    one = line()
    assert observe(one, 101 + width, 1) is verdict
    assert len(one.missing) == waited


@pytest.mark.parametrize(("second", "verdict"), [(1, Verdict.HOLE), (2, Verdict.ORDINARY)])
def test_holes_that_are_open_at_once_share_the_limit(second: int, verdict: Verdict) -> None:
    one = line()
    assert observe(one, 100 + MAX_HOLE, 1) is Verdict.HOLE
    assert observe(one, 101 + MAX_HOLE + second, 2) is verdict
    assert len(one.missing) == (MAX_HOLE if verdict is Verdict.HOLE else 0)


@pytest.mark.parametrize(("run", "verdict"), [(1, Verdict.HOLE), (0, Verdict.ORDINARY), (-1, Verdict.ORDINARY)])
def test_a_hole_is_waited_for_where_numbers_rose_by_one_before(run: int, verdict: Verdict) -> None:
    assert observe(line(run), 102, 1) is verdict


def test_after_a_hole_that_stayed_open_none_is_waited_for_until_numbers_rose_by_one_for_a_while() -> None:
    one = line()
    observe(one, 102, 1)
    give_up_hole(one)
    number = 102
    for _ in range(-REARM):
        number += 1
        observe(one, number, 2)
    assert observe(one, number + 2, 3) is Verdict.ORDINARY
    assert one.run == 0
    observe(one, number + 3, 3)
    assert observe(one, number + 5, 3) is Verdict.HOLE


def test_while_a_hole_is_open_a_second_one_is_waited_for_whatever_the_run() -> None:
    one = line()
    observe(one, 102, 1)
    one.run = 0
    assert observe(one, 104, 2) is Verdict.ORDINARY
    assert one.missing == ()

"""The table of outside systems of a process: who reports, what is logged, and how long an end may wait."""

import logging

import pytest

from yangbeam.core.outside import Kind, State
from yangbeam.transforms.outsides import MOST, Outsides


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_going_away_and_coming_back_are_one_line_each(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    outsides = Outsides(clock, clock)
    with caplog.at_level(logging.WARNING):
        outsides.answered(Kind.KAFKA, "h:1")
        for _ in range(50):
            outsides.failed(Kind.KAFKA, "h:1", "Connection refused")
        clock.now += 32
        for _ in range(50):
            outsides.answered(Kind.KAFKA, "h:1")
    assert [record.getMessage() for record in caplog.records] == [
        "kafka h:1 unreachable: Connection refused",
        "kafka h:1 is back after 32 s",
    ]
    (found,) = outsides.all()
    assert (found.state, found.since_s, found.outages) == (State.REACHED, 1032.0, 1)


def test_systems_are_told_apart_and_bounded() -> None:
    outsides = Outsides()
    outsides.failed(Kind.DISK, "/a", "full")
    outsides.answered(Kind.DATABASE, "/a")
    assert outsides.is_away(Kind.DISK, "/a")
    assert not outsides.is_away(Kind.DATABASE, "/a")
    assert not outsides.is_away(Kind.KAFKA, "/a")
    for number in range(2 * MOST):
        outsides.failed(Kind.DISK, str(number), "full")
    assert len(outsides.all()) == MOST


def test_an_end_may_wait_so_long_and_a_new_run_forgets_it() -> None:
    clock = Clock()
    outsides = Outsides(clock, clock)
    assert outsides.left_s() is None
    outsides.end_within(10.0)
    clock.now += 4
    assert outsides.left_s() == 6.0
    assert not outsides.is_over
    outsides.end_within(0.0)
    assert outsides.is_over
    outsides.clear()
    assert outsides.left_s() is None
    assert outsides.all() == ()

"""How the groups of one worker take turns."""

from collections.abc import Iterator

import pytest

from yangbeam.io.kafka import turns
from yangbeam.io.kafka.turns import BUSY_S, COMMIT_S, TURN_S, WAIT_S, is_due, is_idle, patience


class _Topic:
    """As much of a topic as a turn asks for."""

    def __init__(self) -> None:
        self.next = {0: 0}


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Clock]:
    turns.forget()
    clock = _Clock()
    monkeypatch.setattr(turns, "time", clock)
    yield clock
    turns.forget()


def topic() -> turns.RawTopic:
    made: object = _Topic()
    return made  # type: ignore[return-value] # as much of it as is asked for


def test_a_group_alone_waits_its_whole_time() -> None:
    mine = topic()
    is_idle(mine, has_records=True)
    assert patience(mine) == WAIT_S


def test_a_group_waits_briefly_while_another_has_records(clock: _Clock) -> None:
    mine, other = topic(), topic()
    is_idle(other, has_records=True)
    assert patience(mine) == TURN_S
    clock.now += BUSY_S + 0.1
    assert patience(mine) == WAIT_S


def test_a_group_is_idle_when_nothing_came_for_the_time_of_a_request(clock: _Clock) -> None:
    mine = topic()
    assert not is_idle(mine, has_records=False), "it may not have had an answer yet"
    clock.now += 2 * WAIT_S
    assert is_idle(mine, has_records=False)
    assert not is_idle(mine, has_records=True)
    clock.now += TURN_S
    assert not is_idle(mine, has_records=False), "it only had a short turn"
    clock.now += 2 * WAIT_S
    assert is_idle(mine, has_records=False)


def test_offsets_are_left_once_in_a_while_and_only_when_they_moved(clock: _Clock) -> None:
    mine = topic()
    assert is_due(mine)
    mine.next[0] = 5
    assert not is_due(mine), "it was just done"
    clock.now += 2 * COMMIT_S
    assert is_due(mine)
    clock.now += 2 * COMMIT_S
    assert not is_due(mine), "nothing moved"
    mine.next[0] = 6
    assert is_due(mine)

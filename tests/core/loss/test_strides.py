"""Counters that step by more than one: a rule where every period is met, none where steps obey none."""

from collections.abc import Callable
from random import Random

import pytest

from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import FULL, STARTED, Facts
from yangbeam.core.loss.strides import NO_RULE

SECOND = 1_000_000
START = 1_795_168_810_000_000
PERIOD = 10


def sent(numbers: list[int], at: Callable[[int], float], *, period_s: int = PERIOD) -> list[Facts]:
    """A subscription that is announced with the first number; the others come at their seconds."""
    return [
        Facts(
            "192.0.2.7",
            50000,
            1,
            7,
            number,
            number,
            START + int(at(place) * SECOND),
            FULL if place else STARTED,
            None,
            "router",
            0 if place else period_s * SECOND,
        )
        for place, number in enumerate(numbers)
    ]


def each_period(place: int) -> float:
    return place * PERIOD


def run(some: list[Facts], *, end: bool = True, cut: int = 0) -> tuple[list[LossEvent], Detector]:
    detector = Detector()
    events = detector.observe(some[:cut], [], Tallies("loss"))
    detector = Detector().decode_state(detector.encode_state())
    controls = [EndOfInput(len(some) - cut, 0)] if end else []
    return events + detector.observe(some[cut:], controls, Tallies("loss")), detector


def losses(events: list[LossEvent], counter: str = "notification") -> list[tuple[int, int, int]]:
    standing = {event.identity: event for event in events if event.counter == counter}
    return [(one.first, one.last, one.count) for one in standing.values() if one.lost()]


@pytest.mark.parametrize("step", [2, 3, 10, 999])
def test_a_constant_step_is_a_rule_where_every_period_is_met(step: int) -> None:
    some = sent(list(range(5, 5 + 30 * step, step)), each_period)
    events, detector = run(some)
    assert losses(events) == losses(events, "transport") == []
    whys = [why for one in detector.explain() for why in one.why]
    assert [why.partition(": ")[2] for why in whys] == [f"steps by {step}: each period is met"] * 2
    assert {event.state for event in events} == {"open", "withdrawn"}


def test_the_rule_is_the_same_wherever_the_state_is_cut() -> None:
    some = sent([*range(0, 40, 2), 44, *range(46, 60, 2)], lambda place: (place + (place > 19)) * PERIOD)
    whole = run(some)[0]
    assert losses(whole) == [(40, 42, 2)]
    assert all(run(some, cut=cut)[0] == whole for cut in range(len(some)))


def test_a_larger_jump_is_a_loss_of_as_many_steps() -> None:
    some = sent([*range(0, 60, 3), 66, *range(69, 90, 3)], lambda place: (place + 2 * (place > 19)) * PERIOD)
    events, detector = run(some)
    assert losses(events) == [(60, 63, 2)]
    (event,) = [one for one in events if one.lost() and one.counter == "notification"]
    assert event.detail == "the counter steps by 3"
    assert not any("no longer" in why for one in detector.explain() for why in one.why)


def test_what_comes_late_of_a_larger_jump_is_not_lost() -> None:
    numbers = [*range(0, 60, 3), 66, 63, *range(69, 90, 3)]
    some = sent(numbers, lambda place: (place + 2 - (place > 20)) * PERIOD if place > 19 else place * PERIOD)
    some[21] = sent(numbers, lambda _: 22 * PERIOD + 1)[21]
    assert losses(run(some)[0]) == [(60, 60, 1)]


def test_a_rule_is_taken_back_when_a_period_goes_missing_that_the_numbers_do_not_show() -> None:
    some = sent(list(range(0, 60, 2)), lambda place: (place + (place > 19)) * PERIOD)
    events, detector = run(some)
    assert any("no longer steps by 2" in why for one in detector.explain() for why in one.why)
    assert losses(events) == [(39, 39, 1)]


def test_a_rule_is_taken_back_when_numbers_step_by_one_and_losses_are_found_again() -> None:
    numbers = [*range(0, 40, 2), *range(39, 50), 52, *range(53, 60)]
    events, _ = run(sent(numbers, lambda place: (place + (place > 30)) * PERIOD))
    assert losses(events) == [(50, 51, 2)]


@pytest.mark.parametrize("seed", range(20))
def test_steps_without_a_rule_are_untrackable_and_no_loss(seed: int) -> None:
    rng = Random(seed)
    numbers = [0]
    while len(numbers) < 60:
        numbers.append(numbers[-1] + rng.choice((2, 3, 5, 7, 8)))
    events, _ = run(sent(numbers, each_period))
    assert {event.detail for event in events if event.cause == "untrackable"} == {NO_RULE}
    assert losses(events) == losses(events, "transport") == []


@pytest.mark.parametrize("seed", range(20))
def test_losses_of_a_counter_that_goes_by_one_stay_losses(seed: int) -> None:
    rng = Random(seed)
    kept = [place for place in range(200) if place < 5 or place == 199 or rng.random() > 0.15]
    some = sent(kept, lambda index: kept[index] * PERIOD + rng.uniform(-1, 1))
    lost = set(range(200)) - set(kept)
    found = {number for first, _, count in losses(run(some)[0]) for number in range(first, first + count)}
    assert found == lost


def test_of_a_publisher_that_sends_twice_a_period_losses_stay_losses() -> None:
    kept = [place for place in range(200) if place % 8 != 3]
    some = sent(kept, lambda index: kept[index] // 2 * PERIOD + kept[index] % 2)
    found = {number for first, _, count in losses(run(some)[0]) for number in range(first, first + count)}
    assert found == {place for place in range(199) if place % 8 == 3}


def test_without_a_known_period_numbers_alone_say_what_is_lost() -> None:
    some = sent(list(range(0, 40, 2)), each_period, period_s=0)
    assert len(losses(run(some)[0])) == 19


def test_while_steps_may_become_a_rule_nothing_is_confirmed() -> None:
    some = sent([0, 2, 4, 6], lambda place: place * 30, period_s=30)
    assert losses(run(some, end=False)[0]) == []
    assert losses(run(some)[0]) == [(1, 1, 1), (3, 3, 1), (5, 5, 1)]


def test_a_jump_before_the_rule_was_known_is_seen_in_its_light() -> None:
    some = sent([0, 2, 8, *range(10, 40, 2)], each_period)
    assert losses(run(some)[0]) == [(4, 6, 2)]

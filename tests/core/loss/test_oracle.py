"""Every habit with every fault: what is confirmed is exactly what can be known, wherever batches and state are cut."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.loss.fleet import MOST_JUMPING
from tests.core.loss.oracle import HABITS, Faults, Habit, Scenario, scenario
from tests.core.loss.prove import (
    confirmed,
    detect,
    difference,
    fleet_difference,
    random_scenario,
    wide_scenario,
)
from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import Facts

FAULTS = st.builds(
    Faults,
    drop=st.sampled_from((0.0, 0.01, 0.1, 0.2)),
    burst=st.integers(1, 10),
    duplicate=st.sampled_from((0.0, 0.05)),
    reorder=st.sampled_from((0.0, 0.05)),
    restarts=st.integers(0, 2),
)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
@settings(max_examples=15, derandomize=True)
@given(seed=st.integers(0, 1 << 30), faults=FAULTS, subscriptions=st.integers(1, 6))
def test_confirmed_losses_are_exactly_the_detectable_ones(
    habit: Habit, seed: int, faults: Faults, subscriptions: int
) -> None:
    made = scenario(Random(seed), habit, faults, subscriptions=subscriptions, messages=50)
    assert difference(made) == (0, 0)


@pytest.mark.parametrize("seed", range(200))
def test_of_seeded_scenarios_nothing_is_missed_and_nothing_made_up(seed: int) -> None:
    assert difference(random_scenario(seed)) == (0, 0)


@pytest.mark.parametrize("rough", [False, True])
@pytest.mark.parametrize("seed", range(100))
def test_what_arrived_in_vain_is_not_lost_and_proves_what_is(seed: int, *, rough: bool) -> None:
    assert difference(random_scenario(seed, rough=rough, refused=True)) == (0, 0)


REFUSED = (109, 131, 497, 595, 643, 1364, 1756, 2040004034, 2040007766)
"""Once judged wrong: a repeat before a hole, ids that came again after a restart, tails while lines were in doubt,
ends of a hole taken for the same numbers of the epoch before."""

ROUGH_REFUSED = (
    2020000474,
    2030001325,
    2030001373,
    2030003159,
    2030003722,
    3200000042,
    3200000050,
    3200000116,
    3300001944,
    3300001956,
    3300002333,
    3500000993,
    5010000019,
)
"""The same with hard restarts: numbers at the ends of a hole that were sent again, headers just before a restart that
prove what they end, and headers of the epoch before that came after one."""


@pytest.mark.parametrize(
    ("seed", "rough"), [*((seed, False) for seed in REFUSED), *((seed, True) for seed in ROUGH_REFUSED)]
)
def test_of_messages_that_arrived_in_vain_what_was_once_judged_wrong_is_right(seed: int, *, rough: bool) -> None:
    assert difference(random_scenario(seed, rough=rough, refused=True)) == (0, 0)


@pytest.mark.once
@pytest.mark.parametrize("rough", [False, True])
@pytest.mark.parametrize("start", range(1_000_000, 1_050_000, 1_000))
def test_of_a_hundred_thousand_scenarios_nothing_is_missed_and_nothing_made_up(start: int, *, rough: bool) -> None:
    wrong = [seed for seed in range(start, start + 1_000) if difference(random_scenario(seed, rough=rough)) != (0, 0)]
    assert wrong == []


@pytest.mark.parametrize("seed", [77055901, 5008618])
def test_a_hole_that_takes_numbers_of_all_subscriptions_at_once_is_one_loss_event(seed: int) -> None:
    # In lockstep each burst takes two of each card's two subscriptions: billed one by one, "per card" looked cheaper.
    assert difference(random_scenario(seed)) == (0, 0)


WIDE = (
    *(
        710000010,
        710000021,
        710000098,
        710000337,
        720000130,
        720000327,
        730000134,
        730000497,
        730000980,
        730001168,
        760001172,
    ),
)
"""Once judged wrong: repeats and stragglers beside a hole, holes with one number between, new flows after one."""

ROUGH = (
    12,
    52,
    109,
    2219,
    2861,
    101589,
    105247,
    106271,
    106964,
    108064,
    300017736,
    300033989,
    300049708,
    400006104,
    400031788,
    600027286,
)
"""Once judged wrong: announcements lost, repeated or late, stragglers in a gap, restarts at the wrap."""


@pytest.mark.parametrize("seed", [*range(60), *ROUGH])
def test_restarts_that_lose_and_mix_messages_hide_nothing_and_make_nothing_up(seed: int) -> None:
    assert difference(random_scenario(seed, rough=True)) == (0, 0)


@pytest.mark.parametrize("seed", [*range(60), *WIDE])
def test_of_fleets_with_wide_holes_and_jumps_nothing_is_missed_and_nothing_made_up(seed: int) -> None:
    assert fleet_difference(wide_scenario(seed)) == (0, 0)


WIDE_REFUSED = (
    3600000001,
    3600000009,
    3600000010,
    3600000151,
    3600000179,
    3610000114,
    3700000255,
    5020000143,
    5020000385,
    6020000636,
    6020000783,
    7020000161,
)
"""Once judged wrong, with messages that arrive in vain: the last number seen before a jump, the ends of a leap, gaps of
a new epoch near the end of the old one, headers beyond a leap in doubt, a second leap after one number."""


@pytest.mark.parametrize("seed", [*range(30), *WIDE_REFUSED])
def test_of_fleets_in_which_messages_arrive_in_vain_nothing_is_missed_and_nothing_made_up(seed: int) -> None:
    assert fleet_difference(wide_scenario(seed, refused=True)) == (0, 0)


JUMPING = 9100000000
"""24 subscriptions of one publisher, each with a counter of its own; all go back at once, to places near each other."""


def test_more_than_six_counters_that_jump_at_once_are_as_many_discontinuities_and_no_loss() -> None:
    rng, at, some = Random(JUMPING), 1_795_168_810_000_000, []
    counters = {sub: 200_000 + 7919 * sub for sub in range(1, 25)}
    for message in range(40):
        if message == 20:
            before = dict(counters)
            counters = {sub: rng.randint(2_000, 60_000) for sub in counters}
            after = dict(counters)
        for sub, number in counters.items():
            at += 10_000
            some.append(Facts("192.0.2.7", 40000, 1, sub, number, number, at, 0, None, "router"))
            counters[sub] += 1
    events = Detector().observe(some, [EndOfInput(len(some), 0)], Tallies("loss"))
    standing = {event.identity: event for event in events}.values()
    assert [event for event in standing if event.lost()] == []
    for counter in ("transport", "notification"):
        jumps = {(event.first, event.last) for event in standing if event.counter == counter and event.broken()}
        assert jumps == {(before[sub] - 1, after[sub]) for sub in counters}


def test_the_truth_of_a_fleet_is_no_empty_one() -> None:
    fleets = [wide_scenario(seed, refused=True) for seed in range(60)]
    fates = Counter(one.fate for made in fleets for one in made.sent)
    assert min(fates["unreadable"], fates["incomplete"]) > 1_000
    assert max(made.breaks.total() for made in fleets) > 2 * MOST_JUMPING
    assert any(run > 100_000 for made in fleets for one in made.sent for _, run in one.taken.values())
    assert sum(made.breaks.total() for made in fleets) > 50
    assert max(len({one.subscription_id for one in made.received}) for made in fleets) == 24
    assert max(len(made.habits) for made in fleets) == 3


def cut(made: Scenario, size: int) -> list[LossEvent]:
    detector = Detector()
    events = []
    for start in range(0, len(made.received), size):
        events += detector.observe(made.received[start : start + size], [], Tallies("loss"))
    return events + detector.observe([], [EndOfInput(0, 0)], Tallies("loss"))


@pytest.mark.parametrize("seed", range(12))
def test_batch_boundaries_change_no_event(seed: int) -> None:
    made = random_scenario(seed)
    whole = detect(made)
    assert all(cut(made, size) == whole for size in (1, 7, 100))


@pytest.mark.parametrize("seed", range(12))
def test_state_encoded_and_decoded_after_every_message_changes_no_event(seed: int) -> None:
    made = random_scenario(seed)
    state, journal, events = None, [], []
    for index, one in enumerate(made.received):
        detector = Detector().decode_state(state, journal)
        events += detector.observe([one], [], Tallies("loss"))
        if index % 5 == 4:
            state, journal = detector.snapshot(), []
        else:
            journal = [*journal, detector.changes()]
    last = Detector().decode_state(state, journal)
    assert events + last.observe([], [EndOfInput(0, 0)], Tallies("loss")) == detect(made)


def test_two_exporters_change_nothing_for_each_other() -> None:
    first, second = random_scenario(3), random_scenario(5)
    others = [
        type(one)("192.0.2.8", *[getattr(one, name) for name in one.__struct_fields__[1:]]) for one in second.received
    ]
    mixed = sorted(first.received + others, key=lambda one: one.arrival_us)
    end = EndOfInput(len(mixed), 0)
    events = Detector().observe(mixed, [end], Tallies("loss"))
    assert confirmed([one for one in events if one.exporter == "192.0.2.7"]) == confirmed(detect(first))
    assert confirmed([one for one in events if one.exporter == "192.0.2.8"]) == confirmed(detect(second))


def test_flushing_twice_is_harmless() -> None:
    made = random_scenario(1)
    detector = Detector()
    once = detect(made, detector)
    assert once
    assert detector.observe([], [EndOfInput(0, 0)], Tallies("loss")) == []

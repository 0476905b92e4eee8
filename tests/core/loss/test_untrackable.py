"""Numbers that count nothing: no loss is made up, the reason is told once, and taken back when they count again."""

from random import Random

import pytest

from tests.core.loss.prove import confirmed, difference, random_scenario
from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import sanity
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import Facts
from yangbeam.core.loss.line import Moment

SECOND = 1_000_000
START = 1_795_168_810_000_000
MODULUS = 2**32


def numbered(numbers: list[int], every_us: int = 100_000, **more: object) -> list[Facts]:
    base: dict[str, object] = {
        "exporter": "192.0.2.7",
        "port": 50000,
        "publisher_id": 1,
        "subscription_id": 7,
        "node": "router",
    }
    return [
        Facts(message_id=number, sequence_number=place, arrival_us=START + place * every_us, **(base | more))  # type: ignore[arg-type] # test data
        for place, number in enumerate(numbers)
    ]


def run(some: list[Facts], detector: Detector | None = None, *, end: bool = True) -> list[LossEvent]:
    controls = [EndOfInput(len(some), 0)] if end else []
    return (detector or Detector()).observe(some, controls, Tallies("loss"))


def interleaved(count: int, apart: int) -> list[int]:
    return [number for step in range(count) for number in (100 + step, 100 + apart + step)]


def told(events: list[LossEvent]) -> list[tuple[str, str]]:
    return [(event.state, event.detail) for event in events if event.cause == "untrackable"]


def random_numbers(below: int) -> list[int]:
    rng = Random(3)
    return [rng.randrange(below) for _ in range(2000)]


NO_COUNTERS = [
    ([0] * 500, sanity.CONSTANT),
    ([7] * 500, sanity.CONSTANT),
    (random_numbers(MODULUS), sanity.RANDOM),
    (random_numbers(900), sanity.RANDOM),
    (interleaved(400, 200), sanity.INTERLEAVED),
    (interleaved(400, 20), sanity.INTERLEAVED),
    (interleaved(400, 3_000_000), sanity.INTERLEAVED),
]


@pytest.mark.parametrize(("numbers", "why"), NO_COUNTERS)
def test_what_does_not_count_is_told_with_its_reason_and_reports_no_loss(numbers: list[int], why: str) -> None:
    detector = Detector()
    events = run(numbered(numbers), detector)
    assert told(events)[0] == ("open", why)
    assert confirmed([event for event in events if event.cause != "untrackable"])["transport"].total() == 0
    assert detector.explain()[0].state == "untrackable"
    assert why in detector.explain()[0].why[-1]
    assert len({event.identity for event in events if event.cause == "untrackable"}) == 1
    assert len(detector.encode_state()) < 3000


def test_two_publishers_behind_one_address_are_found_at_one_message_a_second() -> None:
    events = run(numbered(interleaved(100, 200), every_us=SECOND))
    assert told(events) == [("open", sanity.INTERLEAVED)]
    assert confirmed([event for event in events if event.cause != "untrackable"])["transport"].total() == 0


def test_a_capture_that_ends_in_the_middle_of_suspicion_confirms_nothing() -> None:
    events = run(numbered(interleaved(8, 200)))
    assert told(events) == [("open", sanity.INTERLEAVED)]
    assert not any(event.state == "confirmed" for event in events)


def test_a_counter_that_counts_again_takes_it_back() -> None:
    detector = Detector()
    first = run(numbered([0] * 500), detector, end=False)
    later = run(numbered(list(range(5000))), detector)
    assert [state for state, _ in told(first + later)] == ["open", "withdrawn"]
    assert detector.explain()[0].state == "settled"
    assert len({event.identity for event in first + later if event.cause == "untrackable"}) == 1


def test_a_spoofed_number_now_and_then_leaves_a_counter_trackable() -> None:
    rng = Random(5)
    numbers = [rng.randrange(10**9) if place % 40 == 39 else 5000 + place - place // 40 for place in range(2000)]
    detector = Detector()
    events = run(numbered(numbers), detector)
    assert told(events) == []
    assert confirmed(events)["transport"].total() == 0
    assert detector.explain()[0].state == "settled"


def test_every_datagram_twice_is_no_reason() -> None:
    events = run(numbered([number for number in range(500) for _ in range(2)]))
    assert told([event for event in events if event.counter == "transport"]) == []
    assert confirmed(events)["transport"].total() == 0


def test_a_collectors_clock_that_runs_backwards_makes_no_loss() -> None:
    backwards = numbered(list(range(500)), every_us=-SECOND)
    assert run(backwards) == []


def test_restarts_of_many_subscriptions_are_no_steps_back_of_one() -> None:
    state = sanity.Sanity()
    for restart in range(10):
        for flow in range(50):
            moment = Moment(0, 0, restart * 1500 + flow, flow)
            assert not sanity.look(state, flow, 900, 0, moment, 50)
    assert not sanity.suspect(state)


@pytest.mark.parametrize("seed", range(300, 340))
def test_no_habit_and_no_fault_of_a_network_looks_like_it(seed: int) -> None:
    made = random_scenario(seed, rough=True)
    assert difference(made) == (0, 0)
    assert told(run(made.received)) == []

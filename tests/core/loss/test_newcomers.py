"""Exporters that have sent one message: cheap, bounded, and followed from the second one as if from the first."""

import tracemalloc

import pytest

from tests.core.loss.oracle import Scenario
from tests.core.loss.prove import detect, random_scenario
from tests.core.loss.test_detector import SECOND, START, beat, end, facts, refused, run, states
from yangbeam.core.elements import Control, EndOfInput
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import newcomers as module
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import CHANGE, STARTED, Facts
from yangbeam.core.loss.newcomers import Newcomers


def strangers(count: int, first: int = 0, **more: object) -> list[Facts]:
    """One message each of exporters that nobody heard before, each string and number an object of its own."""
    return [
        facts(2_000_000 + number, exporter=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", **more)
        for number in range(first, first + count)
    ]


def weighed(detector: Detector, some: list[Facts]) -> float:
    """Returns how many octets a detector holds more for each of these messages."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run(detector, some)
        detector.changes()
        return (tracemalloc.get_traced_memory()[0] - before) / len(some)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [0, CHANGE])
def test_an_exporter_that_sent_one_message_costs_little(kind: int) -> None:
    some = strangers(5_000, kind=kind, patch_id="7" if kind else None)
    assert weighed(Detector(), some) < 300


def told(some: list[Facts]) -> Detector:
    detector = Detector()
    run(detector, some)
    return detector


def test_no_flow_is_made_of_one_message() -> None:
    detector = told(strangers(100))
    assert (detector.flows, detector.explain()) == (0, [])
    run(detector, strangers(1), end(1))
    assert detector.flows == 1


@pytest.mark.parametrize("seed", range(25))
def test_what_is_followed_from_the_second_message_is_told_as_if_from_the_first(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = random_scenario(seed)
    events = detect(made), beaten(made)
    monkeypatch.setattr(Newcomers, "holds", lambda *_: False)
    assert events == (detect(made), beaten(made))


def beaten(made: Scenario) -> list[object]:
    """What is told with a heartbeat after every other message, the state restored after every third."""
    detector, told_so_far = Detector(), list[object]()
    for index, one in enumerate(made.received):
        controls: list[Control] = [beat(1, (one.arrival_us - START) / SECOND)] if index % 2 else []
        told_so_far += detector.observe([one], controls, Tallies("loss"))
        if index % 3 == 0:
            detector = Detector().decode_state(detector.snapshot())
    return [*told_so_far, *detector.observe([], [EndOfInput(0, 0)], Tallies("loss"))]


def test_a_gap_before_the_second_message_is_found_also_after_a_restore_from_the_journal() -> None:
    detector, journal = Detector(), list[bytes]()
    for some in ([facts(1)], strangers(3), []):
        run(detector, some)
        journal.append(detector.changes())
        detector = Detector().decode_state(None, journal)
    assert states(run(detector, [facts(4)])) == [("open", 2, 3)]
    journal.append(detector.changes())
    again = Detector().decode_state(None, journal)
    assert again.encode_state() == detector.encode_state()
    assert states(run(again, [facts(6)])) == [("open", 5, 5)]


def test_a_refused_message_between_the_first_two_is_not_called_lost_on_the_way() -> None:
    events = run(Detector(), [facts(1), facts(3)], refused(1, 2, "not-a-notification"), end(2))
    assert states(events) == [("open", 2, 2), ("withdrawn", 2, 2)]


def test_an_announcement_is_followed_at_once() -> None:
    detector = told([facts(1, kind=STARTED, period_us=SECOND)])
    events = run(detector, [], *(beat(0, second) for second in range(1, 30)))
    assert {event.cause for event in events} == {"never-sent"}


def test_beyond_the_bound_the_longest_known_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NEWCOMERS", 10)
    detector = Detector()
    journal = []
    for first in range(0, 30, 3):
        run(detector, strangers(3, first))
        journal.append(detector.changes())
    assert Detector().decode_state(None, journal).encode_state() == detector.encode_state()
    run(detector, strangers(10, 20))
    assert detector.flows == 10
    run(detector, strangers(1))
    assert detector.flows == 10


def test_who_sent_one_message_a_day_ago_is_forgotten() -> None:
    detector = told([facts(1)])
    run(detector, [], beat(0, 1))
    run(detector, [], beat(0, 90_000))
    assert states(run(detector, [facts(4, 90_001)], end(1))) == []

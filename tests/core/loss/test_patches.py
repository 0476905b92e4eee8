"""Patch-ids of an on-change subscription: a gap marks its tables until the next push-update. Further evidence."""

from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.evidence import Evidence
from yangbeam.core.loss.facts import CHANGE, FULL, Facts

SECOND = 1_000_000
START = 1_795_168_810_000_000


def facts(number: int, at_s: float, **more: object) -> Facts:
    base: dict[str, object] = {
        "exporter": "192.0.2.7",
        "port": 50000,
        "publisher_id": 1,
        "subscription_id": 7,
        "message_id": number,
        "sequence_number": number,
        "arrival_us": START + int(at_s * SECOND),
        "node": "router",
    }
    return Facts(**(base | more))  # type: ignore[arg-type] # test data


def change(number: int, at_s: float, patch: str) -> Facts:
    return facts(number, at_s, kind=CHANGE, patch_id=patch)


def full(number: int, at_s: float) -> Facts:
    return facts(number, at_s, kind=FULL)


def resyncs(some: list[Facts], *, size: int = 1 << 30) -> list[LossEvent]:
    detector, events = Detector(), []
    for start in range(0, len(some), size):
        detector = Detector().decode_state(detector.encode_state()) if size < len(some) else detector
        events += detector.observe(some[start : start + size], [], Tallies("loss"))
    events += detector.observe([], [EndOfInput(0, 0)], Tallies("loss"))
    return [event for event in events if event.counter == "resync"]


GAP = [full(0, 0), change(1, 1, "0"), change(2, 2, "1"), change(4, 4, "3"), change(5, 5, "4")]


def test_a_gap_marks_the_tables_until_the_next_push_update() -> None:
    events = resyncs([*GAP, change(6, 40, "5"), full(7, 50), change(8, 51, "0")])
    assert [(event.state, event.detail) for event in events] == [("open", ""), ("withdrawn", "push-update")]
    assert len({event.identity for event in events}) == 1
    first, last = events
    assert (first.subscription_ids, first.first, first.last, first.cause) == ((7,), 2, 2, "patch-gap")
    assert (first.first_us, last.last_us) == (START + 2 * SECOND, START + 50 * SECOND)


def test_without_a_push_update_the_mark_stays() -> None:
    assert [event.state for event in resyncs([*GAP, change(6, 400, "5")])] == ["open"]


def test_missing_edits_that_come_late_take_the_mark_back() -> None:
    events = resyncs([*GAP, change(3, 6, "2"), change(6, 7, "5")])
    assert [(event.state, event.detail) for event in events] == [
        ("open", ""),
        ("withdrawn", "the missing edits came late"),
    ]


def test_a_second_gap_under_a_mark_tells_nothing_new() -> None:
    events = resyncs([*GAP, change(9, 9, "8"), full(10, 20), change(11, 21, "0"), change(13, 23, "2")])
    assert [event.state for event in events] == ["open", "withdrawn", "open"]
    assert len({event.identity for event in events}) == 2


def test_state_cut_after_every_message_changes_no_mark() -> None:
    life = [*GAP, change(9, 9, "8"), full(10, 20), change(11, 21, "0"), change(13, 23, "2")]
    assert resyncs(life, size=1) == resyncs(life)


def test_evidence_of_any_kind_becomes_an_event_under_its_name() -> None:
    ends = Evidence("collection", "42", "open", "no-end", "began with 3 of 7 parts", 4)
    some = [facts(0, 0, evidence=(ends,)), facts(1, 1, evidence=(Evidence("collection", "42", "withdrawn"),))]
    events = Detector().observe(some, [], Tallies("loss"))
    assert [(event.counter, event.state, event.cause, event.count) for event in events] == [
        ("collection", "open", "no-end", 4),
        ("collection", "withdrawn", "", 1),
    ]
    assert len({event.identity for event in events}) == 1

"""Patch-ids of an on-change subscription: a gap marks its tables until the next push-update. Further evidence."""

from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.evidence import Evidence
from yangbeam.core.loss.facts import CHANGE, FULL, STARTED, Facts

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


def patches(some: list[Facts], *, size: int = 1 << 30, tallies: Tallies | None = None) -> list[tuple[object, ...]]:
    """What is told of patch-ids; of one identity the last."""
    detector, events = Detector(), []
    tallies = tallies or Tallies("loss")
    for start in range(0, len(some), size):
        detector = Detector().decode_state(detector.encode_state()) if size < len(some) else detector
        events += detector.observe(some[start : start + size], [], tallies)
    events += detector.observe([], [EndOfInput(0, 0)], tallies)
    standing = {event.identity: event for event in events if event.counter == "patch"}.values()
    return [(event.cause, event.state, event.first, event.last, event.count) for event in standing]


BEGUN = [full(0, 0), change(1, 1, "0"), change(2, 2, "1")]


def test_a_jump_that_the_messages_numbers_leave_room_for_is_a_loss_of_that_size() -> None:
    jump = [*BEGUN, change(5003, 60, "5002"), change(5004, 61, "5003")]
    assert patches(jump) == [("", "confirmed", 2, 5001, 5000)]
    assert [event.state for event in resyncs(jump)] == ["open"]


def test_a_jump_for_which_too_few_messages_are_missing_is_a_discontinuity_and_counted() -> None:
    tallies = Tallies("loss")
    jump = [*BEGUN, change(4, 4, "5002"), change(5, 5, "5003")]
    assert patches(jump, tallies=tallies) == [("discontinuity", "confirmed", 1, 5002, 0)]
    (tally,) = tallies.delta(shard=0, source="", ordinal=0).tallies
    assert (tally.counts["discontinuities:patch"], tally.counts.get("lost:patch")) == (1, None)
    assert resyncs(jump) == []


def test_a_jump_that_no_number_confirms_is_a_discontinuity() -> None:
    bare: dict[str, object] = {"message_id": None, "sequence_number": None, "kind": CHANGE}
    some = [facts(number, number, **(bare | {"patch_id": text})) for number, text in enumerate(("0", "1", "5000"))]
    assert patches(some) == [("discontinuity", "confirmed", 1, 5000, 0)]


def test_a_step_back_without_a_push_update_is_a_discontinuity() -> None:
    some = [full(0, 0), *(change(number, number, str(number + 40)) for number in range(1, 5)), change(5, 5, "3")]
    assert patches(some) == [("discontinuity", "confirmed", 44, 3, 0)]


def test_after_subscription_started_nothing_is_claimed_of_a_step_back() -> None:
    some = [*(change(number, number, str(number + 40)) for number in range(1, 5)), facts(5, 5, kind=STARTED)]
    assert patches([*some, change(6, 6, "0"), change(7, 7, "1")]) == []


def test_the_first_ids_may_come_in_another_order() -> None:
    assert patches([full(0, 0), change(2, 1, "1"), change(1, 2, "0"), change(3, 3, "2")]) == []


def test_what_comes_late_of_a_wide_jump_is_no_longer_missing() -> None:
    late = [*BEGUN, change(5003, 60, "5002"), change(1003, 61, "1002"), change(5004, 62, "5003")]
    assert sorted(patches(late)) == [("", "confirmed", 2, 1001, 1000), ("", "confirmed", 1003, 5001, 3999)]


def test_ids_that_jump_at_random_are_names_which_is_told_once() -> None:
    random = ("17", "90001", "4", "70005", "12", "31", "80000", "1")
    some = [change(number, number, text) for number, text in enumerate(random)]
    told = patches(some)
    assert [cause for cause, *_ in told] == ["discontinuity"] * 4 + ["untrackable"]


def test_state_cut_after_every_message_changes_no_jump() -> None:
    life = [*BEGUN, change(5003, 60, "5002"), change(5004, 61, "9000"), change(9003, 62, "12"), change(9004, 63, "13")]
    assert patches(life, size=1) == patches(life)
    assert len(patches(life)) == 3

"""The detector of a shard: clocks, control records, causes, patch-ids, bounds, and its state's bytes."""

from pathlib import Path

import pytest

from yangbeam.core.elements import Control, EndOfInput, Heartbeat, LossEvent, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import detector as module
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import CHANGE, FULL, STARTED, TERMINATED, Facts
from yangbeam.core.loss.scope import SCOPES

SECOND = 1_000_000
START = 1_795_168_810_000_000
EXPORTER = "192.0.2.7"
STATE = Path(__file__).resolve().parents[2] / "golden" / "state"
GOLDEN = STATE / "0.1.0" / "LossState.hex"
GOLDEN_BEFORE = STATE / "0.2.0" / "LossState.hex"
GOLDEN_LATER = STATE / "0.2.0" / "LossState-discontinuities.hex"
GOLDEN_LATEST = STATE / "0.2.0" / "LossState-newcomers.hex"
GOLDEN_REFUSED = STATE / "0.2.0" / "LossState-refused.hex"
GOLDEN_STRIDES = STATE / "0.2.0" / "LossState-strides.hex"
GOLDEN_NOW = STATE / "0.2.0" / "LossState-ends.hex"


def facts(number: int | None, at_s: float = 0.0, **more: object) -> Facts:
    base: dict[str, object] = {
        "exporter": EXPORTER,
        "port": 50000,
        "publisher_id": 1,
        "subscription_id": 7,
        "message_id": number,
        "sequence_number": number,
        "arrival_us": START + int(at_s * SECOND),
        "node": "router",
    }
    return Facts(**(base | more))  # type: ignore[arg-type] # test data


def run(detector: Detector, some: list[Facts], *controls: Control, tallies: Tallies | None = None) -> list[LossEvent]:
    return detector.observe(some, list(controls), tallies or Tallies("loss"))


def beat(at: int, at_s: float, drops: int = 0) -> Heartbeat:
    return Heartbeat(at, "c1", START + int(at_s * SECOND), {"kernel_drops": drops})


def end(at: int = 0) -> EndOfInput:
    return EndOfInput(at, 0)


def states(events: list[LossEvent], counter: str = "transport") -> list[tuple[str, int, int]]:
    return [(event.state, event.first, event.last) for event in events if event.counter == counter]


def test_a_gap_is_open_first_and_confirmed_when_the_window_has_passed() -> None:
    detector = Detector()
    assert states(run(detector, [facts(1), facts(4)])) == [("open", 2, 3)]
    assert run(detector, [facts(5, 19.9)]) == []
    events = run(detector, [facts(6, 20.1)])
    assert states(events) == [("confirmed", 2, 3)]
    event = events[0]
    assert (event.exporter, event.node, event.publisher_id, event.subscription_ids) == (EXPORTER, "router", 1, (7,))
    assert (event.scope, event.count, event.first_us, event.last_us) == ("node", 2, START, START)


def test_heartbeats_are_the_clock_of_a_quiet_exporter() -> None:
    detector = Detector()
    run(detector, [facts(1), facts(4)])
    assert run(detector, [], beat(0, 19)) == []
    assert states(run(detector, [], beat(0, 21))) == [("confirmed", 2, 3)]


def test_a_late_number_withdraws_the_loss_under_the_same_identity() -> None:
    detector = Detector()
    opened = run(detector, [facts(1), facts(3)])
    tallies = Tallies("loss")
    withdrawn = run(detector, [facts(2, 1)], tallies=tallies)
    assert states(withdrawn) == [("withdrawn", 2, 2)]
    assert withdrawn[0].identity == opened[0].identity
    counts = tallies.delta(shard=0, source="", ordinal=0).tallies[0].counts
    assert counts == {"late:transport": 1, "late:notification": 1}


def test_confirmed_losses_are_tallied_by_counter() -> None:
    tallies = Tallies("loss")
    run(Detector(), [facts(1), facts(4)], end(2), tallies=tallies)
    (tally,) = tallies.delta(shard=0, source="", ordinal=0).tallies
    assert (tally.publisher_id, tally.subscription_id) == (1, 7)
    assert tally.counts == {"lost:transport": 2, "lost:notification": 2}


def test_a_clock_that_leaps_or_steps_back_confirms_nothing_early() -> None:
    detector = Detector()
    run(detector, [facts(1, 5000), facts(2, 0), facts(4, 0)])
    assert run(detector, [facts(5, 19)]) == []
    assert states(run(detector, [facts(6, 21)])) == [("confirmed", 3, 3)]


def refused(at: int, number: int, reason: str) -> Refused:
    return Refused(at, reason, "", EXPORTER, 50000, START, b"", publisher_id=1, message_id=number)


def test_an_incomplete_message_is_one_loss_with_its_cause() -> None:
    events = run(Detector(), [facts(1), facts(6)], refused(2, 4, "incomplete"), end(2))
    confirmed = [(event.first, event.last, event.cause) for event in events if event.state == "confirmed"]
    assert confirmed[:3] == [(2, 3, ""), (4, 4, "incomplete"), (5, 5, "")]
    assert confirmed[3:] == confirmed[:3]  # of the sequence numbers the same
    assert len({event.identity for event in events if event.state == "confirmed"}) == 6


def test_a_message_that_came_but_was_refused_is_not_lost_on_the_way() -> None:
    events = run(Detector(), [facts(1), facts(3)], refused(1, 2, "not-a-notification"), end(2))
    assert states(events) == [("open", 2, 2), ("withdrawn", 2, 2)]


def test_kernel_drops_in_the_same_second_are_the_cause() -> None:
    events = run(Detector(), [facts(1), facts(3, 0.5)], beat(0, -1), beat(2, 1, drops=9), end(2))
    assert [event.cause for event in events if event.state == "confirmed"] == ["kernel-drop", "kernel-drop"]


def test_the_operators_scope_is_taken_as_it_is() -> None:
    detector = Detector(override=lambda _exporter, counter: "socket" if counter == "transport" else None)
    both = [facts(number, port=port, subscription_id=port) for number in range(50) for port in (1, 2)]
    assert run(detector, both, end(100)) == []
    transport, notification = detector.explain()
    assert (transport.state, transport.scope, transport.counters) == ("set", "socket", 2)
    assert notification.state == "settled"
    assert notification.scope.startswith("socket = publisher+socket = subscription")
    assert "ruled out node" in notification.why[0]


@pytest.mark.parametrize("journal", [False, True])
def test_scopes_that_the_operator_sets_hold_for_what_was_learned_before(*, journal: bool) -> None:
    learned = Detector()
    run(learned, [facts(number) for number in range(50)])
    state = learned.snapshot(), [learned.changes()] if journal else []
    set_now = Detector(override=lambda _, counter: "subscription" if counter == "transport" else None)
    set_now.decode_state(*state)
    run(set_now, [facts(number) for number in range(50, 60)])
    assert (set_now.explain()[0].state, set_now.explain()[0].scope) == ("set", "subscription")
    assert set_now.explain()[1].state == "settled"
    set_free = Detector().decode_state(set_now.snapshot())
    run(set_free, [facts(number) for number in range(60, 120)])
    assert set_free.explain()[0].state == "settled"
    assert set_free.explain()[0].scope.startswith("node")


def test_a_counter_that_was_given_up_is_tried_again() -> None:
    detector = Detector()
    run(detector, [facts(0) for _ in range(500)])
    run(detector, [facts(number) for number in range(5000)])
    assert detector.explain()[0].state == "settled"


@pytest.mark.parametrize("number", [None, -1, 2**32, 2**70])
def test_a_number_that_is_none_is_passed_over(number: int | None) -> None:
    detector = Detector()
    assert run(detector, [facts(number), facts(number), facts(1), facts(number), facts(2)], end(5)) == []


def changes(*ids: str, start: int = 0) -> list[Facts]:
    return [facts(start + place, kind=CHANGE, patch_id=one) for place, one in enumerate(ids)]


@pytest.mark.parametrize(
    ("some", "gaps"),
    [
        (changes("0", "1", "3"), [("open", 2, 2), ("confirmed", 2, 2)]),
        (changes("0", "1", "3", "2"), [("open", 2, 2), ("withdrawn", 2, 2)]),
        ([*changes("0", "1"), facts(2, kind=FULL), *changes("0", "1", start=3)], []),
        ([*changes("7", "8"), facts(2, kind=FULL), *changes("9", "10", start=3)], []),
        (changes("a", "b", "c"), []),
        (
            changes("17", "4", "90000", "3", "60000", "5", "9", "20"),
            [*(("confirmed", *jump) for jump in ((17, 90000), (90000, 3), (3, 60000), (60000, 5))), ("open", 0, 0)],
        ),
    ],
)
def test_patch_ids_of_a_subscription(some: list[Facts], gaps: list[tuple[str, int, int]]) -> None:
    assert states(run(Detector(), some, end(len(some))), "patch") == gaps


def test_a_patch_gap_is_confirmed_by_the_clock_too() -> None:
    detector = Detector()
    run(detector, changes("0", "2"))
    assert states(run(detector, [], beat(0, 21)), "patch") == [("confirmed", 1, 1)]


def test_what_was_silent_for_a_day_is_forgotten() -> None:
    detector = Detector()
    run(detector, [facts(1), facts(1, port=2)])
    run(detector, [facts(2, 90_000)], beat(1, 90_001))
    assert detector.flows == 1
    run(detector, [], beat(0, 200_000))
    assert detector.flows == 0
    assert Detector().decode_state(None, [detector.changes()]).flows == 0


def test_floods_of_flows_and_exporters_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FLOWS", 64)
    monkeypatch.setattr(module, "MOST_EXPORTERS", 16)
    detector = Detector()
    run(detector, [facts(1, port=port) for port in range(1000)])
    assert detector.flows <= 64
    run(detector, [facts(1, place, exporter=f"198.51.100.{place}") for place in range(200)])
    assert len(detector.explain()) <= 2 * 16


def test_after_flows_were_forgotten_losses_are_still_found() -> None:
    detector = Detector(override=lambda _exporter, _counter: "socket")
    run(detector, [facts(5, port=port) for port in range(4)] + [facts(9, port=3)])
    run(detector, [facts(6, 90_000, port=1)], beat(1, 90_001))
    assert states(run(detector, [facts(8, 90_002, port=1)], end(1))) == [("open", 7, 7), ("confirmed", 7, 7)]


def sample() -> Detector:
    detector = Detector()
    some = [facts(number, number, port=port) for number in range(30) for port in (1, 2)]
    run(detector, [facts(0, kind=STARTED), *some, facts(35, 31, port=2), facts(3, 31, port=1), *changes("0", "2")])
    run(detector, [], beat(0, 32), beat(0, 33, drops=2), refused(0, 99, "incomplete"))
    return detector


def test_the_states_bytes_are_read_for_ever() -> None:
    pinned = bytes.fromhex(GOLDEN.read_text())
    detector = Detector().decode_state(pinned)
    assert [one[:5] for one in detector.explain()] == [one[:5] for one in sample().explain()]
    again = detector.encode_state()
    assert Detector().decode_state(again).encode_state() == again
    assert run(detector, [], end()) == unproved(run(sample(), [], end()))


def unproved(events: list[LossEvent]) -> list[LossEvent]:
    """What states tell that do not know when a message was refused: nothing that only its header proves."""
    return [event for event in events if not event.identity.startswith(f"{EXPORTER}/transport/50000/1/7/{START}/")]


def full_sample() -> Detector:
    """A detector with something in every part of its state."""
    detector = sample()
    lively = [
        facts(0, 40, port=9, subscription_id=9, kind=STARTED, period_us=10 * SECOND),
        *(facts(number, 40 + number, port=9, subscription_id=9) for number in range(1, 6)),
        facts(3, 46, port=9, subscription_id=9),
        facts(8, 47, port=9, subscription_id=9, kind=CHANGE, patch_id="0"),
        facts(9, 48, port=9, subscription_id=9, kind=CHANGE, patch_id="4"),
        facts(10, 49, port=9, subscription_id=8, kind=TERMINATED, reason="gone"),
    ]
    detector.observe(lively, [beat(0, 39), beat(10, 50), beat(10, 75)], Tallies("loss"), "c1")
    run(detector, [facts(1, 76, exporter="192.0.2.8")])
    return detector


def test_a_state_from_before_discontinuities_goes_on_as_this_releases() -> None:
    detector = Detector().decode_state(bytes.fromhex(GOLDEN_BEFORE.read_text()))
    assert [one[:5] for one in detector.explain()] == [one[:5] for one in full_sample().explain()]
    found, wanted = run(detector, [], end()), run(full_sample(), [], end())
    assert found == [event for event in unproved(wanted) if event.cause != "discontinuity"]


@pytest.mark.parametrize("golden", [GOLDEN_LATER, GOLDEN_LATEST], ids=lambda path: path.stem)
def test_a_state_from_before_newcomers_or_refusals_goes_on_as_this_releases(golden: Path) -> None:
    detector = Detector().decode_state(bytes.fromhex(golden.read_text()))
    assert [one[:5] for one in detector.explain()] == [one[:5] for one in full_sample().explain()]
    assert run(detector, [], end()) == unproved(run(full_sample(), [], end()))


@pytest.mark.parametrize("golden", [GOLDEN_REFUSED, GOLDEN_STRIDES], ids=lambda path: path.stem)
def test_a_state_from_before_strides_or_ends_of_epochs_goes_on_as_this_releases(golden: Path) -> None:
    detector = Detector().decode_state(bytes.fromhex(golden.read_text()))
    assert run(detector, [], end()) == run(full_sample(), [], end())


def test_this_releases_state_is_read_and_written_as_it_was_pinned() -> None:
    pinned = bytes.fromhex(GOLDEN_NOW.read_text())
    assert full_sample().encode_state() == pinned
    detector = Detector().decode_state(pinned)
    assert detector.encode_state() == pinned
    assert run(detector, [], end()) == run(full_sample(), [], end())


def test_a_newer_state_is_refused() -> None:
    newer = sample().encode_state()[:1] + bytes([module.FORMAT + 1]) + sample().encode_state()[2:]
    with pytest.raises(ConfigurationError, match="newer release"):
        Detector().decode_state(newer)


def test_a_flow_takes_less_than_200_bytes_when_idle() -> None:
    detector = Detector()
    run(detector, [facts(number + 4_000_000_000, port=port) for number in range(40) for port in range(50)])
    assert len(detector.encode_state()) / 50 < 2 * 100


def test_scopes_are_listed_coarsest_first() -> None:
    assert [scope.name for scope in SCOPES][:3] == ["node", "publisher", "socket"]


def test_what_is_learned_is_told_when_it_is_learned_and_not_again() -> None:
    detector = Detector()
    told = []
    for number in range(60):
        run(detector, [facts(number, number), facts(1000 + number, number, publisher_id=2, subscription_id=8)])
        told.append([(one.state, one.scope) for one in detector.take_learned() if one.counter == "transport"])
    assert told[0][-1][0] == "learning"
    (settled,) = [found for found in told if found and found[-1][0] == "settled" and "publisher" in found[-1][1]]
    assert not any(told[told.index(settled) + 1 :])
    assert "node" not in settled[-1][1].split(" = ")


def test_at_the_end_all_that_is_known_is_told() -> None:
    detector = Detector(override=lambda _, counter: "node" if counter == "transport" else None)
    run(detector, [facts(number) for number in range(5)])
    detector.take_learned()
    run(detector, [], end())
    found = {one.counter: (one.state, one.scope) for one in detector.take_learned()}
    assert found["transport"] == ("set", "node")
    assert found["notification"][0] == "settled"

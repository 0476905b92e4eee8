"""Expected but silent: periods, clocks, changes of state and restarts, through the detector of a shard."""

import pytest
from msgspec.structs import replace

from yangbeam.core.elements import Control, EndOfInput, Heartbeat, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import detector as module
from yangbeam.core.loss import lifecycle
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.due_times import SPARE
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.facts import FULL, MODIFIED, RESUMED, STARTED, SUSPENDED, TERMINATED, Facts
from yangbeam.core.loss.freshness import MOST_PULSES, Listening, Watch

SECOND = 1_000_000
START = 1_795_168_810_000_000
EXPORTER = "192.0.2.7"


def facts(number: int, at_s: float, **more: object) -> Facts:
    base: dict[str, object] = {
        "exporter": EXPORTER,
        "port": 50000,
        "publisher_id": 1,
        "subscription_id": 7,
        "message_id": number,
        "sequence_number": number,
        "arrival_us": START + int(at_s * SECOND),
        "node": "router",
        "kind": FULL,
    }
    return Facts(**(base | more))  # type: ignore[arg-type] # test data


def started(number: int, at_s: float, period_s: float = 10, **more: object) -> Facts:
    return facts(number, at_s, kind=STARTED, period_us=int(period_s * SECOND), **more)


def feed(
    detector: Detector, some: list[Facts], until_s: int, *, skip: range = range(0), collector: str = "c1"
) -> list[LossEvent]:
    """Feeds messages in their order with a heartbeat each second; returns what is told without numbers."""
    controls: list[Control] = []
    for second in range(until_s + 1):
        if second not in skip:
            at = sum(1 for one in some if one.arrival_us < START + second * SECOND)
            controls.append(Heartbeat(at, collector, START + second * SECOND, {}))
    events = detector.observe(some, controls, Tallies("loss"), collector)
    return [event for event in events if event.counter in ("freshness", "lifecycle")]


def told(events: list[LossEvent]) -> list[tuple[str, str, int]]:
    return [(event.state, event.cause, (event.last_us - START) // SECOND) for event in events]


def updates(first: int, last: int, every: int = 10, **more: object) -> list[Facts]:
    return [facts(number, number * every + 0.5, **more) for number in range(first, last + 1)]


def test_a_subscription_that_sends_each_period_is_never_suspected() -> None:
    assert feed(Detector(), [started(0, 0.5), *updates(1, 30)], 305) == []


def test_one_that_stops_is_suspected_after_two_periods_and_told_for_sure_after_three() -> None:
    events = feed(Detector(), [started(0, 0.5), *updates(1, 6)], 150)
    assert told(events) == [("open", "silent", 91), ("confirmed", "silent", 111)]
    last = events[-1]
    assert (last.counter, last.scope, last.subscription_ids, last.publisher_id) == (
        "freshness",
        "subscription",
        (7,),
        1,
    )
    assert (last.first_us - START) / SECOND == 60.5
    assert last.count == 5
    assert len({event.identity for event in events}) == 1


def test_a_suspicion_is_taken_back_when_data_come() -> None:
    events = feed(Detector(), [started(0, 0.5), facts(1, 10), facts(2, 45)], 60)
    assert [event.state for event in events] == ["open", "withdrawn"]
    assert len({event.identity for event in events}) == 1


def test_a_silence_told_for_sure_says_at_its_end_how_long_it_was() -> None:
    events = feed(Detector(), [started(0, 0.5), facts(1, 10), facts(2, 100), facts(3, 110)], 115)
    assert [event.state for event in events] == ["open", "confirmed", "confirmed"]
    assert (events[-1].last_us - START) // SECOND in (100, 110)
    assert len({event.identity for event in events}) == 1


def test_one_that_was_announced_and_never_sends_is_told() -> None:
    assert told(feed(Detector(), [started(0, 0.5)], 100)) == [
        ("open", "never-sent", 31),
        ("confirmed", "never-sent", 51),
    ]


def test_a_subscription_on_change_owes_nothing_but_its_first_synchronisation() -> None:
    assert feed(Detector(), [started(0, 0.5, period_s=0)], 400) == []
    never = feed(Detector(), [started(0, 0.5, period_s=0, syncs=True)], 400)
    assert [event.cause for event in never] == ["never-sent", "never-sent"]
    assert feed(Detector(), [started(0, 0.5, period_s=0, syncs=True), facts(1, 5)], 400) == []


def test_a_suspended_subscription_owes_nothing_until_it_is_resumed() -> None:
    life = [started(0, 0.5), *updates(1, 3), facts(4, 35, kind=SUSPENDED)]
    assert feed(Detector(), life, 300) == []
    resumed = [*life, facts(5, 200, kind=RESUMED)]
    events = feed(Detector(), resumed, 260)
    assert told(events) == [("open", "silent", 231), ("confirmed", "silent", 251)]
    assert (events[-1].first_us - START) // SECOND == 200
    assert feed(Detector(), [*resumed, *[facts(number, 200 + 10 * (number - 5)) for number in range(6, 15)]], 290) == []


def test_a_modified_period_is_the_one_that_counts() -> None:
    life = [started(0, 0.5), *updates(1, 3), facts(4, 31, kind=MODIFIED, period_us=100 * SECOND), facts(5, 130)]
    assert feed(Detector(), life, 330) == []
    assert [event.state for event in feed(Detector(), life, 480)] == ["open", "confirmed"]


def test_one_that_the_node_terminates_is_told_once_and_owes_nothing() -> None:
    ended = facts(4, 35, kind=TERMINATED, reason="no-such-subscription")
    events = feed(Detector(), [started(0, 0.5), *updates(1, 3), ended, ended], 300)
    (event,) = events
    assert (event.counter, event.cause, event.state, event.detail) == (
        "lifecycle",
        "terminated",
        "confirmed",
        "no-such-subscription",
    )


def test_a_line_card_that_stops_is_told_while_the_others_go_on() -> None:
    cards = [facts(number, number * 10 + 1, publisher_id=card) for number in range(1, 40) for card in (2, 3)]
    stopped = [one for one in cards if one.publisher_id == 2 or one.arrival_us < START + 100 * SECOND]
    events = feed(Detector(), [started(0, 0.5), *stopped], 390)
    assert [(event.state, event.publisher_id) for event in events] == [("open", 3), ("confirmed", 3)]


def test_data_under_another_id_on_the_same_socket_are_the_announced_ones() -> None:
    data = [facts(number, number * 10, subscription_id=2) for number in range(1, 31)]
    assert feed(Detector(), [started(0, 0.5, subscription_id=12345678), *data], 305) == []


def test_time_in_which_the_collector_did_not_listen_is_no_silence() -> None:
    # It was down for ten minutes; the publisher sent all the while, and goes on.
    before = [started(0, 0.5), *updates(1, 10)]
    after = [facts(number, number * 10 + 0.5) for number in range(70, 80)]
    assert feed(Detector(), [*before, *after], 800, skip=range(106, 700)) == []


def test_a_silence_goes_on_where_it_stood_before_the_collector_was_down() -> None:
    events = feed(Detector(), [started(0, 0.5), *updates(1, 3)], 700, skip=range(40, 650))
    assert told(events) == [("open", "silent", 667), ("confirmed", "silent", 687)]


def test_a_collectors_clock_that_steps_back_makes_no_silence() -> None:
    detector = Detector()
    assert feed(detector, [started(0, 0.5), *updates(1, 30)], 305) == []
    assert feed(detector, [facts(number, (number - 30) * 10) for number in range(31, 50)], 195) == []


def test_another_collector_that_takes_over_starts_patience_anew() -> None:
    detector = Detector()
    feed(detector, [started(0, 0.5), *updates(1, 30)], 305)
    more = [facts(number, number * 10 + 0.5) for number in range(31, 40)]
    assert feed(detector, more, 400, collector="c2") == []
    assert [event.state for event in feed(detector, [], 500, collector="c1")] == []


def beaten(detector: Detector, some: list[Facts], until_s: int, beats: dict[str, float]) -> list[LossEvent]:
    """Feeds messages with the heartbeats of several collectors, each second, ``beats`` seconds behind it."""
    controls: list[Control] = []
    at = {name: [second + behind for second in range(until_s + 1)] for name, behind in beats.items()}
    for moment, name in sorted((moment, name) for name, moments in at.items() for moment in moments):
        index = sum(1 for one in some if one.arrival_us < START + moment * SECOND)
        controls.append(Heartbeat(index, name, START + int(moment * SECOND), {}))
    events = detector.observe(some, controls, Tallies("loss"), "raw")
    return [event for event in events if event.counter in ("freshness", "lifecycle")]


@pytest.mark.parametrize(
    "beats", [{"edge/0": 0.0, "edge/1": 0.4}, {"edge/0": 0.0, "other/0": 0.4}], ids=["processes", "hosts"]
)
def test_a_silence_is_told_whoever_else_beats_in_the_same_partition(beats: dict[str, float]) -> None:
    named = {"collector_id": "edge/0"}
    other = {"subscription_id": 8, "collector_id": next(reversed(beats))}
    talking = [facts(1000 + second, second + 0.3, **other) for second in range(150)]
    some = sorted(
        [started(0, 0.5, **named), *updates(1, 6, **named), *talking], key=lambda one: (one.arrival_us, one.message_id)
    )
    if "other/0" in beats:  # another host hears another exporter
        some = [one if one.subscription_id == 7 else replace(one, exporter="192.0.2.99") for one in some]
    events = [event for event in beaten(Detector(), some, 149, beats) if event.subscription_ids == (7,)]
    assert [(event.state, event.cause) for event in events] == [("open", "silent"), ("confirmed", "silent")]


def test_a_subscription_that_is_announced_to_a_second_host_has_its_whole_patience() -> None:
    detector = Detector()
    first = [started(0, 0.5, period_s=3600, collector_id="a/0")]
    assert beaten(detector, first, 600, {"a/0": 0.0}) == []
    moved = [
        facts(1, 601.5, kind=STARTED, period_us=60 * SECOND, subscription_id=9, collector_id="b/0"),
        facts(2, 602.2, subscription_id=7, collector_id="a/0"),
    ]
    controls: list[Control] = [
        Heartbeat(0, "a/0", START + 601 * SECOND, {}),
        Heartbeat(0, "b/0", START + 601 * SECOND, {}),
        *(Heartbeat(2, name, START + second * SECOND, {}) for second in range(603, 620) for name in ("b/0", "a/0")),
    ]
    events = detector.observe(moved, controls, Tallies("loss"), "raw")
    assert [event for event in events if event.subscription_ids == (9,)] == []


def test_another_hosts_clock_confirms_no_gap() -> None:
    numbers = [facts(number, number, collector_id="a/0") for number in range(120) if number != 100]
    late = facts(100, 119.5, collector_id="a/0")
    controls: list[Control] = [
        Heartbeat(at, name, START + (at + ahead) * SECOND, {})
        for at in range(119)
        for name, ahead in (("a/0", 0), ("b/0", 600))
    ]
    detector = Detector()
    events = detector.observe(numbers, controls, Tallies("loss"), "raw")
    events += detector.observe([late], [], Tallies("loss"), "raw")
    assert [event.state for event in events if event.counter in ("transport", "notification")].count("confirmed") == 0


def test_publishers_of_one_subscription_are_watched_in_a_bounded_number() -> None:
    detector = Detector()
    many = [facts(number, 1 + number / 100, publisher_id=number, period_us=0) for number in range(2, 400)]
    feed(detector, [started(0, 0.5), *many], 45)
    (watch,) = detector._exporters[EXPORTER].watches.values()
    assert len(watch.pulses) == MOST_PULSES


def test_a_publisher_that_restarts_is_told_once_whatever_counters_show_it() -> None:
    life = [started(0, 0.5), *[facts(number, number * 10) for number in range(1, 60)]]
    again = [started(0, 600), *[facts(number, 600 + number * 10) for number in range(1, 20)]]
    events = feed(Detector(), [*life, *again], 790)
    assert [(event.counter, event.cause, event.state) for event in events] == [("lifecycle", "restart", "confirmed")]
    assert events[0].last_us == START + 600 * SECOND


def test_state_encoded_and_decoded_at_every_message_changes_no_event() -> None:
    life = [
        started(0, 0.5),
        *updates(1, 8),
        facts(9, 120, kind=SUSPENDED),
        facts(10, 150, kind=RESUMED),
        facts(11, 155),
        facts(12, 300),
        facts(13, 310, kind=TERMINATED),
    ]
    whole = feed(Detector(), life, 400)
    assert len(whole) > 4
    state, journal, events = None, [], []
    for second in range(401):
        now = START + second * SECOND
        some = [one for one in life if now - SECOND <= one.arrival_us < now]
        detector = Detector().decode_state(state, journal)
        events += detector.observe(some, [Heartbeat(len(some), "c1", now, {})], Tallies("loss"), "c1")
        if second % 7 == 6:
            state, journal = detector.snapshot(), []
        else:
            journal = [*journal, detector.changes()]
    assert [event for event in events if event.counter in ("freshness", "lifecycle")] == whole


def test_watches_are_bounded() -> None:
    detector = Detector()
    feed(detector, [started(number, 0.5, subscription_id=number) for number in range(6000)], 1)
    assert len(detector.encode_state()) < 3_000_000
    never = [event for event in feed(detector, [], 40) if event.cause == "never-sent"]
    assert 0 < len(never) <= 4096


def test_a_change_of_state_without_a_subscription_id_says_nothing() -> None:
    nobodys = [started(0, 0.5, subscription_id=None), facts(1, 1, kind=TERMINATED, subscription_id=None)]
    assert feed(Detector(), nobodys, 90) == []


def test_of_too_many_watches_the_one_announced_longest_ago_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "MOST_WATCHES", 3)
    some = [started(number, 0.5 + number / 100, subscription_id=number) for number in range(6)]
    events = feed(Detector(), some, 40)
    assert sorted(event.subscription_ids for event in events) == [(3,), (4,), (5,)]


def test_a_subscription_announced_anew_starts_a_new_life() -> None:
    life = [started(0, 0.5), *updates(1, 3), started(40, 80)]
    events = feed(Detector(), life, 140)
    assert [(event.state, event.cause) for event in events] == [
        ("open", "silent"),
        ("withdrawn", "silent"),
        ("open", "never-sent"),
        ("confirmed", "never-sent"),
    ]


class Looks:
    """Counts what a heartbeat looks at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.watches: list[int] = []
        self.grouped = 0
        look, flows = lifecycle.look, lifecycle._flows

        def looked(exporter: Exporter, watch: Watch, clock: Listening) -> list[LossEvent]:
            self.watches.append(watch.subscription_id)
            return look(exporter, watch, clock)

        def grouped(exporter: Exporter) -> object:
            self.grouped += exporter.grouped is None
            return flows(exporter)

        monkeypatch.setattr(lifecycle, "look", looked)
        monkeypatch.setattr(lifecycle, "_flows", grouped)

    def taken(self) -> tuple[list[int], int]:
        """Returns which subscriptions were looked at since it was last asked, and how often flows were grouped."""
        found = sorted(self.watches), self.grouped
        self.watches, self.grouped = [], 0
        return found


def beats(detector: Detector, first: int, last: int) -> list[LossEvent]:
    controls: list[Control] = [Heartbeat(0, "c1", START + second * SECOND, {}) for second in range(first, last + 1)]
    return detector.observe([], controls, Tallies("loss"), "c1")


def test_a_heartbeat_looks_at_what_is_due_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    detector, looks = Detector(), Looks(monkeypatch)
    numbers = list(range(1, 301))
    feed(detector, [started(number, 0.5, subscription_id=number) for number in numbers], 30)
    assert looks.taken() == ([], 0)
    assert {event.state for event in beats(detector, 31, 31)} == {"open"}
    assert looks.taken() == (numbers, 1)
    assert beats(detector, 32, 50) == []
    assert looks.taken() == ([], 0)
    assert {event.state for event in beats(detector, 51, 51)} == {"confirmed"}
    assert looks.taken() == (numbers, 0)
    beats(detector, 52, 500)
    assert looks.taken() == ([], 0), "who was told to be silent is looked at no more"


def test_a_message_of_a_silent_subscription_brings_its_look_forward_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    detector, looks = Detector(), Looks(monkeypatch)
    feed(detector, [started(number, 0.5, subscription_id=number) for number in range(1, 301)], 60)
    looks.taken()
    detector = Detector().decode_state(detector.snapshot())
    events = detector.observe([facts(301, 61, subscription_id=9)], [], Tallies("loss"), "c1") + beats(detector, 62, 70)
    assert [(event.state, event.subscription_ids) for event in events] == [("confirmed", (9,))]
    assert events[0].last_us == START + 61 * SECOND
    assert looks.taken()[0] == list(range(1, 301)), "once after the restore"
    detector.observe([facts(302, 71, subscription_id=9), facts(303, 71.5, subscription_id=8)], [], Tallies("loss"))
    beats(detector, 72, 80)
    assert looks.taken()[0] == [8]


def test_a_subscription_announced_again_and_again_is_due_once(monkeypatch: pytest.MonkeyPatch) -> None:
    detector, looks = Detector(), Looks(monkeypatch)
    feed(detector, [started(number, number / 100, period_s=10 + number) for number in range(1_000)], 10)
    (times,) = detector._vigil._due.values()
    assert len(times) == 1
    assert len(times._heap) <= 2 + SPARE
    beats(detector, 11, 3_100)
    assert looks.taken()[0] == [7, 7]


def test_watches_that_go_are_due_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "MOST_WATCHES", 3)
    monkeypatch.setattr(module, "MOST_EXPORTERS", 4)
    detector = Detector()
    feed(detector, [started(number, 0.5, subscription_id=number) for number in range(50)], 1)
    exporters = [started(1, 1.5, exporter=f"198.51.100.{number}") for number in range(50)]
    feed(detector, exporters, 2)
    assert sum(map(len, detector._vigil._due.values())) <= 4


def end(detector: Detector, at_s: int, some: list[Facts] | None = None) -> list[LossEvent]:
    last = Heartbeat(len(some or []), "c1", START + at_s * SECOND, {})
    events = detector.observe(some or [], [last, EndOfInput(len(some or []), last.clock_us)], Tallies("loss"), "c1")
    return [event for event in events if event.counter == "freshness"]


def test_a_suspicion_that_the_end_of_input_leaves_open_is_taken_back() -> None:
    detector = Detector()
    (suspected,) = feed(detector, [started(0, 0.5), *updates(1, 6)], 95)
    (closed,) = end(detector, 96)
    assert (suspected.state, closed.state, closed.identity) == ("open", "withdrawn", suspected.identity)
    assert end(detector, 97) == []


def test_a_silence_that_was_told_for_sure_lasts_to_the_end_of_input() -> None:
    detector = Detector()
    *_, sure = feed(detector, [started(0, 0.5), *updates(1, 6)], 120)
    assert (sure.state, sure.count) == ("confirmed", 5)
    (closed,) = end(detector, 180)
    assert (closed.state, closed.count, (closed.last_us - START) // SECOND) == ("confirmed", 11, 180)
    assert closed.identity == sure.identity


def test_a_silence_that_the_last_message_ended_is_told_once_at_the_end_of_input() -> None:
    detector = Detector()
    feed(detector, [started(0, 0.5), *updates(1, 6)], 95)
    (closed,) = end(detector, 97, [facts(9, 96)])
    assert (closed.state, (closed.last_us - START) // SECOND) == ("withdrawn", 96)


def test_of_a_collector_that_was_not_heard_nothing_is_judged_at_the_end_of_input() -> None:
    detector = Detector()
    feed(detector, [started(0, 0.5), *updates(1, 2)], 60)
    (closed,) = end(detector, 200, [facts(3, 61, collector_id="c2")])
    assert closed.state == "withdrawn"
    assert closed.first_us <= closed.last_us

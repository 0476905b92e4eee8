"""What a collector gave to a shard against what arrived: beat by beat, through restarts and repeats."""

import pytest
from msgspec.structs import replace

from tests.builders import ARRIVAL_US, message
from tests.core.test_totals import delta
from yangbeam.core import arrivals as module
from yangbeam.core.arrivals import Line, arrivals_of, follow
from yangbeam.core.elements import Arrival, Heartbeat, MessageBatch, Refused
from yangbeam.core.ledger_merging import Merging
from yangbeam.core.totals import Totals


def beat(at: int, given: int, clock_us: int = 1, collector: str = "c/0") -> Heartbeat:
    return Heartbeat(at, collector, clock_us, {}, given)


def refused(at: int, collector: str = "c/0") -> Refused:
    return Refused(at, "malformed", "", "192.0.2.1", 1, ARRIVAL_US, b"x", collector_id=collector)


def test_messages_and_refusals_are_counted_up_to_each_heartbeat_and_behind_the_last() -> None:
    messages = [message(collector_id=owner) for owner in ("c/0", "c/1", "c/0", "c/0")]
    batch = MessageBatch(messages=messages, controls=[refused(1), beat(2, 2, 5), refused(2, ""), refused(4)])
    assert arrivals_of(batch) == [Arrival("c/0", 2, 2, 5), Arrival("c/1", 1), Arrival("c/0", 3)]


def test_a_line_begins_at_the_first_heartbeat_and_closes_at_each_that_follows() -> None:
    lines: dict[str, Line] = {}
    assert follow(lines, Arrival("c", 7, 1000, 1)) is None
    assert follow(lines, Arrival("c", 2)) is None
    assert follow(lines, Arrival("c", 1, 1003, 2)) == (3, 3)
    assert follow(lines, Arrival("c", 4, 1009, 3)) == (6, 4)


@pytest.mark.parametrize(
    "again",
    [
        [Arrival("c", 2, 12, 2)],
        [Arrival("c", 0, 10, 1), Arrival("c", 2, 12, 2)],
        [Arrival("c", 3, 0, 3), Arrival("c", 1, 1, 4)],
    ],
    ids=["the newest heartbeat", "older ones", "a new life"],
)
def test_what_comes_twice_and_a_process_that_begins_anew_count_as_nothing_lost(again: list[Arrival]) -> None:
    lines: dict[str, Line] = {}
    assert [follow(lines, one) for one in (Arrival("c", 0, 10, 1), Arrival("c", 2, 12, 2))] == [None, (2, 2)]
    assert all(closed is None or closed.given == closed.arrived for closed in (follow(lines, one) for one in again))
    line = lines["c"]
    assert follow(lines, Arrival("c", 5, line.given + 5, line.clock_us + 1)) == (5, 5)


def test_a_heartbeat_of_an_older_release_closes_nothing() -> None:
    lines: dict[str, Line] = {}
    assert [follow(lines, Arrival("c", 5, -1, clock)) for clock in (1, 2)] == [None, None]
    assert lines == {}


def test_collectors_beyond_the_bound_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COLLECTORS", 2)
    lines: dict[str, Line] = {}
    for number in range(5):
        follow(lines, Arrival(f"c/{number}", 0, 0, 1))
    assert len(lines) == 2
    assert follow(lines, Arrival("c/4", 1, 1, 2)) is None


def test_what_arrived_is_the_same_however_batches_were_merged() -> None:
    arrivals = [Arrival("c", 0, 0, 1), Arrival("c", 2), Arrival("c", 3), Arrival("c", 1, 6, 60_000_001)]
    for merges in (True, False):
        totals, merging = Totals(), Merging()
        for number, one in enumerate(arrivals):
            beats = [beat(0, one.given, one.clock_us, "c")] if one.clock_us else []
            part = replace(delta({}, beats=beats), arrivals=[one])
            if not merges:
                told = totals.add(part)
            elif (merged := merging.add(part)) is not None:
                told = totals.add(merged)
            if number == 2:
                for rest in merging.rest():
                    totals.add(rest)
        (line,) = [total for total in told.totals if not total.exporter]
        assert (line.bucket_us, line.counts) == (60_000_000, {"given:3:c": 6, "arrived:3:c": 6})


def test_a_line_goes_on_where_a_restored_job_left_it() -> None:
    totals = Totals()
    totals.add(replace(delta({}), arrivals=[Arrival("c", 0, 10, 1), Arrival("c", 2)]))
    again = Totals.restore(totals.snapshot())
    told = again.add(replace(delta({}, end=True), arrivals=[Arrival("c", 1, 14, 2)]))
    (line,) = [total for total in told.totals if not total.exporter]
    assert line.counts == {"given:3:c": 4, "arrived:3:c": 3}

"""Records to Kafka, to the disk, and back: in order, at least once, counted where neither takes them."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.kafka_double import TOO_LARGE, UNKNOWN_TOPIC, Double
from yangbeam.core.spool import Spooled
from yangbeam.io.kafka.raw_producer import KafkaFatalError
from yangbeam.pipeline.receive.outlet import COUNTERS, Outlet
from yangbeam.pipeline.receive.producing import OutletLimits
from yangbeam.pipeline.receive.spool import Spool
from yangbeam.transforms.outsides import OUTSIDES


class Bench:
    """An outlet, its doubles and a clock."""

    def __init__(self, folder: Path, *, reports: bool = False, max_bytes: int = 1 << 30, capacity: int = 3) -> None:
        self.folder = folder
        self.reports, self.max_bytes, self.capacity = reports, max_bytes, capacity
        self.log: list[tuple[Any, ...]] = []
        self.never: list[tuple[Spooled, str]] = []
        self.counters: dict[str, int] = {}
        self.said: list[str] = []
        self.now = 0.0
        self.number = 0
        self.start()

    def start(self) -> None:
        self.producer = Double(self.log, self.capacity, reports=self.reports)
        self.outlet = Outlet(
            self.producer,
            Spool(self.folder, self.max_bytes, segment_bytes=200),
            self.counters,
            lambda record, why: self.never.append((record, why)),
            limits=OutletLimits(stall_s=10, retry_s=1, chunk_bytes=300),
            say=self.said.append,
            clock=lambda: self.now,
        )

    def put(self, count: int = 1, done: Any = None) -> None:
        for _ in range(count):
            self.outlet.put(0, b"k", b"%d" % self.number, [("n", b"%d" % self.number)], self.number, done)
            self.number += 1

    def turns(self, count: int = 200) -> None:
        """Turns while the broker acknowledges everything."""
        for _ in range(count):
            self.now += 0.5
            self.producer.acknowledge()
            self.outlet.turn()

    @property
    def arrived(self) -> list[int]:
        return [int(record[2]) for record in self.log]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_kafka_takes_never_sees_the_disk(bench: Bench) -> None:
    for _ in range(10):
        bench.put(3)
        bench.producer.acknowledge()
        bench.outlet.turn()
    assert bench.arrived == list(range(30))
    assert bench.counters == dict.fromkeys(COUNTERS, 0) | {"acknowledged": 30}
    assert bench.log[5] == (0, b"k", b"5", 5, [("n", b"5")])


def test_what_does_not_fit_the_queue_goes_to_the_disk_and_comes_back_in_order_with_all_its_parts(bench: Bench) -> None:
    bench.put(20)
    assert bench.counters["spooled"] == 17
    bench.put(5)
    bench.turns()
    assert bench.arrived == list(range(25))
    assert bench.log[24] == (0, b"k", b"24", 24, [("n", b"24")])
    assert bench.outlet.spool_octets == 0
    bench.put(2)
    bench.producer.acknowledge()
    assert bench.arrived == list(range(27))
    assert bench.counters["spooled"] == 22


def test_without_acknowledgements_memory_goes_to_the_disk_before_what_is_there(bench: Bench) -> None:
    bench.put(6)
    for _ in range(13):
        bench.now += 1
        bench.outlet.turn()
    assert bench.counters["stalls"] == 1
    assert bench.counters["spooled"] == 6
    bench.start()  # as after a crash: memory is gone
    bench.turns()
    assert bench.arrived == list(range(6))


def test_a_failure_that_may_pass_is_tried_again(bench: Bench) -> None:
    bench.put(3)
    bench.producer.fail(UNKNOWN_TOPIC)
    bench.put(2)
    bench.outlet.turn()
    bench.now += 2
    bench.outlet.turn()
    assert bench.producer.waiting == 3
    bench.producer.fail(UNKNOWN_TOPIC, 1)
    bench.producer.acknowledge()
    bench.turns()
    # The chunk that failed in part is repeated as a whole: at least once, in order.
    assert bench.arrived == [1, 2, 0, 1, 2, 3, 4]
    assert bench.outlet.spool_octets == 0


def test_a_stream_that_never_pauses_comes_off_the_disk_all_the_same(bench: Bench) -> None:
    bench.put(8)
    bench.producer.capacity = 100
    for _ in range(60):
        bench.now += 0.5
        bench.outlet.turn()
        bench.put(2)
        bench.producer.acknowledge()
    spooled = bench.counters["spooled"]
    assert bench.outlet.spool_octets == 0
    for _ in range(20):
        bench.outlet.turn()
        bench.put(2)
        bench.producer.acknowledge()
    assert bench.counters["spooled"] == spooled
    assert bench.arrived == list(range(168))


def test_what_is_held_behind_the_last_chunk_is_bounded_and_follows_it_when_it_fails(bench: Bench) -> None:
    bench.put(4)
    bench.producer.acknowledge()
    bench.outlet.turn()
    bench.now += 2
    bench.outlet.turn()  # the last chunk is under way
    for _ in range(3):
        bench.outlet.put(0, b"k", bytes(200), [], 0)
    bench.number = 4
    bench.put(1)
    assert bench.counters["spooled"] >= 3
    bench.producer.fail(UNKNOWN_TOPIC)
    bench.turns()
    values = [record[2] for record in bench.log]
    assert values == [b"0", b"1", b"2", b"3", bytes(200), bytes(200), bytes(200), b"4"]


def test_a_topic_that_is_gone_for_a_while_costs_nothing_and_is_told_once(bench: Bench) -> None:
    bench.put(1)
    bench.producer.closed = True
    bench.put(2)
    bench.turns(10)
    bench.producer.closed = False
    bench.put(2)
    bench.turns()
    assert bench.arrived == list(range(5))
    assert len(bench.said) == 2
    assert "Unknown topic" in bench.said[0]
    assert "everything that waited" in bench.said[1]
    assert bench.counters["acknowledged"] == 5


def test_a_record_that_kafka_can_never_take_is_told_and_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.producer.refused = 3
    bench.outlet.put(0, b"k", b"large", [], 7)
    bench.put(1)
    bench.producer.fail(TOO_LARGE, 1)  # the broker's limit is lower than the client's
    bench.turns(3)
    assert [record.value for record, _ in bench.never] == [b"large", b"0"]
    assert bench.counters["unwritable"] == 2
    assert bench.counters["spooled"] == 0


def test_a_spooled_record_that_kafka_can_never_take_is_told_once(bench: Bench) -> None:
    bench.put(4)
    bench.outlet.put(0, b"k", b"large", [], 7)
    bench.put(1)
    bench.producer.refused = 3
    bench.turns()
    assert bench.arrived == [0, 1, 2, 3, 4]
    assert [record.value for record, _ in bench.never] == [b"large"]


def test_beyond_the_limit_of_the_spool_records_are_dropped_and_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_bytes=600)
    bench.put(60)
    dropped = bench.counters["spool_drops"]
    assert 0 < dropped < 57
    assert bench.outlet.spool_octets <= 600
    bench.turns()
    assert bench.arrived == list(range(60 - dropped))
    bench.put(1)
    bench.turns(1)
    assert bench.arrived[-1] == 60


def test_who_waits_is_told_when_kafka_or_the_disk_has_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, reports=True)
    told: list[bool] = []
    bench.put(4, told.append)
    assert told == []
    bench.producer.acknowledge(2)
    assert told == [True] * 2
    bench.outlet.turn()
    assert told == [True] * 3
    bench.now += 11
    bench.outlet.turn()
    assert told == [True] * 4
    assert bench.counters["stalls"] == 1


def test_who_waits_is_told_when_nobody_takes_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, reports=True, max_bytes=10)
    told: list[bool] = []
    bench.put(4, told.append)
    bench.producer.fail(UNKNOWN_TOPIC)
    assert told == [False] * 4
    assert bench.counters["spool_drops"] == 4


def test_a_fatal_error_keeps_everything_on_disk(bench: Bench) -> None:
    bench.put(2)
    bench.producer.fatal = True
    bench.put(1)
    bench.producer.fatal = False
    for _ in range(2):
        with pytest.raises(KafkaFatalError):
            bench.outlet.turn()
    bench.outlet.abandon()
    bench.start()
    bench.turns()
    assert bench.arrived == [0, 1, 2]


def test_a_fatal_error_behind_a_full_queue_keeps_the_record_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.put(3)

    def poll(_wait_s: float) -> int:
        bench.producer.fatal = True
        return 0

    monkeypatch.setattr(bench.producer, "poll", poll)
    bench.put(1)
    bench.producer.fatal = False
    assert bench.counters["spooled"] == 1
    with pytest.raises(KafkaFatalError):
        bench.outlet.turn()
    bench.outlet.abandon()
    bench.start()
    bench.turns()
    assert bench.arrived == [0, 1, 2, 3]


def test_the_end_waits_for_kafka_and_then_keeps_the_rest(bench: Bench) -> None:
    bench.put(8)
    ticks = iter(range(100))

    def clock() -> float:
        if next(ticks) < 5:
            bench.producer.acknowledge(1)
        bench.now += 0.4
        return bench.now

    bench.outlet._clock = clock
    bench.outlet.close(3.0)
    delivered = len(bench.log)
    assert 0 < delivered < 8
    assert bench.producer.is_away, "though the last that it said was an acknowledgement"
    bench.start()
    bench.turns()
    assert bench.arrived[delivered:] == list(range(8))[-len(bench.arrived[delivered:]) :]
    assert sorted(set(bench.arrived)) == list(range(8))


USES = st.sampled_from(["put", "puts", "ack", "ack1", "fail", "turn", "wait", "stall", "crash", "end"])


@settings(max_examples=150)
@given(st.lists(USES, max_size=60))
def test_whatever_happens_every_record_arrives_in_order_or_was_lost_with_the_process(uses: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        lost: set[int] = set()
        for use in uses:
            if use in {"put", "puts"}:
                bench.put(1 if use == "put" else 7)
            elif use == "ack":
                bench.producer.acknowledge()
            elif use == "ack1":
                bench.producer.acknowledge(1)
            elif use == "fail":
                bench.producer.fail(UNKNOWN_TOPIC)
            elif use in {"turn", "wait", "stall"}:
                bench.now += {"turn": 0.0, "wait": 2.0, "stall": 11.0}[use]
                bench.outlet.turn()
            elif use == "end":
                bench.outlet.abandon()
                bench.start()
            else:
                bench.outlet._spool.flush()  # what a turn does; what is in memory is lost
                lost |= {int(sent.facts[2]) for sent, _, _ in bench.producer.queue}
                lost |= {int(record.value) for record, _ in bench.outlet._held}
                bench.start()
        bench.turns()
        assert set(bench.arrived) >= set(range(bench.number)) - lost
        first = list(dict.fromkeys(bench.arrived))
        assert first == sorted(first)
        assert bench.outlet.spool_octets == 0
        assert bench.counters["spool_drops"] == 0


def test_a_spool_that_cannot_be_read_for_a_while_keeps_order_and_records(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(20)
    opened = Path.open
    broken = [True]

    def refuse(self: Path, *how: Any, **more: Any) -> Any:
        if broken[0] and self.suffix == ".spool":
            raise OSError(24, "Too many open files")
        return opened(self, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    bench.turns(10)
    bench.put(5)
    bench.turns(10)
    assert len(bench.arrived) < 20
    broken[0] = False
    bench.turns()
    assert bench.arrived == list(range(25))
    assert bench.counters["spool_damaged"] == 0


def test_what_was_acknowledged_is_never_counted_twice(bench: Bench) -> None:
    bench.put(3)
    bench.producer.acknowledge(2)
    told = []
    for _ in range(40):
        bench.now += 0.5
        bench.outlet.turn()
        told.append(bench.counters["acknowledged"])
    assert bench.counters["stalls"] >= 1
    assert told == sorted(told)
    assert max(told) == 2


def test_an_end_that_is_to_wait_no_more_keeps_the_rest_on_disk_at_once(bench: Bench) -> None:
    bench.put(8)
    OUTSIDES.end_within(0.0)
    began = bench.now
    bench.outlet.close(3600.0)
    OUTSIDES.clear()
    assert (bench.now, bench.log) == (began, [])
    bench.start()
    bench.turns()
    assert bench.arrived == list(range(8))


def test_a_stall_is_reported_and_what_is_acknowledged_ends_it(bench: Bench) -> None:
    bench.put(2)
    bench.now += 11
    bench.outlet.turn()
    assert bench.producer.is_away
    bench.turns()
    assert not bench.producer.is_away

"""Where raw records go: to Kafka, to the disk while Kafka does not take them, and else into a counter.

Two states. Direct: records go to the producer's queue. When that is full, or something failed, or nothing was
acknowledged for a while: spooling. Then new records go to the disk, and what lies there goes to Kafka in chunks, each
acknowledged before the next, until nothing is left. So the order of a partition is kept, and a crash repeats at most
a chunk.
"""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from confluent_kafka import KafkaError

from yangbeam.core.spool import Header, Spooled
from yangbeam.io.kafka.raw_producer import NEVER, KafkaFatalError
from yangbeam.pipeline.receive.producing import Done, OutletLimits, Producer
from yangbeam.pipeline.receive.spool import Spool
from yangbeam.transforms.outsides import OUTSIDES

COUNTERS: Final = ("acknowledged", "spooled", "spool_drops", "spool_damaged", "unwritable", "stalls")
"""Counted here, cumulative: records that Kafka acknowledged, that went to the disk, that neither took, that Kafka can
never take, and how often nothing was acknowledged for too long."""

FIRST_CHUNK: Final = 4096
"""Octets of the first attempt after a failure; each success makes the next chunk larger."""
GROWTH: Final = 16
_QUEUE_FULL: Final = KafkaError._QUEUE_FULL  # noqa: SLF001 # librdkafka's own name for it


class _Settlement(msgspec.Struct, gc=False):
    """What a producer calls: a ``partial`` that the garbage collector need not look at, a hundred thousand times."""

    settled: Callable[[list[Header], Done | None, KafkaError | None, Any], None]
    headers: list[Header]
    done: Done | None

    def __call__(self, error: KafkaError | None, message: Any) -> None:
        self.settled(self.headers, self.done, error, message)


def _nobody(_what: str) -> None:
    """Listens to nothing."""


class Outlet:
    """Takes records and never waits; not thread-safe.

    Args:
        producer: The one of this process.
        spool: Where records wait on disk.
        counters: Cumulative, by name; those of COUNTERS are kept in it.
        never: Told of a record that Kafka can never take, and why.
        limits: How patient it is.
        say: Told what the operator should know: that Kafka takes no records, and that it does again.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        producer: Producer,
        spool: Spool,
        counters: dict[str, int],
        never: Callable[[Spooled, str], None],
        *,
        limits: OutletLimits | None = None,
        say: Callable[[str], None] = _nobody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = producer
        self._spool = spool
        self._counters = counters
        for name in COUNTERS:
            counters.setdefault(name, 0)
        self._never = never
        self._limits = limits or OutletLimits()
        self._clock = clock
        self._is_direct = spool.is_empty
        self._say = say
        self._is_told = False
        self._end: KafkaFatalError | None = None
        self._unsynced: list[Done] = []
        self._acknowledged_before, self._damaged_before = counters["acknowledged"], counters["spool_damaged"]
        self._failed = 0
        """Records that the producer took and settled with an error."""
        self._is_chunk_under_way = self._did_chunk_fail = False
        self._chunk: deque[Spooled] = deque()
        """Of the chunk under way, what the queue has not taken yet."""
        self._is_last_chunk = False
        """Nothing is left on disk behind the chunk under way: what comes meanwhile is held."""
        self._held: list[tuple[Spooled, Done | None]] = []
        self._held_octets = 0
        self._chunk_bytes = FIRST_CHUNK
        self._retry_at = self._progress_at = clock()
        self._progress = 0

    def put(
        self,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: list[Header],
        timestamp_ms: int,
        done: Done | None = None,
    ) -> None:
        """Takes one record; ``done`` is called only if the producer reports every record."""
        if self._is_direct:
            settled = _Settlement(self._settled, headers, done)
            try:
                error = self._producer.put(partition, key, value, headers, timestamp_ms, settled)
                if error is not None and error.code() not in NEVER:
                    self._producer.poll(0)  # what was acknowledged makes room
                    error = self._producer.put(partition, key, value, headers, timestamp_ms, settled)
            except KafkaFatalError as raised:
                self._end = raised
                self._is_direct = False
                self._keep(self._spool.append, Spooled(partition, key, value, headers, timestamp_ms), done)
                return
            if error is None:
                return
            record = Spooled(partition, key, value, headers, timestamp_ms)
            if error.code() in NEVER:
                self._refuse(record, error, done)
                return
            self._trouble(error.str())
        else:
            record = Spooled(partition, key, value, headers, timestamp_ms)
            if self._is_last_chunk:
                self._hold(record, done)
                return
        self._keep(self._spool.append, record, done)

    def _hold(self, record: Spooled, done: Done | None) -> None:
        """Keeps a record in memory until the last chunk is acknowledged: else the spool would never be empty."""
        self._held.append((record, done))
        self._held_octets += len(record.value)
        if self._held_octets > self._limits.chunk_bytes:
            self._spill()

    def _spill(self) -> None:
        """Gives up the hope that the chunk under way was the last one."""
        self._is_last_chunk = False
        held, self._held, self._held_octets = self._held, [], 0
        for record, done in held:
            self._keep(self._spool.append, record, done)

    def turn(self) -> None:
        """Does what is due: callbacks, the next chunk, the disk; call it often, and after each burst of records.

        Raises:
            KafkaFatalError: This producer can do nothing more; what it held is in the spool.
        """
        producer = self._producer
        producer.poll(0)
        producer.check()
        if self._end is not None:
            raise self._end
        waiting = producer.waiting
        progress = producer.produced - waiting
        now = self._clock()
        if not waiting or progress != self._progress:
            self._progress, self._progress_at = progress, now
        elif now - self._progress_at > self._limits.stall_s:
            self._retreat()
            progress = self._progress
        if not self._is_direct:
            self._spool_turn(waiting, now)
        self._count_acknowledged(progress)

    def _count_acknowledged(self, settled: int) -> None:
        before = self._counters["acknowledged"]
        self._counters["acknowledged"] = self._acknowledged_before + max(settled - self._failed, 0)
        if self._counters["acknowledged"] > before:
            self._producer.answered()

    def _spool_turn(self, waiting: int, now: float) -> None:
        self._sync()
        if self._chunk and not self._did_chunk_fail:
            self._send_chunk()
        elif waiting or now < self._retry_at:
            return
        elif self._is_chunk_under_way:
            self._end_chunk(now)
        elif self._spool.is_empty:
            self._go_direct()
        else:
            self._begin_chunk(now)

    def _begin_chunk(self, now: float) -> None:
        self._chunk.extend(self._spool.read(self._chunk_bytes))
        if not self._chunk and not self._spool.is_read:
            self._trouble("the spool cannot be read")
            self._retry_at = now + self._limits.retry_s
            return
        self._is_chunk_under_way, self._did_chunk_fail = True, False
        self._send_chunk()

    def _send_chunk(self) -> None:
        """Produces as much of the chunk as the queue takes."""
        while self._chunk:
            record = self._chunk[0]
            settled = partial(self._settled_of_chunk, record)
            error = self._producer.put(
                record.partition, record.key, record.value, record.headers, record.timestamp_ms, settled
            )
            if error is not None and error.code() == _QUEUE_FULL:
                return
            if error is not None:
                self._settled_of_chunk(record, error, None)
            if self._did_chunk_fail:
                return
            self._chunk.popleft()
        self._is_last_chunk = self._spool.is_read

    def _end_chunk(self, now: float) -> None:
        self._is_chunk_under_way = False
        self._chunk.clear()
        if self._did_chunk_fail:
            self._spill()
            self._spool.rewind()
            self._chunk_bytes = FIRST_CHUNK
            self._retry_at = now + self._limits.retry_s
            return
        self._spool.commit()
        self._chunk_bytes = min(self._chunk_bytes * GROWTH, self._limits.chunk_bytes)
        if self._is_last_chunk:
            self._go_direct()

    def _go_direct(self) -> None:
        self._is_direct, self._is_last_chunk = True, False
        if self._is_told:
            self._is_told = False
            self._say("Kafka has everything that waited on disk")
        held, self._held, self._held_octets = self._held, [], 0
        for record, done in held:
            self.put(record.partition, record.key, record.value, record.headers, record.timestamp_ms, done)

    def _settled(self, headers: list[Header], done: Done | None, error: KafkaError | None, message: Any) -> None:
        if error is None:
            if done is not None:
                done(True)  # noqa: FBT003 # the callback's own signature
            return
        self._failed += 1
        record = Spooled(
            message.partition(), message.key(), message.value() or b"", headers, max(message.timestamp()[1], 0)
        )
        if error.code() in NEVER:
            self._refuse(record, error, done)
            return
        self._trouble(error.str())
        self._retry_at = self._clock() + self._limits.retry_s
        self._keep(self._spool.put_back, record, done)

    def _settled_of_chunk(self, record: Spooled, error: KafkaError | None, message: Any) -> None:
        if error is None:
            return
        if message is not None:
            self._failed += 1
        if error.code() in NEVER:
            self._refuse(record, error, None)
        else:
            self._trouble(error.str())
            self._did_chunk_fail = True

    def _refuse(self, record: Spooled, error: KafkaError, done: Done | None) -> None:
        self._counters["unwritable"] += 1
        self._never(record, error.str())
        if done is not None:
            done(True)  # noqa: FBT003 # another attempt would end the same way

    def _keep(self, take: Callable[[Spooled], bool], record: Spooled, done: Done | None) -> None:
        if take(record):
            self._counters["spooled"] += 1
            if done is not None:
                self._unsynced.append(done)
            return
        self._counters["spool_drops"] += 1
        if done is not None:
            done(False)  # noqa: FBT003 # the callback's own signature

    def _sync(self) -> None:
        """Writes to the disk; waits for its confirmation only where somebody else does."""
        lost = self._spool.lost
        self._counters["spool_damaged"] = self._damaged_before + self._spool.damaged
        if self._unsynced:
            is_safe = self._spool.sync()
            unsynced, self._unsynced = self._unsynced, []
            for done in unsynced:
                done(is_safe)
        else:
            self._spool.flush()
        self._counters["spool_drops"] += self._spool.lost - lost

    def _trouble(self, why: str) -> None:
        """Turns to the disk; says so once, until everything is well again."""
        self._is_direct = False
        if not self._is_told:
            self._is_told = True
            self._say(f"{why}; records go to the disk until Kafka takes them")

    def _retreat(self) -> None:
        """Brings to the disk what waits in memory: nobody knows how long this lasts."""
        self._counters["stalls"] += 1
        stalled = f"nothing acknowledged for {self._limits.stall_s:g} s"
        self._producer.failed(stalled)
        self._trouble(stalled)
        self._chunk_bytes = FIRST_CHUNK
        self._take_back()
        self._retry_at = self._progress_at = self._clock() + self._limits.retry_s

    def _take_back(self) -> None:
        self._producer.take_back()
        self._progress = self._producer.produced - self._producer.waiting
        if self._is_chunk_under_way:
            self._did_chunk_fail = True
        self._spill()
        self._sync()

    @property
    def is_busy(self) -> bool:
        """Whether a turn soon is of use: something is under way, or on disk."""
        return not self._is_direct or self._producer.waiting > 0

    @property
    def spool_octets(self) -> int:
        """Octets on disk."""
        return self._spool.octets

    @property
    def waiting(self) -> int:
        """Records in the producer's queue."""
        return self._producer.waiting

    def close(self, limit_s: float) -> None:
        """Gives Kafka ``limit_s`` seconds for everything, and keeps the rest on disk."""
        deadline = self._clock() + limit_s
        while self.is_busy and self._clock() < deadline and not OUTSIDES.is_over:
            self._producer.poll(0.02)
            self.turn()
        is_late = self.is_busy and self._clock() >= deadline
        self.abandon()
        if is_late:  # acknowledged from before an outage may have come behind the news of it
            self._producer.failed("not everything was acknowledged in time")

    def abandon(self) -> None:
        """Keeps on disk what Kafka did not acknowledge, at once."""
        self._take_back()
        self._count_acknowledged(self._progress)
        self._spool.close()

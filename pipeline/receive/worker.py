"""What every receiving process does with what its collector has: to the raw topic in order, and count."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from yangbeam.core import raw_record
from yangbeam.core.collector import Collector
from yangbeam.core.elements import Control, Heartbeat, Message, MessageBatch, Refused
from yangbeam.core.errors import Fault, WireError, YangbeamError
from yangbeam.core.failure import failure_of
from yangbeam.core.log_line import ERROR, WARNING, log_line
from yangbeam.core.raw_record import RawRecord, read_record
from yangbeam.core.spool import Spooled
from yangbeam.io.kafka.raw_producer import RawProducer
from yangbeam.pipeline.logs import chosen, on_standard_error, traceback_of
from yangbeam.pipeline.receive.order import ENCODER, FATAL, HURRY, ORDER, WorkerOrder, WorkerReport
from yangbeam.pipeline.receive.outlet import Outlet
from yangbeam.pipeline.receive.producing import Done, OutletLimits
from yangbeam.pipeline.receive.spool import Spool
from yangbeam.transforms.outsides import OUTSIDES

STDIN: Final = 0
STDOUT: Final = 1
ALL: Final = 1 << 62
"""Octets: a batch without a limit."""
KEPT: Final = 65_536
"""Octets kept of a record that Kafka can never take."""
GC_THRESHOLD: Final = (100_000, 20, 100)
_READ: Final = 65_536


class Delivery:
    """Takes a collector's records to the outlet, and reports.

    Args:
        order: What the parent said.
        collector: Whose records they are; its counters are continued where the process before this one left them.
        shards: Partitions that are filled.
        reports: Records are waited for one by one.
    """

    def __init__(self, order: WorkerOrder, collector: Collector, shards: int, *, reports: bool = False) -> None:
        self.collector = collector
        self.counters = collector.counters
        self.counters.update(order.counters)
        self._shards = shards
        kafka = order.kafka
        producer = RawProducer(
            kafka.topic,
            kafka.properties,
            queue_bytes=kafka.queue_bytes,
            record_bytes=kafka.record_bytes,
            reports=reports,
        )

        spool = Spool(
            Path(order.spool.folder), order.spool.max_bytes, tuple(Path(each) for each in order.spool.adopted)
        )
        limits = OutletLimits(stall_s=kafka.stall_s)

        self.outlet = Outlet(
            producer, spool, self.counters, self._never, limits=limits, say=partial(tell, order.name, WARNING)
        )
        self._flush_s = kafka.flush_s

    def hand_over(self, done: Callable[[], Done] | None = None) -> None:
        """Gives everything that the collector has to the outlet, in order.

        Args:
            done: Makes what is called when a message is safe.
        """
        take = self.collector.take
        for shard in range(self._shards):
            while (batch := take(shard, ALL)) is not None:
                self._put(batch, done)

    def _put(self, batch: MessageBatch, done: Callable[[], Done] | None) -> None:
        controls = iter(batch.controls)
        control = next(controls, None)
        put, shard, facts_of = self.outlet.put, batch.shard, raw_record.facts_of
        for at, message in enumerate(batch.messages):
            while control is not None and control.at <= at:
                self._put_control(shard, control)
                control = next(controls, None)
            # What raw_record.of_message makes, without the record: this is the hot path.
            put(
                shard,
                message.exporter.encode(),
                message.payload,
                [(raw_record.MESSAGE, facts_of(message))],
                message.arrival_us // 1000,
                done() if done is not None else None,
            )
        while control is not None:
            self._put_control(shard, control)
            control = next(controls, None)

    def _put_control(self, shard: int, control: Control) -> None:
        record: RawRecord | None = None
        if isinstance(control, Refused):
            record = raw_record.of_refused(control)
        elif isinstance(control, Heartbeat):
            record = raw_record.of_heartbeat(control, self._shards)
        if record is not None:  # the raw topic has no end
            self.outlet.put(shard, *record)

    def _never(self, record: Spooled, why: str) -> None:
        """Makes a refusal of a record that Kafka can never take, with the beginning of its octets."""
        try:
            read = read_record(
                [(name, value) for name, value in record.headers if isinstance(value, bytes)], record.value, 0, 0
            )
        except WireError:
            return
        if isinstance(read, Message | Refused) and (isinstance(read, Message) or len(record.value) > KEPT):
            self.collector.refuse(
                "refused_by_kafka",
                f"{why}; {min(len(record.value), KEPT)} of {len(record.value)} octets are kept; raise the limit of the "
                "topic, or lower reassembly.max_message_bytes",
                record.value[:KEPT],
                exporter=read.exporter,
                port=read.port,
                arrival_us=read.arrival_us,
                ids=(read.publisher_id, read.message_id),
                fault=Fault.CONFIGURATION,
            )

    def beat(self, kernel_drops: int = 0) -> None:
        """Writes a heartbeat to every shard, and reports to the parent."""
        # What the spool had no room for was lost within the collector, as what a full ring loses.
        self.collector.heartbeat(time.time_ns() // 1000, kernel_drops, self.counters["spool_drops"])
        self.report()

    def report(self) -> None:
        """Tells the parent how things stand, if it listens; if it does not, the next one says as much."""
        _report(WorkerReport(self.counters, self.outlet.spool_octets, self.outlet.waiting, outsides=OUTSIDES.all()))

    def end(self) -> None:
        """Gives up what is incomplete, and waits a while for Kafka; the rest stays on disk."""
        self.collector.end(time.time_ns() // 1000)
        self.hand_over()
        self.outlet.close(self._flush_s)
        self.report()


def _report(report: WorkerReport) -> bool:
    """Writes a report to the parent; returns False when its pipe is full, or nobody listens any more."""
    try:
        os.write(STDOUT, ENCODER.encode(report) + b"\n")
    except (BlockingIOError, BrokenPipeError):
        return False
    return True


def tell(name: str, level: str, what: str, traceback: str = "") -> None:
    """Writes a line of the log, in the form that the command was told."""
    line = log_line(time.time(), level, name, what, as_json=chosen().as_json, traceback=traceback)
    sys.stderr.write(line + "\n")


def ended_by(name: str, work: Callable[[], None]) -> int:
    """Does a process's work and returns its exit code; a defect is one line, and its traceback where that was chosen.

    An error of ours is the parent's to say: another start would not mend it.
    """
    try:
        with on_standard_error():
            work()
    except YangbeamError as error:
        if not _report(WorkerReport({}, 0, 0, (error.reason, error.detail, error.fault.value))):
            tell(name, ERROR, str(error))
        return FATAL
    except Exception as error:  # noqa: BLE001 # the parent starts another process, whatever it was
        tell(name, ERROR, failure_of(error).text, traceback_of(error) if chosen().debug else "")
        return 1
    return 0


def read_order() -> WorkerOrder:
    """Reads the order from standard input; its end later is the sign to end. Prepares the process for its work."""
    line = b""
    while not line.endswith(b"\n"):
        octets = os.read(STDIN, _READ)
        if not octets:
            sys.exit(0)  # the parent is gone already
        line += octets
    # Records make no cycles, and there are a hundred thousand of them alive: looking for cycles costs a tenth.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    os.set_blocking(STDOUT, False)
    # The parent's word that its own end is to wait no more.
    signal.signal(HURRY, lambda *_: OUTSIDES.end_within(0.0))
    return ORDER.decode(line)

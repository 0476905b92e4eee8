"""What a run has come to so far: one thread-safe place in this process, fed by sinks, read by view and report."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final

import msgspec

from yangbeam.core.elements import LearnedScope, LedgerTotal, LedgerTotals, LossBatch, LossEvent
from yangbeam.core.ledger import BUCKET_US, DECODED, OTHERS
from yangbeam.core.outside import Outside
from yangbeam.core.set_aside import KEPT_ORIGINALS
from yangbeam.core.totals import FEW_SUMS, KEPT_US, line_of
from yangbeam.core.yang.left_out import LeftOut
from yangbeam.registry.quirks import QUIRKS
from yangbeam.transforms.acknowledged import ACKNOWLEDGED
from yangbeam.transforms.outsides import OUTSIDES

MAX_BUCKETS: Final = 200_000
"""Buckets that may still be revised; some 350 octets each. A bucket is a minute, and revisions come within two, so
this holds 100,000 subscriptions; what falls out stays counted."""
MAX_EVENTS: Final = 100_000
"""Loss events kept; beyond it the oldest are forgotten here, though not in the files or topics, and counted."""

FEW_BUCKETS: Final = 2 * FEW_SUMS
PAST_US: Final = KEPT_US + 5 * BUCKET_US
"""Beyond so many of a shard, one that much older than the newest goes for each that comes: the ledger has closed it."""
MAX_SHARED: Final = 4_096
"""Different names and counts that buckets share."""
MAX_EXPORTERS: Final = 20_000
MAX_SUBSCRIPTIONS: Final = 100_000
"""What is above these bounds (forged addresses, say) is counted together, as OTHERS."""

_Key = tuple[int, str, int | None, int | None, int]


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What was told of a bucket; both tuples are shared, as a dictionary for each would take four times as much."""

    revision: int
    names: tuple[str, ...]
    counts: tuple[int, ...]


_Subscription = tuple[str, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run has come to, at one moment.

    Attributes:
        counts: Sum of every total by name (core.ledger).
        exporters: The same, of each exporter.
        collectors: Absolute counters by collector id.
        loss: Every loss event, by its identity.
        learned: How exporters count, by exporter and counter.
        subscriptions: Messages decoded by (exporter, publisher id, subscription id).
        position: How far the readers are, in their own unit; 0 when not known.
        size: Where they end, in the same unit; 0 for live sources.
        forgotten_losses: Loss events too many to be kept here.
        arrived: Messages, whole or refused, by the readers' own count; None: no reader of this process counts.
        told: Totals of the ledger that were told.
        acknowledged: What the outside of the ledger's own sinks acknowledged of them, by sink.
        tables: Rows of each table of the database by its own count, before the run and at its end; None: not counted.
        is_over: The run ended in order: nothing is under way any more, so that what is not accounted for is lost.
        sinks: Every sink of the run, as the ledger names them.
        outsides: The outside systems of this process.
        quirks: Schema ids, and what their schemas are read without.
        ending_s: How long the end may still wait for them; None: nobody asked for the end.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    exporters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    collectors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    loss: tuple[LossEvent, ...] = ()
    learned: tuple[LearnedScope, ...] = ()
    subscriptions: Mapping[_Subscription, int] = field(default_factory=dict)
    position: int = 0
    size: int = 0
    forgotten_losses: int = 0
    arrived: int | None = None
    again: int = 0
    told: int = 0
    acknowledged: Mapping[str, int] = field(default_factory=dict)
    tables: tuple[Mapping[str, int], Mapping[str, int]] | None = None
    is_over: bool = False
    sinks: tuple[str, ...] = ()
    outsides: tuple[Outside, ...] = ()
    quirks: tuple[tuple[int, LeftOut], ...] = ()
    ending_s: float | None = None

    def received(self) -> int:
        """Returns the messages received: by the readers' own count where there is one, as the ledger lags behind it."""
        return max(self.arrived or 0, line_of(self.counts, "").received)

    def in_flight(self, sink: str) -> int:
        """Returns the messages that were received and are under way to a sink: in queues, or in a bundle that waits.

        None once the run is over.
        """
        return 0 if self.is_over else max(self.received() - line_of(self.counts, sink).accounted, 0)

    def datagrams(self) -> dict[str, int]:
        """Returns the collectors' counters, summed."""
        return _summed(self.collectors.values())

    def not_as_it_was(self, name: str) -> dict[str, int]:
        """Returns by sink how many of its records were REPLACED, or UNWRITTEN, the ledger's own sinks included."""
        start = f"{name}:"
        counted = sorted({**self.counts, **self.acknowledged}.items())
        return {sink.removeprefix(start): count for sink, count in counted if sink.startswith(start) and count}


class Status:
    """The live state of one run. Every method may be called from any thread, and takes microseconds per total."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self, sinks: Iterable[str] = ()) -> None:
        """Forgets everything: a new run begins, into these sinks."""
        with self._lock:
            self._sinks = tuple(sinks)
            self._buckets: dict[_Key, _Told] = {}
            self._of_shard: dict[int, tuple[int, int]] = {}
            """Buckets of a shard, and the time of its newest one."""
            self._shared: dict[tuple[Any, ...], tuple[Any, ...]] = {}
            self._exporters: dict[str, dict[str, int]] = {}
            self._collectors: dict[str, dict[str, int]] = {}
            self._subscriptions: dict[_Subscription, int] = {}
            self._loss: OrderedDict[str, LossEvent] = OrderedDict()
            self._learned: dict[tuple[str, str], LearnedScope] = {}
            self._forgotten = 0
            self._progress = (0, 0)
            self._arrived: Callable[[], int] | None = None
            self._again: Callable[[], int] | None = None
            self._is_over = False
            self._told = 0
            self._tables: tuple[Mapping[str, int], Mapping[str, int]] | None = None
        ACKNOWLEDGED.clear()

    def record_totals(self, totals: LedgerTotals) -> None:
        """Takes absolute totals: the highest revision of a bucket wins, so that a replay counts nothing twice."""
        with self._lock:
            self._told += len(totals.totals)
            for total in totals.totals:
                self._take(total)
            for collector, counters in totals.collectors.items():
                known = self._collectors.setdefault(collector, {})
                for name, count in counters.items():
                    known[name] = max(known.get(name, 0), count)

    def record_loss(self, batch: LossBatch) -> None:
        """Takes loss events and what was learned: a later one replaces the earlier one of its identity."""
        with self._lock:
            for one in batch.learned:
                if (one.exporter, one.counter) in self._learned or len(self._learned) < 2 * MAX_EXPORTERS:
                    self._learned[one.exporter, one.counter] = one
            for event in batch.events:
                self._loss[event.identity or repr(event)] = event
            while len(self._loss) > MAX_EVENTS:
                self._loss.popitem(last=False)
                self._forgotten += 1

    def record_progress(self, position: int, size: int = 0) -> None:
        """Takes how far the readers are; ``size`` 0 means that there is no end."""
        with self._lock:
            self._progress = (position, size)

    def follow_readers(self, arrived: Callable[[], int], again: Callable[[], int] | None = None) -> None:
        """Takes what gives the readers' own counts; each snapshot asks, however long the graph waits.

        Args:
            arrived: Messages that came.
            again: Of those, what had been read before.
        """
        with self._lock:
            self._arrived, self._again = arrived, again

    def record_tables(self, before: Mapping[str, int], now: Mapping[str, int]) -> None:
        """Takes how many rows each table had before the run and at its end, as the database counts them."""
        with self._lock:
            self._tables = (dict(before), dict(now))

    def record_end(self) -> None:
        """Takes that the run ended in order."""
        with self._lock:
            self._is_over = True

    def snapshot(self) -> Snapshot:
        """Returns a copy that no later record changes."""
        with self._lock:
            return Snapshot(
                counts=_summed(self._exporters.values()),
                exporters={exporter: dict(counts) for exporter, counts in self._exporters.items()},
                collectors={collector: dict(counters) for collector, counters in self._collectors.items()},
                loss=tuple(self._loss.values()),
                learned=tuple(self._learned.values()),
                subscriptions=dict(self._subscriptions),
                position=self._progress[0],
                size=self._progress[1],
                forgotten_losses=self._forgotten,
                arrived=self._arrived() if self._arrived is not None else None,
                again=self._again() if self._again is not None else 0,
                told=self._told,
                acknowledged=ACKNOWLEDGED.counts(),
                tables=self._tables,
                is_over=self._is_over,
                sinks=self._sinks,
                outsides=OUTSIDES.all(),
                quirks=QUIRKS.all(),
                ending_s=OUTSIDES.left_s(),
            )

    def _take(self, total: LedgerTotal) -> None:
        key = (total.shard, total.exporter, total.publisher_id, total.subscription_id, total.bucket_us)
        before = self._buckets.get(key)
        if before is not None and before.revision > total.revision:
            return
        self._buckets.pop(key, None)  # the newest stand last
        names = self._one(tuple(map(intern, total.counts)))
        told = self._buckets[key] = _Told(total.revision, names, self._one(tuple(total.counts.values())))
        self._add(key, told, 1)
        if before is not None:
            self._add(key, before, -1)
        count, newest_us = self._of_shard.get(total.shard, (0, 0))
        self._of_shard[total.shard] = count + (before is None), max(newest_us, total.bucket_us)
        self._forget_past()

    def _forget_past(self) -> None:
        """Forgets the bucket told longest ago, if the ledger has closed it by its rule, or there are too many."""
        first = next(iter(self._buckets))
        count, newest_us = self._of_shard[first[0]]
        if (count > FEW_BUCKETS and first[-1] < newest_us - PAST_US) or len(self._buckets) > MAX_BUCKETS:
            del self._buckets[first]
            self._of_shard[first[0]] = count - 1, newest_us

    def _one(self, equal: tuple[Any, ...]) -> tuple[Any, ...]:
        """Returns one tuple for all that are equal."""
        if len(self._shared) >= MAX_SHARED:
            self._shared.clear()
        return self._shared.setdefault(equal, equal)

    def _add(self, key: _Key, told: _Told, sign: int) -> None:
        _, exporter, publisher_id, subscription_id, _ = key
        known = exporter in self._exporters or len(self._exporters) < MAX_EXPORTERS
        counts = self._exporters.setdefault(exporter if known else OTHERS, {})
        for name, count in zip(told.names, told.counts, strict=True):
            counts[name] = counts.get(name, 0) + sign * count
            if name == DECODED and count and subscription_id is not None:
                self._add_subscription((exporter, publisher_id, subscription_id), sign * count)

    def _add_subscription(self, subscription: _Subscription, decoded: int) -> None:
        if subscription not in self._subscriptions and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            subscription = (OTHERS, None, None)
        self._subscriptions[subscription] = self._subscriptions.get(subscription, 0) + decoded


def _summed(counted: Iterable[Mapping[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for counts in counted:
        for name, count in counts.items():
            summed[name] = summed.get(name, 0) + count
    return summed


STATUS: Final = Status()


def begin_run(sinks: Iterable[str]) -> None:
    """Forgets what earlier runs of this process counted, found and kept.

    Args:
        sinks: Of the run that begins.
    """
    STATUS.clear(list(sinks))
    OUTSIDES.clear()
    QUIRKS.clear()
    KEPT_ORIGINALS.clear()


"""The status of this process's run: Beam's DoFns are pickled, so they find it here by name."""

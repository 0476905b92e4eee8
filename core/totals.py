"""Sums what the stages counted into absolute totals, and says in words where they do not balance."""

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Final, NamedTuple, Self

import msgspec

from yangbeam.core.arrivals import Line as Arrivals
from yangbeam.core.arrivals import follow
from yangbeam.core.elements import Arrival, Heartbeat, LedgerDelta, LedgerTotal, LedgerTotals, place
from yangbeam.core.ledger import (
    ARRIVED,
    BUCKET_US,
    DEAD,
    DEAD_AT,
    DEAD_PARTS,
    DELIVERED,
    DUPLICATES,
    GIVEN,
    NOBODY,
    NOT_MAPPED,
    PARTS,
    PENDING,
    RECEIVED,
    SPLIT,
)
from yangbeam.core.versioned import Codec

FORMAT: Final = 1
"""Version of the state's bytes."""
STAGE: Final = "totals"
MOST_SUMS: Final = 50_000
"""Sums kept per shard (about 100 octets each, 5 MB); beyond it the oldest quarter is closed."""

FEW_SUMS: Final = 5_000
KEPT_US: Final = 15 * BUCKET_US
"""Beyond FEW_SUMS of a shard, those of buckets that much older than the newest are closed: what grows with every minute
would otherwise grow for an hour and more before it meets MOST_SUMS."""

FEW_BUCKETS: Final = 4

Key = tuple[str, int | None, int | None, int]
"""(exporter, publisher id, subscription id, bucket in us)."""


class _Sum(msgspec.Struct, array_like=True, gc=False):
    """One bucket's absolute counts."""

    exporter: str
    publisher_id: int | None
    subscription_id: int | None
    bucket_us: int
    revision: int
    """How much was counted. Not how often: a restored job counts the same in fewer, larger batches, and what it told
    before it was killed must not look newer than what it tells in the end."""
    counts: dict[str, int]

    def key(self) -> Key:
        return self.exporter, self.publisher_id, self.subscription_id, self.bucket_us


class _Life(msgspec.Struct, array_like=True):
    """What a collector said last: of a later life the counters begin anew."""

    clock_us: int
    last: dict[str, int]


class _LedgerState(msgspec.Struct, array_like=True):
    """What a snapshot or a journal entry holds."""

    format: int
    sums: list[_Sum]
    collectors: dict[str, dict[str, int]] = {}
    horizon: int = 0
    """Buckets below are closed: what still comes for them is booked here, so that no count is lost."""
    lives: dict[str, _Life] = {}
    arrivals: dict[str, Arrivals] = {}
    is_over: bool = False


class Totals:
    """The absolute totals of one shard."""

    def __init__(self) -> None:
        self._sums: dict[Key, _Sum] = {}
        self._touched: dict[Key, None] = {}
        """Since the last ``snapshot`` or ``changes``."""
        self._untold: dict[Key, None] = {}
        """Since they were last told."""
        self._collectors: dict[str, dict[str, int]] = {}
        self._lives: dict[str, _Life] = {}
        self._arrivals: dict[str, Arrivals] = {}
        self._horizon = self._newest = 0
        self._is_over = False
        """A stage's end of input came: what the others count after it is told at once, as nothing else will come."""

    def add(self, delta: LedgerDelta) -> LedgerTotals:
        """Adds one delta; returns what there is to tell: nothing, but on a heartbeat and at the end of input.

        A heartbeat (one a second) tells what was touched since the last, and the collectors' counters; a stage's end of
        input tells all. Telling after every delta would cost more than counting: several elements for each batch.
        """
        for tally in delta.tallies:  # with many exporters one for nearly each message, and of each stage
            self._add((tally.exporter, tally.publisher_id, tally.subscription_id), tally.bucket_us, tally.counts)
        for arrival in delta.arrivals:
            self._arrive(arrival, delta.shard)
        seen = self._collect(delta.collectors)
        crowded = len(self._sums) > MOST_SUMS
        if delta.end:
            self._is_over = True
            told = self._tell(self._sums, self._collectors, delta)
        elif delta.collectors or crowded or self._is_over:
            told = self._tell(self._untold, seen, delta)
        else:
            return LedgerTotals(totals=[], **place(delta))
        if crowded:
            self._close_oldest()
        elif len(self._sums) > FEW_SUMS and self._newest - KEPT_US > self._horizon:
            self._close(self._newest - KEPT_US)
        return told

    def _add(self, whose: tuple[str, int | None, int | None], bucket_us: int, more: Mapping[str, int]) -> None:
        key = (*whose, max(self._horizon, bucket_us))
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = _Sum(*key, 0, {})
            self._newest = max(self._newest, key[3])
        self._untold[key] = self._touched[key] = None
        counts = found.counts
        for name, count in more.items():
            if name in counts:
                counts[name] += count
            else:
                counts[intern(name)] = count
            if count > 0 and name != PENDING:
                found.revision += count

    def _arrive(self, arrival: Arrival, shard: int) -> None:
        closed = follow(self._arrivals, arrival)
        if closed is not None:
            where = f"{shard}:{arrival.collector_id}"
            counts = {f"{GIVEN}:{where}": closed.given, f"{ARRIVED}:{where}": closed.arrived}
            self._add((NOBODY, None, None), arrival.clock_us // BUCKET_US * BUCKET_US, counts)

    def _close_oldest(self) -> None:
        buckets = sorted({key[3] for key in self._sums})
        # Of few buckets all: what comes later is booked right behind them, as a sum that began anew would look older.
        self._close(buckets[len(buckets) // 4] if len(buckets) >= FEW_BUCKETS else buckets[-1] + 1)

    def _close(self, horizon: int) -> None:
        self._horizon = horizon
        self._sums = {key: one for key, one in self._sums.items() if key[3] >= self._horizon}
        self._touched = {key: None for key in self._touched if key in self._sums}

    def _collect(self, beats: list[Heartbeat]) -> dict[str, dict[str, int]]:
        """Adds up each collector's counters over its lives: one that restarts begins at nothing, under the same id."""
        seen: dict[str, dict[str, int]] = {}
        for beat in beats:
            known = self._collectors.setdefault(beat.collector_id, {})
            life = self._lives.setdefault(beat.collector_id, _Life(beat.clock_us, dict(known)))
            if beat.clock_us >= life.clock_us:  # else it waited on a disk, and a later one came before
                for name, count in beat.counters.items():
                    rise = count - life.last.get(name, 0)
                    if rise < 0 and beat.clock_us == life.clock_us:
                        continue
                    known[name] = known.get(name, 0) + (rise if rise >= 0 else count)
                    life.last[name] = count
                life.clock_us = beat.clock_us
            seen[beat.collector_id] = known
        return seen

    def _tell(self, keys: Iterable[Key], collectors: dict[str, dict[str, int]], delta: LedgerDelta) -> LedgerTotals:
        sums = [self._sums[key] for key in keys]
        totals = [LedgerTotal(delta.shard, *one.key(), one.revision, dict(one.counts)) for one in sums]
        copies = {name: dict(counters) for name, counters in collectors.items()}
        self._untold = {}
        return LedgerTotals(totals=totals, collectors=copies, **place(delta))

    def snapshot(self) -> bytes:
        """Returns the whole state, and begins a new journal."""
        self._touched = {}
        return _CODEC.encode(
            _LedgerState(
                FORMAT, list(self._sums.values()), self._collectors, self._horizon, self._lives, self._arrivals
            )
        )

    def changes(self) -> bytes:
        """Returns what changed since the last ``snapshot`` or ``changes``."""
        changed = [self._sums[key] for key in self._touched]
        entry = _CODEC.encode(
            _LedgerState(FORMAT, changed, self._collectors, self._horizon, self._lives, self._arrivals, self._is_over)
        )
        self._touched = {}
        return entry

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: Iterable[bytes] = ()) -> Self:
        """Returns the totals that a snapshot and the changes since, oldest first, hold.

        Raises:
            ConfigurationError: They were written by a newer release.
        """
        totals = cls()
        for entry in ([] if snapshot is None else [snapshot]) + list(journal):
            state = _CODEC.decode(entry)
            for one in state.sums:  # releases up to 0.1.0 counted how often, which is never more
                one.revision = max(one.revision, sum(_weight(*counted) for counted in one.counts.items()))
            totals._sums.update({one.key(): one for one in state.sums})
            totals._collectors.update(state.collectors)
            totals._horizon = state.horizon
            totals._lives.update(state.lives)
            totals._arrivals.update(state.arrivals)
            totals._is_over = state.is_over
        totals._sums = {key: one for key, one in totals._sums.items() if one.bucket_us >= totals._horizon}
        totals._newest = max((key[3] for key in totals._sums), default=0)
        totals._untold = dict.fromkeys(totals._sums)  # what of it the readers have is not known: all is told again
        return totals


def _weight(name: str, count: int) -> int:
    """Returns what a count adds to the revision; what may fall again adds nothing, and is told beside what rises."""
    return 0 if name == PENDING else max(count, 0)


_CODEC: Final = Codec(_LedgerState)


def latest(*batches: LedgerTotals) -> list[LedgerTotal]:
    """Returns the last revision of every bucket, in whatever order and however often the batches came."""
    found: dict[tuple[int, Key], LedgerTotal] = {}
    for batch in batches:
        for total in batch.totals:
            key = (total.shard, (total.exporter, total.publisher_id, total.subscription_id, total.bucket_us))
            known = found.get(key)
            if known is None or known.revision <= total.revision:  # of equals the later: only what is pending differs
                found[key] = total
    return list(found.values())


def collected(*batches: LedgerTotals) -> dict[str, dict[str, int]]:
    """Returns the highest value of every collector's counters."""
    found: dict[str, dict[str, int]] = {}
    for batch in batches:
        for collector, counters in batch.collectors.items():
            known = found.setdefault(collector, {})
            for name, count in counters.items():
                known[name] = max(known.get(name, 0), count)
    return found


def sums(totals: Iterable[LedgerTotal]) -> dict[str, int]:
    """Returns the counts of all buckets added up, by name."""
    added: dict[str, int] = {}
    for total in totals:
        for name, count in total.counts.items():
            added[name] = added.get(name, 0) + count
    return added


def count_of(counts: Mapping[str, int], name: str) -> int:
    """Returns a count with all its ``name:which`` parts.

    >>> count_of({"dead:empty": 2, "dead:unbound": 1, "dead-at:kafka:large": 5}, "dead")
    3
    """
    return sum(count for key, count in counts.items() if key == name or key.startswith(name + ":"))


class Line(NamedTuple):
    """One line of the ledger: what came from an exporter to a sink, and what became of it."""

    exporter: str
    """Empty: all of them."""
    sink: str
    received: int
    delivered: int
    dead_lettered: int
    duplicates: int
    pending: int
    left_out: int = 0
    """Passed on by policy although not valid, and of no use to a sink of typed rows."""
    in_flight: int = 0
    """Received and under way: in a queue, or in a bundle that waits for something outside."""

    @property
    def missing(self) -> int:
        """Messages that nobody accounts for; negative where more left than came."""
        return self.received - self.accounted

    @property
    def accounted(self) -> int:
        """Messages of which it is known what became of them."""
        told = self.delivered + self.dead_lettered + self.duplicates + self.pending + self.left_out
        return told + self.in_flight

    def __str__(self) -> str:
        sign = "≠" if self.missing else "="
        parts = [
            f"{self.delivered:,} delivered",
            f"{self.dead_lettered:,} dead-lettered",
            f"{self.duplicates:,} duplicates",
            f"{self.pending:,} pending",
            *([f"{self.left_out:,} left out as not valid"] if self.left_out else []),
            *([f"{self.in_flight:,} in flight"] if self.in_flight else []),
        ]
        whose = f"{self.exporter} to {self.sink}" if self.exporter else self.sink
        return f"{whose}: {self.received:,} received {sign} {' + '.join(parts)}"


def line_of(counts: Mapping[str, int], sink: str, exporter: str = "") -> Line:
    """Returns the line of a sink."""
    return Line(
        exporter,
        sink,
        received=count_of(counts, RECEIVED),
        delivered=count_of(counts, f"{DELIVERED}:{sink}"),
        dead_lettered=count_of(counts, DEAD) + count_of(counts, f"{DEAD_AT}:{sink}"),
        duplicates=count_of(counts, DUPLICATES),
        pending=count_of(counts, PENDING),
        left_out=count_of(counts, f"{NOT_MAPPED}:{sink}"),
    )


def lines_of(counts: Mapping[str, int], sink: str, exporter: str = "") -> list[Line]:
    """Returns the line of a sink, and one for the records of split messages where there are any."""
    split = count_of(counts, f"{SPLIT}:{sink}")
    parts, dead = count_of(counts, f"{PARTS}:{sink}"), count_of(counts, f"{DEAD_PARTS}:{sink}")
    line = line_of(counts, sink, exporter)
    if not split and not parts and not dead:
        return [line]
    return [line, Line(exporter, f"{sink} (records of split messages)", split, parts, dead, 0, 0)]


def by_exporter(totals: Iterable[LedgerTotal]) -> dict[str, dict[str, int]]:
    """Returns the counts of each exporter, added up over its buckets."""
    groups: dict[str, list[LedgerTotal]] = {}
    for total in totals:
        groups.setdefault(total.exporter, []).append(total)
    return {exporter: sums(members) for exporter, members in groups.items()}


def unbalanced(exporters: Mapping[str, Mapping[str, int]], sinks: Iterable[str]) -> list[Line]:
    """Returns the lines whose two sides differ: ``received = delivered + dead + duplicates + pending + left out``.

    Per exporter, as differences must not cancel out; no finer, as a message that cannot be decoded has no subscription,
    and not always a publisher.

    Args:
        exporters: Counts by exporter.
        sinks: Every sink of the run.
    """
    named = list(sinks)
    every = (lines_of(counts, sink, exporter) for exporter, counts in sorted(exporters.items()) for sink in named)
    return [line for lines in every for line in lines if line.missing]

"""How rows reach a tables database, whichever it is: collected, written in one transaction, then accounted for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, Final, Protocol, runtime_checkable

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import DeadLetterBatch, Notification, place
from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.ledger import (
    AFFECTED,
    DEAD_AT,
    DELIVERED,
    DIED,
    FOLDED,
    INSERTED,
    NOBODY,
    REFUSED_ROWS,
    ROWS,
    Tallies,
)
from yangbeam.core.stage import LEDGER, LETTERS, is_ended
from yangbeam.core.tables.acknowledging import Acknowledgement, Changed, delivered, rows_of
from yangbeam.core.tables.definitions import Table
from yangbeam.core.tables.evolution import Fit
from yangbeam.core.tables.folding import Stamp, Upsert, fold, identities_of, stamps
from yangbeam.core.tables.row_batch import RowBatch

STAGE: Final = "write-tables"
SINK: Final = "tables"


class Store(Protocol):
    """A database open for writing; safe to use from several threads."""

    def place(self, table: Table) -> Fit:
        """Returns where a table's rows go, having made what was missing."""
        ...

    def write(self, upserts: list[Upsert]) -> list[Changed]:
        """Writes all or nothing; writing the same again changes nothing. Returns what the database says it did.

        Of an ``Uncounted`` one what is returned is not looked at.

        Transient errors were retried inside. Raises UnmappableValueError when a value among the rows is at fault.
        """
        ...

    def identities(self) -> dict[str, int]:
        """Returns the database's own count of the rows of each derived table: each identity once."""
        ...

    def settle(self) -> None:
        """Makes what was written durable and readable by others as far as the database can; the input has ended."""
        ...


@runtime_checkable
class Uncounted(Store, Protocol):
    """A database that does not say what a write inserted and updated; that it has ``present`` declares it.

    It is asked before each write which rows are there already, and read back at the end of the run: its ``identities``
    must be those of the beginning and what was new since. One run at a time writes its tables.
    """

    def present(self, identities: Upsert) -> int:
        """Returns how many of these identities, each given once and without other columns, are in their table."""
        ...


class WriteRows(beam.DoFn):
    """Collects ``RowBatch`` elements and writes them when they are many, when they are old, and at each bundle's end.

    Args:
        store: Opens the database, or returns what this process has open; picklable.
        max_bytes: Payload octets collected before a write.
        max_wait_s: Age of the first batch, in seconds of ``clock``, at which the next element causes a write.
        clock: Seconds, monotonic; picklable.
    """

    def __init__(
        self, store: Callable[[], Store], max_bytes: int, max_wait_s: float, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._store = store
        self._max_bytes = max_bytes
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._batches: list[RowBatch] = []
        self._bytes = 0
        self._since = 0.0
        self._timestamp: Timestamp = MIN_TIMESTAMP

    def start_bundle(self) -> None:
        """Forgets what a failed bundle left: the runner sends it again."""
        self._batches, self._bytes = [], 0

    def process(self, batch: RowBatch, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[Any]:
        """Takes one batch, and writes when it is time."""
        if not self._batches:
            self._since = self._clock()
        self._batches.append(batch)
        self._bytes += sum(len(notification.message.payload) for notification in batch.notifications)
        self._timestamp = timestamp
        ended = is_ended(batch)
        if ended or self._bytes >= self._max_bytes or self._clock() - self._since >= self._max_wait_s:
            yield from self._flush()
        if ended:
            self._store().settle()

    def finish_bundle(self) -> Iterator[Any]:
        """Writes the rest: a bundle that succeeded has been written."""
        for output in self._flush():
            value = WindowedValue(output.value, self._timestamp, (GlobalWindow(),))
            yield TaggedOutput(output.tag, value)

    def _flush(self) -> Iterator[TaggedOutput]:
        batches = self._batches
        if not batches:
            return
        store, done = self._store(), Acknowledgement()
        refused = _written_or_refused(store, batches, None, done)
        self._batches, self._bytes = [], 0
        rows = rows_of(batches)
        there = delivered(
            {stamp: rows[stamp] for stamp in rows if stamp not in refused}, done.affected + done.laid_over
        )
        for index, batch in enumerate(batches):
            dead = {origin: error for (of, origin), error in refused.items() if of == index}
            if dead:
                letters = [letter_of_notification(STAGE, batch.notifications[at], why) for at, why in dead.items()]
                yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, **place(batch)))
            tallies = _accounted(store, batch, dead, {origin for of, origin in there if of == index})
            for origin in dead:
                tallies.add(REFUSED_ROWS, *_where(batch.notifications[origin]), rows[index, origin])
            if index == len(batches) - 1:
                _add_rows(tallies, done)
            yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=is_ended(batch)))


def _written_or_refused(
    store: Store, batches: list[RowBatch], chosen: list[Stamp] | None, done: Acknowledgement
) -> dict[Stamp, UnmappableValueError]:
    """Writes all messages that can be written; returns those that cannot, found by halving."""
    try:
        folded = fold(batches, store.place, None if chosen is None else set(chosen))
        done.take(folded.laid_over, _changed(store, folded.upserts))
    except UnmappableValueError as error:
        suspects = stamps(batches) if chosen is None else chosen
        if len(suspects) == 1:
            return {suspects[0]: error}
        half = len(suspects) // 2
        first = _written_or_refused(store, batches, suspects[:half], done)
        return first | _written_or_refused(store, batches, suspects[half:], done)
    return {}


def _changed(store: Store, upserts: list[Upsert]) -> list[Changed]:
    """Writes, and returns what that inserted and updated: the database's word, else what was not there before."""
    if not isinstance(store, Uncounted):
        return store.write(upserts)
    changed = [_expected(store, list(of)) for _, of in groupby(sorted(upserts, key=_table), key=_table)]
    store.write(upserts)
    return changed


def _table(upsert: Upsert) -> str:
    return upsert.table


def _expected(store: Uncounted, upserts: list[Upsert]) -> Changed:
    """Returns what rows of one table will do to it; of one identity they may come with several sets of columns."""
    asked = identities_of(upserts)
    new = len(asked.rows) - store.present(asked)
    return Changed(asked.table, new, sum(len(one.rows) for one in upserts) - new)


def _accounted(store: Store, batch: RowBatch, dead: dict[int, UnmappableValueError], there: set[int]) -> Tallies:
    tallies = Tallies(STAGE)
    for origin, notification in enumerate(batch.notifications):
        error = dead.get(origin)
        if error is not None:
            tallies.add(f"{DEAD_AT}:{SINK}:{error.reason}", *_where(notification))
            tallies.add(f"{DIED}:{STAGE}", *_where(notification))
        elif origin in there:
            tallies.add(f"{DELIVERED}:{SINK}", *_where(notification))
    for name, origins in _rows_by_table(store, batch):
        for origin, rows in Counter(origins).items():
            if origin in there:
                tallies.add(f"{ROWS}:{name}", *_where(batch.notifications[origin]), rows)
    return tallies


def _add_rows(tallies: Tallies, done: Acknowledgement) -> None:
    """Counts what a flush came to: of no exporter, as the database does not say whose rows it took."""
    counts = tallies.at(NOBODY, None, None, 0)
    counts[FOLDED], counts[AFFECTED] = done.laid_over, done.affected
    for table, count in done.inserted.items():
        counts[f"{INSERTED}:{table}"] = count


def _rows_by_table(store: Store, batch: RowBatch) -> Iterable[tuple[str, list[int]]]:
    names = [store.place(table).name for table in batch.tables]
    return [(names[group.table], group.origins) for group in batch.groups]


def _where(notification: Notification) -> tuple[str, int | None, int | None, int]:
    message = notification.message
    return message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us

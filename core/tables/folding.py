"""Which rows a flush writes: each row once, what several messages say of one row laid over each other in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from yangbeam.core.tables.definitions import Column, Table
from yangbeam.core.tables.evolution import Fit
from yangbeam.core.tables.row_batch import Group, RowBatch

Stamp = tuple[int, int]
"""(index of the batch in the flush, index of the notification in the batch): the order of arrival."""
Columns = tuple[str, ...]
_Held = tuple[Columns, tuple[Any, ...], Stamp]


@dataclass(frozen=True, slots=True)
class Upsert:
    """One statement's rows: one table, one set of columns, each row's identity once.

    Attributes:
        table: Name of the table in the database.
        identity: Its columns that identify a row.
        columns: What the rows carry, as it is in the database; no other column may be touched.
        rows: Values in the order of ``columns``.
    """

    table: str
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]


def identities_of(upserts: Sequence[Upsert]) -> Upsert:
    """Returns the identities among rows of one table, at least one statement's, each once and nothing beside them."""
    first = upserts[0]
    columns = {column.name: column for column in first.columns}
    rows: dict[tuple[Any, ...], None] = {}
    for one in upserts:
        places = {column.name: at for at, column in enumerate(one.columns)}
        key = itemgetter(*(places[name] for name in first.identity))
        rows.update((key(row) if len(first.identity) > 1 else (key(row),), None) for row in one.rows)
    return Upsert(first.table, first.identity, tuple(columns[name] for name in first.identity), list(rows))


@dataclass(frozen=True, slots=True)
class Folded:
    """What to write for a flush.

    Attributes:
        upserts: The statements' rows.
        laid_over: Rows that were laid over another of the same identity, counted where that was done.
    """

    upserts: list[Upsert]
    laid_over: int


@dataclass(slots=True)
class _Rows:
    """The rows of one table, by identity."""

    name: str
    identity: tuple[str, ...]
    there: dict[str, Column] = field(default_factory=dict)
    held: dict[tuple[Any, ...], _Held] = field(default_factory=dict)
    laid_over: int = 0

    def take(self, group: Group, fit: Fit, batch: int, chosen: "set[Stamp] | None") -> None:
        places = [fit.columns[name] for name in group.columns]
        columns = tuple([place.name for place in places])
        self.there.update(zip(columns, places, strict=True))
        identify = itemgetter(*[columns.index(name) for name in self.identity])
        held = self.held
        for row, origin in zip(group.rows, group.origins, strict=True):
            stamp = (batch, origin)
            if chosen is not None and stamp not in chosen:
                continue
            key = identify(row)
            before = held.get(key)
            if before is None:
                held[key] = (columns, row, stamp)
            else:
                held[key] = _laid_over(before, (columns, row, stamp))
                self.laid_over += 1

    def upserts(self) -> list[Upsert]:
        groups: dict[Columns, list[tuple[Any, ...]]] = {}
        for columns, row, _ in self.held.values():
            groups.setdefault(columns, []).append(row)
        return [
            Upsert(self.name, self.identity, tuple(self.there[name] for name in columns), rows)
            for columns, rows in groups.items()
        ]


def fold(batches: Sequence[RowBatch], place: Callable[[Table], Fit], chosen: "set[Stamp] | None" = None) -> Folded:
    """Returns what to write for batches, in the order of their arrival.

    Args:
        batches: To be written together.
        place: Where a table is in the database.
        chosen: Only the rows of these notifications; None: of all.
    """
    tables: dict[str, _Rows] = {}
    for index, batch in enumerate(batches):
        fits = [place(table) for table in batch.tables]
        for group in batch.groups:
            fit = fits[group.table]
            rows = tables.get(fit.name)
            if rows is None:
                rows = tables[fit.name] = _Rows(fit.name, fit.identity)
            rows.take(group, fit, index, chosen)
    upserts = [upsert for rows in tables.values() for upsert in rows.upserts()]
    return Folded(upserts, sum(rows.laid_over for rows in tables.values()))


def stamps(batches: Iterable[RowBatch]) -> list[Stamp]:
    """Returns every notification of batches, in order."""
    return [(index, origin) for index, batch in enumerate(batches) for origin in range(len(batch.notifications))]


def _laid_over(one: _Held, other: _Held) -> _Held:
    """The later message's values win, whichever group came first; what only one of them carries stays."""
    below, above = sorted((one, other), key=itemgetter(2))
    merged = dict(zip(below[0], below[1], strict=True)) | dict(zip(above[0], above[1], strict=True))
    return tuple(merged), tuple(merged.values()), above[2]

"""What travels from MapToRows to a tables sink: rows by table and by the set of columns they carry."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from yangbeam.core.elements import Batch, Control, Notification
from yangbeam.core.record import Record
from yangbeam.core.tables.definitions import Table
from yangbeam.core.tables.entries import Entry, Row


class Group(Record, frozen=True):
    """Rows of one table that carry the same columns."""

    table: int
    """Index into the batch's tables."""
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    """Values in the order of ``columns``: int, str, bool, bytes or lists of them. A decimal is its text, a timestamp
    microseconds since the epoch."""
    origins: list[int]
    """For each row, the index of its notification in the batch."""


class RowBatch(Batch, frozen=True, kw_only=True):
    """What MapToRows emits: one batch of notifications as rows."""

    tables: list[Table]
    """Definitions of the tables that have rows here: a sink needs nothing else to create them."""
    groups: list[Group]
    notifications: list[Notification]
    """The mapped ones, also those without rows; kept for the ledger and for dead letters of the sink."""
    controls: list[Control] = msgspec.field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """Collects the rows of one batch."""

    tables: list[Table] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    _groups: dict[tuple[Entry, tuple[str, ...]], Group] = field(default_factory=dict)
    _indices: dict[Entry, int] = field(default_factory=dict)

    def add(self, notification: Notification, rows: list[tuple[Entry, Row]]) -> None:
        """Takes the rows of one notification, all at once: a message is mapped whole or not at all."""
        origin = len(self.notifications)
        self.notifications.append(notification)
        for entry, row in rows:
            key = (entry, tuple(row))
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = Group(self._index(entry), key[1], [], [])
            group.rows.append(tuple(row.values()))
            group.origins.append(origin)

    def _index(self, entry: Entry) -> int:
        index = self._indices.get(entry)
        if index is None:
            index = self._indices[entry] = len(self.tables)
            self.tables.append(entry.layout.table)
        return index

    def groups(self) -> list[Group]:
        """Returns the rows, in the order in which their column sets were first seen."""
        return list(self._groups.values())

"""Where a derived table's columns go in what a database already holds: nothing is ever narrowed, renamed or retyped.

A column whose type changed between schema revisions goes where every value of its new type fits; where that is not
so, into a new version of the column, ``name__2``. A key that no longer fits gives a new version of the table, since it
identifies rows. The catalog tells which version holds what.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import msgspec

from yangbeam.core.tables.columns import holds
from yangbeam.core.tables.definitions import Column, Table
from yangbeam.core.tables.naming import LIMIT, SEPARATOR, hashed


@dataclass(frozen=True, slots=True)
class Fit:
    """A derived table's place in the database.

    Attributes:
        name: Of the table there.
        columns: Name in the definition → column there, with the name and the type that it has there.
        identity: Names there of the columns that identify a row.
        new: The table has to be made.
        added: Columns that have to be added to it; all, for a new one.
    """

    name: str
    columns: dict[str, Column]
    identity: tuple[str, ...]
    new: bool
    added: tuple[Column, ...]


@dataclass(slots=True)
class Held:
    """What a database holds: per table its schema path, and its columns.

    Attributes:
        paths: Table name → schema path.
        columns: Table name → column name → column.
    """

    paths: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, Column]] = field(default_factory=dict)

    def add(self, table: str, path: str, columns: Iterable[Column]) -> None:
        """Notes what was made."""
        self.paths[table] = path
        self.columns.setdefault(table, {}).update((column.name, column) for column in columns)

    def fit(self, table: Table, limit: int = LIMIT) -> Fit:
        """Returns where a table's rows go; changes nothing."""
        for name in _versions(self._first_name(table, limit), table.path, limit):
            there = self.columns.get(name)
            if there is None:
                columns = {column.name: column for column in table.columns}
                return Fit(name, columns, table.identity, new=True, added=table.columns)
            if self.paths[name] == table.path and _same_identity(table, there):
                return _fitted(table, name, there, limit)
        raise AssertionError  # pragma: no cover - the versions never end

    def _first_name(self, table: Table, limit: int) -> str:
        owner = self.paths.get(table.name, table.path)
        return table.name if owner == table.path else hashed(table.name, table.path, limit)


def _same_identity(table: Table, there: dict[str, Column]) -> bool:
    held = {column.name: column for column in there.values() if column.role == "identity"}
    wanted = [column for column in table.columns if column.role == "identity"]
    if held.keys() != {column.name for column in wanted}:
        return False
    return all(holds(held[column.name].type, column.type) for column in wanted)


def _fitted(table: Table, name: str, there: dict[str, Column], limit: int) -> Fit:
    columns: dict[str, Column] = {}
    added: list[Column] = []
    for column in table.columns:
        place = _place(column, there)
        if place is None:
            free = next(n for n in _versions(column.name, column.path, limit) if n not in there)
            place = msgspec.structs.replace(column, name=free)
            added.append(place)
        columns[column.name] = place
    return Fit(name, columns, table.identity, new=False, added=tuple(added))


def _place(column: Column, there: dict[str, Column]) -> Column | None:
    """Returns the newest column there that comes from the same node and holds the type."""
    same = there.get(column.name)
    if same is not None and same.path == column.path and holds(same.type, column.type):
        return same
    if not column.path:
        return None
    fitting = [held for held in there.values() if held.path == column.path and held.role == column.role]
    return next((held for held in reversed(fitting) if holds(held.type, column.type)), None)


def _versions(name: str, path: str, limit: int) -> Iterator[str]:
    """Yields a name, then ``name__2``, ``name__3`` and so on."""
    yield name
    for version in count(2):
        numbered = f"{name}{SEPARATOR}{version}"
        yield numbered if len(numbered) <= limit else hashed(numbered, f"{path}#{version}", limit)

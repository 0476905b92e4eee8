"""How JSON below one table's node becomes rows of it and of the tables below: handlers compiled once per table."""

import hashlib
from collections.abc import Callable
from collections.abc import Mapping as Members
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.tables.columns import column_type_of
from yangbeam.core.tables.definitions import INEXACT
from yangbeam.core.tables.mapping import LEAVES, Layout, Mapping
from yangbeam.core.tables.values import converter, key_converter, moment
from yangbeam.core.yang.tree import Node, Tree

REASON = "unmappable"

Row = dict[str, Any]
"""Column name → value; a column that the data does not carry is not in it."""
Below = list[tuple["Entry", list[Any]]]
Handler = tuple[str | None, Callable[..., Any]]
"""(column, convert), or (None, what takes the value, the row and the lists found below it)."""


@dataclass(slots=True)
class Context:
    """What all rows of one message, or of one edit of it, share.

    Attributes:
        base: ts, node, subscription, _op and _schema_id.
        payload: The message, from which ``_message`` is made where a table needs it.
        rows: What was made so far: (table, row) in the order of the data.
        edit: Index of the edit in its message.
        inexact: What of ``base`` is inexact, as ``_inexact`` holds it.
    """

    base: Row
    payload: bytes
    rows: list[tuple["Entry", Row]] = field(default_factory=list)
    edit: int = 0
    inexact: tuple[str, ...] = ()
    _message: int | None = None

    def message(self) -> int:
        """Returns what tells this message apart: the same when it is replayed."""
        if self._message is None:
            self._message = int.from_bytes(hashlib.blake2b(self.payload, digest_size=8).digest())
        return self._message


class Entry:
    """A table ready to take data: one per table of a schema, made when first seen.

    Attributes:
        layout: The table.
        own: Columns of its own keys.
    """

    __slots__ = ("_above", "_blank", "_handlers", "_message", "_optional", "keyless", "layout", "own")

    def __init__(self, layout: Layout, entries: "Entries") -> None:
        node = layout.origin.node
        self.layout = layout
        self.keyless = node.kind == "list" and not node.keys
        self.own = layout.keys[-1] if node.kind == "list" else ()
        above = layout.keys[:-1] if node.kind == "list" else layout.keys
        self._above = tuple(column for columns in above for column in columns)
        self._blank: Row = dict.fromkeys(self.own)
        self._message = layout.message
        self._optional = node.kind == "container"
        self._handlers = _handlers(node, layout, entries)
        for key, column in zip(node.keys, self.own, strict=True):
            leaf = node.child(key)
            if leaf is not None:
                self._handlers[key] = self._handlers[f"{leaf.module}:{key}"] = (
                    column,
                    key_converter(leaf, entries.mapping.tree),
                )

    def row(self, context: Context, keys: tuple[Any, ...], index: int = 0) -> Row:
        """Returns a row that says no more than where it belongs.

        Args:
            context: Of its message.
            keys: Key values of the lists above, and of its own as far as they are known.
            index: Of the entry, in a keyless list.
        """
        row = context.base | self._blank
        if keys:
            row.update(zip(self._above + self.own, keys, strict=False))
        row["_seq"] = context.edit << 32 | index if self.keyless else context.edit
        if self._message:
            row["_message"] = context.message()
        if context.inexact:
            row[INEXACT.name] = [*context.inexact]
        return row

    def take(self, context: Context, data: Any, keys: tuple[Any, ...] = (), index: int = 0) -> Row:
        """Makes the rows of one instance, those of the lists below it included, and returns its own.

        Raises:
            UnmappableValueError: A column cannot hold its value, or a key is missing.
        """
        row = self.row(context, keys, index)
        columns = len(row)
        below: Below = []
        _fill(self._handlers, data, row, below)
        if any([row[column] is None for column in self.own]):  # noqa: C419 # a generator costs more than the keys
            raise UnmappableValueError(REASON, f"{self.layout.origin.node.path}: an entry lacks one of its keys")
        if not self._optional or len(row) > columns:
            context.rows.append((self, row))
        if below:
            above = tuple([row[column] for column in self._above + self.own])
            if self.keyless:
                above = (*above, row["_seq"])
            for entry, instances in below:
                entry.take_all(context, instances, above)
        return row

    def take_all(self, context: Context, instances: Any, keys: tuple[Any, ...]) -> None:
        """Makes the rows of a list's entries.

        Raises:
            UnmappableValueError: As ``take``, or ``instances`` is no list.
        """
        if type(instances) is not list:
            raise UnmappableValueError(REASON, f"{self.layout.origin.node.path}: a list was expected")
        for index, instance in enumerate(instances):
            self.take(context, instance, keys, index)


class Entries:
    """The compiled tables of one schema."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._entries: dict[str, Entry] = {}

    def at(self, path: str) -> Entry:
        """Returns the compiled table of the node at a schema path; KeyError where no table stands."""
        entry = self._entries.get(path)
        if entry is None:
            entry = self._entries[path] = Entry(self.mapping.layout(path), self)
        return entry


def _handlers(node: Node, layout: Layout, entries: Entries) -> dict[str, Handler]:
    """Returns the handlers of a node's members, under both spellings of RFC 7951 section 4."""
    if node.kind in LEAVES:
        return {node.name: _leaf(node, layout, entries.mapping.tree)}
    handlers: dict[str, Handler] = {}
    for name, child in node.children.items():
        handler = _handler(child, layout, entries)
        handlers[name] = handler
        if child.module == node.module:
            handlers[child.name] = handler
    return handlers


def _handler(node: Node, layout: Layout, entries: Entries) -> Handler:
    if node.kind == "list":
        return None, partial(_postpone, entries, node.path)
    if node.kind == "container":
        below = _handlers(node, layout, entries)
        return None, partial(_descend, below, layout.columns.get(node.path) if node.presence else None)
    return _leaf(node, layout, entries.mapping.tree)


def _leaf(node: Node, layout: Layout, tree: Tree) -> Handler:
    column = layout.columns.get(node.path)
    if column is not None and column_type_of(node).kind == "timestamp":
        return None, partial(_date, column, node.kind == "leaf-list")
    return column, converter(node, tree)


def _postpone(entries: Entries, path: str, value: Any, row: Row, below: Below) -> None:
    del row
    below.append((entries.at(path), value))


def _descend(handlers: Members[str, Handler], presence: str | None, value: Any, row: Row, below: Below) -> None:
    if presence is not None:
        row[presence] = True
    _fill(handlers, value, row, below)


def _date(column: str, many: bool, value: Any, row: Row, below: Below) -> None:  # noqa: FBT001 # by place: per value
    """Puts the nearest instant of a date-and-time, or of each of a leaf-list, and notes the texts they do not say."""
    del below
    texts = value if many and type(value) is list else (value,)
    found = [moment(text) for text in texts]
    row[column] = [one.us for one in found] if texts is value else found[0].us
    inexact = [f"{column}={text}" for text, one in zip(texts, found, strict=True) if not one.exact]
    if inexact:
        row[INEXACT.name] = [*row.get(INEXACT.name, ()), *inexact]


def _fill(handlers: Members[str, Handler], data: Any, row: Row, below: Below) -> None:
    """Puts the members of a JSON object into a row; the one loop that runs per value."""
    member = ""
    try:
        for member, value in data.items():
            handler = handlers.get(member)
            if handler is None:
                _refuse_unknown(member)
                continue
            column, convert = handler
            if column is None:
                convert(value, row, below)
            else:
                row[column] = convert(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise UnmappableValueError(REASON, f"{member or 'an object was expected'}: {error}") from error


def _refuse_unknown(member: str) -> None:
    # Metadata annotations (RFC 7952) describe other members; anything else would be lost without a word.
    if not member.startswith("@"):
        raise ValueError("no such node in the schema")

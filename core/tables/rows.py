"""Which rows a validated notification gives.

| notification | rows |
|---|---|
| push-update | the entries of its contents |
| push-change-update: create, insert, merge, replace | per edit the entries of its value |
| push-change-update: delete, remove, move | per edit one row with the keys of its target and ``_op`` |
| of an event stream | one of the notification's own table, and the entries of its lists |
| subscription state | none |
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from yangbeam.core.date_and_time import Nearest, nearest
from yangbeam.core.elements import Bound, Notification, Validated
from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.tables.definitions import TS
from yangbeam.core.tables.entries import REASON, Context, Entries, Entry, Row
from yangbeam.core.tables.mapping import Mapping
from yangbeam.core.tables.naming import LIMIT
from yangbeam.core.tables.targets import Place, locate
from yangbeam.core.yang.tree import Node, Tree

GONE = frozenset({"delete", "remove"})
GIVEN = frozenset({"create", "insert", "merge", "replace"})


class RowMaker:
    """Makes the rows of one schema's notifications; holds its compiled tables.

    Args:
        tree: The schema.
        schema_id: Its registered id, written into every row.
        limit: Longest table or column name.
    """

    def __init__(self, tree: Tree, schema_id: int, limit: int = LIMIT) -> None:
        self._tree = tree
        self._schema_id = schema_id
        self._entries = Entries(Mapping(tree, limit))

    def rows(self, validated: Validated) -> list[tuple[Entry, Row]]:
        """Returns (table, row) for each row of a notification whose verdict is valid.

        Raises:
            UnmappableValueError: A column cannot hold a value, or the schema has no place for what the message holds.
        """
        notification = validated.bound.notification
        make = _KINDS.get(notification.kind, RowMaker._event if ":" in notification.kind else None)
        if make is None:
            return []
        when, text = _when(notification)
        base = _base(validated.bound, when.us, self._schema_id)
        inexact = () if when.exact else (f"{TS.name}={text}",)
        context = Context(base, notification.message.payload, inexact=inexact)
        make(self, context, notification, _body(validated.json, notification.path))
        return context.rows

    def _push_update(self, context: Context, notification: Notification, body: Any) -> None:
        del notification
        contents = _found(body, HISTORY[Fact.CONTENTS])
        if contents is not None:
            self._top(context, contents)

    def _top(self, context: Context, contents: Any) -> None:
        """Takes the top-level nodes of a datastore."""
        for name, value in _object(contents).items():
            if name.startswith("@"):
                continue
            node = self._tree.data.get(name)
            if node is None:
                raise UnmappableValueError(REASON, f"{name}: the schema has no such node at its top")
            self._instances(context, node, value, ())

    def _instances(self, context: Context, node: Node, value: Any, keys: tuple[Any, ...]) -> None:
        entry = self._entries.at(node.path)
        if node.kind == "list":
            entry.take_all(context, value, keys)
        elif node.kind == "container":
            entry.take(context, value)
        else:
            entry.take(context, {node.name: value})

    def _push_change_update(self, context: Context, notification: Notification, body: Any) -> None:
        first = notification.message.raw_index  # of a patch that was published edit by edit: the edit's own
        changes = _found(body, (*HISTORY[Fact.CONTENTS], *HISTORY[Fact.CHANGES]))
        patch = _member(changes, "yang-patch") if changes else {}  # an update may say only that it is incomplete
        edits = _object(patch).get("edit", [])
        for index, edit in enumerate(edits if isinstance(edits, list) else [edits]):
            context.edit = first + index
            self._edit(context, _object(edit))

    def _edit(self, context: Context, edit: dict[str, Any]) -> None:
        operation = edit.get("operation")
        place = locate(self._tree, str(edit.get("target", "")))
        if place is None:
            self._root(context, operation, edit.get("value"))
        elif operation in GONE:
            self._mark(context, place, "delete")
        elif operation == "move":
            self._mark(context, place, "move")
        elif operation in GIVEN:
            self._give(context, place, edit.get("value"))
        else:
            raise UnmappableValueError(REASON, f"edit operation {operation!r} is none of RFC 8072 section 2.5")

    def _root(self, context: Context, operation: Any, value: Any) -> None:
        """Takes an edit of the datastore itself, as a publisher may send to synchronise."""
        if operation not in GIVEN:
            raise UnmappableValueError(REASON, f"{operation!r} of the whole datastore has no row that could say so")
        self._top(context, value)

    def _mark(self, context: Context, place: Place, operation: str) -> None:
        """Makes the one row that says what became of a target."""
        entry = self._entries.at(place.table.path)
        row = entry.row(context, place.keys)
        if None in row.values():
            raise UnmappableValueError(REASON, f"{operation} of {place.node.path} does not say which entry")
        row["_op"] = operation
        if place.path is not None:
            row["_path"] = place.path
        context.rows.append((entry, row))

    def _give(self, context: Context, place: Place, value: Any) -> None:
        """Makes the rows of a value, which names the target itself (RFC 8072 section 2.5)."""
        node = place.node
        given = _member(value, node.name)
        if node.kind != "list":
            self._give_inside(context, place, given)
            return
        entry = self._entries.at(node.path)
        for index, instance in enumerate(given if isinstance(given, list) else [given]):
            entry.take(context, instance, place.keys, index)

    def _give_inside(self, context: Context, place: Place, given: Any) -> None:
        data = given
        for node in reversed(place.below):
            data = {f"{node.module}:{node.name}": data}
        entry = self._entries.at(place.table.path)
        if not place.below and place.node.kind != "container":
            data = {place.node.name: given}
        row = entry.take(context, data, place.keys)
        if place.value is not None:
            row["_path"] = place.path

    def _event(self, context: Context, notification: Notification, body: Any) -> None:
        node = self._tree.notifications.get(notification.kind)
        if node is None:
            raise UnmappableValueError(REASON, f"{notification.kind}: the schema has no such notification")
        self._entries.at(node.path).take(context, body)


_Make = Callable[[RowMaker, Context, Notification, Any], None]
_KINDS: dict[str, _Make] = {
    "push-update": RowMaker._push_update,  # noqa: SLF001 # the class's own table
    "push-change-update": RowMaker._push_change_update,  # noqa: SLF001 # the class's own table
}


def _base(bound: Bound, when_us: int, schema_id: int) -> Row:
    notification = bound.notification
    return {
        "ts": when_us,
        "node": notification.node or notification.message.exporter,
        "subscription": notification.subscription_id or 0,
        "_op": "update",
        "_schema_id": schema_id,
    }


def _when(notification: Notification) -> tuple[Nearest, str]:
    """Returns the observation time, else the event time, else the arrival: the first that is a date-and-time."""
    for text in (notification.observed_at, notification.event_time):
        found = nearest(text) if text else None
        if found is not None:  # no schema may have judged the header
            return found, text or ""
    return Nearest(notification.message.arrival_us, exact=True), ""


def _body(document: bytes, path: tuple[str, ...]) -> Any:
    body = orjson.loads(document)
    for step in path:
        body = _object(body).get(step)
    return body


def _member(data: Any, name: str) -> Any:
    """Returns the member of a local name, qualified or not."""
    for member, value in _object(data).items():
        if member == name or member.endswith(f":{name}"):
            return value
    raise UnmappableValueError(REASON, f"no {name} where it was expected")


def _found(data: Any, names: Sequence[str]) -> Any:
    """Returns the member under the newest of its names; None when it is not there or says nothing."""
    members = _object(data)
    return next((members[name] for name in reversed(names) if members.get(name) is not None), None)


def _object(data: Any) -> dict[str, Any]:
    if isinstance(data, dict):
        return data
    raise UnmappableValueError(REASON, f"an object was expected, found {type(data).__name__}")

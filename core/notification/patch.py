"""What an edit of a yang-patch may hold: the operations of RFC 8072 section 2.5 and what each needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from yangbeam.core.notification.refusal import entries, enumerated, mapping, number_or_text, refuse, text


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: As in the patch.
        value: It needs a value; without this a value is ignored.
        places: It takes ``where`` and ``point`` (user-ordered lists).
    """

    name: str
    value: bool
    places: bool


OPERATIONS: Final[Mapping[str, Operation]] = {
    row.name: row
    for row in (
        Operation("create", value=True, places=False),
        Operation("delete", value=False, places=False),
        Operation("insert", value=True, places=True),
        Operation("merge", value=True, places=False),
        Operation("move", value=False, places=True),
        Operation("replace", value=True, places=False),
        Operation("remove", value=False, places=False),
    )
}
"""In the order of their enumeration values, which CBOR sends."""

WHERE: Final[Mapping[str, bool]] = {"before": True, "after": True, "first": False, "last": False}
"""Place → it needs a point. In the order of their enumeration values."""

_OPERATION_NAMES: Final = tuple(OPERATIONS)
_WHERE_NAMES: Final = tuple(WHERE)


class Edit(msgspec.Struct, frozen=True, gc=False):
    """One edit of a push-change-update.

    Attributes:
        edit_id: Its name within the patch.
        operation: A name of OPERATIONS.
        target: Resource identifier or XPath, as it came; ``target.parse_target`` reads it.
        value: The JSON bytes of ``value`` as they came; None for operations without one.
        point: The entry that ``where`` refers to, as it came.
        where: A name of WHERE for insert and move, else None.
    """

    edit_id: str
    operation: str
    target: str
    value: bytes | None = None
    point: str | None = None
    where: str | None = None


NAMES: Final = ("yang-patch", "ietf-yang-push:yang-patch", "ietf-yang-patch:yang-patch")
"""What a yang-patch is called: RFC 8641 uses the grouping of RFC 8072, so that its nodes are of ietf-yang-push; some
publishers name the grouping's module."""


def patch_in(changes: Any) -> dict[Any, Any]:
    """Returns the yang-patch of a datastore-changes container; empty where it has none.

    An update may say no more than that it is incomplete (RFC 8641 section 9): one without a patch is taken.
    """
    members = mapping("datastore-changes", changes)
    name = next((name for name in NAMES if name in members), None)
    if name is None and members:
        refuse("no-patch", "datastore-changes holds something else than a yang-patch")
    return {} if name is None else mapping(name, members[name])


def checked_edits(patch: dict[Any, Any], quirks: list[str]) -> list[Edit]:
    """Returns the edits of a patch without their values, each checked against its operation.

    Raises:
        NotificationError: unknown-operation, edit-without-target, edit-without-value, edit-without-point,
            unknown-where, or a wrong type.
    """
    return [checked_edit(entry, quirks) for entry in entries("edit", patch.get("edit", []), quirks)]


def checked_edit(entry: Mapping[Any, Any], quirks: list[str]) -> Edit:
    """Returns one edit without its value. ``entry`` maps member names to values."""
    edit_id = number_or_text("edit-id", entry.get("edit-id", ""))
    operation = _operation(edit_id, entry.get("operation"))
    if "target" not in entry:
        refuse("edit-without-target", f"edit {edit_id!r} ({operation.name}) has no target")
    if operation.value and entry.get("value") is None:
        refuse(
            "edit-without-value", f"edit {edit_id!r}: operation {operation.name} needs a value (RFC 8072 section 2.5)"
        )
    if not operation.value and "value" in entry:
        quirks.append(f"needless-value:{operation.name}")
    where, point = _place(edit_id, operation, entry, quirks)
    return Edit(edit_id, operation.name, text("target", entry["target"]), None, point, where)


def _operation(edit_id: str, value: Any) -> Operation:
    if value is None:
        refuse("unknown-operation", f"edit {edit_id!r} has no operation")
    name = enumerated("operation", value, _OPERATION_NAMES)
    if name not in OPERATIONS:
        refuse("unknown-operation", f"edit {edit_id!r}: operation {name!r:.40} is none of RFC 8072")
    return OPERATIONS[name]


def _place(
    edit_id: str, operation: Operation, entry: Mapping[Any, Any], quirks: list[str]
) -> tuple[str | None, str | None]:
    if not operation.places:
        quirks.extend(f"needless-{name}:{operation.name}" for name in ("where", "point") if name in entry)
        return None, None
    where = enumerated("where", entry.get("where", "last"), _WHERE_NAMES)
    if where not in WHERE:
        refuse("unknown-where", f"edit {edit_id!r}: where {where!r:.40} is none of {', '.join(WHERE)}")
    if not WHERE[where]:
        return where, None
    if "point" not in entry:
        refuse("edit-without-point", f"edit {edit_id!r}: where {where} needs a point (RFC 8072 section 2.5)")
    return where, text("point", entry["point"])

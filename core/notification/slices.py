"""The original bytes of a part of a JSON notification: cut out of the payload, never encoded anew."""

from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from yangbeam.core.elements import Notification
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.patch import OPERATIONS, Edit, checked_edit, patch_in
from yangbeam.core.notification.refusal import refuse

_ABSENT: Final = b""
_NULL: Final = b"null"
_CONTENTS: Final = HISTORY[Fact.CONTENTS]
_CONTENTS_ONLY: Final = _CONTENTS[-1:]
_CHANGES_OR_CONTENTS: Final = HISTORY[Fact.CHANGES] + _CONTENTS
_NAMED: Final = tuple(before + b'"%s":' % name.encode() for before in (b"{", b",") for name in _CONTENTS)
_CACHED_PATHS: Final = 256
"""Distinct (path, members): a handful in practice; hostile spellings cannot fill the memory."""

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENTRIES: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_VALUE: Final = msgspec.json.Decoder()
_READ: Final = ("edit-id", "operation", "target", "where", "point")


def body_of(notification: Notification) -> bytes:
    """Returns the JSON of the notification's body, as it stands in the payload.

    Raises:
        NotificationError: The payload is not JSON, or not the one that the path belongs to.
    """
    (body,) = _cut(notification.message.payload, notification.path[:-1], notification.path[-1:])
    if not body:
        refuse("no-notification", f"no member {'/'.join(notification.path):.200} in the payload")
    return body


def members_of(notification: Notification) -> dict[str, bytes]:
    """Returns the members of the notification's body by name, each as its JSON text stands in the payload.

    About a microsecond for 815 octets; of repeated members the last. Raises NotificationError like ``body_of``.
    """
    payload, path = notification.message.payload, notification.path
    try:
        found = _members_decoder(path).decode(payload)
        for _ in path:
            found = found.inner
    except (msgspec.DecodeError, UnicodeError, AttributeError):
        found = _MEMBERS.decode(body_of(notification))
    return {name: bytes(raw) for name, raw in found.items()}


def envelope_of(notification: Notification) -> dict[str, bytes]:
    """Returns the members beside the notification in its envelope, as their JSON text stands in the payload.

    Raises NotificationError like ``body_of``.
    """
    found = _MEMBERS.decode(_cut(notification.message.payload, (), notification.path[:1])[0])
    return {name: bytes(raw) for name, raw in found.items() if name not in notification.path}


def contents_of(notification: Notification) -> bytes | None:
    """Returns the JSON of a push-update's datastore-contents as it stands in the payload; None when it has none.

    About a microsecond for 815 octets. Raises NotificationError like ``body_of``.
    """
    if notification.kind != "push-update":
        return None
    payload, path = notification.message.payload, notification.path
    (contents,) = _cut(payload, path, _CONTENTS_ONLY)
    if not contents:  # perhaps under its qualified name
        contents = _cut(payload, path, _CONTENTS)[0]
    return None if not contents or contents == _NULL else contents


def with_contents(notification: Notification, contents: bytes, new: bytes) -> bytes | None:
    """Returns the payload with other contents; None where it cannot be told where the old ones stand.

    Args:
        notification: A push-update in JSON.
        contents: From ``contents_of``.
        new: JSON.
    """
    payload = notification.message.payload
    closing = len(notification.path) + 1  # as most publishers write: the contents last, no blanks
    at = len(payload) - closing - len(contents)
    is_last = payload.endswith(b"}" * closing) and payload.startswith(contents, at)
    if at < 0 or not is_last or not payload.endswith(_NAMED, 0, at):
        at = payload.find(contents)
        if payload.find(contents, at + 1) >= 0:
            return None
    return payload[:at] + new + payload[at + len(contents) :]


def edits_of(notification: Notification) -> list[Edit]:
    """Returns the edits of a push-change-update with their values' JSON as it stands in the payload; else none.

    Raises:
        NotificationError: Like ``body_of``, and as ``patch.checked_edit``.
    """
    if notification.kind != "push-change-update":
        return []
    containers = _cut(notification.message.payload, notification.path, _CHANGES_OR_CONTENTS)
    preferred = (containers[at] for at in (1, 0, 3, 2))
    changes = next((each for each in preferred if each and each != _NULL), None)
    if changes is None:
        return []
    try:
        patch = _MEMBERS.decode(patch_raw(changes))
        edits = bytes(patch.get("edit", b"[]"))
        entries = [_MEMBERS.decode(edits)] if edits[:1] == b"{" else _ENTRIES.decode(edits)
        return [_edit(entry) for entry in entries]
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NotificationError("no-patch", f"the yang-patch cannot be read: {error}") from error


def patch_raw(changes: bytes) -> bytes:
    """Returns the bytes of the yang-patch in those of its container."""
    patch: Any = patch_in({name: {"": raw} for name, raw in _MEMBERS.decode(changes).items()})
    return bytes(patch.get("", b"{}"))


def _edit(entry: dict[str, msgspec.Raw]) -> Edit:
    read: dict[str, Any] = {name: _VALUE.decode(entry[name]) for name in _READ if name in entry}
    value = bytes(entry["value"]) if "value" in entry else None
    if value is not None:
        read["value"] = value = None if value == _NULL else value
    edit = checked_edit(read, [])
    return edit if value is None or not _takes_value(edit) else msgspec.structs.replace(edit, value=value)


def _takes_value(edit: Edit) -> bool:
    return OPERATIONS[edit.operation].value


def _cut(payload: bytes, path: tuple[str, ...], members: tuple[str, ...]) -> list[bytes]:
    """Returns the bytes of each member at a path, empty when absent; of repeated members the last."""
    try:
        found = _decoder(path, members).decode(payload)
        for _ in path:
            found = found.inner
        return [bytes(raw) for raw in astuple(found)]
    except (msgspec.DecodeError, UnicodeError, AttributeError):
        return _cut_slowly(payload, path, members)


def _cut_slowly(payload: bytes, path: tuple[str, ...], members: tuple[str, ...]) -> list[bytes]:
    """The same where a repeated member on the path has values of several types."""
    try:
        for name in path:
            payload = bytes(_MEMBERS.decode(payload)[name])
        found = _MEMBERS.decode(payload)
    except (msgspec.DecodeError, UnicodeError, KeyError) as error:
        raise NotificationError("not-json", f"no {'/'.join(path):.200} in the payload: {error}") from error
    return [bytes(found.get(name, _ABSENT)) for name in members]


@lru_cache(_CACHED_PATHS)
def _members_decoder(path: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Builds nested structs that name only the way to the body, which is taken member by member."""
    shape: Any = dict[str, msgspec.Raw]
    for name in reversed(path):
        shape = msgspec.defstruct("Way", [("inner", shape)], rename={"inner": name}, gc=False)
    return msgspec.json.Decoder(shape)


@lru_cache(_CACHED_PATHS)
def _decoder(path: tuple[str, ...], members: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Builds nested structs that name only the way to the members: all else is skipped, in C."""
    fields = [(f"m{index}", msgspec.Raw, msgspec.Raw(_ABSENT)) for index in range(len(members))]
    shape = msgspec.defstruct("Members", fields, rename={f"m{i}": name for i, name in enumerate(members)}, gc=False)
    for name in reversed(path):
        shape = msgspec.defstruct("Way", [("inner", shape)], rename={"inner": name}, gc=False)
    return msgspec.json.Decoder(shape)

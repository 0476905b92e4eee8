"""The hot path: a push-update of exactly the shape that most routers send today, its facts taken without a tree.

One pass in C checks the grammar of the whole payload and the types of the facts; the contents are passed over. What is
not exactly such a shape, in any way, is left to the general path, which gives the same result (tested) but for numbers
beyond a double inside the contents: valid JSON, which the general path's parser refuses.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.leaf_names import CURRENT, POINTS_IN_TIME, Fact
from yangbeam.core.notification.nesting import shallow
from yangbeam.core.notification.refusal import UINT32
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.undecodable import UNDECODABLE

_Number = Annotated[int, msgspec.Meta(ge=0, le=UINT32)]
_PUSH_UPDATE: Final = "ietf-yang-push:push-update"
_NOTIFICATION: Final = "ietf-notification:notification"


class _Update(
    Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={
        "id": CURRENT[Fact.ID],
        "publisher": CURRENT[Fact.PUBLISHER],
        "observed": CURRENT[Fact.OBSERVED_AT],
        "point": CURRENT[Fact.POINT_IN_TIME],
        "contents": CURRENT[Fact.CONTENTS],
    },
):
    """The body: what RFC 8641 defines, what of the drafts' three members there is, and no other."""

    id: _Number
    contents: dict[str, msgspec.Raw]
    publisher: _Number | UnsetType = UNSET
    observed: str | UnsetType = UNSET
    point: Literal[POINTS_IN_TIME] | UnsetType = UNSET  # type: ignore[valid-type] # the names of one table


class _Contents(Struct, gc=False, forbid_unknown_fields=True, rename={"update": _PUSH_UPDATE}):
    update: _Update


class _Envelope(
    Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={"time": "event-time", "sequence": "sequence-number", "older": "notification-contents"},
):
    time: str
    hostname: str
    sequence: _Number
    contents: _Contents | UnsetType = UNSET
    older: _Contents | UnsetType = UNSET


class _Sibling(
    Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={
        "time": "eventTime",
        "update": _PUSH_UPDATE,
        "node": "ietf-notification-sequencing:sysName",
        "sequence": "ietf-notification-sequencing:sequenceNumber",
        "own_node": "ietf-notification:sysName",
        "own_sequence": "ietf-notification:sequenceNumber",
    },
):
    time: str
    update: _Update
    node: str | UnsetType = UNSET
    sequence: _Number | UnsetType = UNSET
    own_node: str | UnsetType = UNSET
    own_sequence: _Number | UnsetType = UNSET


def _decoder(top: str, shape: type[Struct]) -> Any:
    whole = msgspec.defstruct("Payload", [("top", shape)], rename={"top": top}, gc=False, forbid_unknown_fields=True)
    return msgspec.json.Decoder(whole).decode


_ENVELOPE_START: Final = b'{"%s"' % ENVELOPE.encode()
_SIBLING_START: Final = b'{"%s"' % _NOTIFICATION.encode()
_ENVELOPE: Final = _decoder(ENVELOPE, _Envelope)
_SIBLING: Final = _decoder(_NOTIFICATION, _Sibling)

_H8: Final = (ENVELOPE, "contents", _PUSH_UPDATE)
_H7: Final = (ENVELOPE, "notification-contents", _PUSH_UPDATE)
_H2: Final = (_NOTIFICATION, _PUSH_UPDATE)
"""Also the path of H3, whose header leaves alone differ."""


def exact_push_update(message: Message) -> Notification | None:
    """Returns the notification of a payload that has one of the shapes; None for any other payload."""
    payload = message.payload
    found = _envelope if payload.startswith(_ENVELOPE_START) else _sibling
    if found is _sibling and not payload.startswith(_SIBLING_START):
        return None
    try:
        if not payload.isascii():
            payload.decode()  # the contents are passed over without a look at their characters
        taken = found(payload)
    except UNDECODABLE:
        return None
    return _notification(message, *taken) if taken is not None and shallow(payload) else None


def _envelope(payload: bytes) -> tuple[str, tuple[str, ...], Any, str, str, int] | None:
    """Returns row, path, body, time, node and number of H8 and H7."""
    envelope = _ENVELOPE(payload).top
    contents, older = envelope.contents, envelope.older
    if older is UNSET and contents is not UNSET:
        return "H8", _H8, contents.update, envelope.time, envelope.hostname, envelope.sequence
    if contents is UNSET and older is not UNSET:
        return "H7", _H7, older.update, envelope.time, envelope.hostname, envelope.sequence
    return None


def _sibling(payload: bytes) -> tuple[str, tuple[str, ...], Any, str, str, int] | None:
    """Returns the same of H2 and H3, whose leaves go by one module or the other, never by both."""
    header = _SIBLING(payload).top
    names = (header.node is UNSET, header.sequence is UNSET, header.own_node is UNSET, header.own_sequence is UNSET)
    if names == (False, False, True, True):
        return "H2", _H2, header.update, header.time, header.node, header.sequence
    if names == (True, True, False, False):
        return "H3", _H2, header.update, header.time, header.own_node, header.own_sequence
    return None


def _notification(
    message: Message, row: str, path: tuple[str, ...], body: Any, time: str, node: str, sequence: int
) -> Notification | None:
    """Completes the notification when the contents have one member and that names its module."""
    if len(body.contents) != 1:
        return None
    for member in body.contents:
        module, colon, _ = member.partition(":")
        if colon:
            publisher = message.publisher_id if body.publisher is UNSET else body.publisher
            places = (message, row, "push-update", path, node, time, sequence, body.id, publisher)
            observed = None if body.observed is UNSET else body.observed
            point = None if body.point is UNSET else body.point
            return Notification(*places, observed, point, modules=(module,), exact=True)
    return None

"""The hot path: a push-update of exactly the shape that most routers send today, its facts taken without a search.

What is not exactly such a shape, in any way, is left to the general path, which gives the same result (tested).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.leaf_names import CURRENT, POINTS_IN_TIME, Fact
from yangbeam.core.notification.refusal import UINT32
from yangbeam.core.notification.wrappers import ENVELOPE

_PUSH_UPDATE: Final = "ietf-yang-push:push-update"
_ID: Final = CURRENT[Fact.ID]
_PUBLISHER: Final = CURRENT[Fact.PUBLISHER]
_OBSERVED_AT: Final = CURRENT[Fact.OBSERVED_AT]
_POINT_IN_TIME: Final = CURRENT[Fact.POINT_IN_TIME]
_CONTENTS: Final = CURRENT[Fact.CONTENTS]
_POINTS: Final = frozenset(POINTS_IN_TIME)

_HEADER_SIZE: Final = 4
"""Three header leaves, and the notification or its container."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One exact shape: member names from the top to the body, and of the header's leaves."""

    row: str
    path: tuple[str, ...]
    event_time: str
    node: str
    sequence: str


SHAPES: Final[Mapping[str, tuple[Shape, ...]]] = {
    ENVELOPE: (
        Shape("H8", (ENVELOPE, "contents", _PUSH_UPDATE), "event-time", "hostname", "sequence-number"),
        Shape("H7", (ENVELOPE, "notification-contents", _PUSH_UPDATE), "event-time", "hostname", "sequence-number"),
    ),
    "ietf-notification:notification": tuple(
        Shape(
            row,
            ("ietf-notification:notification", _PUSH_UPDATE),
            "eventTime",
            f"{module}:sysName",
            f"{module}:sequenceNumber",
        )
        for row, module in (("H2", "ietf-notification-sequencing"), ("H3", "ietf-notification"))
    ),
}
"""Top-level member → the shapes under it."""


def exact_push_update(message: Message, tree: Any) -> Notification | None:
    """Returns the notification of a payload that has one of the shapes; None for any other payload."""
    if type(tree) is not dict or len(tree) != 1:
        return None
    for top, holder in tree.items():
        shapes = SHAPES.get(top)
        if shapes is None or type(holder) is not dict or len(holder) != _HEADER_SIZE:
            return None
        for shape in shapes:
            sequence, inner = holder.get(shape.sequence), holder.get(shape.path[1])
            if sequence is None or type(inner) is not dict:
                continue
            if len(shape.path) == 3:
                inner = inner.get(_PUSH_UPDATE) if len(inner) == 1 else None
            event_time, node = holder.get(shape.event_time), holder.get(shape.node)
            if (
                type(inner) is dict
                and type(event_time) is str
                and type(node) is str
                and type(sequence) is int
                and 0 <= sequence <= UINT32
            ):
                return _with_body(message, shape, inner, node, event_time, sequence)
    return None


def _with_body(
    message: Message, shape: Shape, body: dict[str, Any], node: str, event_time: str, sequence: int
) -> Notification | None:
    """Completes the notification when all five members of the body, and no others, are as they should be."""
    if len(body) != 5:
        return None
    subscription, publisher, point = body.get(_ID), body.get(_PUBLISHER), body.get(_POINT_IN_TIME)
    observed, contents = body.get(_OBSERVED_AT), body.get(_CONTENTS)
    if (
        type(subscription) is not int
        or type(publisher) is not int
        or type(observed) is not str
        or type(point) is not str
        or type(contents) is not dict
        or len(contents) != 1
        or point not in _POINTS
        or not 0 <= subscription <= UINT32
        or not 0 <= publisher <= UINT32
    ):
        return None
    for member in contents:
        module, colon, _ = member.partition(":")
        if colon:
            places = (message, shape.row, "push-update", shape.path, node, event_time, sequence, subscription)
            return Notification(*places, publisher, observed, point, modules=(module,))
    return None

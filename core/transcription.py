"""A notification that came as XML or CBOR, as the same notification in RFC 7951 JSON, typed by a schema.

The header is written in the form that JSON publishers use: an RFC 5277 notification as ``ietf-notification``, anything
else under the names it had.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson

from yangbeam.core.elements import MediaType, Notification
from yangbeam.core.notification.decode import tree_of
from yangbeam.core.notification.refusal import refuse
from yangbeam.core.yang.transcode import Context
from yangbeam.core.yang.transcode_cbor import CborTranscoder, plain
from yangbeam.core.yang.transcode_xml import XmlTranscoder
from yangbeam.core.yang.tree import Tree

UNTYPED: Final = Context(Tree({}, {}, {}, {}), untyped_unknown=True)
"""For what no schema is known of: every value stays text."""

_JSON: Final = frozenset((MediaType.JSON.value, "application/json"))
_XML: Final = frozenset((MediaType.XML.value, "application/xml"))

_ENVELOPE: Final = "ietf-yp-notification:envelope"
_RFC5277: Final = "ietf-notification:notification"


def is_json(notification: Notification) -> bool:
    """Says whether the payload is JSON already."""
    return notification.message.media_type in _JSON


def transcribed(notification: Notification, context: Context) -> Notification:
    """Returns the notification with its payload as JSON: the same object when it was JSON.

    Raises:
        NotificationError: The payload is not what its path says.
        InvalidInstanceError: The schema does not know a node, or a value has another shape than its node.
    """
    if is_json(notification):
        return notification
    body = body_members(notification, context)
    tree, path = _from_xml(notification, body) if _is_xml(notification) else _from_cbor(notification, body, context)
    message = msgspec.structs.replace(notification.message, payload=orjson.dumps(tree), media_type=MediaType.JSON.value)
    return msgspec.structs.replace(notification, message=message, path=path)


def body_members(notification: Notification, context: Context) -> dict[str, Any]:
    """Returns ``{module:name: body}`` of a notification that came as XML or CBOR; raises as ``transcribed``."""
    tree = tree_of(notification.message, context.sids)
    if _is_xml(notification):
        return XmlTranscoder(context).notification(_element_at(tree, notification.path[1:]))
    *above, name = notification.path
    for part in above:
        tree = tree[part]
    return CborTranscoder(context).notification({name: tree[name]})


def _is_xml(notification: Notification) -> bool:
    return notification.message.media_type in _XML


def _element_at(element: Any, path: Sequence[str]) -> Any:
    for name in path:
        found = next((child for child in element if str(child.tag).rpartition("}")[2] == name), None)
        if found is None:
            refuse("no-notification", f"no element {name} in the payload")
        element = found
    return element


def _from_xml(notification: Notification, body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Writes the header anew from its facts: XML has no JSON spelling of its own to keep."""
    (name,) = body
    facts = (notification.event_time, notification.node, notification.sequence_number)
    match notification.wrapper:
        case "X2":
            header = zip(("event-time", "hostname", "sequence-number"), facts, strict=True)
            return {_ENVELOPE: {**_present(header), "contents": body}}, (_ENVELOPE, "contents", name)
        case "X1":
            names = ("eventTime", "ietf-notification-sequencing:sysName", "ietf-notification-sequencing:sequenceNumber")
            return {_RFC5277: {**_present(zip(names, facts, strict=True)), **body}}, (_RFC5277, name)
        case _:
            return body, (name,)


def _present(members: Any) -> dict[str, Any]:
    return {name: value for name, value in members if value is not None}


def _from_cbor(
    notification: Notification, body: dict[str, Any], context: Context
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Keeps the header as it came: its leaves are text and small numbers in CBOR as in JSON; all else becomes text."""
    *above, name = notification.path
    (qualified,) = body
    holder = tree_of(notification.message, context.sids)
    layers = []
    for part in above:
        layers.append((part, holder))
        holder = holder[part]
    held: dict[str, Any] = {**plain({key: value for key, value in holder.items() if key != name}), **body}
    for part, layer in reversed(layers):
        held = {**plain({key: value for key, value in layer.items() if key != part}), part: held}
    return held, (*above, qualified)

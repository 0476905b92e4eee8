"""A JSON payload as a tree, checked whole: UTF-8, RFC 8259 grammar, nothing behind it, nesting within the limit."""

from typing import Any, Final, NoReturn

import orjson

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.exact import exact_push_update
from yangbeam.core.notification.facts import Encoding, modules_of_members, notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.nesting import too_deep
from yangbeam.core.notification.refusal import refuse, refuse_depth
from yangbeam.core.notification.size import bound_json


def decode_json(message: Message) -> Notification:
    """Returns the notification in a JSON payload; raises NotificationError."""
    bound_json(message.payload)
    exact = exact_push_update(message)
    if exact is not None:
        return exact
    found = unwrap(tree_of_json(message.payload))
    return notification_of(message, found, found.row, JSON)


def tree_of_json(payload: bytes) -> Any:
    """Parses a whole payload.

    Raises:
        NotificationError: empty-payload, not-json (with the place), nesting-too-deep, too-many-nodes.
    """
    bound_json(payload)
    try:
        tree = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        _refuse_text(payload, error)
    if too_deep(payload, tree):
        refuse_depth()
    return tree


def _refuse_text(payload: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    if not payload.strip():
        refuse("empty-payload", "the message has a header and no payload")
    if "depth" in error.msg:
        refuse_depth(error.msg)
    refuse("not-json", f"the payload is no JSON: {error.msg} at octet {error.pos} of {len(payload)}")


JSON: Final = Encoding(all_text=False, modules_of=modules_of_members, filter_bytes=orjson.dumps)

"""A JSON payload as a tree, checked whole: UTF-8, RFC 8259 grammar, nothing behind it, nesting within the limit."""

from typing import Any, Final, NoReturn

import orjson

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.exact import exact_push_update
from yangbeam.core.notification.facts import Encoding, modules_of_members, notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.refusal import MAX_DEPTH, refuse, refuse_depth

_BRACKETS: Final = b"[]{}"
_REST: Final = bytes(octet for octet in range(256) if octet not in _BRACKETS)


def decode_json(message: Message) -> Notification:
    """Returns the notification in a JSON payload; raises NotificationError."""
    tree = tree_of_json(message.payload)
    exact = exact_push_update(message, tree)
    if exact is not None:
        return exact
    found = unwrap(tree)
    return notification_of(message, found, found.row, JSON)


def tree_of_json(payload: bytes) -> Any:
    """Parses a whole payload.

    Raises:
        NotificationError: empty-payload, not-json (with the place), nesting-too-deep.
    """
    try:
        tree = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        _refuse_text(payload, error)
    # Nesting cannot exceed the number of openings: counting them settles nearly every payload.
    if payload.count(b"{") + payload.count(b"[") > MAX_DEPTH and _too_deep(payload, tree):
        refuse_depth()
    return tree


def _refuse_text(payload: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    if not payload.strip():
        refuse("empty-payload", "the message has a header and no payload")
    if "depth" in error.msg:
        refuse_depth(error.msg)
    refuse("not-json", f"the payload is no JSON: {error.msg} at octet {error.pos} of {len(payload)}")


def _too_deep(payload: bytes, tree: Any) -> bool:
    """Whether the nesting exceeds the limit: innermost brackets are struck out level by level."""
    brackets = payload.translate(None, _REST)
    for _ in range(MAX_DEPTH // 2):  # a round may strike two levels
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not shorter:
            return False
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    # Brackets within strings spoil the count: look at the tree itself.
    level: list[Any] = [tree] if type(tree) in {dict, list} else []
    for _ in range(MAX_DEPTH):
        level = [
            below
            for node in level
            for below in (node.values() if type(node) is dict else node)
            if type(below) in {dict, list}
        ]
        if not level:
            return False
    return True


JSON: Final = Encoding(all_text=False, modules_of=modules_of_members, filter_bytes=orjson.dumps)

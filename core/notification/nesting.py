"""Whether JSON nests deeper than the limit: nearly always told from its brackets alone."""

from typing import Any, Final

from yangbeam.core.notification.refusal import MAX_DEPTH

_BRACKETS: Final = b"[]{}"
_REST: Final = bytes(octet for octet in range(256) if octet not in _BRACKETS)


def shallow(payload: bytes) -> bool:
    """Says whether the brackets of a valid document prove that it stays within the limit; False: perhaps not.

    Nesting cannot exceed the number of openings: counting them settles nearly every payload.
    """
    return payload.count(b"{") + payload.count(b"[") <= MAX_DEPTH or _struck_out(payload)


def too_deep(payload: bytes, tree: Any) -> bool:
    """Says whether a parsed document exceeds the limit."""
    return not shallow(payload) and _deeper(tree)


def _struck_out(payload: bytes) -> bool:
    """Strikes innermost brackets out, level by level; those within strings may spoil the count."""
    brackets = payload.translate(None, _REST)
    for _ in range(MAX_DEPTH // 2):  # a round may strike two levels
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not shorter:
            return True
        if len(shorter) == len(brackets):
            return False
        brackets = shorter
    return False


def _deeper(tree: Any) -> bool:
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

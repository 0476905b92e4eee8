"""How a leaf's value becomes a fact, or the reason why it cannot."""

from collections.abc import Collection
from typing import Any, Final, NoReturn

from yangbeam.core.errors import NotificationError

MAX_DEPTH: Final = 128
"""Nested containers that a payload may have; YANG models of routers stay below 30."""
UINT32: Final = 0xFFFF_FFFF
_DIGITS: Final = 20


MAX_WORDS: Final = 1_000
"""Characters of a refusal: names in it are as long as the payload has them."""


def refuse(reason: str, detail: str) -> NoReturn:
    """Raises NotificationError, in a bounded number of words."""
    raise NotificationError(reason, detail if len(detail) <= MAX_WORDS else f"{detail[: MAX_WORDS - 1]}…")


def refuse_depth(found: str = "") -> NoReturn:
    """Raises the error of too deep a payload."""
    refuse("nesting-too-deep", f"the payload nests deeper than {MAX_DEPTH} levels{found and ': ' + found}; not read")


def uint32(name: str, value: Any, quirks: list[str] | None) -> int:
    """Returns a uint32 fact; a numeric string is accepted and named in ``quirks`` (None: text is the rule, as in XML).

    A number beyond 32 bits is refused, not cut: it would join the message to another subscription or counter.

    >>> uint32("id", "6666", [])
    6666
    """
    if type(value) is str and 0 < len(value) <= _DIGITS and value.isascii() and value.isdigit():
        value = int(value)
        if quirks is not None:
            quirks.append(f"number-as-string:{name}")
    if type(value) is float:
        refuse("number-out-of-range", f"{name} is {value!r}, no unsigned 32-bit integer")
    if type(value) is not int:
        refuse("not-a-number", f"{name} is {_shown(value)}, not a number")
    if not 0 <= value <= UINT32:
        refuse("number-out-of-range", f"{name} is a number of {value.bit_length()} bits, not within 0..{UINT32}")
    return value


def text(name: str, value: Any) -> str:
    """Returns a text fact."""
    if type(value) is not str:
        refuse("not-a-string", f"{name} is {_shown(value)}, not a string")
    return value


def number_or_text(name: str, value: Any) -> str:
    """Returns the text of a string leaf that some publishers send as a number (patch-id, edit-id).

    >>> number_or_text("patch-id", 20)
    '20'
    """
    return str(uint32(name, value, None)) if type(value) is int else text(name, value)


def enumerated(name: str, value: Any, names: tuple[str, ...]) -> str:
    """Returns the name of an enumeration value, which CBOR sends as an integer (RFC 9254 section 6.6).

    >>> enumerated("operation", 3, ("create", "delete", "insert", "merge"))
    'merge'
    """
    if type(value) is int and 0 <= value < len(names):
        return names[value]
    return text(name, value)


def mapping(name: str, value: Any) -> dict[Any, Any]:
    """Returns a container's members."""
    if type(value) is dict:
        return value
    if type(value) is list:
        refuse("not-a-container", f"container {name} is given as an array; it must be an object (RFC 7951 section 5.2)")
    refuse("not-a-container", f"{name} is {_shown(value)}, not an object")


def entries(name: str, value: Any, quirks: list[str]) -> list[dict[Any, Any]]:
    """Returns the entries of a list; a lone entry without its array is accepted and named."""
    if type(value) is dict:
        quirks.append(f"list-as-object:{name}")
        return [value]
    if type(value) is not list:
        refuse("not-a-list", f"{name} is {_shown(value)}, not an array")
    return [mapping(f"{name} entry", entry) for entry in value]


def _shown(value: Any) -> str:
    return f"{type(value).__name__}" if isinstance(value, Collection) else f"{value!r}"[:40]

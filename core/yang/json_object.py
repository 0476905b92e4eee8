"""Reads the JSON object that contents, or the value of an edit, must be: each of its members stands once."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from yangbeam.core.errors import InvalidInstanceError

_QUOTE: Final = b'"'
_ESCAPED: Final = b"\\u"
_QUALIFIED: Final = re.compile(rb':([\w.-]+)"\s*:').findall
"""Local names of the members that are written with their module."""
_PLAIN: Final = re.compile(rb'"(?=([\w.-]+)")').findall
"""What else may be such a name, without its module."""
_FEW: Final = 32
"""Names that are looked for one by one, each in the whole text, which is the fastest for so few."""
_UNIQUE: Final = "RFC 7493 section 2.3: no two members of an object have the same name"


def read_object(text: bytes) -> dict[str, Any]:
    """Reads a whole JSON object that is not empty, and no member of which stands twice, at any depth.

    libyang crashes on an empty operation, and (3.12) on list entries with a key that stands twice; it ignores what
    follows the first object. So this stands before it.

    Raises:
        InvalidInstanceError: ``invalid-contents``.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInstanceError("invalid-contents", f"not JSON: {error}", rule="RFC 8259") from error
    if not isinstance(document, dict) or not document:
        what = "an empty object" if document == {} else f"a JSON {type(document).__name__}"
        raise InvalidInstanceError(
            "invalid-contents", f"{what} where data nodes were expected", rule="RFC 7951 section 4"
        )
    if _may_repeat_members(text, document):
        _refuse_repeated_members(text)
    return document


def _may_repeat_members(text: bytes, document: dict[str, Any]) -> bool:
    """Whether it is worth a slower look: no member stands twice if this says so.

    Of members of one name the parser keeps the last: written again, the quotes of the others are missing. Of members
    of one node that are spelt with and without its module it keeps both. Escapes would hide either.
    """
    if _ESCAPED in text or _are_spelt_twice(text, set(_QUALIFIED(text))):
        return True
    try:
        return orjson.dumps(document).count(_QUOTE) != text.count(_QUOTE)
    except orjson.JSONEncodeError:  # more than 254 deep
        return True


def _are_spelt_twice(text: bytes, names: set[bytes]) -> bool:
    if len(names) > _FEW:  # thousands in a large text would take hours
        return not names.isdisjoint(_PLAIN(text))
    return any(b'"%s"' % name in text for name in names)


class _Members(list[tuple[str, Any]]):
    """An object as it is written."""


def _refuse_repeated_members(text: bytes) -> None:
    """Parses again, slowly, to find the first one that repeats, whichever way it is spelt (RFC 7951 section 4)."""
    try:
        parsed = json.loads(text, object_pairs_hook=_Members)
    except RecursionError:
        detail = "nested deeper than any schema"
        raise InvalidInstanceError("invalid-contents", detail, rule="RFC 7951 section 5") from None
    waiting: list[tuple[str, str | None, Any]] = [("", "", parsed)]
    while waiting:
        path, module, value = waiting.pop()
        if isinstance(value, _Members):
            waiting += reversed(list(_below(path, module, value)))
        elif isinstance(value, list):
            waiting += reversed([(f"{path}[{index}]", module, inner) for index, inner in enumerate(value, 1)])


def _below(path: str, module: str | None, members: _Members) -> Iterator[tuple[str, str | None, Any]]:
    """Yields (path, module, value) of an object's members.

    Args:
        path: Where the object is.
        module: Whose names need no prefix in it; empty at the top, where all have one; None: that is not known.
        members: What it holds.
    """
    seen = set()
    for name, value in members:
        home, _, local = name.rpartition(":")
        node = local if module is None or home == module else name
        if node in seen:
            detail = f"{path}/{name} stands twice in one object; which of the two is meant?"
            raise InvalidInstanceError("invalid-contents", detail, path=f"{path}/{name}", rule=_UNIQUE)
        seen.add(node)
        yield f"{path}/{name}", home or module or None, value

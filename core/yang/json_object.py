"""Reads the JSON object that contents, or the value of an edit, must be."""

import json
from dataclasses import dataclass
from typing import Any, Final

import orjson

from yangbeam.core.errors import InvalidInstanceError

_QUOTE: Final = b'"'
_ESCAPED_QUOTE: Final = b"\\u0022"
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
    if _may_have_lost_members(text, document):
        _refuse_repeated_members(text)
    return document


def _may_have_lost_members(text: bytes, document: dict[str, Any]) -> bool:
    """Of members that repeat the parser keeps the last: written again, the quotes of the others are missing.

    A quote within a text is written as it was, but for the one spelling that has no quote in it.
    """
    try:
        return _ESCAPED_QUOTE in text or orjson.dumps(document).count(_QUOTE) != text.count(_QUOTE)
    except orjson.JSONEncodeError:  # more than 254 deep
        return True


@dataclass(frozen=True, slots=True)
class _Repeated:
    """An object in which a name stands twice."""

    name: str


def _object(members: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
    found = dict(members)
    if len(found) == len(members):
        return found
    names = [name for name, _ in members]
    return _Repeated(next(name for number, name in enumerate(names) if name in names[:number]))


def _refuse_repeated_members(text: bytes) -> None:
    """Parses again, slowly, to find the first one that repeats."""
    try:
        parsed = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        detail = "nested deeper than any schema"
        raise InvalidInstanceError("invalid-contents", detail, rule="RFC 7951 section 5") from None
    waiting: list[tuple[str, Any]] = [("", parsed)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Repeated):
            path = f"{path}/{value.name}"
            detail = f"{path} stands twice in one object; which of the two is meant?"
            raise InvalidInstanceError("invalid-contents", detail, path=path, rule=_UNIQUE)
        if isinstance(value, dict):
            waiting += ((f"{path}/{name}", inner) for name, inner in reversed(value.items()))
        elif isinstance(value, list):
            waiting += ((f"{path}[{index}]", inner) for index, inner in reversed([*enumerate(value, 1)]))

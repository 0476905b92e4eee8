"""Reads the JSON object that contents, or the value of an edit, must be."""

from typing import Any

import orjson

from yangbeam.core.errors import InvalidInstanceError


def read_object(text: bytes) -> dict[str, Any]:
    """Reads a whole JSON object that is not empty.

    libyang crashes on an empty operation and ignores what follows the first object, so this stands before it.

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
    return document

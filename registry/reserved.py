"""Fields that a schema's metadata reserve (``confluent:reserved``): no schema defines them while that is enforced."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from yangbeam.core.registered import AVRO, JSON, Body

RESERVED: Final = "confluent:reserved"
"""Property of names, separated by commas."""


def conflicts(new: Body, before: Body | None) -> Iterator[str]:
    """Yields what keeps a schema from being registered where ``validateFields`` is set.

    Args:
        new: The schema.
        before: The newest version that is not deleted; None: there is none.
    """
    reserved = _names(new)
    for name in sorted((_names(before) if before is not None else set()) - reserved):
        yield f"the earlier version reserves the field {name}, the new one does not"
    for name in sorted(reserved & _fields(new)):
        yield f"the new schema has the field {name}, which its metadata reserve"


def _names(body: Body) -> set[str]:
    return {name.strip() for name in body.property(RESERVED).split(",")} - {""}


def _fields(body: Body) -> set[str]:
    """Fields at the top of a schema that is registered, or may be."""
    if body.kind not in (AVRO, JSON):
        return set()
    document: Any = orjson.loads(body.text)
    if not isinstance(document, dict):
        return set()
    if body.kind == JSON:
        return set(document.get("properties") or ())
    return {field["name"] for field in document.get("fields") or ()}

"""Which schemas of an object's members and an array's items meet when two JSON Schemas are compared."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

Pair = tuple[Any, Any, str, str]
"""The reader's schema, the writer's, what it means when they do not fit, and the path."""


def properties(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[Pair]:
    """Yields the pairs of an object's members: by name, by pattern, and of all others."""
    mine, theirs = reader.get("properties", {}), writer.get("properties", {})
    rest, their_rest = reader.get("additionalProperties", True), writer.get("additionalProperties", True)
    for name in sorted({*mine, *theirs}):
        place = f"{path}/properties/{name}"
        found = _of_name(name, writer)
        for origin, schema in _of_name(name, reader).items():
            other = found.get(origin, next(iter(found.values())))
            yield schema, other, _told(name, mine, theirs, schema), place
    for pattern, schema in sorted(reader.get("patternProperties", {}).items()):
        place = f"{path}/patternProperties/{pattern}"
        if pattern in writer.get("patternProperties", {}):
            yield schema, writer["patternProperties"][pattern], "", place
            continue
        for other in writer.get("patternProperties", {}).values():
            yield schema, other, "a pattern is added to others", place
        yield schema, their_rest, f"added to a content model that is {_model(their_rest)}", place
    for pattern, schema in sorted(writer.get("patternProperties", {}).items()):
        if pattern not in reader.get("patternProperties", {}):
            place = f"{path}/patternProperties/{pattern}"
            yield rest, schema, f"removed from a content model that is {_model(rest)}", place
    yield rest, their_rest, "", f"{path}/additionalProperties"


def _told(name: str, mine: dict[str, Any], theirs: dict[str, Any], schema: Any) -> str:
    if name in mine and name in theirs:
        return ""
    what = "removed from" if name in theirs else "added to"
    return f"{name} is {what} a content model that is {_model(schema)}"


def _model(schema: Any) -> str:
    return "closed" if schema is False else "open"


def _of_name(name: str, schema: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The schemas that a member of a name must all fulfil, by (keyword, name or pattern)."""
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    found = {("properties", name): named[name]} if name in named else {}
    found |= {("patternProperties", each): inner for each, inner in patterns.items() if matches(each, name)}
    return found or {("additionalProperties", ""): schema.get("additionalProperties", True)}


def matches(pattern: str, name: str) -> bool:
    """Whether a name has a pattern of JSON Schema in it; one that takes too long has not."""
    judge = _judge(pattern)
    return judge is not None and judge.is_valid(name)


@lru_cache(1_024)
def _judge(pattern: str) -> Any:
    try:
        return jsonschema_rs.validator_for({"type": "string", "pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return None


def items(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[Pair]:
    """Yields the pairs of an array's items: place by place, and of all others."""
    (mine, rest), (theirs, their_rest) = _places(reader), _places(writer)
    for number in range(max(len(mine), len(theirs))):
        one = mine[number] if number < len(mine) else rest
        other = theirs[number] if number < len(theirs) else their_rest
        what = "added to" if number >= len(theirs) else "removed from"
        model = their_rest if number >= len(theirs) else rest
        is_new = number >= min(len(mine), len(theirs))
        yield (
            one,
            other,
            f"item {what} a content model that is {_model(model)}" if is_new else "",
            f"{path}/items/{number}",
        )
    yield rest, their_rest, "", f"{path}/{'additionalItems' if mine or theirs else 'items'}"


def _places(schema: dict[str, Any]) -> tuple[list[Any], Any]:
    """Schemas of the first items, and of all others: drafts to 2019-09 write them in one way, 2020-12 in another."""
    found = schema.get("items", True)
    if isinstance(found, list):
        return found, schema.get("additionalItems", True)
    return schema.get("prefixItems", []), found


def names(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[Pair]:
    """Yields the pair of what the names of an object's members must be."""
    if "propertyNames" in reader:
        yield reader["propertyNames"], writer.get("propertyNames", True), "", f"{path}/propertyNames"


def dependents(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[Pair]:
    """Yields the pairs of what an object must be where it has a member."""
    for keyword in ("dependencies", "dependentSchemas"):
        for name, schema in sorted(reader.get(keyword, {}).items()):
            before = writer.get(keyword, {}).get(name, True)
            if not isinstance(schema, list):
                yield schema, True if isinstance(before, list) else before, "", f"{path}/{keyword}/{name}"


def contained(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[Pair]:
    """Yields the pair of what an array must contain; where only so many may, it must be the same both ways."""
    if "contains" not in reader:
        return
    place = f"{path}/contains"
    if "contains" not in writer:
        yield False, True, "an array must contain something that it need not before", place
        return
    yield reader["contains"], writer["contains"], "", place
    if "maxContains" in reader:
        yield writer["contains"], reader["contains"], "no more may be contained than before", place

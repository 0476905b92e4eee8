"""What keeps a reader by one JSON Schema from reading what was written by another: rules keyword by keyword.

A subset of what may be said of JSON Schemas: types, properties, required, additionalProperties, items, enum, const,
bounds, lengths, pattern, format and $ref. Of everything else only equality is known: a difference is told, and does
not fit. Open and closed content are told apart as Confluent's registry does.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

Documents = tuple[Any, dict[str, Any]]
"""A schema, and what it refers to by URI."""

_SILENT: Final = frozenset(
    (
        "$schema",
        "$id",
        "id",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "definitions",
        "$defs",
    )
)
_HANDLED: Final = frozenset(
    ("type", "properties", "required", "additionalProperties", "items", "enum", "const", "$ref")
)
_LOWER: Final = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
_UPPER: Final = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])
_ALL: Final = frozenset(("null", "boolean", "object", "array", "number", "string"))
MAX_DEPTH: Final = 200
"""Levels of nesting that are compared: no schema of people has more."""


def changes(reader: Documents, writer: Documents) -> Iterator[str]:
    """Yields what the reader's schema refuses of what the writer's allows."""
    yield from _Comparison(reader, writer).between(reader[0], writer[0], "#", 0)


class _Comparison:
    def __init__(self, reader: Documents, writer: Documents) -> None:
        self._reader = reader
        self._writer = writer
        self._seen: set[tuple[int, int]] = set()

    def between(self, reader: Any, writer: Any, path: str, depth: int) -> Iterator[str]:
        reader, writer = _target(reader, self._reader), _target(writer, self._writer)
        pair = (id(reader), id(writer))
        if reader == writer or reader in (True, {}) or writer is False or pair in self._seen:
            return
        self._seen.add(pair)
        if reader is False or depth > MAX_DEPTH:
            yield f"{path}: nothing is allowed any more" if reader is False else f"{path}: nested too deeply to compare"
            return
        writer = {} if writer is True else writer
        for rule in (_types, _values, _bounds, _unknown):
            yield from rule(reader, writer, path)
        yield from _required(reader, writer, path)
        yield from self._properties(reader, writer, path, depth)
        yield from self._items(reader, writer, path, depth)

    def _properties(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        mine, theirs = reader.get("properties", {}), writer.get("properties", {})
        rest, their_rest = reader.get("additionalProperties", True), writer.get("additionalProperties", True)
        for name in sorted({*mine, *theirs}):
            place = f"{path}/properties/{name}"
            if name in mine and name in theirs:
                yield from self.between(mine[name], theirs[name], place, depth + 1)
            elif name in theirs:
                yield from self._named(rest, theirs[name], f"{place}: removed from a content model", place, depth)
            else:
                yield from self._named(mine[name], their_rest, f"{place}: added to a content model", place, depth)
        yield from self.between(rest, their_rest, f"{path}/additionalProperties", depth + 1)

    def _named(self, reader: Any, writer: Any, what: str, place: str, depth: int) -> Iterator[str]:
        """A property that one side names and the other leaves to its additionalProperties."""
        kind = "closed" if reader is False else "open"
        for found in self.between(reader, writer, place, depth + 1):
            yield f"{what} that is {kind}: {found}"

    def _items(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        mine, theirs = reader.get("items", True), writer.get("items", True)
        if isinstance(mine, list) or isinstance(theirs, list):
            if mine != theirs:
                yield f"{path}/items: a change of a tuple is not known to fit"
            return
        yield from self.between(mine, theirs, f"{path}/items", depth + 1)


def _target(schema: Any, documents: Documents) -> Any:
    """Follows $ref; what leads nowhere stays as it is, and is compared as text."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
            break
        uri, _, pointer = schema["$ref"].partition("#")
        found: Any = documents[1].get(uri) if uri else documents[0]
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - RFC 6901 section 3
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            break
        schema = found
    return schema


def _types_of(schema: dict[str, Any]) -> frozenset[str]:
    written = schema.get("type")
    return _ALL if written is None else frozenset([written] if isinstance(written, str) else written)


def _types(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    mine = _types_of(reader)
    lost = {kind for kind in _types_of(writer) - mine if not (kind == "integer" and "number" in mine)}
    if lost:
        yield f"{path}: type {', '.join(sorted(lost))} is no longer allowed"


def _values(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    mine, theirs = _listed(reader), _listed(writer)
    if mine is not None and theirs is None:
        yield f"{path}: restricted to listed values"
    elif mine is not None and theirs is not None:
        lost = [value for value in theirs if value not in mine]
        if lost:
            yield f"{path}: values are no longer allowed: {', '.join(map(str, lost[:10]))}"


def _listed(schema: dict[str, Any]) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _required(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    properties = reader.get("properties", {})
    for name in reader.get("required", ()):
        default = isinstance(properties.get(name), dict) and "default" in properties[name]
        if name not in writer.get("required", ()) and not default:
            yield f"{path}: {name} is now required"


def _bounds(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    tighter: dict[frozenset[str], Callable[[Any, Any], bool]] = {
        _LOWER: lambda mine, theirs: mine > theirs,
        _UPPER: lambda mine, theirs: mine < theirs,
    }
    for names, is_tighter in tighter.items():
        for name in sorted(names & reader.keys()):
            mine, theirs = reader[name], writer.get(name)
            comparable = isinstance(mine, int | float) and isinstance(theirs, int | float)
            if mine != theirs and (not comparable or is_tighter(mine, theirs)):
                yield f"{path}: {name} is tightened from {theirs} to {mine}"


def _unknown(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Keywords of which only equality is known; one that is dropped allows more."""
    for name in sorted(reader.keys() - _SILENT - _HANDLED - _LOWER - _UPPER):
        if reader[name] != writer.get(name):
            yield f"{path}: {name} is changed, which is not known to fit"

"""What keeps a reader by one JSON Schema from reading what was written by another: rules keyword by keyword.

A subset of what may be said of JSON Schemas: types, objects, arrays, values, bounds, $ref and combinations. Of all else
only equality is known: a difference is told, and does not fit. Open and closed content are told apart, and the branches
of a oneOf taken for disjoint, as in Confluent's registry.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from yangbeam.registry.formats import json_content

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
_UNIONS: Final = ("oneOf", "anyOf")
_HANDLED: Final = frozenset(("type", "required", "enum", "const", "$ref", "allOf", "not", "multipleOf", *_UNIONS))
_LOWER: Final = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
_UPPER: Final = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])
_ALL: Final = frozenset(("null", "boolean", "object", "array", "number", "string"))
MAX_DEPTH: Final = 200
"""Levels of nesting that are compared: no schema of people has more."""
MAX_PAIRS: Final = 20_000
"""Pairs of schemas that are compared: combinations within combinations are many."""


def changes(reader: Documents, writer: Documents) -> Iterator[str]:
    """Yields what the reader's schema refuses of what the writer's allows."""
    yield from _Comparison(reader, writer).between(reader[0], writer[0], "#", 0)


class _Comparison:
    """Compares pairs of schemas, each once.

    What fits is remembered until a pair fails that it was found within: there it may have fitted only because a schema
    that refers to itself was taken to fit.
    """

    def __init__(self, reader: Documents, writer: Documents, budget: Iterator[int] | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self._fits: dict[tuple[int, int], None] = {}
        self._budget = iter(range(MAX_PAIRS)) if budget is None else budget

    def between(self, reader: Any, writer: Any, path: str, depth: int) -> list[str]:
        """Returns what a reader refuses of what a writer allows; empty: nothing."""
        reader, writer = _target(reader, self._reader), _target(writer, self._writer)
        pair = (id(reader), id(writer))
        if reader == writer or reader in (True, {}) or writer is False or pair in self._fits:
            return []
        if reader is False or depth > MAX_DEPTH or next(self._budget, None) is None:
            return [f"{path}: nothing is allowed any more" if reader is False else f"{path}: too large to compare"]
        known = len(self._fits)
        self._fits[pair] = None
        found = self._compared(reader, {} if writer is True else writer, path, depth)
        if found:
            for later in list(self._fits)[known:]:
                del self._fits[later]
        return found

    def _compared(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> list[str]:
        found = list(self._rules(reader, writer, path, depth))
        if found and self._is_fitted_in_parts(reader, writer, path, depth):
            return []
        return found

    def _rules(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for rule in (_types, _values, _bounds, _multiples, _unknown, _required):
            yield from rule(reader, writer, path)
        for content in (json_content.properties, json_content.items):
            for mine, theirs, what, place in content(reader, writer, path):
                for said in self.between(mine, theirs, place, depth + 1):
                    yield f"{what}: {said}" if what else said
        yield from self._combined(reader, writer, path, depth)

    def _combined(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for number, part in enumerate(reader.get("allOf", ())):
            yield from self.between(part, writer, f"{path}/allOf/{number}", depth + 1)
        for name in _UNIONS:
            if name in reader:
                yield from self._of_union(name, reader[name], writer, path, depth)
        if "not" in reader:
            yield from self._excluded(reader["not"], writer.get("not"), path, depth)

    def _of_union(self, name: str, branches: list[Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        """A branch must take each alternative that the writer has."""
        if name == "oneOf" and "anyOf" in writer and "oneOf" not in writer:
            yield f"{path}/oneOf: was anyOf, whose branches may overlap"
            return
        alternatives = next((writer[union] for union in _UNIONS if union in writer), None)
        for place, alternative in enumerate([_plain(writer)] if alternatives is None else alternatives):
            wanted = (self.between(branch, alternative, f"{path}/{name}", depth + 1) for branch in branches)
            if all(wanted):
                what = "what was allowed" if alternatives is None else f"what branch {place} allowed"
                yield f"{path}/{name}: no branch takes {what}"

    def _excluded(self, mine: Any, theirs: Any, path: str, depth: int) -> Iterator[str]:
        """What the reader excludes, the writer must have excluded: here the writer's schema reads the reader's."""
        if theirs is None:
            yield f"{path}/not: something is excluded that was allowed"
        elif _Comparison(self._writer, self._reader, self._budget).between(theirs, mine, f"{path}/not", depth + 1):
            yield f"{path}/not: more is excluded than before"

    def _is_fitted_in_parts(self, reader: Any, writer: dict[str, Any], path: str, depth: int) -> bool:
        """Whether a reader takes each alternative of the writer's union, or one of the parts that all hold."""
        for name in _UNIONS:
            branches = () if name == "anyOf" and "oneOf" in reader else writer.get(name)
            if branches and not any(self.between(reader, branch, path, depth + 1) for branch in branches):
                return True
        return any(not self.between(reader, part, path, depth + 1) for part in writer.get("allOf", ()))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in _UNIONS}


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


def _multiples(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    mine, theirs = reader.get("multipleOf"), writer.get("multipleOf")
    if mine is not None and (theirs is None or theirs % mine != 0):
        yield f"{path}: multipleOf is tightened from {theirs} to {mine}"


def _unknown(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Keywords of which only equality is known; one that is dropped allows more."""
    for name in sorted(reader.keys() - _SILENT - _HANDLED - _LOWER - _UPPER - json_content.HANDLED):
        if reader[name] != writer.get(name) and not (name == "uniqueItems" and reader[name] is False):
            yield f"{path}: {name} is changed, which is not known to fit"

"""Rules for what a JSON value may be by itself: types, listed values, bounds, multiples, what must be there."""

from collections.abc import Iterator
from typing import Any, Final

from yangbeam.registry.formats.json_refs import equal

_ALL: Final = frozenset(("null", "boolean", "object", "array", "number", "string"))
_LOWER: Final = ("minLength", "minItems", "minProperties")
_UPPER: Final = ("maxLength", "maxItems", "maxProperties")
BOUNDS: Final = frozenset((*_LOWER, *_UPPER, "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"))
"""Keywords that are compared here as bounds."""
_OF: Final = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"),
    "array": (
        *("items", "additionalItems", "prefixItems", "unevaluatedItems", "contains", "minContains", "maxContains"),
        *("minItems", "maxItems", "uniqueItems"),
    ),
    "object": (
        *("properties", "additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames"),
        *("required", "minProperties", "maxProperties", "dependencies", "dependentRequired", "dependentSchemas"),
    ),
}
_KIND: Final = {keyword: kind for kind, keywords in _OF.items() for keyword in keywords}
"""Keyword → type of the values that it says something of."""


def meant(reader: dict[str, Any], writer: dict[str, Any]) -> dict[str, Any]:
    """Returns the reader's keywords that say anything of what the writer allows."""
    there = types_of(writer)
    there = there | {"number"} if "integer" in there else there
    return {name: value for name, value in reader.items() if _KIND.get(name) is None or _KIND[name] in there}


def types_of(schema: dict[str, Any]) -> frozenset[str]:
    """Returns the types that a schema allows; without a word of them, those of its listed values, or all."""
    written = schema.get("type")
    if written is not None:
        return frozenset([written] if isinstance(written, str) else written)
    values = listed(schema)
    return _ALL if values is None else frozenset(map(_type, values))


def _type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "integer" if value == int(value) else "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def types(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Types that are no longer allowed."""
    if reader.get("type") is None:
        return
    mine = types_of(reader)
    lost = {kind for kind in types_of(writer) - mine if not (kind == "integer" and "number" in mine)}
    if lost:
        yield f"{path}: type {', '.join(sorted(lost))} is no longer allowed"


def listed(schema: dict[str, Any]) -> list[Any] | None:
    """Returns the only values that a schema allows; None: it lists none."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def values(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Listed values that are no longer allowed."""
    mine, theirs = listed(reader), listed(writer)
    if mine is not None and theirs is None:
        yield f"{path}: restricted to listed values"
    elif mine is not None and theirs is not None:
        lost = [value for value in theirs if not any(equal(value, each) for each in mine)]
        if lost:
            yield f"{path}: values are no longer allowed: {', '.join(map(str, lost[:10]))}"


def required(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Members that must be there now; what has a default is there for whoever reads."""
    properties = reader.get("properties", {})
    for name in reader.get("required", ()):
        default = isinstance(properties.get(name), dict) and "default" in properties[name]
        if name not in writer.get("required", ()) and not default:
            yield f"{path}: {name} is now required"


def bounds(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Bounds that are tighter than before."""
    for names, sign in ((_LOWER, 1), (_UPPER, -1)):
        for name in names:
            mine, theirs = reader.get(name), writer.get(name)
            if mine is not None and (theirs is None or sign * mine > sign * theirs):
                yield f"{path}: {name} is tightened from {theirs} to {mine}"
    for name, sign in (("minimum", 1), ("maximum", -1)):
        mine, theirs = _bound(reader, name, sign), _bound(writer, name, sign)
        if mine is not None and (theirs is None or mine > theirs):
            yield f"{path}: {_told(mine, name)} is tightened from {theirs and sign * theirs[0]} to {sign * mine[0]}"


def _bound(schema: dict[str, Any], name: str, sign: int) -> tuple[float, bool] | None:
    """The bound that holds, the larger the tighter: (number with its sign, whether the number itself is excluded).

    Draft 4 says by a boolean whether a bound excludes its number.
    """
    value, excluded = schema.get(name), schema.get("exclusive" + name.capitalize())
    found = [(sign * value, excluded is True)] if isinstance(value, int | float) else []
    if isinstance(excluded, int | float) and not isinstance(excluded, bool):
        found.append((sign * excluded, True))
    return max(found, default=None)


def _told(bound: tuple[float, bool], name: str) -> str:
    return "exclusive" + name.capitalize() if bound[1] else name


def multiples(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """A divisor that does not divide the one before."""
    mine, theirs = reader.get("multipleOf"), writer.get("multipleOf")
    if mine is not None and (theirs is None or theirs % mine != 0):
        yield f"{path}: multipleOf is tightened from {theirs} to {mine}"


def dependencies(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    """Members that must be there now where another is."""
    for keyword in ("dependencies", "dependentRequired"):
        for name, needed in sorted(reader.get(keyword, {}).items()):
            before = writer.get(keyword, {}).get(name, [])
            known = before if isinstance(before, list) else ()
            more = [each for each in needed if each not in known] if isinstance(needed, list) else []
            if more:
                yield f"{path}/{keyword}/{name}: {', '.join(more)} is now required beside it"

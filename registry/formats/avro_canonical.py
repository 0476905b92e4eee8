"""How an Avro schema is written when it is kept: equal schemas of different writing are one text (as Schema.toString).

Members stand in one order, a type without properties is its name, a name is parted into name and namespace, and what is
used a second time is its name alone. Documentation, aliases, defaults and properties stay. Normalised, properties and
what is in them are sorted, too.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

PRIMITIVES: Final = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
_NAMED: Final = {
    "record": ("doc", "fields"),
    "error": ("doc", "fields"),
    "enum": ("doc", "symbols", "default"),
    "fixed": ("doc", "size"),
}
_OWN: Final = {"array": ("items",), "map": ("values",)}
_RESERVED: Final = frozenset(
    ("type", "name", "namespace", "aliases", "doc", "fields", "symbols", "items", "values", "size")
)
_OF_FIELDS: Final = ("name", "type", "doc", "default", "order", "aliases")


def canonical(document: Any, *, normalise: bool = False) -> Any:
    """Returns a valid Avro schema in the form in which it is kept.

    >>> canonical({"type": "string"}), canonical({"fields": [], "type": "record", "name": "a.R"})
    ('string', {'type': 'record', 'name': 'R', 'namespace': 'a', 'fields': []})
    """
    return _Writer({}, normalise=normalise).schema(document, "")


def whole(document: Any, needed: Iterable[Any]) -> Any:
    """Returns a schema in canonical form, with the types that others define written where they are first used."""
    types = {name: (found, space) for other in needed for name, found, space in named_types(other)}
    return _Writer(types, normalise=False).schema(document, "")


def full_name(name: str, namespace: str | None, outer: str) -> tuple[str, str]:
    """Returns (namespace, name) of a named type (Avro specification, Names).

    >>> full_name("a.b.C", "x", "y"), full_name("C", None, "y"), full_name("C", "", "y")
    (('a.b', 'C'), ('y', 'C'), ('', 'C'))
    """
    if "." in name:
        space, _, short = name.rpartition(".")
        return space, short
    return (outer if namespace is None else namespace), name


def qualified(name: str, space: str) -> str:
    """Returns the full name that a name means within a namespace."""
    return name if "." in name or not space or name in PRIMITIVES else f"{space}.{name}"


class _Writer:
    """Writes one schema.

    Args:
        types: Full name → (definition, namespace around it) of types to be written where they are first used.
        normalise: Sort properties.
    """

    def __init__(self, types: dict[str, tuple[Any, str]], *, normalise: bool) -> None:
        self._types = dict(types)
        self._normalise = normalise

    def schema(self, schema: Any, space: str) -> Any:
        if isinstance(schema, list):
            return [self.schema(branch, space) for branch in schema]
        if isinstance(schema, str):
            return self._used(schema, space)
        kind = schema["type"]
        if kind in _NAMED:
            return self._named(schema, kind, space)
        properties = self._properties(schema, _RESERVED)
        if kind in _OWN:
            inner = {name: self.schema(schema[name], space) for name in _OWN[kind]}
            return {"type": kind} | inner | properties
        if kind in PRIMITIVES:
            return {"type": kind} | properties if properties else kind
        return self._used(kind, space)

    def _used(self, name: str, space: str) -> Any:
        definition, outer = self._types.pop(qualified(name, space), (None, ""))
        if definition is None:
            return _reference(name, space)
        # The definition stands in another namespace than its own, so that it names its own.
        own, short = full_name(definition["name"], definition.get("namespace"), outer)
        return self.schema(definition | {"name": short, "namespace": own}, space)

    def _named(self, schema: dict[str, Any], kind: str, outer: str) -> dict[str, Any]:
        space, name = full_name(schema["name"], schema.get("namespace"), outer)
        found: dict[str, Any] = {"type": kind, "name": name}
        if space != outer:
            found["namespace"] = space
        for member in _NAMED[kind]:
            if schema.get(member) is not None:
                found[member] = schema[member]
        if "fields" in found:
            found["fields"] = [self._field(field, space) for field in found["fields"]]
        found |= self._properties(schema, _RESERVED | {*_NAMED[kind]})
        aliases = [_reference(alias, space) for alias in schema.get("aliases") or ()]
        return found | ({"aliases": list(dict.fromkeys(aliases))} if aliases else {})

    def _field(self, field: dict[str, Any], space: str) -> dict[str, Any]:
        found: dict[str, Any] = {"name": field["name"], "type": self.schema(field["type"], space)}
        if field.get("doc") is not None:
            found["doc"] = field["doc"]
        if "default" in field:
            found["default"] = field["default"]
        if field.get("order", "ascending") != "ascending":
            found["order"] = field["order"]
        if field.get("aliases"):
            found["aliases"] = field["aliases"]
        return found | self._properties(field, frozenset(_OF_FIELDS))

    def _properties(self, schema: dict[str, Any], reserved: frozenset[str]) -> dict[str, Any]:
        found = {name: value for name, value in schema.items() if name not in reserved}
        return _sorted(found) if self._normalise else found


def _reference(name: str, space: str) -> str:
    """A name as it is written within a namespace: short where both are of one."""
    outer, _, short = name.rpartition(".")
    return short if outer and outer == space and short not in PRIMITIVES else name


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def named_types(document: Any, space: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yields (full name, definition, namespace around it) of each type that a schema defines, outermost first."""
    if isinstance(document, list):
        for branch in document:
            yield from named_types(branch, space)
    elif isinstance(document, dict):
        kind = document.get("type")
        if kind in _NAMED:
            inner, name = full_name(document["name"], document.get("namespace"), space)
            yield ".".join(filter(None, (inner, name))), document, space
            for field in document.get("fields") or ():
                yield from named_types(field["type"], inner)
        elif kind in _OWN:
            yield from named_types(document[_OWN[kind][0]], space)

"""Whether each field's type is known and its default a value of it (Avro specification, Complex Types, Records).

A default of a union matches any branch. NaN and the infinities, which JSON has no numbers for, may be text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import orjson

from yangbeam.registry.formats.avro_canonical import PRIMITIVES, full_name, named_types, qualified

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity")


def undefined(document: Any, needed: Iterable[Any] = ()) -> Iterator[str]:
    """Yields, in Avro's words, each field's type that names what nothing defines.

    Args:
        document: A schema in canonical form, valid or not.
        needed: Schemas whose types it may name.
    """
    types = _types(document, needed)
    for space, field in _fields(document):
        for unknown in _unknown(field["type"], space, types):
            yield (
                f'"{unknown}" is not a defined name. The type of the "{field["name"]}" field must be a defined name '
                'or a {"type": ...} expression.'
            )


def misnamed(document: Any) -> Iterator[str]:
    """Yields names of fields and aliases that are none (Avro specification, Names)."""
    for name, named, _ in named_types(document):
        for alias in named.get("aliases") or ():
            if not _FULL_NAME.fullmatch(alias):
                yield f"{alias!r:.100} is not a valid alias of {name}"
        for field in named.get("fields") or ():
            for each in (field["name"], *(field.get("aliases") or ())):
                if not _NAME.fullmatch(each):
                    yield f"{each!r:.100} is not a valid name of a field of {name}"


def misfits(document: Any, needed: Iterable[Any] = ()) -> Iterator[str]:
    """Yields what is wrong with the defaults of a valid schema; parameters as ``undefined``."""
    values = _Values(_types(document, needed))
    for space, field in _fields(document):
        if "default" in field and not values.fits(field["type"], field["default"], space):
            said = orjson.dumps(field["default"]).decode()
            kind = orjson.dumps(field["type"]).decode()
            yield f"Invalid default for field {field['name']}: {said:.200} not a {kind:.200}"


def _types(document: Any, needed: Iterable[Any]) -> dict[str, tuple[Any, str]]:
    """Full name → (definition, its namespace)."""
    found = (each for schema in (*needed, document) for each in named_types(schema))
    return {name: (definition, name.rpartition(".")[0]) for name, definition, _ in found}


def _fields(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields (namespace, field) of every record."""
    for name, record, _ in named_types(document):
        for field in record.get("fields") or ():
            yield name.rpartition(".")[0], field


def _unknown(schema: Any, space: str, types: dict[str, tuple[Any, str]]) -> Iterator[str]:
    """Yields names that nothing defines, of a field's type without the records in it."""
    if isinstance(schema, str):
        if schema not in PRIMITIVES and qualified(schema, space) not in types and schema not in types:
            yield schema
    elif isinstance(schema, list):
        for branch in schema:
            yield from _unknown(branch, space, types)
    elif schema["type"] in ("array", "map"):
        yield from _unknown(schema["items" if schema["type"] == "array" else "values"], space, types)


def _is_whole(bits: int) -> Callable[[Any], bool]:
    limit = 1 << (bits - 1)
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or value in _NO_NUMBERS


def _is_octets(value: Any) -> bool:
    return isinstance(value, str) and all(ord(each) < 256 for each in value)


_SIMPLE: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "int": _is_whole(32),
    "long": _is_whole(64),
    "float": _is_number,
    "double": _is_number,
    "bytes": _is_octets,
    "string": lambda value: isinstance(value, str),
}


class _Values:
    """Says which values are of which types; what was judged once is not judged again, in however many unions."""

    def __init__(self, types: dict[str, tuple[Any, str]]) -> None:
        self._types = types
        self._judged: dict[tuple[int, int, str], bool] = {}

    def fits(self, schema: Any, value: Any, space: str) -> bool:
        key = (id(schema), id(value), space)
        if key not in self._judged:
            self._judged[key] = False
            self._judged[key] = self._judge(schema, value, space)
        return self._judged[key]

    def _judge(self, schema: Any, value: Any, space: str) -> bool:
        if isinstance(schema, list):
            return any(self.fits(branch, value, space) for branch in schema)
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in _SIMPLE:
            return _SIMPLE[kind](value)
        if isinstance(schema, str):
            found = self._types.get(qualified(schema, space)) or self._types.get(schema)
            return found is not None and self.fits(found[0], value, found[1])
        return self._is_complex(schema, value, space)

    def _is_complex(self, schema: dict[str, Any], value: Any, space: str) -> bool:
        match schema["type"], value:
            case "array", list():
                return all(self.fits(schema["items"], each, space) for each in value)
            case "map", dict():
                return all(self.fits(schema["values"], each, space) for each in value.values())
            case "enum", _:
                return value in schema["symbols"]
            case "fixed", _:
                return _is_octets(value) and len(value) == schema["size"]
            case (("record" | "error"), dict()):
                return self._is_record(schema, value, space)
        return False

    def _is_record(self, schema: dict[str, Any], value: dict[str, Any], outer: str) -> bool:
        """What a value leaves out has the field's own default, which is judged where it stands."""
        space, _ = full_name(schema["name"], schema.get("namespace"), outer)
        return all(
            self.fits(field["type"], value[field["name"]], space) if field["name"] in value else "default" in field
            for field in schema["fields"]
        )

"""Avro schemas: the Avro library says what is one, its resolution rules what may follow it."""

from typing import Any, Final

import orjson
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.name import Names
from avro.schema import Schema, make_avsc_object

from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import RefusedError, invalid

_ORDER: Final = ("type", "name", "namespace", "aliases", "doc", "fields", "symbols", "items", "values", "size")
_BEHIND: Final = ("default", "order", "logicalType", "precision", "scale")


class Avro:
    """The schema type ``AVRO``."""

    def canonical(self, schema: Parsed, *, normalise: bool) -> str:
        """See ``Format``. White space is dropped; normalised, members stand in one order."""
        parse(schema)
        document = read_json(schema.body.text)
        return orjson.dumps(_ordered(document) if normalise else document).decode()

    def misfits(self, reader: Parsed, writer: Parsed, *, backwards: bool) -> tuple[str, ...]:
        """See ``Format``. Avro's own rules of schema resolution."""
        del backwards
        checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
        result = checker.get_compatibility(parse(reader), parse(writer))
        if result.compatibility is SchemaCompatibilityType.compatible:
            return ()
        kinds = ", ".join(kind.name for kind in result.incompatibilities)
        places = ", ".join(sorted(result.locations))
        said = "; ".join(sorted(result.messages)) or "the schemas do not resolve"
        return (f"{kinds} at {places}: {said}",)


def parse(schema: Parsed) -> Schema:
    """Parses a schema with the names that it needs.

    Raises:
        RefusedError: 42201, in the Avro library's words.
    """
    names = Names()
    try:
        for _, needed in schema.needs:
            make_avsc_object(orjson.loads(needed.text), names)
        return make_avsc_object(read_json(schema.body.text), names)
    except RefusedError:
        raise
    except (AvroException, orjson.JSONDecodeError, RecursionError) as error:
        raise invalid(f"Invalid Avro schema: {error}") from None
    except (TypeError, ValueError, AttributeError, KeyError) as error:  # the library, of what is no schema at all
        raise invalid(f"Invalid Avro schema: {error!r}") from None


def read_json(text: str) -> Any:
    """Reads the JSON of a schema.

    Raises:
        RefusedError: 42201.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"The schema is not JSON: {error}") from None


def _ordered(document: Any) -> Any:
    if isinstance(document, list):
        return [_ordered(item) for item in document]
    if not isinstance(document, dict):
        return document
    rest = sorted(set(document) - {*_ORDER, *_BEHIND})
    names = [name for name in (*_ORDER, *_BEHIND, *rest) if name in document]
    return {name: document[name] if name == "default" else _ordered(document[name]) for name in names}

"""Avro schemas: the Avro library says what is one, its resolution rules what may follow it."""

from typing import Any, Final

import orjson
from avro import compatibility
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.name import Names
from avro.schema import Schema, make_avsc_object

from yangbeam.core.registered import AVRO
from yangbeam.registry.formats import avro_canonical, avro_defaults
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import invalid_schema

MAX_MEMBERS: Final = 5_000
"""Fields of one record, branches of one union: the library takes square time of them."""


def _writers_field(writer_schema: Any, reader_field: Any) -> Any:
    """Like the library's own, which makes a table of all fields for each field: 20,000 take minutes."""
    fields = vars(writer_schema).setdefault("_yangbeam_fields", None)
    if fields is None:
        fields = writer_schema._yangbeam_fields = writer_schema.fields_dict  # noqa: SLF001 # a place of ours
    aliases = reader_field.props.get("aliases")
    names = (reader_field.name, *(aliases if isinstance(aliases, list) else ()))
    return next((fields[name] for name in names if name in fields), None)


compatibility.lookup_writer_field = _writers_field


class Avro:
    """The schema type ``AVRO``."""

    def canonical(self, schema: Parsed, *, normalise: bool) -> str:
        """See ``Format``. One text for equal schemas; normalised, properties are sorted, too."""
        document, needed = _document(schema), _needed(schema)
        try:
            for wrong in avro_defaults.undefined(document, needed):
                raise invalid_schema(AVRO, wrong)
            _parsed(document, schema)
            for wrong in avro_defaults.misfits(document, needed):
                raise invalid_schema(AVRO, wrong)
            for wrong in () if schema.any_names else avro_defaults.misnamed(document):
                raise invalid_schema(AVRO, wrong)
            written = avro_canonical.canonical(document, normalise=True) if normalise else document
            return orjson.dumps(written).decode()
        except RecursionError:
            raise invalid_schema(AVRO, "it is nested too deeply") from None

    def whole(self, schema: Parsed) -> str:
        """See ``Format``. The types of others are written where they are first used."""
        return orjson.dumps(avro_canonical.whole(_document(schema), _needed(schema))).decode()

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
    """Parses a schema that is registered, or may be, with the names that it needs.

    Raises:
        RefusedError: 42201, in the Avro library's words.
    """
    return _parsed(_document(schema), schema, any_names=True)


def _parsed(document: Any, schema: Parsed, *, any_names: bool = False) -> Schema:
    is_strict = not (any_names or schema.any_names)
    names = Names(validate_names=is_strict)
    try:
        for needed in _needed(schema):
            make_avsc_object(needed, names, validate_names=is_strict)
        return make_avsc_object(document, names, validate_names=is_strict)
    except (AvroException, RecursionError) as error:
        raise invalid_schema(AVRO, str(error)) from None
    except (TypeError, ValueError, AttributeError, KeyError) as error:  # the library, of what is no schema at all
        raise invalid_schema(AVRO, repr(error)) from None


def _document(schema: Parsed) -> Any:
    """Returns a schema in canonical form; what has none as it is, for the library to say what is wrong with it."""
    document = read_json(schema.body.text, AVRO)
    _check_width(document)
    try:
        return avro_canonical.canonical(document)
    except (KeyError, TypeError, AttributeError, RecursionError):
        _parsed(document, schema)
        raise invalid_schema(AVRO, "the schema has no canonical form") from None


def _check_width(document: Any) -> None:
    waiting = [document]
    while waiting:
        part = waiting.pop()
        members = part.get("fields") if isinstance(part, dict) else part
        if isinstance(part, dict):
            waiting += [part[name] for name in ("type", "items", "values") if name in part]
        if isinstance(members, list):
            if len(members) > MAX_MEMBERS:
                raise invalid_schema(AVRO, f"{len(members):,} fields or branches in one place, over {MAX_MEMBERS:,}")
            waiting += members


def _needed(schema: Parsed) -> list[Any]:
    return [avro_canonical.canonical(orjson.loads(body.text)) for _, body in schema.needs if body.kind == AVRO]


def read_json(text: str, kind: str) -> Any:
    """Reads the JSON of a schema.

    Raises:
        RefusedError: 42201.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid_schema(kind, f"the schema is not JSON: {error}") from None

"""JSON Schemas: drafts 4 to 2020-12; what may follow one by the rules of ``json_changes``."""

from typing import Any, Final

import jsonschema_rs
import orjson

from yangbeam.core.registered import JSON
from yangbeam.registry.formats.avro_schema import read_json
from yangbeam.registry.formats.json_changes import changes
from yangbeam.registry.formats.json_refs import References, named
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import invalid_schema

DEFAULT_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""Of schemas that name none, as Confluent's registry takes them."""


class JsonSchema:
    """The schema type ``JSON``."""

    def canonical(self, schema: Parsed, *, normalise: bool) -> str:
        """See ``Format``. White space is dropped; normalised, members are sorted."""
        document = read_json(schema.body.text, JSON)
        _judge(document, schema)
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS if normalise else 0).decode()

    def whole(self, schema: Parsed) -> str:
        """See ``Format``. References are followed where they are used, not written into the text."""
        return schema.body.text

    def misfits(self, reader: Parsed, writer: Parsed, *, backwards: bool) -> tuple[str, ...]:
        """See ``Format``. What the rules do not know is told as such, and does not fit."""
        del backwards
        try:
            return tuple(changes(_whole(reader), _whole(writer)))
        except RecursionError:
            return ("#: too deep to compare",)


def _judge(document: Any, schema: Parsed) -> None:
    if not isinstance(document, dict | bool):
        raise invalid_schema(JSON, f"an object or a boolean, not {type(document).__name__}")
    resources = [(need.name, read_json(body.text, JSON)) for need, body in schema.needs]
    if isinstance(document, dict):
        document = {"$schema": DEFAULT_DRAFT, **document}
    try:
        jsonschema_rs.meta.validate(document)

        def retrieve(uri: str) -> Any:
            found = named(uri, resources)
            return found if found is not None else _absent(uri)

        registry = jsonschema_rs.Registry(resources, retriever=retrieve)
        jsonschema_rs.validator_for(document, registry=registry, retriever=retrieve)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, RecursionError) as error:
        said = getattr(error, "message", "") or str(error)
        raise invalid_schema(JSON, said) from None


def _absent(uri: str) -> Any:
    """Nothing is fetched for a schema: what it needs is among its references."""
    raise ValueError(f"{uri} is not among the references")


def _whole(schema: Parsed) -> References:
    needs = ((need.name, read_json(body.text, JSON)) for need, body in schema.needs)
    return References(read_json(schema.body.text, JSON), needs)

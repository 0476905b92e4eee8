"""YANG modules for registries that know no YANG: each in a document of a kind that they do know.

A JSON Schema document or an Avro record that says nothing of itself (any object; no fields) and carries the module's
text, its features and how it conforms under names of ours, which both formats let pass. So it is stored, referenced and
given an id like any schema, every version is compatible with every other, and nothing is lost that a registry without
metadata would drop. The id on a message then leads to modules as with ``YANG``; what a registry of such a kind shows to
its own clients is a document that validates nothing, which is why ``YANG`` is the default.
"""

import re
from typing import Any, Final

import msgspec
import orjson

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import AVRO, JSON, YANG, Body, Metadata
from yangbeam.core.yang.module_text import read_module_text

KINDS: Final = (YANG, JSON, AVRO)
CONFORMANCE: Final = "conformance"
_MODULE: Final = "yang-module"
_FEATURES: Final = "yang-features"
_CONFORMANCE: Final = "yang-conformance"


def wrapped(body: Body, kind: str) -> Body:
    """Returns a module's schema as one of another kind; ``YANG`` leaves it as it is."""
    if kind == YANG:
        return body
    module = read_module_text(body.text)
    said: dict[str, Any] = {_MODULE: body.text}
    if body.features() is not None:
        said[_FEATURES] = body.features()
    if body.property(CONFORMANCE):
        said[_CONFORMANCE] = body.property(CONFORMANCE)
    revision = f"@{module.revision}" if module.revision else ""
    if kind == JSON:
        head: dict[str, object] = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": f"{module.name}{revision}",
            "type": "object",
        }
    else:
        name = re.sub(r"\W", "_", module.name)
        head = {"type": "record", "name": name, "namespace": "yang", "doc": f"{module.name}{revision}", "fields": []}
    return msgspec.structs.replace(body, kind=kind, text=orjson.dumps(head | said).decode())


def unwrapped(body: Body) -> Body:
    """Returns the module's schema that ``wrapped`` was given.

    Raises:
        SchemaError: ``not-yang``: it carries no module.
    """
    if body.kind == YANG:
        return body
    try:
        said = orjson.loads(body.text)
        text = said[_MODULE]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise SchemaError("not-yang", f"a schema of type {body.kind} that carries no YANG module") from error
    features, conformance = said.get(_FEATURES), said.get(_CONFORMANCE)
    metadata = Metadata(
        {"features": tuple(features)} if features is not None else None,
        {CONFORMANCE: conformance} if conformance else None,
    )
    return msgspec.structs.replace(body, kind=YANG, text=text, metadata=metadata)

"""Avro and JSON schemas: what is one, what is the same, what may follow what."""

import json
from typing import Any

import pytest

from yangbeam.core.registered import AVRO, JSON, Body, Reference
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import Code, RefusedError


def schema(document: Any, kind: str, **needs: Any) -> Parsed:
    found = [(Reference(name, name, 1), Body(json.dumps(need), kind)) for name, need in needs.items()]
    text = document if isinstance(document, str) else json.dumps(document)
    return Parsed(Body(text, kind, tuple(need for need, _ in found)), tuple(found))


def misfits(kind: str, new: Any, old: Any) -> str:
    return " ".join(FORMATS[kind].misfits(schema(new, kind), schema(old, kind), backwards=False))


def record(*fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": "r", "fields": list(fields)}


A, B = {"name": "a", "type": "int"}, {"name": "b", "type": "string"}

AVRO_PAIRS = {
    "int to long": ({"type": "long"}, {"type": "int"}, ""),
    "long to int": ({"type": "int"}, {"type": "long"}, "type_mismatch"),
    "a field with a default is added": (record(A, B | {"default": ""}), record(A), ""),
    "a field without a default is added": (record(A, B), record(A), "reader_field_missing_default_value"),
    "a field is removed": (record(A), record(A, B), ""),
    "a symbol is removed": (
        {"type": "enum", "name": "e", "symbols": ["X"]},
        {"type": "enum", "name": "e", "symbols": ["X", "Y"]},
        "missing_enum_symbols",
    ),
    "a branch is added": (["null", "int"], {"type": "int"}, ""),
    "a branch is removed": ({"type": "int"}, ["null", "int"], "reader type: int not compatible with writer type: null"),
    "another name": (record(A) | {"name": "s"}, record(A), "name_mismatch"),
}


@pytest.mark.parametrize(("new", "old", "what"), AVRO_PAIRS.values(), ids=AVRO_PAIRS)
def test_avro_schemas_follow_each_other_by_avros_own_rules(new: Any, old: Any, what: str) -> None:
    found = misfits(AVRO, new, old)
    assert bool(found) == bool(what)
    assert what in found


CLOSED = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
OPEN = {"type": "object", "properties": {"a": {"type": "integer"}}}

JSON_PAIRS = {
    "the same": (OPEN, OPEN, ""),
    "words alone": (OPEN | {"description": "new"}, OPEN | {"title": "old"}, ""),
    "integer to number": ({"type": "number"}, {"type": "integer"}, ""),
    "number to integer": ({"type": "integer"}, {"type": "number"}, "type number"),
    "any type to one": ({"type": "string"}, {}, "no longer allowed"),
    "one type to any": ({}, {"type": "string"}, ""),
    "true takes everything": (True, {"type": "string"}, ""),
    "false takes nothing": (False, {"type": "string"}, "nothing is allowed"),
    "a property is added to what was open": (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
        OPEN,
        "added to a content model",
    ),
    "a property is added to what was closed": (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "additionalProperties": False},
        CLOSED,
        "",
    ),
    "a property is removed from what is open": ({"type": "object"}, OPEN, ""),
    "a property is removed from what is closed": (
        {"type": "object", "additionalProperties": False},
        CLOSED,
        "removed from a content model that is closed",
    ),
    "what was open is closed": (CLOSED, OPEN, "nothing is allowed"),
    "what was closed is opened": (OPEN, CLOSED, ""),
    "a property becomes required": (OPEN | {"required": ["a"]}, OPEN, "a is now required"),
    "required, with a default": (
        {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}, "required": ["a"]},
        OPEN,
        "",
    ),
    "a requirement is dropped": (OPEN, OPEN | {"required": ["a"]}, ""),
    "a property below changes": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        OPEN,
        "#/properties/a: type integer",
    ),
    "values are added": ({"enum": [1, 2]}, {"enum": [1]}, ""),
    "values are removed": ({"enum": [1]}, {"enum": [1, 2]}, "values are no longer allowed: 2"),
    "a constant for a choice": ({"const": 1}, {"enum": [1, 2]}, "no longer allowed: 2"),
    "a choice for everything": ({"enum": [1]}, {}, "listed values"),
    "a bound is loosened": ({"minimum": 0, "maximum": 9}, {"minimum": 1, "maximum": 5}, ""),
    "a bound is tightened": ({"minLength": 3}, {"minLength": 1}, "minLength is tightened from 1 to 3"),
    "a bound is added": ({"maxItems": 3}, {}, "maxItems is tightened"),
    "items change": (
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "items": {"type": "integer"}},
        "#/items",
    ),
    "a tuple changes": ({"items": [{}, {}]}, {"items": [{}]}, "tuple"),
    "a pattern is added": ({"pattern": "a"}, {}, "pattern is changed, which is not known to fit"),
    "a combination is added": ({"oneOf": [{"type": "string"}]}, {}, "oneOf is changed"),
    "a pattern is dropped": ({}, {"pattern": "a"}, ""),
    "behind a reference": (
        {"$ref": "#/definitions/x", "definitions": {"x": {"type": "string"}}},
        {"$ref": "#/definitions/x", "definitions": {"x": {"type": "integer"}}},
        "type integer",
    ),
}


@pytest.mark.parametrize(("new", "old", "what"), JSON_PAIRS.values(), ids=JSON_PAIRS)
def test_json_schemas_follow_each_other_keyword_by_keyword(new: Any, old: Any, what: str) -> None:
    found = misfits(JSON, new, old)
    assert bool(found) == bool(what), found
    assert what in found


def test_json_schemas_that_refer_to_themselves_are_compared_to_their_end() -> None:
    def tree(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"v": {"type": kind}, "next": {"$ref": "#"}}}

    assert "#/properties/v" in misfits(JSON, tree("string"), tree("integer"))
    assert misfits(JSON, tree("number"), tree("integer")) == ""


def test_json_references_to_other_schemas_are_followed() -> None:
    new = schema({"$ref": "other.json"}, JSON, **{"other.json": {"type": "string"}})
    old = schema({"$ref": "other.json"}, JSON, **{"other.json": {"type": "integer"}})
    assert FORMATS[JSON].misfits(new, old, backwards=False)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AVRO, "int"),
        (AVRO, '{"type":"nothing"}'),
        (AVRO, '{"type":"record","name":"r"}'),
        (AVRO, "7"),
        (AVRO, "null"),
        (AVRO, '{"type":"record","name":"r","fields":[{"name":"a","type":"unknown.Name"}]}'),
        (AVRO, '{"type":"array"}'),
        (JSON, "object"),
        (JSON, "7"),
        (JSON, '{"type":"integral"}'),
        (JSON, '{"minLength":-1}'),
        (JSON, '{"$ref":"https://example.com/elsewhere.json"}'),
    ],
)
def test_what_is_no_schema_is_refused_in_words(kind: str, text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        FORMATS[kind].canonical(schema(text, kind), normalise=False)
    assert caught.value.code is Code.INVALID_SCHEMA
    assert len(caught.value.detail) > 20


def test_nested_without_end_is_refused() -> None:
    deep = '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000
    for kind in (AVRO, JSON):
        with pytest.raises(RefusedError):
            FORMATS[kind].canonical(schema(deep, kind), normalise=False)


def test_white_space_means_nothing_and_normalised_neither_does_order() -> None:
    avro = FORMATS[AVRO].canonical
    loose = '{ "fields" : [ ], "name": "r",\n "type": "record" }'
    assert avro(schema(loose, AVRO), normalise=False) == '{"fields":[],"name":"r","type":"record"}'
    assert avro(schema(loose, AVRO), normalise=True) == '{"type":"record","name":"r","fields":[]}'
    field = {"default": {"b": 1, "a": 2}, "name": "f", "type": {"type": "map", "values": "int"}}
    assert '"default":{"b":1,"a":2}' in avro(schema(record(field), AVRO), normalise=True)
    canonical = FORMATS[JSON].canonical
    assert canonical(schema('{"type":"object", "title":"t"}', JSON), normalise=True) == '{"title":"t","type":"object"}'


def test_names_of_references_are_known() -> None:
    other = {"type": "record", "name": "other", "fields": []}
    needs = schema({"type": "array", "items": "other"}, AVRO, other=other)
    assert FORMATS[AVRO].canonical(needs, normalise=False) == '{"type":"array","items":"other"}'
    document = {"properties": {"a": {"$ref": "other.json"}}}
    assert FORMATS[JSON].canonical(schema(document, JSON, **{"other.json": {"type": "string"}}), normalise=False)

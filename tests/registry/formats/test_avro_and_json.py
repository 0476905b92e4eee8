"""Avro and JSON schemas: what is one, what is the same, what may follow what."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.formats.json_table import CHANGES
from yangbeam.core.registered import AVRO, JSON, Body, Reference
from yangbeam.registry.formats.avro_schema import MAX_MEMBERS
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
    "an item is added to an open tuple": (
        {"items": [{}, {"type": "string"}]},
        {"items": [{}]},
        "item added to a content model that is open",
    ),
    "an item of any kind is added": ({"items": [{}, {}]}, {"items": [{}]}, ""),
    "an item is added to a closed tuple": (
        {"items": [{}, {"type": "string"}], "additionalItems": False},
        {"items": [{}], "additionalItems": False},
        "",
    ),
    "an item is removed from a closed tuple": (
        {"items": [{}], "additionalItems": False},
        {"items": [{}, {}], "additionalItems": False},
        "item removed from a content model that is closed",
    ),
    "an item of a tuple changes": ({"items": [{"type": "string"}]}, {"items": [{"type": "integer"}]}, "#/items/0"),
    "more items may follow": (
        {"items": [{}], "additionalItems": {"type": "number"}},
        {"items": [{}], "additionalItems": {"type": "integer"}},
        "",
    ),
    "fewer items may follow": (
        {"items": [{}], "additionalItems": {"type": "integer"}},
        {"items": [{}], "additionalItems": {"type": "number"}},
        "#/additionalItems: type number",
    ),
    "no items may follow": ({"items": [{}], "additionalItems": False}, {"items": [{}]}, "nothing is allowed"),
    "a tuple of 2020-12": (
        {"prefixItems": [{"type": "number"}], "items": False},
        {"prefixItems": [{"type": "integer"}], "items": False},
        "",
    ),
    "a pattern of names is added to what is open": (
        {"patternProperties": {"^x": {"type": "string"}}},
        {},
        "added to a content model that is open",
    ),
    "a pattern of names is added to what is closed": (
        {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
        {"additionalProperties": False},
        "",
    ),
    "a pattern of names is dropped from what is closed": (
        {"additionalProperties": False},
        {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
        "removed from a content model that is closed",
    ),
    "what a pattern of names allows grows": (
        {"patternProperties": {"^x": {"type": "number"}}},
        {"patternProperties": {"^x": {"type": "integer"}}},
        "",
    ),
    "what a pattern of names allows shrinks": (
        {"patternProperties": {"^x": {"type": "integer"}}},
        {"patternProperties": {"^x": {"type": "number"}}},
        "#/patternProperties/^x: type number",
    ),
    "a property is added that a pattern covers": (
        {
            "properties": {"xa": {"type": "string"}},
            "patternProperties": {"^x": {"type": "string"}},
            "additionalProperties": False,
        },
        {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
        "",
    ),
    "a property is added that a pattern contradicts": (
        {"properties": {"xa": {"type": "integer"}}, "patternProperties": {"^x": {}}, "additionalProperties": False},
        {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
        "#/properties/xa: type string",
    ),
    "a branch is added to a union": (
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"oneOf": [{"type": "string"}]},
        "",
    ),
    "branches change places": (
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        "",
    ),
    "a branch is removed from a union": (
        {"oneOf": [{"type": "string"}]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "#/oneOf: no branch takes what branch 1 allowed",
    ),
    "a branch narrows": (
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "#/anyOf: no branch takes what branch 0 allowed",
    ),
    "one type becomes a union": ({"oneOf": [{"type": "null"}, {"type": "string"}]}, {"type": "string"}, ""),
    "a union becomes a list of types": (
        {"type": ["null", "string"]},
        {"oneOf": [{"type": "null"}, {"type": "string"}]},
        "",
    ),
    "a union becomes one type": ({"type": "string"}, {"anyOf": [{"type": "null"}, {"type": "string"}]}, "type"),
    "exactly one becomes any": (
        {"anyOf": [{"type": "string"}, {"minLength": 1}]},
        {"oneOf": [{"type": "string"}, {"minLength": 1}]},
        "",
    ),
    "any becomes exactly one": (
        {"oneOf": [{"type": "string"}, {"minLength": 1}]},
        {"anyOf": [{"type": "string"}, {"minLength": 1}]},
        "was anyOf",
    ),
    "a part of a product is dropped": (
        {"allOf": [{"type": "string"}]},
        {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        "",
    ),
    "a part is added to a product": (
        {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        {"allOf": [{"type": "string"}]},
        "maxLength is tightened",
    ),
    "less is excluded": ({"not": {"type": "integer"}}, {"not": {"type": "number"}}, ""),
    "more is excluded": ({"not": {"type": "number"}}, {"not": {"type": "integer"}}, "#/not: more is excluded"),
    "something is excluded": ({"not": {"type": "number"}}, {}, "#/not: something is excluded"),
    "nothing is excluded any more": ({}, {"not": {"type": "number"}}, ""),
    "multiples of a divisor": ({"multipleOf": 2}, {"multipleOf": 6}, ""),
    "multiples of another number": ({"multipleOf": 4}, {"multipleOf": 6}, "multipleOf is tightened from 6 to 4"),
    "a pattern is added": ({"pattern": "a"}, {}, "pattern is changed, which is not known to fit"),
    "a combination is added": ({"oneOf": [{"type": "string"}]}, {}, "#/oneOf: no branch takes what was allowed"),
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


@pytest.mark.parametrize(("before", "after", "fits"), CHANGES.values(), ids=CHANGES)
def test_each_change_of_a_json_schema_fits_or_not(before: Any, after: Any, fits: bool) -> None:
    assert (misfits(JSON, after, before) == "") == fits


def test_json_schemas_that_refer_to_themselves_are_compared_to_their_end() -> None:
    def tree(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"v": {"type": kind}, "next": {"$ref": "#"}}}

    assert "#/properties/v" in misfits(JSON, tree("string"), tree("integer"))
    assert misfits(JSON, tree("number"), tree("integer")) == ""


NAMES = st.sampled_from(["a", "xa", "xb"])
SIMPLE: st.SearchStrategy[Any] = st.sampled_from(
    [
        True,
        False,
        {},
        {"type": "integer"},
        {"type": "number", "maximum": 2},
        {"type": ["string", "null"]},
        {"enum": ["a", 1, None]},
        {"minLength": 2},
        {"multipleOf": 2},
        {"multipleOf": 4},
        {"exclusiveMinimum": 1},
        {"minimum": 2, "type": ["integer", "null"]},
        {"const": True},
        {"enum": [1, "ab", []]},
        {"uniqueItems": True},
    ]
)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    SIMPLE,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^x", "a$"]), inner, max_size=2),
            "additionalProperties": inner,
            "required": st.lists(NAMES, unique=True, max_size=1),
            "items": inner | st.lists(inner, min_size=1, max_size=2),
            "additionalItems": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "contains": inner,
            "propertyNames": st.sampled_from([{"maxLength": 1}, {"pattern": "^x"}, {"enum": ["a", "xa"]}]),
            "dependencies": st.dictionaries(NAMES, inner | st.lists(NAMES, unique=True, max_size=2), max_size=2),
            "if": inner,
            "then": inner,
            "else": inner,
        },
    ),
    max_leaves=5,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 1, 2, 3, 4, 1.5, "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400)
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=5, max_size=30))
def test_what_fits_reads_all_that_was_written(new: Any, old: Any, values: list[Any]) -> None:
    """The oracle is a validator: what it takes by the old schema it must take by the new one."""
    if misfits(JSON, new, old):
        return
    after, before = (jsonschema_rs.Draft7Validator(each) for each in (new, old))
    for value in values:
        assert after.is_valid(value) or not before.is_valid(value), value


@given(SCHEMAS)
def test_a_json_schema_follows_itself(schema: Any) -> None:
    assert misfits(JSON, schema, json.loads(json.dumps(schema))) == ""


def test_a_json_reference_is_relative_to_the_identifier_of_its_schema() -> None:
    main = {"$id": "https://example.com/schemas/main.json", "properties": {"a": {"$ref": "part.json#/definitions/x"}}}

    def whole(kind: str) -> Parsed:
        return schema(
            main, JSON, **{"part.json": {"definitions": {"x": {"type": kind}, "y": {"$ref": "#/definitions/x"}}}}
        )

    assert FORMATS[JSON].canonical(whole("string"), normalise=False)
    assert "#/properties/a" in " ".join(FORMATS[JSON].misfits(whole("string"), whole("integer"), backwards=False))
    assert FORMATS[JSON].misfits(whole("number"), whole("integer"), backwards=False) == ()


def test_a_reference_within_another_schema_means_that_one() -> None:
    def whole(kind: str) -> Parsed:
        part = {"$ref": "#/definitions/x", "definitions": {"x": {"type": kind}}}
        return schema({"$ref": "part.json", "definitions": {"x": {}}}, JSON, **{"part.json": part})

    assert "type integer" in " ".join(FORMATS[JSON].misfits(whole("string"), whole("integer"), backwards=False))


def test_what_excludes_itself_or_combines_without_end_is_compared_in_time() -> None:
    def tangled(kind: str) -> dict[str, Any]:
        branches = [{"$ref": f"#/definitions/{number}"} for number in range(12)]
        definitions = {
            str(number): {"properties": {"v": {"type": kind}, "n": {"anyOf": branches}}, "not": {"anyOf": branches}}
            for number in range(12)
        }
        return {"anyOf": branches, "definitions": definitions}

    assert misfits(JSON, tangled("string"), tangled("integer"))


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
        (AVRO, '{"type":"record","name":"r","fields":[{"name":"a-b","type":"int"}]}'),
        (AVRO, '{"type":"record","name":"r","fields":[{"name":"a","type":"int","aliases":["1"]}]}'),
        (AVRO, '{"type":"record","name":"r","fields":[],"aliases":["a.1x"]}'),
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


def test_as_many_fields_as_are_taken_are_compared_and_one_more_is_refused() -> None:
    def wide(count: int) -> dict[str, Any]:
        return record(*({"name": f"f{number}", "type": "int", "aliases": [f"g{number}"]} for number in range(count)))

    def respelt(count: int) -> dict[str, Any]:
        return record(*({"name": f"g{number}", "type": "int"} for number in range(count)))

    assert misfits(AVRO, wide(MAX_MEMBERS), respelt(MAX_MEMBERS)) == ""
    for wider in (wide(MAX_MEMBERS + 1), ["null", *(f"n{number}" for number in range(MAX_MEMBERS))]):
        with pytest.raises(RefusedError, match="5,001 fields or branches in one place, over 5,000"):
            FORMATS[AVRO].canonical(schema(json.dumps(wider), AVRO), normalise=False)


def test_nested_without_end_is_refused() -> None:
    deep = '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000
    for kind in (AVRO, JSON):
        with pytest.raises(RefusedError):
            FORMATS[kind].canonical(schema(deep, kind), normalise=False)


def test_white_space_means_nothing_and_normalised_neither_does_order() -> None:
    avro = FORMATS[AVRO].canonical
    loose = '{ "fields" : [ ], "name": "r",\n "type": "record" }'
    assert avro(schema(loose, AVRO), normalise=False) == '{"type":"record","name":"r","fields":[]}'
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

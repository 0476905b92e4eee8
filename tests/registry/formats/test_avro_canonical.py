"""Avro schemas: one text for equal schemas, names that are known, defaults that are values of their types."""

import json
from typing import Any

import pytest
from avro.schema import parse
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.registered import AVRO, Body, Reference
from yangbeam.registry.formats.avro_canonical import canonical
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import RefusedError


def parsed(document: Any, **needs: Any) -> Parsed:
    found = [(Reference(name, name, 1), Body(json.dumps(need))) for name, need in needs.items()]
    return Parsed(Body(json.dumps(document), AVRO, tuple(need for need, _ in found)), tuple(found))


def record(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)} | more


SAME = {
    "a primitive, alone and as an object": ("string", {"type": "string"}),
    "a primitive with a name": ("string", {"type": "string", "name": "s"}),
    "members in another order": (
        record({"name": "a", "type": "int"}),
        {"fields": [{"type": "int", "name": "a"}], "name": "R", "type": "record"},
    ),
    "a primitive in a field": (record({"name": "a", "type": "int"}), record({"name": "a", "type": {"type": "int"}})),
    "a name with its namespace": (
        record({"name": "a", "type": "int"}, name="R", namespace="n"),
        record({"name": "a", "type": "int"}, name="n.R"),
    ),
    "a namespace that is not used": (
        record({"name": "a", "type": "int"}, name="n.R"),
        record({"name": "a", "type": "int"}, name="n.R", namespace="o"),
    ),
    "the order that holds anyway": (
        record({"name": "a", "type": "int"}),
        record({"name": "a", "type": "int", "order": "ascending"}),
    ),
    "a branch of a union": (["null", "int"], [{"type": "null"}, {"type": "int"}]),
    "items and values": (
        {"type": "array", "items": {"type": "map", "values": "int"}},
        {"items": {"values": {"type": "int"}, "type": "map"}, "type": "array"},
    ),
    "an alias of the same namespace": (
        record({"name": "a", "type": "int"}, name="n.R", aliases=["Q", "o.P"]),
        record({"name": "a", "type": "int"}, name="n.R", aliases=["n.Q", "o.P", "Q"]),
    ),
    "a name of the same namespace": (
        record(
            {"name": "a", "type": {"type": "fixed", "name": "F", "size": 2}}, {"name": "b", "type": "F"}, name="n.R"
        ),
        record(
            {"name": "a", "type": {"type": "fixed", "name": "n.F", "size": 2}},
            {"name": "b", "type": {"type": "n.F"}},
            name="n.R",
        ),
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_equal_schemas_are_one_text(one: Any, other: Any) -> None:
    kept = FORMATS[AVRO].canonical(parsed(other), normalise=False)
    assert kept == FORMATS[AVRO].canonical(parsed(one), normalise=False)


DIFFERENT = {
    "documentation": record({"name": "a", "type": "int"}, doc="why"),
    "a default": record({"name": "a", "type": "int", "default": 1}),
    "an alias": record({"name": "a", "type": "int", "aliases": ["b"]}),
    "a property": record({"name": "a", "type": "int", "unit": "s"}),
    "a logical type": record({"name": "a", "type": {"type": "int", "logicalType": "date"}}),
    "an order": record({"name": "a", "type": "int", "order": "ignore"}),
    "an alias of the record": record({"name": "a", "type": "int"}, aliases=["Q"]),
}


@pytest.mark.parametrize("document", DIFFERENT.values(), ids=DIFFERENT)
def test_what_means_something_stays(document: Any) -> None:
    kept = json.loads(FORMATS[AVRO].canonical(parsed(document), normalise=False))
    assert kept == document
    assert kept != record({"name": "a", "type": "int"})


def test_normalised_the_order_of_properties_means_nothing() -> None:
    one = record({"name": "a", "type": "int"}, extra={"a": 1, "b": 2}, also=1)
    other = {"also": 1, "extra": {"b": 2, "a": 1}} | record({"name": "a", "type": {"type": "int"}})
    judge = FORMATS[AVRO]
    assert judge.canonical(parsed(one), normalise=False) != judge.canonical(parsed(other), normalise=False)
    assert judge.canonical(parsed(one), normalise=True) == judge.canonical(parsed(other), normalise=True)


LEAVES = st.sampled_from(["null", "int", "string", {"type": "long"}, {"type": "int", "logicalType": "date"}])
TYPES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda of: {"items": of, "type": "array"}, inner)
        | st.builds(lambda of: {"type": "map", "values": of}, inner)
        | st.builds(lambda of: {"type": "record", "name": "n.R", "fields": [{"type": of, "name": "f"}]}, inner)
    ),
    max_leaves=6,
)


@given(TYPES)
def test_a_canonical_form_is_its_own_and_the_same_to_avro(document: Any) -> None:
    found = canonical(document)
    assert canonical(found) == found
    if json.dumps(document).count('"n.R"') < 2:
        assert parse(json.dumps(found)) == parse(json.dumps(document))


DEFAULTS = {
    "null for text": ("string", None, False),
    "text for a number": ("int", "x", False),
    "a fraction for a whole number": ("int", 1.5, False),
    "truth for a number": ("int", True, False),
    "too large an int": ("int", 2**31, False),
    "a long": ("long", 2**31, True),
    "a whole number for a double": ("double", 1, True),
    "no number": ("double", "NaN", True),
    "octets": ("bytes", "\u00ff", True),
    "more than octets": ("bytes", "\u0100", False),
    "the first branch": (["null", "int"], None, True),
    "another branch": (["null", "int"], 1, True),
    "no branch": (["null", "int"], "null", False),
    "a list": ({"type": "array", "items": "int"}, [1, 2], True),
    "a list with a wrong item": ({"type": "array", "items": "int"}, [1, "2"], False),
    "no list": ({"type": "array", "items": "int"}, {}, False),
    "a map": ({"type": "map", "values": "string"}, {"a": "b"}, True),
    "a map with a wrong value": ({"type": "map", "values": "string"}, {"a": 1}, False),
    "a symbol": ({"type": "enum", "name": "E", "symbols": ["A"]}, "A", True),
    "no symbol": ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", False),
    "as long as it is fixed": ({"type": "fixed", "name": "F", "size": 2}, "ab", True),
    "shorter than it is fixed": ({"type": "fixed", "name": "F", "size": 2}, "a", False),
    "a record": ({"type": "record", "name": "S", "fields": [{"name": "x", "type": "int"}]}, {"x": 1}, True),
    "a record without a field": ({"type": "record", "name": "S", "fields": [{"name": "x", "type": "int"}]}, {}, False),
    "a record whose field has a default": (
        {"type": "record", "name": "S", "fields": [{"name": "x", "type": "int", "default": 0}]},
        {},
        True,
    ),
}


@pytest.mark.parametrize(("kind", "default", "is_one"), DEFAULTS.values(), ids=DEFAULTS)
def test_a_default_is_a_value_of_its_type(kind: Any, default: Any, is_one: bool) -> None:
    document = record({"name": "f", "type": kind, "default": default})
    if is_one:
        FORMATS[AVRO].canonical(parsed(document), normalise=False)
        return
    with pytest.raises(RefusedError, match="Invalid default for field f: "):
        FORMATS[AVRO].canonical(parsed(document), normalise=False)


def test_a_default_is_judged_by_the_type_that_a_reference_defines() -> None:
    other = {"type": "enum", "name": "o.E", "symbols": ["A"]}

    def using(default: str) -> Parsed:
        return parsed(record({"name": "f", "type": "o.E", "default": default}), other=other)

    FORMATS[AVRO].canonical(using("A"), normalise=False)
    with pytest.raises(RefusedError, match="Invalid default"):
        FORMATS[AVRO].canonical(using("B"), normalise=False)


def test_a_default_in_unions_of_records_without_end_is_judged_in_time() -> None:
    """Sixty levels of a value, two records that each hold either: 2 to the 60th ways, were each judged anew."""
    both = [{"type": "record", "name": "A", "fields": [{"name": "x", "type": ["A", "B", "int"]}]}, "B"]
    one = {"type": "record", "name": "B", "fields": [{"name": "x", "type": ["A", "B", "int"]}]}
    value: Any = "no number"
    for _ in range(60):
        value = {"x": value}
    document = record(
        {"name": "b", "type": ["null", one | {"fields": [{"name": "x", "type": [*both[:1], "B", "int"]}]}]}
    )
    document["fields"].append({"name": "f", "type": ["A", "B"], "default": value})
    with pytest.raises(RefusedError, match="Invalid default for field f"):
        FORMATS[AVRO].canonical(parsed(document), normalise=False)


def test_a_default_that_is_too_deep_is_refused() -> None:
    value: Any = []
    for _ in range(900):
        value = {"x": value}
    document = record({"name": "x", "type": ["R", "int"]}, {"name": "f", "type": ["R", "int"], "default": value})
    with pytest.raises(RefusedError, match="nested too deeply"):
        FORMATS[AVRO].canonical(parsed(document), normalise=False)


def test_a_name_that_nothing_defines_is_refused_in_avros_words() -> None:
    with pytest.raises(RefusedError, match=r'"str" is not a defined name\. The type of the "field1" field must be'):
        FORMATS[AVRO].canonical(parsed(record({"name": "field1", "type": "str"})), normalise=False)


def test_references_are_resolved_where_they_are_first_used() -> None:
    inner = {"type": "record", "name": "o.S", "fields": [{"name": "x", "type": "int"}]}
    short = parsed(record({"name": "a", "type": "o.S"}, {"name": "b", "type": "o.S"}), s=inner)
    whole = parsed(record({"name": "a", "type": inner}, {"name": "b", "type": "o.S"}))
    assert FORMATS[AVRO].whole(short) == FORMATS[AVRO].whole(whole)
    assert FORMATS[AVRO].whole(short) != short.body.text

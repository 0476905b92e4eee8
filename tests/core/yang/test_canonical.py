"""Equal values have equal canonical forms, unequal values unequal ones, wherever a form is asked for."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.yang.spellings import KINDS, SCHEMA, Kind
from tests.schema_trees import leaf, leaf_list, list_, tree
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.message_key.keys import EditTargets
from yangbeam.core.message_key.pruning import Cutter
from yangbeam.core.message_key.template import templates_of
from yangbeam.core.tables.values import key_converter
from yangbeam.core.yang.canonical import canonical, is_spelt_once
from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.tree import Node, YangType
from yangbeam.core.yang.unique_keys import key_plan, refuse_duplicate_keys


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
@settings(max_examples=300)
def test_two_spellings_have_one_form_if_and_only_if_they_mean_the_same(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    one, other = data.draw(kind.spelt), data.draw(kind.spelt)
    render = canonical(kind.node(), SCHEMA)
    assert (render(one) == render(other)) == (kind.read(one) == kind.read(other))


@pytest.mark.parametrize("name", [name for name in KINDS if name not in {"uint8", "boolean", "union"}])
@given(data=st.data())
def test_a_form_is_a_spelling_that_is_its_own_form(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    spelt = data.draw(kind.spelt)
    render = canonical(kind.node(), SCHEMA)
    assert kind.read(render(spelt)) == kind.read(spelt)
    assert render(render(spelt)) == render(spelt)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if is_spelt_once(kind.type) and name != "uint8"])
@given(data=st.data())
def test_a_type_that_is_spelt_once_is(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    one, other = data.draw(kind.spelt), data.draw(kind.spelt)
    assert (one == other) == (kind.read(one) == kind.read(other))


@pytest.mark.parametrize("name", [name for name in KINDS if name not in {"boolean", "instance-identifier"}])
@given(data=st.data())
def test_keys_of_messages_and_tables_and_duplicates_are_told_by_the_same_form(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    one, other = data.draw(kind.spelt), data.draw(kind.spelt)
    same = kind.read(one) == kind.read(other)
    schema = tree("m", list_("l", "k", leaf("k", kind.type)))
    entries = orjson.dumps({"m:l": [{"k": one}, {"k": other}]})
    (template,) = templates_of("/m:l", schema, {})
    read = InstanceReader(template).read(entries)
    assert (len(set(read)) == 1) == same
    assert read == [xpath for xpath, _ in Cutter([template]).instances(entries)]
    assert (key_of(kind, one) == key_of(kind, other)) == same
    assert repeats(orjson.loads(entries), schema) == same
    judge = CompiledJudge(schema)
    judge.meet(["m:l"])
    assert not (same and judge.accepts(entries))


def key_of(kind: Kind, value: Any) -> Any:
    return key_converter(kind.node(), SCHEMA)(int(value) if isinstance(value, float) else value)


def repeats(document: dict[str, Any], schema: Any) -> bool:
    try:
        refuse_duplicate_keys(document, key_plan(schema))
    except InvalidInstanceError:
        return True
    return False


BITS = YangType("bits", bits=(("x", 0), ("y", 1)))
DECIMAL = YangType("decimal64", fraction_digits=2)
IDENTITY = YangType("identityref", identities=("m:eth", "n:eth", "n:loop"))
OWN = {"n": "ianaift"}


@pytest.mark.parametrize(
    ("yang", "value", "form"),
    [
        (YangType("uint64"), "08", "8"),
        (YangType("uint64"), "0x10", "0x10"),
        (YangType("union", members=(YangType("uint64"), YangType("string"))), " 8", " 8"),
        (YangType("union", members=(DECIMAL, YangType("string"))), " 1.50", "1.5"),
        (YangType("int32"), 1000.0, "1000"),
        (YangType("int8"), -0.0, "0"),
        (YangType("int8"), "05", "05"),
        (YangType("int64"), True, "true"),
        (DECIMAL, "-0.00", "0.0"),
        (DECIMAL, "-00.50", "-0.5"),
        (DECIMAL, 1.5, "1.5"),
        (DECIMAL, 7, "7.0"),
        (DECIMAL, "1e3", "1e3"),
        (DECIMAL, [None], ""),
        (BITS, "y x", "x y"),
        (BITS, "", ""),
        (BITS, "y z", "y z"),
        (BITS, 5, "5"),
        (YangType("binary"), "AAF=", "AAE="),
        (YangType("binary"), "no base64", "no base64"),
        (IDENTITY, "eth", "m:eth"),
        (IDENTITY, "later:added", "later:added"),
        (IDENTITY, 5, "5"),
        (YangType("empty"), [None], ""),
        (YangType("boolean"), True, "true"),
        (YangType("instance-identifier"), '/m:a/b[ k = "1" ]', "/m:a/b[k='1']"),
        (YangType("instance-identifier"), "/m:a/m:b[.='1']", "/m:a/b[.='1']"),
        (YangType("instance-identifier"), "/a/b", "/a/b"),
        (YangType("instance-identifier"), "/m:a=1", "/m:a=1"),
        (YangType("instance-identifier"), "no path", "no path"),
        (YangType("instance-identifier"), "/m:a[", "/m:a["),
        (YangType("union", members=(BITS, YangType("string"))), "y x", "x y"),
        (YangType("union", members=(YangType("string"), BITS)), "y x", "y x"),
        (YangType("union", members=(YangType("uint8"), YangType("string"))), "05", "05"),
        (YangType("union", members=(YangType("uint8"), YangType("string"))), 1000.0, "1000.0"),
        (YangType("union", members=(YangType("uint16"), YangType("string"))), 1000.0, "1000"),
        (YangType("union", members=(YangType("uint64", ranges=((1, 9),)), YangType("string"))), "08", "8"),
        (YangType("union", members=(YangType("uint64", ranges=((1, 9),)), YangType("string"))), "018", "018"),
        (YangType("union", members=(IDENTITY, YangType("string"))), "eth", "m:eth"),
        (YangType("union", members=(IDENTITY, YangType("string"))), "loop", "loop"),
        (YangType("string", typedef="ietf-inet-types:ipv6-address"), "2001:DB8::0%ETH0", "2001:db8::%ETH0"),
        (YangType("string", typedef="ietf-inet-types:ipv6-address"), "::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
        (YangType("string", typedef="ietf-inet-types:ipv6-address"), "none", "none"),
        (YangType("string", typedef="ietf-inet-types:ipv6-address-and-prefix"), "FE80::1/64", "fe80::1/64"),
        (YangType("string", typedef="ietf-inet-types:ipv4-prefix"), "192.0.2.1/24", "192.0.2.0/24"),
        (YangType("string", typedef="ietf-inet-types:ipv4-prefix"), "192.0.2.1", "192.0.2.1/32"),
        (YangType("string", typedef="ietf-inet-types:ipv4-prefix"), "none", "none"),
        (YangType("string", typedef="ietf-inet-types:domain-name"), "Example.COM", "example.com"),
        (YangType("string", typedef="ietf-yang-types:mac-address"), "\N{KELVIN SIGN}", "\N{KELVIN SIGN}"),
        (YangType("string", typedef="acme:mac-address"), "AA", "AA"),
    ],
)
def test_the_canonical_form_is_that_of_the_rfc_and_what_is_no_value_stands_as_it_came(
    yang: YangType, value: Any, form: str
) -> None:
    assert canonical(Node("leaf", "k", "m", "urn:m", "/m:k", type=yang))(value) == form


def test_what_has_no_type_stands_as_it_came() -> None:
    assert canonical(Node("anydata", "k", "m", "urn:m", "/m:k"))("y x") == "y x"


@pytest.mark.parametrize(
    ("yang", "written", "value", "form"),
    [
        (BITS, "y x", "y  x", "x y"),
        (DECIMAL, "-0", "0.00", "0.0"),
        (IDENTITY, "ianaift:loop", "n:loop", "n:loop"),
        (IDENTITY, "eth", "m:eth", "m:eth"),
        (YangType("uint8"), "7", 7, "7"),
        (YangType("string"), "y x", "y x", "y x"),
    ],
)
def test_a_filter_and_an_edit_name_the_entry_whatever_their_spelling(
    yang: YangType, written: str, value: Any, form: str
) -> None:
    schema = tree("m", list_("l", "k", leaf("k", yang), leaf("v", "int8")), leaf_list("many", yang))
    key = f"/m:l[k='{form}']"
    (template,) = templates_of(f"/m:l[k='{written}']", schema, OWN)
    assert template.text == key
    assert InstanceReader(template).read(orjson.dumps({"m:l": [{"k": value}, {"k": "other"}]})) == [key]
    (many,) = templates_of(f"/m:many[.='{written}']", schema, OWN)
    assert InstanceReader(many).read(orjson.dumps({"m:many": [value]})) == [f"/m:many[.='{form}']"]
    assert [xpath for xpath, _ in Cutter([many]).instances(orjson.dumps({"m:many": [value]}))] == [
        f"/m:many[.='{form}']"
    ]
    if ":" not in written:
        assert EditTargets(schema).of(f"/m:l[k='{written}']") == (key, "/m:l")


def test_the_values_of_a_leaf_list_are_told_apart_by_their_form() -> None:
    schema = tree("m", leaf_list("many", BITS), leaf_list("state", BITS, config=False))
    assert repeats({"m:many": ["x y", "y x"]}, schema)
    assert not repeats({"m:many": ["x y", "y"], "m:state": ["x y", "y x"]}, schema)
    judge = CompiledJudge(schema)
    judge.meet(["m:many", "m:state"])
    assert not judge.accepts(b'{"m:many":["x y","y x"]}')
    assert judge.accepts(b'{"m:many":["x y","x"],"m:state":["x y","y x"]}')

"""What is no spelling of YANG is refused whoever writes it; one thing is one thing however it is spelt."""

from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest
from cbor2 import CBORTag
from lxml import etree

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.target import parse_target
from yangbeam.core.yang.scalars import from_text
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.transcode import Context
from yangbeam.core.yang.transcode_cbor import CborTranscoder
from yangbeam.core.yang.transcode_xml import XmlTranscoder
from yangbeam.io.yang_directories import write_set

MODULE = """module m { yang-version 1.1; namespace "urn:m"; prefix m; revision 2026-01-01;
identity base; identity a { base base; }
container c {
  leaf d { type decimal64 { fraction-digits 2; } }
  leaf ds { type union { type decimal64 { fraction-digits 2; } type string; } }
  leaf u { type union { type enumeration { enum unlimited; enum auto; } type uint32; } }
  leaf i { type int32; }
  leaf s { type string; }
  leaf us { type union { type uint32; type string; } }
  leaf b { type bits { bit one; bit two; } }
  leaf p { type instance-identifier { require-instance false; } }
  list il { key k; leaf k { type identityref { base base; } } leaf v { type int32; } }
  list dk { key k; leaf k { type decimal64 { fraction-digits 2; } } leaf v { type int32; } }
  list ul { key k; leaf k { type union { type uint8; type string; } } leaf v { type int32; } }
} }"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    folder: Path = tmp_path_factory.mktemp("m")
    found = make_schema_set({"m@2026-01-01": MODULE})
    return Schema(found, write_set(found, folder))


def xml(schema: Schema, inner: str) -> Any:
    root = etree.fromstring(f'<data><c xmlns="urn:m" xmlns:m="urn:m">{inner}</c></data>')
    return XmlTranscoder(Context(schema.tree)).contents(root)["m:c"]


def cbor(schema: Schema, members: Any) -> Any:
    return CborTranscoder(Context(schema.tree)).contents(cbor2.loads(cbor2.dumps({"m:c": members})))["m:c"]


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "sNaN", "1E999999", "1E300000", "1e1", "", ".", "٣"])
def test_what_python_takes_for_a_decimal_is_none_of_yang(schema: Schema, value: str) -> None:
    with pytest.raises(InvalidInstanceError):
        schema.validate_contents(orjson.dumps({"m:c": {"d": value}}))
    assert xml(schema, f"<ds>{value}</ds>") == {"ds": value}, "the string of the union"
    assert cbor(schema, {"ds": value}) == {"ds": value}
    with pytest.raises(InvalidInstanceError, match="/m:c/i"):
        schema.validate_contents(orjson.dumps({"m:c": {"ds": value, "i": "bad"}}))


@pytest.mark.parametrize("text", ["1_5", "\u00a05", "5\u2003", "1_500", "٣", "0x10", "1.0"])
def test_what_python_takes_for_an_integer_is_none_of_yang(schema: Schema, text: str) -> None:
    assert xml(schema, f"<i>{text}</i>") == {"i": text}
    with pytest.raises(InvalidInstanceError):
        schema.validate_contents(orjson.dumps({"m:c": xml(schema, f"<i>{text}</i>")}))
    assert xml(schema, f"<us>{text}</us>") == {"us": text}
    assert xml(schema, "<i> +15\n</i>") == {"i": 15}


@pytest.mark.parametrize(
    ("item", "value"),
    [(0, 0), (1, 1), (7, 7), ("unlimited", "unlimited"), (CBORTag(44, 0), "unlimited"), (CBORTag(44, 1), "auto")],
)
def test_a_number_in_a_union_is_a_number_unless_a_tag_says_otherwise(schema: Schema, item: Any, value: Any) -> None:
    assert cbor(schema, {"u": item}) == {"u": value}


@pytest.mark.parametrize("item", [b"eth0", CBORTag(99, "x"), 10**25])
def test_what_is_no_text_is_no_string(schema: Schema, item: Any) -> None:
    with pytest.raises(InvalidInstanceError, match="which is no string"):
        cbor(schema, {"s": item})


def test_octets_where_a_number_belongs_are_refused_by_the_validator(schema: Schema) -> None:
    with pytest.raises(InvalidInstanceError):
        schema.validate_contents(orjson.dumps({"m:c": cbor(schema, {"i": b"eth0"})}))


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/m:c/il=m:a", "m:a"),
        ("/m:c/il=m:a", "a"),
        ("/m:c/il=a", "m:a"),
        ("/m:c/il[k='m:a']", "m:a"),
        ("/m:c/dk=1.5", "1.50"),
        ("/m:c/dk=1.50", "1.5"),
        ("/m:c/ul=5", "5"),
        ("/m:c/ul=5", 5),
    ],
)
def test_an_edit_may_spell_its_key_otherwise_than_its_target(schema: Schema, target: str, key: Any) -> None:
    name = "m:" + target.split("/")[2][:2]
    schema.validate_edit(parse_target(target), "create", orjson.dumps({name: [{"k": key, "v": 1}]}))


def test_an_edit_for_another_entry_is_refused(schema: Schema) -> None:
    with pytest.raises(InvalidInstanceError, match="the target says k"):
        schema.validate_edit(parse_target("/m:c/dk=1.5"), "create", b'{"m:dk":[{"k":"1.51","v":1}]}')


def test_long_paths_and_wide_bitmaps_are_read_in_one_pass(schema: Schema) -> None:
    path = "/m:c" * 40_000
    leaf = schema.tree.data["m:c"].child("p")
    assert leaf.type is not None
    assert from_text(leaf.type, path, {"m": "m"}, "m") == "/m:c" + "/c" * 39_999
    assert isinstance(cbor(schema, {"b": [4096] * 5000})["b"], list | str)

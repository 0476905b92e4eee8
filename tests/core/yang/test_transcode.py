from decimal import Decimal
from typing import Any

import cbor2
import orjson
import pytest
from cbor2 import CBORTag
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.core.yang.schemas import loaded, notification_set, published_texts, refusal_of
from tests.core.yang.test_schema import GOOD
from tests.shared_data import shared
from yangbeam.core.errors import InvalidInstanceError, SchemaError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.sid_files import SidNames, read_sid_files
from yangbeam.core.yang.transcode import Context
from yangbeam.core.yang.transcode_cbor import CborTranscoder
from yangbeam.core.yang.transcode_cbor import untyped as untyped_cbor
from yangbeam.core.yang.transcode_xml import XmlTranscoder
from yangbeam.core.yang.transcode_xml import untyped as untyped_xml
from yangbeam.io.yang_directories import bundled

HEAD = (
    '<data xmlns:t="urn:example:types" xmlns:p="urn:example:plant" xmlns:m="urn:example:plant-more">'
    '<plant xmlns="urn:example:plant">'
)

PLANT_XML = (
    HEAD
    + """
  <i8> -5 </i8><i32>-7</i32><i64>-9223372036854775808</i64><u8>255</u8><u16>65535</u16><u32>4294967295</u32>
  <u64>18446744073709551615</u64><few>any text, since a deviation says so</few><ratio>99.5</ratio><flag>true</flag>
  <mark/><blob>AAEC
  Aw==</blob><colour>green</colour><options>fast
  loud</options><medium>t:twisted</medium>
  <where>/p:plant/p:machine[p:name='press'][p:slot='1']</where>
  <mixed>2026-01</mixed><main>press</main><tag>b</tag><reading>1</reading><tag>a</tag><reading>1</reading>
  <enabled/><heater><level>3</level></heater><volts>230</volts>
  <machine><name>press</name><slot>1</slot><state>2026-01</state></machine><!-- a comment -->
  <machine><name>press</name><slot>2</slot><state>2026-01</state><m:speed>5</m:speed><m:label><m:text>x</m:text></m:label>
  </machine><step><id>3</id></step><step><id>1</id></step><sample><value>1</value></sample><sample><value>1</value></sample>
</plant></data>"""
)

PLANT_CBOR: dict[str, Any] = GOOD | {
    "i64": -9223372036854775808,
    "u64": 18446744073709551615,
    "ratio": Decimal("99.50"),
    "mark": None,
    "blob": b"\x00\x01\x02\x03",
    "colour": 6,
    "options": b"\x01\x02",
    "step": [{"id": 3}, {"id": 1}],
}

WANTED = {"example-plant:plant": {name: value for name, value in GOOD.items() if name != "notes"}}


def xml(schema: Schema, inner: str, *, keep: bool = False) -> dict[str, Any]:
    root = etree.fromstring(HEAD + inner + "</plant></data>")
    return XmlTranscoder(Context(schema.tree, untyped_unknown=keep)).contents(root)["example-plant:plant"]


def cbor(schema: Schema, members: Any, *, keep: bool = False) -> Any:
    transcoder = CborTranscoder(Context(schema.tree, untyped_unknown=keep))
    return transcoder.contents(cbor2.loads(cbor2.dumps({"example-plant:plant": members})))["example-plant:plant"]


def refused(reason: str, path: str, function: Any, *arguments: Any) -> InvalidInstanceError:
    with pytest.raises(InvalidInstanceError) as caught:
        function(*arguments)
    assert (caught.value.reason, caught.value.path) == (reason, path)
    return caught.value


def test_xml_of_every_type_becomes_rfc_7951_json(plant: Schema) -> None:
    found = XmlTranscoder(Context(plant.tree)).contents(etree.fromstring(PLANT_XML))
    assert found == WANTED
    plant.validate_contents(orjson.dumps(found), "full")


def test_cbor_of_every_type_becomes_rfc_7951_json(plant: Schema) -> None:
    members = {name: value for name, value in PLANT_CBOR.items() if name != "notes"}
    assert cbor(plant, members) == WANTED["example-plant:plant"]


def test_leaves_keep_the_order_of_the_source(plant: Schema) -> None:
    assert list(xml(plant, "<volts>1</volts><u8>1</u8><i8>1</i8>")) == ["volts", "u8", "i8"]
    assert list(cbor(plant, {"volts": 1, "u8": 1, "i8": 1})) == ["volts", "u8", "i8"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("2026-01", "2026-01"),
        ("none", "none"),
        ("p:fibre", "fibre"),
        ("t:copper", "example-types:copper"),
        ("example-types:copper", "example-types:copper"),
        ("fast", "fast"),
        ("/p:plant", "/example-plant:plant"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_the_first_member_of_a_union_that_accepts_a_text_wins(plant: Schema, text: str, value: Any) -> None:
    assert xml(plant, f"<mixed>{text}</mixed>") == {"mixed": value}


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (7, 7),
        ("2026-01", "2026-01"),
        (CBORTag(44, 0), "none"),
        (CBORTag(44, "none"), "none"),
        (CBORTag(45, "example-types:copper"), "example-types:copper"),
        (CBORTag(43, b"\x01"), "fast"),
        (CBORTag(43, "fast"), "fast"),
        (CBORTag(46, "/example-plant:plant"), "/example-plant:plant"),
        (1.5, 1.5),
    ],
)
def test_tags_choose_the_member_of_a_union(plant: Schema, item: Any, value: Any) -> None:
    assert cbor(plant, {"mixed": item}) == {"mixed": value}


@pytest.mark.parametrize(
    ("leaf", "text", "value"),
    [
        ("medium", "p:fibre", "fibre"),
        ("medium", "fibre", "fibre"),
        ("medium", "t:air", "example-types:air"),
        ("u8", "many", "many"),
        ("u8", "9" * 30, "9" * 30),
        ("flag", "maybe", "maybe"),
        ("flag", " false\n", False),
        ("mark", "full", "full"),
        ("u64", "x", "x"),
        ("few", " spaces count ", " spaces count "),
        (
            "where",
            "/p:plant/m:x[m:y='/p:z']/m:w[.=\"q\"]",
            "/example-plant:plant/example-plant-more:x[y='/p:z']/w[.=\"q\"]",
        ),
    ],
)
def test_a_value_that_its_type_refuses_is_left_for_the_validator(
    plant: Schema, leaf: str, text: str, value: Any
) -> None:
    assert xml(plant, f"<{leaf}>{text}</{leaf}>") == {leaf: value}


@pytest.mark.parametrize(
    ("leaf", "item", "value"),
    [
        ("colour", "green", "green"),
        ("colour", 77, 77),
        ("options", "fast", "fast"),
        ("options", [b"\x01", b"\x02"], "fast loud"),
        ("options", [1, b"\x02"], "loud"),
        ("options", [99999], ["99999"]),
        ("options", [True, "x"], ["true", "x"]),
        ("medium", "example-plant:fibre", "fibre"),
        ("medium", 5, 5),
        ("ratio", 5, "5.0"),
        ("ratio", Decimal("1.555"), "1.555"),
        ("ratio", "1.5", "1.5"),
        ("ratio", Decimal("1E+999"), "1E+999"),
        ("u64", "5", "5"),
        ("u8", 5, 5),
        ("u8", 1 << 70, str(1 << 70)),
        ("blob", "AA==", "AA=="),
        ("mark", [None], [None]),
        ("flag", True, True),
        ("tag", "alone", "alone"),
    ],
)
def test_cbor_values_are_taken_as_publishers_write_them(plant: Schema, leaf: str, item: Any, value: Any) -> None:
    assert cbor(plant, {leaf: item}) == {leaf: value}


def test_what_the_schema_does_not_know_is_an_error(plant: Schema) -> None:
    top = "/example-plant:plant"
    refused("unknown-node", f"{top}/wheels", xml, plant, "<wheels>4</wheels>")
    refused("unknown-node", f"{top}/machine/example-types:x", xml, plant, "<machine><t:x/></machine>")
    refused("module-missing", f"{top}/garden:x", xml, plant, '<x xmlns="urn:example:garden"/>')
    refused("unknown-node", f"{top}/:x", xml, plant, '<x xmlns=""/>')
    refused("unknown-node", f"{top}/wheels", cbor, plant, {"wheels": 4})
    refused("module-missing", f"{top}/garden:x", cbor, plant, {"garden:x": 4})


def test_what_the_schema_does_not_know_is_kept_as_text_on_request(plant: Schema) -> None:
    unknown = (
        "<wheels><size>4</size><size>5</size><t:note> x </t:note></wheels><wheels>round</wheels><wheels/><u8>1</u8>"
    )
    wheels = {"size": ["4", "5"], "types:note": "x"}
    assert xml(plant, unknown, keep=True) == {"wheels": [wheels, "round", ""], "u8": 1}
    known = {"wheels": {"size": [4, None, True, b"\x01"], "exact": Decimal("1.50"), 7: CBORTag(44, 1)}, "u8": 1}
    kept = {"size": ["4", [None], "true", "AQ=="], "exact": "1.50", "7": "1"}
    assert cbor(plant, known, keep=True) == {"wheels": kept, "u8": 1}


def test_other_kinds_than_the_schema_says_are_refused(plant: Schema) -> None:
    top = "/example-plant:plant"
    refused("invalid-contents", f"{top}/u8", xml, plant, "<u8><x/></u8>")
    refused("invalid-contents", f"{top}/heater", xml, plant, "<heater>hot</heater>")
    refused("invalid-contents", f"{top}/u8", xml, plant, "<u8>1</u8><u8>2</u8>")
    refused("invalid-contents", f"{top}/heater", cbor, plant, {"heater": 5})
    refused("invalid-contents", f"{top}/step", cbor, plant, {"step": {"id": 1}})
    refused("invalid-contents", f"{top}/step", cbor, plant, {"step": [1]})
    refused("invalid-contents", top, cbor, plant, {b"x": 1})
    refused("invalid-contents", top, cbor, plant, {True: 1})
    refused("unknown-sid", f"{top}/SID 5", cbor, plant, {5: 1})


def test_anydata_is_read_by_the_top_level_nodes_of_the_schema(plant: Schema) -> None:
    inner = "<notes><plant><u64>5</u64></plant><p:alarm><p:severity>low</p:severity></p:alarm></notes>"
    wanted = {"notes": {"example-plant:plant": {"u64": "5"}, "example-plant:alarm": {"severity": "low"}}}
    assert xml(plant, inner) == wanted
    members = {"notes": {"example-plant:plant": {"u64": 5}, "example-plant:alarm": {"severity": 0}}}
    assert cbor(plant, members) == wanted


def test_in_anydata_of_the_contents_no_schema_at_hand_has_a_say(plant: Schema) -> None:
    strange = '<notes><u8>7</u8><x xmlns="urn:acme"><y>1</y></x><plant><u64>no</u64><u8><z/></u8></plant></notes>'
    assert xml(plant, strange) == {
        "notes": {
            "example-plant:u8": "7",
            "acme:x": {"y": "1"},
            "example-plant:plant": {"u64": "no", "u8": {"z": ""}},
        }
    }
    members = {"notes": {"acme:x": {"y": 1, 7: [1.5, None]}, "example-plant:plant": {"u64": "no", "u8": {"z": 1}}}}
    assert cbor(plant, members) == {
        "notes": {"acme:x": {"y": 1, "7": [1.5, None]}, "example-plant:plant": {"u64": "no", "u8": {"z": "1"}}}
    }


def test_a_structure_is_transcoded_like_a_notification(plant: Schema) -> None:
    letter = etree.fromstring(
        '<letter xmlns="urn:example:plant-more"><subject>x</subject>'
        '<body><alarm xmlns="urn:example:plant"><severity>high</severity></alarm></body></letter>'
    )
    wanted = {"example-plant-more:letter": {"subject": "x", "body": {"example-plant:alarm": {"severity": "high"}}}}
    assert XmlTranscoder(Context(plant.tree)).notification(letter) == wanted


TARGET = "/example-plant:plant/machine=press,1"


def test_the_value_of_an_edit_is_read_at_its_target(plant: Schema) -> None:
    entry = etree.fromstring(
        '<value xmlns="urn:example:plant"><machine><name>press</name><slot>1</slot></machine></value>'
    )
    wanted = {"example-plant:machine": [{"name": "press", "slot": 1}]}
    assert XmlTranscoder(Context(plant.tree)).edit_value(entry, TARGET) == wanted
    item = {"example-plant:machine": [{"name": "press", "slot": 1}]}
    assert CborTranscoder(Context(plant.tree)).edit_value(item, TARGET) == wanted
    for target in ("no target", "/example-plant:x/y"):
        refused("unknown-node", "/example-plant:machine", XmlTranscoder(Context(plant.tree)).edit_value, entry, target)
    nowhere = "/example-garden:x/y"
    refused("module-missing", nowhere, XmlTranscoder(Context(plant.tree)).edit_value, entry, nowhere)


PATCH_XML = """<push-change-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><datastore-changes><yang-patch>
<patch-id>0</patch-id><edit><edit-id>a</edit-id><operation>replace</operation>
<target>/ietf-interfaces:interfaces/interface=eth0/oper-status</target>
<value><oper-status xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">up</oper-status></value></edit>
</yang-patch></datastore-changes></push-change-update>"""

EDIT = {
    "edit-id": "a",
    "operation": "replace",
    "target": "/ietf-interfaces:interfaces/interface=eth0/oper-status",
    "value": {"ietf-interfaces:oper-status": "up"},
}
PATCH = {"ietf-yang-push:push-change-update": {"datastore-changes": {"yang-patch": {"patch-id": "0", "edit": [EDIT]}}}}


def test_a_whole_push_change_update_is_transcoded(drafts: Schema) -> None:
    assert XmlTranscoder(Context(drafts.tree)).notification(etree.fromstring(PATCH_XML)) == PATCH


def test_in_cbor_the_value_may_stand_before_its_target(drafts: Schema) -> None:
    edit = {"value": {"ietf-interfaces:oper-status": 1}, "operation": 5} | {k: EDIT[k] for k in ("edit-id", "target")}
    message = {
        "ietf-yang-push:push-change-update": {"datastore-changes": {"yang-patch": {"patch-id": "0", "edit": [edit]}}}
    }
    assert CborTranscoder(Context(drafts.tree)).notification(message) == PATCH


def test_a_filter_is_kept_untyped(drafts: Schema) -> None:
    started = etree.fromstring(
        '<subscription-started xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><id>1</id>'
        '<datastore-subtree-filter xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push">'
        '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface/></interfaces>'
        "</datastore-subtree-filter></subscription-started>"
    )
    found = XmlTranscoder(Context(drafts.tree)).notification(started)
    assert found["ietf-subscribed-notifications:subscription-started"] == {
        "id": 1,
        "ietf-yang-push:datastore-subtree-filter": {"ietf-interfaces:interfaces": {"interface": ""}},
    }
    body = {"id": 1, "ietf-yang-push:datastore-subtree-filter": {"ietf-interfaces:interfaces": {"interface": None}}}
    message = {"ietf-subscribed-notifications:subscription-started": body}
    found = CborTranscoder(Context(drafts.tree)).notification(message)
    assert found["ietf-subscribed-notifications:subscription-started"]["ietf-yang-push:datastore-subtree-filter"] == {
        "ietf-interfaces:interfaces": {"interface": [None]}
    }


def test_nesting_has_a_limit(plant: Schema) -> None:
    depth = 200
    deep = etree.fromstring("<a>" * depth + "</a>" * depth)
    with pytest.raises(InvalidInstanceError, match="deeper"):
        untyped_xml(deep)
    item: Any = 1
    for _ in range(depth):
        item = [item]
    with pytest.raises(InvalidInstanceError, match="deeper"):
        untyped_cbor(item)
    nested: Any = {}
    text = ""
    for _ in range(70):
        nested = {"example-plant:plant": {"notes": nested}}
        text = f'<plant xmlns="urn:example:plant"><notes>{text}</notes></plant>'
    with pytest.raises(InvalidInstanceError, match="deeper"):
        CborTranscoder(Context(plant.tree)).contents(nested)
    with pytest.raises(InvalidInstanceError, match="deeper"):
        XmlTranscoder(Context(plant.tree)).contents([etree.fromstring(text)])


SID_FILE = orjson.dumps(
    {
        "ietf-sid-file:sid-file": {
            "item": [
                {"namespace": "module", "identifier": "example-plant", "sid": "1000"},
                {"namespace": "identity", "identifier": "example-types:copper", "sid": "1001"},
                {"namespace": "data", "identifier": "/example-plant:plant", "sid": "1002"},
                {"namespace": "data", "identifier": "/example-plant:plant/medium", "sid": 1003},
                {"namespace": "data", "identifier": "/example-plant:plant/machine", "sid": "1004"},
                {"namespace": "data", "identifier": "/example-plant:plant/machine/name", "sid": "1005"},
                {
                    "namespace": "data",
                    "identifier": "/example-plant:plant/machine/example-plant-more:speed",
                    "sid": "900",
                },
                {"namespace": "data", "identifier": "/example-plant:plant/u8", "sid": "1007"},
            ]
        }
    }
)


def test_sids_are_deltas_to_their_parent_and_absolute_under_tag_47(plant: Schema) -> None:
    context = Context(plant.tree, sids=read_sid_files([SID_FILE]))
    item = {1002: {1: 1001, 2: [{1: "press", -104: 5, "slot": 1}], CBORTag(47, 1007): 9}}
    found = CborTranscoder(context).contents(item)
    assert found == {
        "example-plant:plant": {
            "medium": "example-types:copper",
            "machine": [{"name": "press", "example-plant-more:speed": 5, "slot": 1}],
            "u8": 9,
        }
    }


def test_old_sid_files_have_their_items_at_the_top() -> None:
    names = read_sid_files([b'{"items":[{"identifier":"/a:b/c:d/e","sid":5,"namespace":"data"}]}'])
    assert names == SidNames({5: "c:e"}, {})


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"items":[{"sid":5}]}', b'{"items":[5]}', b'{"items":5}'])
def test_what_is_no_sid_file_is_refused(text: bytes) -> None:
    with pytest.raises(SchemaError) as caught:
        read_sid_files([text])
    assert caught.value.reason == "sid-file"


cbor_items = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=4)
    | st.decimals(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*GOOD, 1, "x:y"]), inner, max_size=3)
        | st.builds(CBORTag, st.sampled_from([43, 44, 45, 46, 47, 99]), inner)
    ),
    max_leaves=10,
)


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(GOOD)), item=cbor_items, keep=st.booleans())
def test_any_cbor_is_transcoded_to_json_or_refused(plant: Schema, name: str, item: Any, keep: bool) -> None:
    context = Context(plant.tree, untyped_unknown=keep)
    found: list[Any] = []
    members = {"example-plant:plant": {name: item}}
    error = refusal_of(lambda: found.append(CborTranscoder(context).contents(members)))
    assert error is None or error.reason in ("unknown-node", "unknown-sid", "invalid-contents")
    orjson.dumps(found)


@settings(max_examples=200)
@given(data=st.data(), keep=st.booleans())
def test_any_xml_is_transcoded_to_json_or_refused(plant: Schema, data: st.DataObject, keep: bool) -> None:
    root = etree.fromstring(PLANT_XML)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for _ in range(data.draw(st.integers(1, 5))):
        element = data.draw(st.sampled_from(elements))
        if data.draw(st.booleans()):
            element.append(etree.Element(data.draw(st.sampled_from(elements)).tag))
        else:
            element.text = data.draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6))
    found: list[Any] = []
    context = Context(plant.tree, untyped_unknown=keep)
    error = refusal_of(lambda: found.append(XmlTranscoder(context).contents(root)))
    assert error is None or error.path
    orjson.dumps(found)


def without_values(message: dict[str, Any]) -> dict[str, Any]:
    body = message.get("ietf-yp-notification:envelope", {}).get("contents", message)[
        "ietf-yang-push:push-change-update"
    ]
    for edit in body["datastore-changes"]["yang-patch"]["edit"]:
        edit.pop("value", None)
    return message


@pytest.mark.parametrize("published", [False, True])
def test_the_vectors_of_every_encoding_are_the_same_message(published: bool, module_cache: Any) -> None:
    folder = shared("vectors")
    texts = published_texts() if published else bundled()
    with loaded(notification_set(texts), module_cache) as schema:
        context = Context(schema.tree, untyped_unknown=True)  # one message has a fictional module in a value
        names = [file.stem for file in sorted((folder / "envelope").glob("*.json"))]
        assert len(names) == 15
        for name in names:
            envelope = orjson.loads((folder / f"envelope/{name}.json").read_bytes())
            inner = orjson.loads((folder / f"inner/{name}.json").read_bytes())
            in_envelope = etree.parse(folder / f"xml-envelope/{name}.xml").getroot()
            in_5277 = etree.parse(folder / f"xml-rfc5277/{name}.xml").getroot()
            in_cbor = cbor2.loads((folder / f"cbor-names/{name}.cbor").read_bytes())
            found = [
                XmlTranscoder(context).notification(in_envelope),
                CborTranscoder(context).notification(in_cbor),
                XmlTranscoder(context).notification(in_5277[1]),
            ]
            wanted = [envelope, envelope, inner]
            if name.endswith("user-ordered"):
                found, wanted = [without_values(m) for m in found], [without_values(m) for m in wanted]
            assert found == wanted, name

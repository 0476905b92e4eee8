"""XML and CBOR notifications as RFC 7951 JSON: the JSON that a JSON publisher would have sent."""

from typing import Any

import cbor2
import msgspec
import orjson
import pytest

from tests.builders import message
from yangbeam.core.elements import Notification
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.transcription import UNTYPED, body_members, is_json, transcribed
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import Context

XML, CBOR, JSON = (f"application/yang-data+{name}" for name in ("xml", "cbor", "json"))
IF, YP = "urn:ietf:params:xml:ns:yang:ietf-interfaces", "urn:ietf:params:xml:ns:yang:ietf-yang-push"
UPDATE = f"""<push-update xmlns="{YP}"><id>31</id><datastore-contents>
<interfaces xmlns="{IF}"><interface><name>eth0</name><if-index>7</if-index>
<statistics><in-octets>4712128852136459333</in-octets></statistics></interface></interfaces>
</datastore-contents></push-update>"""
RFC5277 = f"""<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">
<eventTime>2026-03-14T09:26:53Z</eventTime>{UPDATE}</notification>"""
SEQUENCED = RFC5277.replace(
    "</eventTime>",
    '</eventTime><sysName xmlns="urn:ietf:params:xml:ns:yang:ietf-notification-sequencing">edge-1</sysName>'
    '<sequenceNumber xmlns="urn:ietf:params:xml:ns:yang:ietf-notification-sequencing">8</sequenceNumber>',
)
ENVELOPE = f"""<envelope xmlns="urn:ietf:params:xml:ns:yang:ietf-yp-notification">
<event-time>2026-03-14T09:26:53Z</event-time><hostname>edge-1</hostname><sequence-number>8</sequence-number>
<contents>{UPDATE}</contents></envelope>"""

INTERFACE = {"name": "eth0", "if-index": 7, "statistics": {"in-octets": "4712128852136459333"}}
BODY = {"id": 31, "datastore-contents": {"ietf-interfaces:interfaces": {"interface": [INTERFACE]}}}
NAME = "ietf-yang-push:push-update"


@pytest.fixture(scope="module")
def context(drafts: Schema) -> Context:
    return Context(drafts.tree)


def decoded(payload: str | dict[str, Any], media_type: str = XML) -> Notification:
    octets = payload.encode() if isinstance(payload, str) else cbor2.dumps(payload)
    return decode(message(octets, media_type=media_type))


def in_json(found: Notification) -> Any:
    assert found.message.media_type == JSON
    tree = orjson.loads(found.message.payload)
    holder = tree
    for name in found.path:
        holder = holder[name]
    assert holder == BODY
    return tree


def test_an_envelope_in_xml_becomes_the_envelope_in_json(context: Context) -> None:
    head = {"event-time": "2026-03-14T09:26:53Z", "hostname": "edge-1", "sequence-number": 8}
    found = in_json(transcribed(decoded(ENVELOPE), context))
    assert found == {"ietf-yp-notification:envelope": {**head, "contents": {NAME: BODY}}}


def test_an_rfc_5277_notification_becomes_the_one_that_json_publishers_send(context: Context) -> None:
    found = in_json(transcribed(decoded(RFC5277), context))
    assert found == {"ietf-notification:notification": {"eventTime": "2026-03-14T09:26:53Z", NAME: BODY}}


def test_its_sequencing_leaves_come_along(context: Context) -> None:
    found = in_json(transcribed(decoded(SEQUENCED), context))["ietf-notification:notification"]
    assert found["ietf-notification-sequencing:sysName"] == "edge-1"
    assert found["ietf-notification-sequencing:sequenceNumber"] == 8


def test_cbor_keeps_its_header_and_gets_typed_contents(context: Context) -> None:
    interface = INTERFACE | {"statistics": {"in-octets": 4712128852136459333}}
    contents = {"ietf-interfaces:interfaces": {"interface": [interface]}}
    update = {"id": 31, "datastore-contents": contents}
    head = {"event-time": "2026-03-14T09:26:53Z", "hostname": "edge-1", "sequence-number": 8}
    sent = {"ietf-yp-notification:envelope": {**head, "contents": {NAME: update}}}
    found = in_json(transcribed(decoded(sent, CBOR), context))
    assert found == {"ietf-yp-notification:envelope": {**head, "contents": {NAME: BODY}}}


def test_a_bare_notification_in_cbor_stays_bare(context: Context) -> None:
    found = transcribed(decoded({NAME: {"id": 31}}, CBOR), context)
    assert (orjson.loads(found.message.payload), found.path) == ({NAME: {"id": 31}}, (NAME,))


def test_a_bare_notification_in_xml_stays_bare(context: Context) -> None:
    assert in_json(transcribed(decoded(UPDATE), context)) == {NAME: BODY}


def test_json_is_left_as_it_is(context: Context) -> None:
    notification = decode(message(b'{"ietf-yang-push:push-update": {"id" : 31}}'))
    assert is_json(notification)
    assert transcribed(notification, context) is notification


def test_every_fact_but_bytes_and_path_stays(context: Context) -> None:
    before = decoded(ENVELOPE)
    after = transcribed(before, context)
    assert msgspec.structs.replace(after, message=before.message, path=before.path) == before
    assert msgspec.structs.replace(after.message, payload=before.message.payload, media_type=XML) == before.message


def test_body_and_whole_are_transcribed_alike(context: Context) -> None:
    assert body_members(decoded(ENVELOPE), context) == {NAME: BODY}


def test_without_a_schema_every_value_stays_text() -> None:
    found = transcribed(decoded(ENVELOPE), UNTYPED)
    tree = orjson.loads(found.message.payload)["ietf-yp-notification:envelope"]
    (update,) = tree["contents"].values()
    assert update["id"] == "31"


@pytest.mark.parametrize(
    "payload",
    [
        ENVELOPE.replace("<if-index>7", "<nowhere>7").replace("7</if-index>", "7</nowhere>"),
        ENVELOPE.replace(IF, "urn:x"),
    ],
    ids=["node", "module"],
)
def test_what_the_schema_does_not_know_is_an_error_and_no_guess(payload: str, context: Context) -> None:
    with pytest.raises(InvalidInstanceError):
        transcribed(decoded(payload), context)


def test_a_path_that_is_not_in_the_payload_is_an_error(context: Context) -> None:
    lost = msgspec.structs.replace(decoded(ENVELOPE), path=("envelope", "elsewhere", "push-update"))
    with pytest.raises(NotificationError, match="no element elsewhere"):
        transcribed(lost, context)


HEADER = {"event-time": "2026-03-14T09:26:53Z", "hostname": "edge-1", "sequence-number": 8}


@pytest.mark.parametrize(
    ("member", "written"),
    [
        ({cbor2.CBORTag(47, 60001): "x"}, {"60001": "x"}),
        ({99: [1, b"x"]}, {"99": [1, "eA=="]}),
        ({"foo": b"x"}, {"foo": "eA=="}),
        ({"foo": {"bar": cbor2.CBORTag(45, 5), "wide": -(2**64)}}, {"foo": {"bar": "5", "wide": str(-(2**64))}}),
        ({"foo": cbor2.undefined}, {"foo": "undefined"}),
    ],
)
def test_what_json_has_not_in_a_header_costs_no_message(context: Context, member: Any, written: Any) -> None:
    interface = {**INTERFACE, "statistics": {"in-octets": 4712128852136459333}}
    body = {"id": 31, "datastore-contents": {"ietf-interfaces:interfaces": {"interface": [interface]}}}
    envelope = {"ietf-yp-notification:envelope": {**HEADER, **member, "contents": {NAME: body}}}
    found = transcribed(decoded(envelope, CBOR), context)
    assert in_json(found)["ietf-yp-notification:envelope"] | written == in_json(found)["ietf-yp-notification:envelope"]


def test_an_edit_is_read_whatever_stands_first_in_it(context: Context) -> None:
    target = "<target>/ietf-interfaces:interfaces/interface=eth0</target>"
    value = f'<value><interface xmlns="{IF}"><name>eth0</name><if-index>7</if-index></interface></value>'

    def body(*parts: str) -> Any:
        edit = f"<edit><edit-id>1</edit-id><operation>replace</operation>{''.join(parts)}</edit>"
        patch = f"<yang-patch><patch-id>1</patch-id>{edit}</yang-patch>"
        changes = f'<push-change-update xmlns="{YP}"><id>31</id><datastore-changes>{patch}</datastore-changes>'
        top = "urn:ietf:params:xml:ns:netconf:notification:1.0"
        time = "<eventTime>2026-03-14T09:26:53Z</eventTime>"
        return body_members(
            decoded(f'<notification xmlns="{top}">{time}{changes}</push-change-update></notification>'), context
        )

    def edit_of(found: Any) -> Any:
        (update,) = found.values()
        (patch,) = update["datastore-changes"].values()
        return patch["edit"][0]

    assert edit_of(body(value, target)) == edit_of(body(target, value))
    assert edit_of(body(value, target))["value"]["ietf-interfaces:interface"][0]["if-index"] == 7

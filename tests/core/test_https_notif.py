"""What an HTTPS-notif request is, by the draft and by what its versions say differently."""

from contextlib import suppress

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from yangbeam.core.elements import MediaType, Message
from yangbeam.core.errors import WireError
from yangbeam.core.https_notif import ANSWERS, capabilities, media_type_of, name_of, payloads_of, publisher_id_of
from yangbeam.core.notification.decode import decode

EVENT = {"event-class": "fault", "reporting-entity": {"card": "Ethernet0"}, "severity": "major"}
JSON = {"ietf-https-notif:notification": {"eventTime": "2013-12-21T00:01:00Z", "example-mod:event": EVENT}}
XML = (
    b'<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>2019-03-22T12:35:00Z</eventTime>'
    b'<event xmlns="https://example.com/example-mod"><event-class>fault</event-class></event></notification>'
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/xml, application/json;q=0.5", "application/xml"),
        ("application/cbor, application/xml;0.9, application/json;q=0.5", "application/xml"),
        ("application/yang-data+cbor; id=name, application/yang-data+xml;q=0.9", "application/yang-data+xml"),
        ("application/*;q=0.1, application/yang-data+json", "application/yang-data+json"),
        ("APPLICATION/XML", "application/xml"),
        ("application/json;q=0, application/xml;q=0.1", "application/xml"),
        ("application/json;q=\u00b2, application/xml;q=0.1", "application/json"),
    ],
)
def test_the_capabilities_come_as_the_publisher_likes_best(accept: str, chosen: str) -> None:
    answer = capabilities(accept)
    assert answer is not None
    assert answer == (chosen, ANSWERS[chosen])


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/plain"])
def test_a_publisher_that_likes_none_of_them_is_told(accept: str) -> None:
    assert capabilities(accept) is None


def test_the_capabilities_say_the_same_in_every_form() -> None:
    json = orjson.loads(ANSWERS["application/json"])["receiver-capabilities"]["receiver-capability"]
    assert "urn:ietf:capability:https-notif-receiver:encoding:json" in json
    assert "urn:ietf:params:yang-notif:https-capability:sub-notif" in json
    xml = etree.fromstring(ANSWERS["application/xml"])
    assert (xml.tag, [leaf.text for leaf in xml]) == ("receiver-capabilities", json)
    newer = orjson.loads(ANSWERS["application/yang-data+json"])["ietf-https-notif-transport:receiver-capabilities"]
    assert newer["receiver-capability"] == json
    assert len(etree.fromstring(ANSWERS["application/yang-data+xml"])) == len(json)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("application/json", MediaType.JSON),
        ("application/json; charset=utf-8", MediaType.JSON),
        ("Application/YANG-Data+XML", MediaType.XML),
        ("application/yang-data+cbor; id=name", MediaType.CBOR),
    ],
)
def test_a_media_type_is_known_in_every_spelling(written: str, kind: MediaType) -> None:
    assert media_type_of(written) is kind


@pytest.mark.parametrize("written", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_another_media_type_is_refused_by_name(written: str) -> None:
    with pytest.raises(WireError, match="known are application/json") as refused:
        media_type_of(written)
    assert refused.value.reason == "unsupported_media_type"


def test_a_compressed_body_is_refused_by_name() -> None:
    assert media_type_of("application/json", "Identity") is MediaType.JSON
    with pytest.raises(WireError, match="send it as it is"):
        media_type_of("application/json", "gzip")


@pytest.mark.parametrize(
    ("kind", "body"),
    [(MediaType.JSON, orjson.dumps(JSON)), (MediaType.XML, XML), (MediaType.CBOR, cbor2.dumps(JSON))],
)
def test_the_drafts_examples_are_one_notification_each_and_are_decoded(kind: MediaType, body: bytes) -> None:
    assert payloads_of(kind, body) == [body]
    assert decode(Message("192.0.2.1", 1, 0, 0, 0, kind, body)).path[-1] in {"example-mod:event", "event"}


def test_several_notifications_in_one_request_keep_their_octets_and_order() -> None:
    first, second = b'{ "ietf-https-notif:notification" : {"a:b":{"n":1}}}', b'{"x:y":{"big":18446744073709551615}}'
    assert payloads_of(MediaType.JSON, b"[" + first + b" ,\n" + second + b"]") == [first, second]
    several = b"<bundle>" + XML + b"\n" + XML.replace(b"2019", b"2020") + b"</bundle>"
    found = payloads_of(MediaType.XML, several)
    assert [decode(Message("192.0.2.1", 1, 0, 0, 0, MediaType.XML, each)).event_time for each in found] == [
        "2019-03-22T12:35:00Z",
        "2020-03-22T12:35:00Z",
    ]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MediaType.JSON, b""),
        (MediaType.JSON, b"{"),
        (MediaType.JSON, b"[]"),
        (MediaType.JSON, b"[1]"),
        (MediaType.JSON, b'{"a":' * 5000 + b"1" + b"}" * 5000),
        (MediaType.XML, b"<a>"),
        (MediaType.XML, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        (MediaType.CBOR, b"\xff"),
        (MediaType.CBOR, b""),
    ],
)
def test_a_body_that_is_no_document_is_malformed(kind: MediaType, body: bytes) -> None:
    with pytest.raises(WireError) as refused:
        payloads_of(kind, body)
    assert refused.value.reason == "malformed"


@given(st.sampled_from(list(MediaType)), st.binary(max_size=60))
def test_no_octets_raise_anything_but_a_wire_error(kind: MediaType, body: bytes) -> None:
    with suppress(WireError):
        assert payloads_of(kind, body)


@given(st.text(max_size=40))
def test_no_header_raises_anything_but_a_wire_error(text: str) -> None:
    capabilities(text)
    with suppress(WireError):
        assert media_type_of(text)


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        (None, ""),
        ({}, ""),
        ({"subject": ((("organizationName", "Example"),), (("commonName", "pe1"),))}, "pe1"),
        ({"subject": ((("commonName", "pe1"),),), "subjectAltName": (("IP Address", "192.0.2.1"),)}, "192.0.2.1"),
        ({"subject": ((("organizationName", "Example"),),)}, ""),
    ],
)
def test_a_certificate_names_its_publisher(certificate: dict | None, name: str) -> None:  # type: ignore[type-arg]
    assert name_of(certificate) == name


def test_publisher_ids_fit_their_field_and_differ() -> None:
    assert publisher_id_of("") == 0
    assert len({publisher_id_of(name) for name in ("pe1", "pe2", "pe3")}) == 3
    assert 0 < publisher_id_of("pe1") < 1 << 32

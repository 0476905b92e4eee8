"""Every row of the wrapper table gives the same facts."""

import cbor2
import pytest

from tests.builders import message
from tests.core.notification.samples import (
    CBOR,
    HEADERS,
    PUSH_UPDATE,
    TIME,
    enveloped,
    of_cbor,
    of_json,
    of_xml,
    pushed,
)
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode, tree_of
from yangbeam.core.notification.wrappers import BARE, WRAPPERS

_HAS_NUMBERS = {"H2", "H3", "H4", "H5", "H6", "H7", "H8"}


@pytest.mark.parametrize("row", HEADERS)
def test_a_json_wrapper_is_named_and_its_facts_are_read(row: str) -> None:
    found = decode(of_json(HEADERS[row]))
    assert found.wrapper == row
    assert (found.kind, found.subscription_id, found.publisher_id) == ("push-update", 7, 3)
    assert found.event_time == (None if row == "H10" else TIME)
    assert (found.node, found.sequence_number) == (("r1", 5) if row in _HAS_NUMBERS else (None, None))
    assert found.observed_at == "2026-11-20T10:00:00Z"
    assert found.modules == ("ietf-interfaces",)


@pytest.mark.parametrize("row", HEADERS)
def test_the_same_wrappers_are_read_in_cbor(row: str) -> None:
    found, json = decode(of_cbor(HEADERS[row])), decode(of_json(HEADERS[row]))
    assert found.wrapper == f"C1/{row}"
    assert (found.path, found.node, found.modules) == (json.path, json.node, json.modules)


def test_the_table_has_a_sample_of_each_row() -> None:
    assert {row.id for row in WRAPPERS} | {BARE} == set(HEADERS)


def test_the_path_leads_from_the_top_to_the_body() -> None:
    assert decode(of_json(HEADERS["H8"])).path == (
        "ietf-yp-notification:envelope",
        "contents",
        "ietf-yang-push:push-update",
    )
    assert decode(of_json(HEADERS["H2"])).path == ("ietf-notification:notification", "ietf-yang-push:push-update")
    assert decode(of_json(HEADERS["H10"])).path == ("ietf-yang-push:push-update",)


def test_envelope_sids_give_the_same_notification_as_names() -> None:
    by_sid = {2957: {2: TIME, 3: "r1", 4: 5, 1: PUSH_UPDATE}}
    found = decode(of_cbor(by_sid))
    assert found.wrapper == "C2/H8"
    assert found.path == decode(of_json(HEADERS["H8"])).path
    assert tree_of(of_cbor(by_sid)) == HEADERS["H8"]


def test_absolute_sids_under_tag_47_are_resolved() -> None:
    tag = lambda sid: cbor2.CBORTag(47, sid)  # noqa: E731
    found = decode(of_cbor({tag(2957): {tag(2959): TIME, tag(2960): "r1", tag(2961): 5, tag(2958): PUSH_UPDATE}}))
    assert (found.wrapper, found.node, found.sequence_number) == ("C2/H8", "r1", 5)


def test_a_map_in_a_byte_string_is_decoded_once_more() -> None:
    assert decode(of_cbor(cbor2.dumps(HEADERS["H8"]))).node == "r1"


def test_indefinite_lengths_are_read() -> None:
    body = cbor2.dumps("ietf-yp-notification:envelope") + b"\xbf" + cbor2.dumps("event-time") + cbor2.dumps(TIME)
    payload = b"\xbf" + body + cbor2.dumps("contents") + cbor2.dumps(PUSH_UPDATE) + b"\xff\xff"
    assert decode(message(payload, media_type=CBOR)).event_time == TIME


RFC_5277 = """<notification xmlns="{}"><eventTime>2026-11-20T10:00:10.00Z</eventTime>
<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>7</id><datastore-contents>
<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/></datastore-contents></push-update></notification>"""


def test_the_header_of_rfc_5277_is_read() -> None:
    found = decode(of_xml(RFC_5277.format("urn:ietf:params:xml:ns:netconf:notification:1.0")))
    assert (found.wrapper, found.kind, found.subscription_id, found.event_time) == ("X1", "push-update", 7, TIME)
    assert found.modules == ("urn:ietf:params:xml:ns:yang:ietf-interfaces",)
    assert found.quirks == ()


def test_the_wrong_namespace_of_rfc_7950_is_accepted_and_named() -> None:
    found = decode(of_xml(RFC_5277.format("urn:ietf:params:netconf:capability:notification:1.0")))
    assert (found.wrapper, found.quirks) == ("X1", ("capability-namespace",))


def test_the_xml_envelope_is_read() -> None:
    found = decode(
        of_xml(
            '<envelope xmlns="urn:ietf:params:xml:ns:yang:ietf-yp-notification"><event-time>t</event-time>'
            "<hostname>r1</hostname><sequence-number>5</sequence-number><contents>"
            '<subscription-terminated xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><id>7</id>'
            '<reason xmlns:x="urn:ietf:params:xml:ns:yang:ietf-yang-push">x:update-too-big</reason>'
            "</subscription-terminated></contents></envelope>"
        )
    )
    assert (found.wrapper, found.node, found.sequence_number) == ("X2", "r1", 5)
    assert (found.kind, found.reason) == ("subscription-terminated", "ietf-yang-push:update-too-big")
    assert found.path == ("envelope", "contents", "subscription-terminated")


def test_a_bare_xml_notification_is_read_when_it_is_a_known_one() -> None:
    text = '<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>7</id></push-update>'
    assert decode(of_xml(text)).wrapper == "H10"
    with pytest.raises(NotificationError, match="no-wrapper"):
        decode(of_xml("<a xmlns='urn:b'/>"))


@pytest.mark.parametrize("tree", [{"ietf-netconf-notifications:netconf-config-change": {"username": "a"}}])
def test_event_stream_notifications_are_known_by_module_and_name(tree: dict[str, object]) -> None:
    (name,) = tree
    for wrapped, row in ((tree, "H10"), (enveloped(name, tree[name]), "H8")):
        found = decode(of_json(wrapped))
        assert (found.wrapper, found.kind, found.modules) == (row, name, ("ietf-netconf-notifications",))
        assert (found.subscription_id, found.publisher_id) == (None, 1)


def test_an_event_stream_notification_in_xml_has_its_namespace() -> None:
    found = decode(
        of_xml(
            '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>t</eventTime>'
            '<link-down xmlns="http://vendor.example/ns/yang/Vendor-link"><a>1</a></link-down></notification>'
        )
    )
    assert (found.kind, found.modules) == ("Vendor-link:link-down", ("http://vendor.example/ns/yang/Vendor-link",))


@pytest.mark.parametrize(
    ("tree", "quirk"),
    [
        (HEADERS["H4"], "misspelt-module:ietf-notifications"),
        (enveloped("ietf-subscribed-notification:subscription-resumed", {"id": 1}), "misspelt-module:"),
        (enveloped("ietf-yang-push:Push-Update", {"id": 1}), "wrong-case"),
        (enveloped("push-update", {"id": 1}), "unqualified-notification"),
        ({"ietf-yp-notification:envelope": {"Event-Time": "t", "contents": PUSH_UPDATE}}, "wrong-case:event-time"),
        ({"ietf-yp-notification:envelope": {"event-time": "t", **PUSH_UPDATE}}, "unusual-wrapper"),
        (pushed({"id": "7"}), "number-as-string:id"),
    ],
)
def test_departures_that_are_accepted_are_named(tree: dict[str, object], quirk: str) -> None:
    assert any(found.startswith(quirk) for found in decode(of_json(tree)).quirks)


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ([], "no-wrapper"),
        (5, "no-wrapper"),
        ({}, "no-wrapper"),
        ({"a:b": {}, "c:d": {}}, "no-wrapper"),
        ({"nothing": {}}, "no-wrapper"),
        ({"ietf-yp-notification:envelope": []}, "not-a-container"),
        ({"ietf-yp-notification:envelope": 5}, "not-a-container"),
        ({"ietf-yp-notification:envelope": {"contents": [PUSH_UPDATE]}}, "not-a-container"),
        ({"ietf-yp-notification:envelope": {"contents": {}}}, "no-notification"),
        ({"ietf-yp-notification:envelope": {"event-time": "t", "contents": None}}, "not-a-container"),
        ({"ietf-yp-notification:envelope": {"event-time": "t"}}, "no-notification"),
        ({"ietf-notification:notification": {"a:b": {}, "c:d": {}}}, "ambiguous-notification"),
        (enveloped("ietf-yang-push:push-update", [{}]), "not-a-container"),
        ({"ietf-yang-push:push-update": [{}]}, "not-a-container"),
        (pushed({"datastore-contents": [CONTENT := {}, CONTENT]}), "not-a-container"),
        (pushed({"datastore-contents": "x"}), "not-a-container"),
        (pushed({"id": 2**32}), "number-out-of-range"),
        (pushed({"id": 2**64}), "number-out-of-range"),
        (pushed({"id": -1}), "number-out-of-range"),
        (pushed({"id": True}), "not-a-number"),
        (pushed({"id": "1_0"}), "not-a-number"),
        (pushed({"ietf-yp-observation:timestamp": 5}), "not-a-string"),
        (pushed({"ietf-distributed-notif:message-publisher-id": {}}), "not-a-number"),
        ({"ietf-yp-notification:envelope": {"event-time": 5, "contents": PUSH_UPDATE}}, "not-a-string"),
        ({"ietf-yp-notification:envelope": {"hostname": 5, "contents": PUSH_UPDATE}}, "not-a-string"),
        ({"ietf-yp-notification:envelope": {"sequence-number": 2**32, "contents": PUSH_UPDATE}}, "number-out-of-range"),
    ],
)
def test_what_is_no_notification_is_refused_with_its_reason(tree: object, reason: str) -> None:
    with pytest.raises(NotificationError) as refused:
        decode(of_json(tree))
    assert refused.value.reason == reason


def test_the_container_given_as_array_is_named() -> None:
    with pytest.raises(NotificationError, match="container datastore-contents is given as an array"):
        decode(of_json(pushed({"datastore-contents": []})))


def test_a_known_notification_wins_over_an_unknown_container_beside_it() -> None:
    found = decode(of_json({"ietf-notification:notification": {"vendor:extra": {}, **PUSH_UPDATE}}))
    assert (found.wrapper, found.kind) == ("H1", "push-update")


def test_a_publisher_in_the_body_wins_over_the_header_and_that_over_the_transport() -> None:
    def header(body: dict[str, object], **leaves: object) -> int:
        tree = {"ietf-subscribed-notifications:notification": {**leaves, "ietf-yang-push:push-update": body}}
        return decode(of_json(tree, publisher_id=4)).publisher_id

    assert header({}) == 4
    assert header({}, publisherId=9) == 9
    assert header({"ietf-distributed-notif:message-publisher-id": 0}, publisherId=9) == 0


def test_a_sequence_number_in_text_is_a_number() -> None:
    tree = {"ietf-yp-notification:envelope": {"sequence-number": "5", "contents": PUSH_UPDATE}}
    found = decode(of_json(tree))
    assert (found.sequence_number, found.quirks) == (5, ("number-as-string:sequence-number",))


def test_an_unknown_media_type_is_refused() -> None:
    for read in (decode, tree_of):
        with pytest.raises(NotificationError, match="unsupported-media-type"):
            read(message(b"x", media_type="private/3"))

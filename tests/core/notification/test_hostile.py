"""Whatever the octets, only NotificationError leaves the decoders, and it says why."""

import sys
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import message
from tests.core.notification.samples import CBOR, HEADERS, JSON, PUSH_UPDATE, TIME, XML, corpus, of_json, of_xml, pushed
from yangbeam.core.elements import Message
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.refusal import MAX_DEPTH
from yangbeam.core.notification.slices import body_of, contents_of, edits_of

_MEDIA_TYPES = (JSON, XML, CBOR)


def _survives(message_: Message) -> None:
    try:
        found = decode(message_)
    except NotificationError as error:
        assert str(error)  # noqa: PT017 - raising is allowed here, not required
        return
    if found.message.media_type == JSON:
        for cut in (contents_of, edits_of, body_of):
            cut(found)


def _refused(payload: bytes, media_type: str) -> str:
    with pytest.raises(NotificationError) as refused:
        decode(message(payload, media_type=media_type))
    return refused.value.reason


@pytest.mark.parametrize("media_type", _MEDIA_TYPES)
def test_an_empty_payload_has_its_own_reason(media_type: str) -> None:
    assert _refused(b"", media_type) == "empty-payload"


def test_blank_payloads_are_empty_too() -> None:
    assert _refused(b" \n", JSON) == "empty-payload"
    assert _refused(b" \n", XML) == "empty-payload"


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b"\xff",
        b'{"a:b":"\xff"}',
        b'{"a:b":{"c":NaN}}',
        b'{"a:b":{"c":Infinity}}',
        b'{"a:b":{}} x',
        b'{"a:b":{}}\x00',
        b'{"a:b":{"c":"\\ud800"}}',
        b"\xef\xbb\xbf{}",
        b"{'a:b':{}}",
    ],
)
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    assert _refused(payload, JSON) == "not-json"


def _nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """A push-update whose payload nests to this depth."""
    inner = opening * (depth - 3) + b"1" + closing * (depth - 3)
    return b'{"ietf-yang-push:push-update":{"datastore-contents":{"m:a":' + inner + b"}}}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"]":', b"}]"), (b"[1,", b"]")])
def test_nesting_is_limited_exactly(opening: bytes, closing: bytes) -> None:
    levels = 2 if opening.startswith(b'[{"') else 1
    fits = 3 + (MAX_DEPTH - 3) // levels
    assert decode(message(_nested(fits, opening, closing))).modules == ("m",)
    assert _refused(_nested(fits + 1, opening, closing), JSON) == "nesting-too-deep"
    assert _refused(_nested(5000, opening, closing), JSON) == "nesting-too-deep"


def test_brackets_in_strings_are_no_nesting() -> None:
    assert decode(of_json(pushed({"datastore-contents": {"m:a": "[{" * 1000}}))).modules == ("m",)
    assert _refused(orjson.dumps("[" * 1000), JSON) == "no-wrapper"


def test_wide_payloads_are_not_deep() -> None:
    assert decode(of_json(pushed({"datastore-contents": {"m:a": [{"b": [1]}] * 1000}}))).modules == ("m",)


@pytest.mark.parametrize("row", HEADERS)
def test_every_truncation_of_every_wrapper_is_refused(row: str) -> None:
    whole = orjson.dumps(HEADERS[row])
    assert {_refused(whole[:cut], JSON) for cut in range(1, len(whole))} == {"not-json"}
    binary = cbor2.dumps(HEADERS[row])
    assert {_refused(binary[:cut], CBOR) for cut in range(1, len(binary))} == {"not-cbor"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"<a", "not-xml"),
        (b"<a></b>", "not-xml"),
        (b"plain", "not-xml"),
        (b"<a>\xff</a>", "not-xml"),
        (b"<a>&b;</a>", "not-xml"),
        (b"<a/><b/>", "not-xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "not-xml"),
        (b"<a/>", "no-wrapper"),
        (b'<a xmlns="}urn:b"><b xmlns="relative"/></a>', "no-wrapper"),
        (b"<a><b %b/></a>" % b" ".join(b'xmlns:p%d="urn:p"' % n for n in range(257)), "xml-prefixes"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml-dtd"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "xml-dtd"),
        (b"<a>" * 200 + b"</a>" * 200, "nesting-too-deep"),
        (b"<a>" * 5000 + b"</a>" * 5000, "nesting-too-deep"),
    ],
)
def test_what_is_no_xml_notification_is_refused(payload: bytes, reason: str) -> None:
    assert _refused(payload, XML) == reason


_X1 = (
    '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>t</eventTime>'
    '<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push">{}</push-update></notification>'
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<id>1</id><id>2</id>", "not-a-number"),
        ("<id><a/></id>", "not-a-number"),
        ("<id>99999999999999999999999</id>", "not-a-number"),
        ("<id>4294967296</id>", "number-out-of-range"),
        ("<datastore-contents/><datastore-contents/>", "container-repeated"),
    ],
)
def test_xml_leaves_of_a_wrong_type_are_refused(body: str, reason: str) -> None:
    assert _refused(_X1.format(body).encode(), XML) == reason


def test_a_repeated_xml_filter_is_refused() -> None:
    twice = "<datastore-subtree-filter/>" * 2
    text = (
        _X1.replace("push-update", "subscription-started").replace("ietf-yang-push", "ietf-subscribed-notifications")
    ).format(twice)
    assert _refused(text.encode(), XML) == "container-repeated"


def test_comments_and_processing_instructions_are_no_members() -> None:
    found = decode(of_xml(_X1.format("<!-- a --><?b c?><id>7</id>")))
    assert found.subscription_id == 7


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff", "not-cbor"),
        (b"\xa1", "not-cbor"),
        (b"\x01\x02", "not-cbor"),
        (b"\xa1\x61\xff\x01", "not-cbor"),
        (b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", "not-cbor"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "not-cbor"),
        (b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", "not-cbor"),
        (b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01", "not-cbor"),
        (b"\x81" * 200 + b"\x01", "nesting-too-deep"),
        (b"\xc1\x01", "unsupported-cbor-tag"),
        (b"\xc2\x41\x01", "unsupported-cbor-tag"),
        (b"\xd8\x1c\x81\xd8\x1d\x00", "unsupported-cbor-tag"),
        (b"\xd8\x23\x63(a)", "unsupported-cbor-tag"),
        (b"\xd8\x63\x01", "unsupported-cbor-tag"),
        (b"\xa1\x81\x01\x02", "unknown-sid"),
        (cbor2.dumps({9999: {}}), "unknown-sid"),
        (cbor2.dumps({2957: {2: TIME, 1: {9999: {}}}}), "unknown-sid"),
        (cbor2.dumps({2957: {2: TIME, 77: {}}}), "unknown-sid"),
        (cbor2.dumps([PUSH_UPDATE]), "no-wrapper"),
        (cbor2.dumps(b"\xff"), "not-cbor"),
        (cbor2.dumps(b""), "not-cbor"),
    ],
)
def test_what_is_no_cbor_notification_is_refused(payload: bytes, reason: str) -> None:
    assert _refused(payload, CBOR) == reason


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
_NAMES = st.sampled_from(
    [
        *(name for tree in HEADERS.values() for top, holder in tree.items() for name in (top, *holder)),
        "id",
        "datastore-contents",
        "datastore-changes",
        "yang-patch",
        "edit",
        "operation",
        "target",
        "value",
        "ietf-yang-push:push-change-update",
        "ietf-subscribed-notifications:subscription-started",
        "module-version",
        "periodic",
        "incomplete-update",
        "m:a",
    ]
)
_TREES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), below, max_size=5),
)


@settings(max_examples=300)
@given(tree=_TREES, top=_NAMES, name=_NAMES)
def test_no_tree_breaks_the_decoder(tree: Any, top: str, name: str) -> None:
    for wrapped in (tree, {top: tree}, {top: {name: tree}}, {top: {"contents": {name: tree}}}):
        _survives(message(cbor2.dumps(wrapped), media_type=CBOR))
        try:
            payload = orjson.dumps(wrapped, default=str)
        except (orjson.JSONEncodeError, UnicodeError):
            continue
        _survives(message(payload))


@settings(max_examples=300)
@given(data=st.data())
def test_no_mutation_of_a_payload_breaks_the_decoder(data: st.DataObject) -> None:
    payloads = corpus()
    _, original = payloads[data.draw(st.integers(0, len(payloads) - 1))]
    octets = bytearray(original.payload)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets)))
        octets[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    _survives(message(bytes(octets), media_type=original.media_type))


@settings(max_examples=200)
@given(payload=st.binary(max_size=200), media_type=st.sampled_from(_MEDIA_TYPES))
def test_random_octets_break_no_decoder(payload: bytes, media_type: str) -> None:
    _survives(message(payload, media_type=media_type))


def test_the_limit_leaves_room_for_recursion() -> None:
    assert sys.getrecursionlimit() > MAX_DEPTH * 4


def test_many_declarations_one_for_each_element_are_no_harm() -> None:
    many = "".join(f'<note{n} xmlns="urn:example:notes"/>' for n in range(300))
    contents = f'<id>7</id><datastore-contents><top xmlns="urn:example:things">{many}</top></datastore-contents>'
    assert decode(of_xml(_X1.format(contents))).subscription_id == 7

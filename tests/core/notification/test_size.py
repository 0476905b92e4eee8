"""What would make a tree out of proportion is refused before it is made; what routers send is not."""

import json
import tracemalloc
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import message
from tests.core.notification.samples import CBOR, JSON, XML
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification import size
from yangbeam.core.notification.decode import decode, tree_of
from yangbeam.core.notification.size import MAX_FACTOR, SMALL, bound_cbor, bound_json, bound_xml

MAX_NODES = 70_000
"""In these tests; more than the octets that are not looked at."""

NAMESPACE = "urn:ietf:params:xml:ns:yang"
IN_CBOR = cbor2.dumps({"ietf-yp-notification:envelope": {"contents": {"ietf-yang-push:push-update": {"a": 0}}}})[:-1]


def in_json(entries: bytes) -> bytes:
    return (
        b'{"ietf-yp-notification:envelope":{"event-time":"2026-11-20T10:00:10.00Z","contents":'
        b'{"ietf-yang-push:push-update":{"id":1,"datastore-contents":{"a:b":[' + entries + b"]}}}}}"
    )


def in_xml(elements: str, declared: str = "") -> bytes:
    return (
        f'{declared}<envelope xmlns="{NAMESPACE}:ietf-yp-notification"><contents><push-update '
        f'xmlns="{NAMESPACE}:ietf-yang-push"><id>1</id><datastore-contents>{elements}'
        "</datastore-contents></push-update></contents></envelope>"
    ).encode()


def in_cbor(count: int, item: bytes) -> bytes:
    return IN_CBOR + b"\x9a" + count.to_bytes(4, "big") + item * count


def reason(payload: bytes, media_type: str) -> str:
    """Why it is refused, and that no tree was made to find out; empty: it is not."""
    tracemalloc.start()
    try:
        decode(message(payload, media_type=media_type))
    except NotificationError as error:
        assert tracemalloc.get_traced_memory()[1] < MAX_FACTOR // 2 * len(payload)
        return error.reason
    finally:
        tracemalloc.stop()
    return ""


@pytest.mark.parametrize(
    ("payload", "media_type"),
    [
        (in_json(b"1," * MAX_NODES + b"1"), JSON),
        (in_json(b"{}," * MAX_NODES + b"{}"), JSON),
        (in_json(b'{"a":[]},' * (MAX_NODES // 2 + 9) + b"1"), JSON),
        (in_xml("<a/>" * MAX_NODES), XML),
        (in_xml("<a>1</a>" * MAX_NODES), XML),
        (in_xml('<a b="" c=""/>' * (MAX_NODES // 3 + 1)), XML),
        (in_xml("<a/>" * MAX_NODES).decode().encode("utf-16"), XML),
        (in_cbor(MAX_NODES, b"\x01"), CBOR),
        (in_cbor(MAX_NODES, b"\x41a"), CBOR),
        (in_cbor(SMALL, b"\xa0"), CBOR),
        (in_cbor(SMALL, b"\x80"), CBOR),
        (in_cbor(SMALL, b"\xa1\x01\x05"), CBOR),
        (cbor2.dumps(in_cbor(SMALL, b"\xa0")), CBOR),
    ],
    ids=lambda value: value if isinstance(value, str) else value[-20:].decode("ascii", "replace"),
)
def test_too_many_nodes_are_refused_before_they_take_memory(
    payload: bytes, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "MAX_NODES", MAX_NODES)
    assert reason(payload, media_type) == "too-many-nodes"


@pytest.mark.parametrize(
    ("payload", "media_type"),
    [
        (in_json(b'"' + b",{[" * 1_000_000 + b'\\"{"'), JSON),  # they stand in a string
        (in_json(b'{"name":"eth0","mtu":1500},' * 10_000 + b"1"), JSON),
        (in_xml("<a><name>eth0</name><mtu>1500</mtu></a>" * 10_000), XML),
        (in_cbor(10_000, cbor2.dumps({1: "eth0", 2: 1500, 3: 7})), CBOR),
        (in_cbor(10_000, cbor2.dumps({"name": "eth0", "mtu": 1500})), CBOR),
        (in_cbor(1, b"\x5a\x00\x10\x00\x00" + b"\xa0" * (1 << 20)), CBOR),  # octets, not items
    ],
    ids=["string", "json", "xml", "cbor by sid", "cbor", "cbor octets"],
)
def test_what_routers_may_send_is_read_however_large(payload: bytes, media_type: str) -> None:
    assert reason(payload, media_type) == ""


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "utf-7-imap", "hz"])
def test_an_encoding_that_hides_elements_is_not_read_where_it_matters(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + in_xml("<a/>" * SMALL).decode()
    with pytest.raises(NotificationError, match="UTF-8") as refused:
        bound_xml(text.encode("cp037" if encoding == "cp037" else "ascii"))
    assert refused.value.reason == "not-xml"
    bound_xml(in_xml("<a/>" * SMALL, '<?xml version="1.0" encoding="UTF-8"?>'))


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (lambda count: in_json(b'{"":0},' * count + b"1"), JSON),
        (lambda count: in_json(b"[]," * count + b"1"), JSON),
        (lambda count: in_cbor(count, b"\xa2\x01\x05\x02\x62ab"), CBOR),
        (lambda count: in_cbor(count, b"\x41a"), CBOR),
        (lambda count: in_cbor(count, b"\x83\x61a\x01\x02"), CBOR),
        (lambda count: in_cbor(count, b"\x19\xff\xff"), CBOR),
        (lambda count: in_cbor(count, b"\xf9\x3e\x01"), CBOR),
        (lambda count: in_cbor(count, cbor2.dumps(dict.fromkeys(range(20), 1))), CBOR),
    ],
)
def test_what_is_read_takes_no_more_memory_than_is_said(make: Any, media_type: str) -> None:
    payload = make(10_000)
    tracemalloc.start()
    try:
        tree = tree_of(message(payload, media_type=media_type))
        assert tracemalloc.get_traced_memory()[1] < MAX_FACTOR * len(payload)
        assert tree
    finally:
        tracemalloc.stop()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def _nodes(value: Any) -> int:
    """Values in a document, empty containers with them."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_nodes, below))


def _items(value: Any) -> int:
    keys = len(value) if isinstance(value, dict) else 0
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + keys + sum(map(_items, below))


@given(_VALUES)
def test_nodes_of_json_are_counted_as_they_are(value: Any) -> None:
    text = orjson.dumps(value)
    assert size._marks(size._STRING.sub(b"0", text)) == _nodes(value) - 1
    indented = json.dumps(value, indent=1).encode()
    assert size._marks(size._STRING.sub(b"0", indented)) >= _nodes(value) - 1


@given(_VALUES)
def test_items_of_cbor_are_counted_as_they_are(value: Any) -> None:
    octets = cbor2.dumps(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size, "SMALL", 0)
        patch.setattr(size, "MAX_FACTOR", 1 << 20)
        patch.setattr(size, "MAX_NODES", _items(value))
        bound_cbor(octets)
        patch.setattr(size, "MAX_NODES", _items(value) - 1)
        with pytest.raises(NotificationError):
            bound_cbor(octets)


@given(st.binary(max_size=200))
def test_octets_that_are_no_cbor_are_walked_to_an_end(octets: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size, "SMALL", 0)
        patch.setattr(size, "MAX_FACTOR", 1 << 20)
        bound_cbor(octets)


def test_small_payloads_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "MAX_NODES", 0)
    for bound in (bound_json, bound_xml, bound_cbor):
        bound(b"\xa0" * SMALL)

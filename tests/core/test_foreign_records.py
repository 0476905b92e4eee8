"""Records that are none of ours, in each topic: whoever wrote them, each is refused by name and ends nothing."""

import itertools
from typing import Any

import msgspec
import pytest

from tests.core.ingest.topic_records import record
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import TopicBatch
from yangbeam.core.errors import NotificationError, SchemaError, WireError
from yangbeam.core.ingest.unwrapping import ReadSoFar, Unwrapper
from yangbeam.core.ledger import Tallies
from yangbeam.core.raw_record import HEARTBEAT, MESSAGE, REFUSED, read_record

VALUES = {
    "noise": bytes(range(56, 256)),
    "empty": b"",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "NaN": b'{"ietf-telemetry-message:message":NaN}',
    "a member twice": b'{"a":1,"a":2}',
    "a huge number": b'{"ietf-telemetry-message:message":{"x":' + b"9" * 100_000 + b"}}",
    "half a character": b'{"\\ud800":"\\udfff"}',
    "a prefix alone": b"\0\0\0\0\7",
    "another prefix": b"\0\xff\xff\xff\xff{}",
    "array": b"[]",
    "null": b"null",
    "number": b"1",
    "map without end": b"\xdf\xff\xff\xff\xff",
    "a later version": b"\x92\xcc\xff\xc0",
}
HEADERS: dict[str, list[tuple[str, bytes]]] = {
    "none": [],
    "empty": [
        (name, b"") for name in ("schema-id", "yangbeam-raw", "yangbeam-dead-letter", MESSAGE, REFUSED, HEARTBEAT)
    ],
    "an id that nobody gave": [("schema-id", b"99999999999")],
    "a superscript": [("schema-id", "²".encode())],
    "a GUID": [("__value_schema_id", b"\1" + bytes(16))],
    "places below zero": [("yangbeam-raw", b"-1/-1/-1"), ("schema-id", b"1")],
    "places beyond": [("yangbeam-raw", b"9" * 30 + b"/1/1"), ("schema-id", b"1")],
    "a thousand": [(f"h{number}", b"x") for number in range(1_000)],
    "one fifty times": [("schema-id", b"1")] * 50,
    "facts that end": [(MESSAGE, b"\x9c")],
    "facts of a later release": [(MESSAGE, b"\x93\xcc\xff\xff\xff")],
    "a refusal that is none": [(REFUSED, b"\xff" * 50)],
    "a heartbeat that is none": [(HEARTBEAT, b"\x90")],
    "a letter that is none": [("yangbeam-dead-letter", b"\x91\x01")],
    "control characters": [("\x1b[31mh", b"\x1b[0m")],
}
CASES = [
    pytest.param(value, headers, id=f"{value_is}, {headers_are}")
    for (value_is, value), (headers_are, headers) in itertools.product(VALUES.items(), HEADERS.items())
]


def no_schema(_: Any) -> Any:
    raise SchemaError("schema-unknown", "no such schema")


@pytest.mark.parametrize(("value", "headers"), CASES)
def test_a_foreign_record_is_refused_by_name(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(WireError):
        read_record(headers, value, 0, 0)
    foreign = msgspec.structs.replace(record(), value=value, headers=tuple(headers))
    unwrapper = Unwrapper(id_of_guid=no_schema, schema_of=no_schema)
    unwrapped = unwrapper.unwrap(ReadSoFar(), TopicBatch(records=[foreign]), Tallies("unwrap"))
    (letter,) = unwrapped.letters
    assert letter.original == value
    with pytest.raises(NotificationError):
        from_record(headers, value)

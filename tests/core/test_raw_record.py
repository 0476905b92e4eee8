"""The raw topic's records: their bytes, and what becomes of others'."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import message
from yangbeam.core.elements import Heartbeat, Message, Refused
from yangbeam.core.errors import WireError
from yangbeam.core.raw_record import Beat, RawRecord, of_heartbeat, of_message, of_refused, read_record

REFUSAL = Refused(0, "truncated", "12 octets", "192.0.2.10", 50000, 1_795_168_810_120_000, b"\x20\x01", 1, None)
BEAT = Heartbeat(0, "c-0", 1_795_168_810_120_000, {"datagrams": 12, "kernel_drops": 0}, 5)
OLDER = {
    "yangbeam-refused": (
        "9901a97472756e6361746564a93132206f6374657473aa3139322e302e322e3130cdc350cf000660b24f3d334001c0a6646576696365"
    ),
    "yangbeam-heartbeat": "950108a3632d30cf000660b24f3d334082a9646174616772616d730cac6b65726e656c5f64726f707300",
}
"""As they were written before heartbeats said what was given."""


def back(record: object, partition: int = 3, offset: int = 41) -> Message | Refused | Beat:
    return read_record(record.headers, record.value, partition, offset)  # type: ignore[attr-defined]


def test_a_message_comes_back_whole_with_its_place() -> None:
    given_message = message(b'{"a":1}', options=((2, b"xy"),))
    assert back(of_message(given_message)) == msgspec.structs.replace(given_message, raw_partition=3, raw_offset=41)


def test_a_refusal_comes_back_whole_with_its_place() -> None:
    assert back(of_refused(REFUSAL)) == msgspec.structs.replace(REFUSAL, raw_partition=3, raw_offset=41)


def test_a_heartbeat_comes_back_with_the_shards_of_its_writer() -> None:
    assert back(of_heartbeat(BEAT, 8)) == Beat(BEAT, 8)


@given(st.binary(max_size=40), st.text(max_size=5), st.integers(0, 2**32 - 1), st.integers(0, 2**60))
def test_any_message_comes_back(payload: bytes, exporter: str, number: int, arrival_us: int) -> None:
    one = message(payload, exporter=exporter, message_id=number, publisher_id=number, arrival_us=arrival_us)
    assert msgspec.structs.replace(back(of_message(one)), raw_partition=-1, raw_offset=-1) == one


def test_key_value_and_time_are_those_of_the_message() -> None:
    record = of_message(message(b"{}"))
    assert (record.key, record.value, record.timestamp_ms) == (b"192.0.2.10", b"{}", 1_795_168_810_120)


PINNED = [
    (
        of_message(message(b"{}")),
        "yangbeam-message",
        (
            "9c01aa3139322e302e322e3130cdc3500107cf000660b24f3d3340ba6170706c69636174696f6e2f79616e672d646174612b6a736f"
            "6ea93139322e302e322e31cd2713a97564702d6e6f74696690a0"
        ),
    ),
    (
        of_refused(REFUSAL),
        "yangbeam-refused",
        "9a01a97472756e6361746564a93132206f6374657473aa3139322e302e322e3130cdc350cf000660b24f3d334001c0a6646576696365a0",
    ),
    (
        of_heartbeat(BEAT, 8),
        "yangbeam-heartbeat",
        "960108a3632d30cf000660b24f3d334082a9646174616772616d730cac6b65726e656c5f64726f70730005",
    ),
]


@pytest.mark.parametrize(("record", "name", "octets"), PINNED)
def test_the_bytes_of_each_kind_are_pinned(record: RawRecord, name: str, octets: str) -> None:
    assert record.headers == [(name, bytes.fromhex(octets))]


def test_a_field_that_an_older_release_lacks_has_its_default() -> None:
    header = msgspec.msgpack.encode([1, "192.0.2.1", 1, 0, 5, 6, "application/yang-data+json"])
    found = read_record([("yangbeam-message", header)], b"{}", 0, 0)
    assert isinstance(found, Message)
    assert (found.transport, found.options) == ("udp-notif", ())


def test_records_that_do_not_say_whose_they_are_and_how_many_are_read() -> None:
    refused, beat = (
        read_record([(name, bytes.fromhex(octets))], REFUSAL.original if "refused" in name else b"", 3, 41)
        for name, octets in OLDER.items()
    )
    assert refused == msgspec.structs.replace(REFUSAL, raw_partition=3, raw_offset=41)
    assert beat == Beat(msgspec.structs.replace(BEAT, given=-1), 8)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ([], "without a header"),
        ([("schema-id", b"7")], "without a header"),
        ([("yangbeam-message", b"\xc1")], "cannot be read"),
        ([("yangbeam-message", msgspec.msgpack.encode([1, 2]))], "cannot be read"),
        ([("yangbeam-refused", msgspec.msgpack.encode({}))], "cannot be read"),
        ([("yangbeam-heartbeat", msgspec.msgpack.encode([9, 1, "c", 1, {}]))], "newer release"),
    ],
)
def test_a_record_of_somebody_else_is_poison(headers: list[tuple[str, bytes]], words: str) -> None:
    with pytest.raises(WireError, match=words) as caught:
        read_record(headers, b"", 0, 0)
    assert caught.value.reason == "not-a-raw-record"

"""What a spooled record is on disk, and what damage costs."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.spool import HEAD, Spooled, encode, entries, entry_octets

RECORDS = st.builds(
    Spooled,
    st.integers(0, 1 << 20),
    st.none() | st.binary(max_size=20),
    st.binary(max_size=200),
    st.lists(st.tuples(st.text(max_size=8), st.none() | st.binary(max_size=9)), max_size=4),
    st.integers(0, 1 << 42),
)


@given(st.lists(RECORDS, max_size=6))
def test_what_is_encoded_is_read_back_in_order(records: list[Spooled]) -> None:
    found, damaged = entries(b"".join(map(encode, records)))
    assert [entry.record for entry in found] == records
    assert not damaged


@given(st.lists(RECORDS, min_size=1, max_size=4), st.data())
def test_a_segment_cut_off_anywhere_gives_the_whole_entries_before(records: list[Spooled], data: st.DataObject) -> None:
    encoded = [encode(record) for record in records]
    cut = data.draw(st.integers(0, sum(map(len, encoded)) - 1))
    found, damaged = entries(b"".join(encoded)[:cut])
    whole = sum(sum(map(len, encoded[: count + 1])) <= cut for count in range(len(encoded)))
    assert [entry.record for entry in found] == records[:whole]
    assert not damaged


@given(st.lists(RECORDS, min_size=2, max_size=4), st.data())
def test_an_octet_that_rotted_costs_its_record_and_is_never_taken_for_another(
    records: list[Spooled], data: st.DataObject
) -> None:
    records = [msgspec.structs.replace(record, timestamp_ms=number) for number, record in enumerate(records)]
    octets = bytearray(b"".join(map(encode, records)))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    found, damaged = entries(bytes(octets))
    kept = [entry.record for entry in found if entry.record is not None]
    assert damaged or len(found) == len(records)
    assert kept == [record for record in records if record in kept]
    assert len(kept) < len(records)


def test_the_header_tells_the_length_of_an_entry_that_is_not_all_there() -> None:
    entry = encode(Spooled(1, b"k", bytes(1000), [], 0))
    assert entry_octets(entry[: HEAD.size]) == len(entry)
    assert entry_octets(entry[: HEAD.size - 1]) == 0


def test_a_payload_of_another_shape_is_a_damaged_record() -> None:
    import zlib

    payload = b"\x93\x01\x02\x03"
    head = HEAD.pack(len(payload), zlib.crc32(payload), 0)[:8]
    found, damaged = entries(head + zlib.crc32(head).to_bytes(4) + payload)
    assert [entry.record for entry in found] == [None]
    assert not damaged

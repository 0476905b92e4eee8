"""Decides what a spooled record looks like on disk, and what is left of a segment file that was damaged.

A segment opens with MAGIC; then come entries, each a checked header and a checked payload. The header vouches for the
length, so that a payload that rotted costs itself alone; a header that did not hold ends its segment.
"""

from struct import Struct
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

MAGIC = b"ybspool1"
"""First octets of every segment; the last one is the format's version."""
HEAD = Struct(">III")
"""Octets of the payload, its CRC-32, and the CRC-32 of the eight octets before."""
_VOUCHED = 8

Header = tuple[str, Any]
"""Name and octets; as loose as the clients that take it."""


class Spooled(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record on its way to a topic; a new field is appended, with a default."""

    partition: int
    key: bytes | None
    value: bytes
    headers: list[Header]
    timestamp_ms: int


class Entry(NamedTuple):
    """What stands at one place of a segment."""

    end: int
    """Where the next one begins, counted from where reading began."""
    record: Spooled | None
    """None: its payload is damaged."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Spooled)


def encode(record: Spooled) -> bytes:
    """Returns a record as an entry.

    >>> len(encode(Spooled(0, b"192.0.2.1", b"{}", [], 0)))
    31
    """
    payload = _ENCODER.encode(record)
    head = HEAD.pack(len(payload), crc32(payload), 0)[:_VOUCHED]
    return head + crc32(head).to_bytes(4) + payload


def entries(octets: bytes) -> tuple[list[Entry], bool]:
    """Returns the whole entries that octets begin with, and whether what follows is damaged beyond reading.

    What is not all there is not damaged: it is being written, or a crash cut it off.
    """
    found: list[Entry] = []
    at = 0
    while at + HEAD.size <= len(octets):
        length, checksum, vouched = HEAD.unpack_from(octets, at)
        if crc32(octets[at : at + _VOUCHED]) != vouched:
            return found, True
        end = at + HEAD.size + length
        if end > len(octets):
            break
        found.append(Entry(end, _record(octets[at + HEAD.size : end], checksum)))
        at = end
    return found, False


def entry_octets(octets: bytes) -> int:
    """Returns how many octets the first entry has in all, as its header says; 0 when that is not there."""
    return HEAD.size + int(HEAD.unpack_from(octets)[0]) if len(octets) >= HEAD.size else 0


def _record(payload: bytes, checksum: int) -> Spooled | None:
    if crc32(payload) != checksum:
        return None
    try:
        return _DECODER.decode(payload)
    except msgspec.DecodeError:
        return None

"""Whether a payload would make a tree that is out of proportion: told from its octets, before any memory is spent.

One element of CBOR is one octet and makes a map of some 90: 16 MiB would cost gigabytes, and everybody's time.
"""

import re
from typing import Final

from yangbeam.core.notification.refusal import refuse

MAX_NODES: Final = 1_000_000
"""Nodes that a payload may have: members, entries, elements, attributes. The largest of routers have some 50,000."""
MAX_FACTOR: Final = 64
"""Octets of memory that a payload's tree may take for each of its own."""
SMALL: Final = 64 << 10
"""Octets of a payload that is not looked at: however it is made, it costs no more than 8 MB."""

_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_EMPTY, _FILLED, _SCALAR, _KEPT = 72, 240, 56, 8
"""Octets of an empty map or array, of a map with members, of a text or number, and of a number that Python has anyway;
each with its place in what holds it. Measured: 71, 232, 33 to 58, 8."""
_READABLE: Final = re.compile(rb"utf-?(8|16|32)|us-ascii|iso-?8859", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"""encoding\s*=\s*["']([^"'>]*)["']""")
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"


def bound_json(payload: bytes) -> None:
    """Refuses JSON of too many nodes: before each of them stands a comma, or the opening of what it is the first of.

    Raises:
        NotificationError: too-many-nodes.
    """
    if len(payload) > SMALL and _marks(payload) > MAX_NODES:
        nodes = _marks(_STRING.sub(b"0", payload))
        if nodes > MAX_NODES:
            _refuse(f"some {nodes:,}")


def _marks(payload: bytes) -> int:
    empty = payload.count(b"{}") + payload.count(b"[]")
    return payload.count(b",") + payload.count(b"{") + payload.count(b"[") - empty


def bound_xml(payload: bytes) -> None:
    """Refuses XML of too many elements and attributes, and an encoding that would hide them.

    Raises:
        NotificationError: too-many-nodes, not-xml.
    """
    if len(payload) <= SMALL:
        return
    declared = _DECLARED.search(payload[:256])
    if payload.startswith(_EBCDIC) or (declared and not _READABLE.match(declared[1])):
        refuse("not-xml", "large XML is read in UTF-8, UTF-16 or ISO 8859 only (RFC 6241 section 3: UTF-8)")
    nodes = payload.count(b"<") - payload.count(b"</") + payload.count(b"=")
    if nodes > MAX_NODES:
        _refuse(f"some {nodes:,}")


def bound_cbor(payload: bytes) -> None:
    """Refuses CBOR of too many items, or of items that take too much memory; what is no CBOR is left to the decoder.

    Items stand one after the other, whatever they are nested in (RFC 8949 section 3), so that nothing is kept.

    Raises:
        NotificationError: too-many-nodes.
    """
    size = len(payload)
    if size <= SMALL:
        return
    at = items = weight = 0
    while at < size and items <= MAX_NODES:
        first = payload[at]
        items += 1
        weight += _WEIGHT[first]
        step = _STEP[first]
        if step:
            at += step
            continue
        head = 1 << (first & 0x07)  # 24 to 27: one, two, four or eight octets of length
        at += 1 + head + int.from_bytes(payload[at + 1 : at + 1 + head], "big")
    if items > MAX_NODES:
        _refuse(f"more than {MAX_NODES:,}")
    if weight > MAX_FACTOR * size:
        _refuse(f"{items:,} (some {weight / size:.0f} octets of memory for each of its own; {MAX_FACTOR} may be)")


def _refuse(found: str) -> None:
    refuse("too-many-nodes", f"the payload has {found} nodes; at most {MAX_NODES:,} are read")


def _step(first: int) -> int:
    """Octets from one item's head to the next, by its first octet; 0: a string whose length stands behind it."""
    major, more = first >> 5, first & 0x1F
    if major in (2, 3):
        return 1 + more if more < 24 else 0 if more < 28 else 1
    return 1 + (1 << (more & 0x07)) if 24 <= more < 28 else 1


def _weight(first: int) -> int:
    major, more = first >> 5, first & 0x1F
    if major == 5 and more:
        return _FILLED
    if major in (4, 5):
        return _EMPTY
    if major == 6 or first == 0xFF:
        return 0
    return _KEPT if (major in (0, 1) and more < 24) or (major == 7 and more < 24) else _SCALAR


_STEP: Final = tuple(map(_step, range(256)))
_WEIGHT: Final = tuple(map(_weight, range(256)))

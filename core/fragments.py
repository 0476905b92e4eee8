"""Decides when the fragments of an IP packet make it whole: bounded, in any order, with time as a parameter.

Sources: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 5722 (a packet with overlapping fragments is dropped).
"""

from collections import OrderedDict
from dataclasses import dataclass, field

FragmentKey = tuple[bytes, bytes, int, int]
"""(source, destination, protocol, identification)."""

TIMEOUT_US = 60_000_000
"""RFC 8200 section 4.5: 60 seconds after the first fragment to arrive."""
MAX_PACKETS = 1024
"""In progress; of at most 64 KiB each, so 64 MiB at most."""
MAX_OCTETS = 65_535
"""Of an IP packet."""


@dataclass(slots=True)
class _Parts:
    """Fragments of one packet: by offset, and the packet's end once its last fragment came."""

    deadline: int
    parts: dict[int, bytes] = field(default_factory=dict)
    octets: int = 0
    end: int = -1


class Fragments:
    """IP packets in progress; counts ``fragments`` and ``incomplete_fragments``."""

    def __init__(self, counters: dict[str, int]) -> None:
        self._counters = counters
        self._packets: OrderedDict[FragmentKey, _Parts] = OrderedDict()

    def add(self, key: FragmentKey, offset: int, body: bytes, *, more: bool, now_us: int) -> bytes | None:
        """Takes one fragment; returns the packet's body when this makes it whole."""
        self._counters["fragments"] += 1
        packet = self._packets.get(key)
        if packet is not None and now_us >= packet.deadline:
            self._drop(key)
            packet = None
        if packet is None:
            packet = self._open(key, now_us)
        if packet.parts.get(offset) == body:
            return None
        end = offset + len(body)
        if not more:
            packet.end = end
        packet.octets += len(body)
        if offset in packet.parts or max(packet.octets, end) > MAX_OCTETS or not body:
            self._drop(key)
            return None
        packet.parts[offset] = body
        if packet.octets < packet.end or packet.end < 0:
            return None
        return self._join(key, packet)

    def _open(self, key: FragmentKey, now_us: int) -> _Parts:
        while self._packets:
            oldest = next(iter(self._packets))
            if len(self._packets) < MAX_PACKETS and now_us < self._packets[oldest].deadline:
                break
            self._drop(oldest)
        packet = self._packets[key] = _Parts(now_us + TIMEOUT_US)
        return packet

    def _join(self, key: FragmentKey, packet: _Parts) -> bytes | None:
        """Joins the fragments if they touch without gap or overlap; drops the packet otherwise."""
        at = 0
        for offset in sorted(packet.parts):
            if offset != at:
                break
            at += len(packet.parts[offset])
        if at != packet.end or at != packet.octets:
            self._drop(key)
            return None
        del self._packets[key]
        return b"".join(packet.parts[offset] for offset in sorted(packet.parts))

    def _drop(self, key: FragmentKey) -> None:
        del self._packets[key]
        self._counters["incomplete_fragments"] += 1

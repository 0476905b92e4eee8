"""Decides what UDP payload a captured frame carries: link header, IPv4 or IPv6, fragments, UDP.

Sources: LINKTYPE registry, RFC 791, RFC 8200, RFC 5722 (overlapping fragments), RFC 768, IEEE 802.1Q.
"""

import ipaddress
from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from yangbeam.core.fragments import Fragments
from yangbeam.core.pcap import Frame

PACKET_COUNTERS = (
    "frames",
    "unsupported_link",
    "not_ip",
    "not_udp",
    "tcp",
    "damaged_packets",
    "cut_packets",
    "other_traffic",
    "fragments",
    "incomplete_fragments",
)
"""Frames in all, then why a frame gave no datagram: a link type not known here; no IP in it; neither UDP nor TCP; TCP;
lengths that contradict each other; octets that the capture did not keep; ports that are not asked for; one IP
fragment of several; IP fragments given up."""

FIRST_USER_PORT = 1024
"""UDP-notif has no port of its own: routers send from ephemeral ports to one that the operator chose, all of them seen
above this. What has a system port at either end (SNMP, syslog, DNS, NTP…) is other traffic."""

_VLAN_TYPES = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
_IP_TYPES = frozenset({0x0800, 0x86DD})
_UDP = 17
_TCP = 6
_FRAGMENT = 44
_EXTENSIONS = {0: 8, 43: 8, 60: 8, 135: 8, 139: 8, 140: 8, 51: 4}
"""IPv6 extension header → unit of its length field in octets (RFC 8200; RFC 4302 counts in fours, less two)."""

_ETHERNET_TYPE = Struct(">H")
_IPV4 = Struct(">BxHHHxB2x4s4s")
_IPV6 = Struct(">IHBx16s16s")
_PORTS = Struct(">HHH")
_MAX_NAMES = 65_536
_MAX_PORTS = 256


class Datagram(NamedTuple):
    """One UDP datagram of a capture."""

    time_us: int
    """When its last fragment was seen."""
    source: str
    source_port: int
    destination: str
    destination_port: int
    payload: bytes


class _NoDatagramError(Exception):
    """Says under which counter a frame without a datagram goes; never leaves this file."""


class PacketDecoder:
    """Decodes frames one by one; holds IP fragments and counters.

    Attributes:
        counters: By the names of PACKET_COUNTERS.
    """

    def __init__(self, counters: dict[str, int], ports: frozenset[int] | None = None) -> None:
        """Makes a decoder.

        Args:
            counters: Where it counts.
            ports: Destination ports to take; None takes what has both ports at FIRST_USER_PORT or above.
        """
        self.counters = counters
        for name in PACKET_COUNTERS:
            counters.setdefault(name, 0)
        self.other_ports: dict[int, int] = {}
        """Destination port → datagrams of other traffic; of the first _MAX_PORTS."""
        self._ports = ports
        self._fragments = Fragments(counters)
        self._names: dict[bytes, str] = {}

    def decode(self, frame: Frame) -> Datagram | None:
        """Returns the datagram that the frame carries or completes; None is counted under its reason."""
        self.counters["frames"] += 1
        try:
            return self._decode(frame)
        except _NoDatagramError as reason:
            self.counters[str(reason)] += 1
            return None

    def _decode(self, frame: Frame) -> Datagram | None:
        strip = _LINKS.get(frame.link)
        if strip is None:
            raise _NoDatagramError("unsupported_link")
        data = frame.data
        start = strip(data)
        version = data[start] >> 4 if start < len(data) else 0
        whole = frame.length <= len(data)
        if version == 4:
            packet = self._ipv4(data, start, frame.time_us, whole=whole)
        elif version == 6:
            packet = self._ipv6(data, start, frame.time_us, whole=whole)
        else:
            raise _NoDatagramError("not_ip")
        if packet is None:
            return None
        return self._udp(frame.time_us, *packet)

    def _ipv4(self, data: bytes, start: int, now_us: int, *, whole: bool) -> tuple[bytes, bytes, bytes] | None:
        """Returns (source, destination, UDP) of an IPv4 packet."""
        if len(data) < start + 20:
            raise _damage(whole=whole)
        first, total, identification, flags, protocol, source, destination = _IPV4.unpack_from(data, start)
        header = (first & 15) * 4
        # Offloading cards hand over packets with length 0: to the end, then.
        end = start + total if total else len(data)
        if header < 20 or end < start + header:
            raise _damage(whole=True)
        if protocol != _UDP:
            raise _other(protocol)
        if end > len(data):
            raise _damage(whole=whole)
        body = data[start + header : end]
        if not flags & 0x3FFF:
            return source, destination, body
        more, offset = bool(flags & 0x2000), (flags & 0x1FFF) * 8
        joined = self._fragments.add((source, destination, identification), offset, body, more=more, now_us=now_us)
        return None if joined is None else (source, destination, joined)

    def _ipv6(self, data: bytes, start: int, now_us: int, *, whole: bool) -> tuple[bytes, bytes, bytes] | None:
        """Returns (source, destination, UDP) of an IPv6 packet."""
        if len(data) < start + 40:
            raise _damage(whole=whole)
        _, length, kind, source, destination = _IPV6.unpack_from(data, start)
        at = start + 40
        end = at + length if length else len(data)
        if end > len(data):
            raise _damage(whole=whole)
        while kind in _EXTENSIONS and at + 8 <= end:
            unit = _EXTENSIONS[kind]
            kind, at = data[at], at + 8 + data[at + 1] * unit
        if kind == _FRAGMENT and at + 8 <= end:
            return self._ipv6_fragment(data[at:end], source, destination, now_us)
        if kind != _UDP:
            raise _other(kind)
        return source, destination, data[at:end]

    def _ipv6_fragment(
        self, body: bytes, source: bytes, destination: bytes, now_us: int
    ) -> tuple[bytes, bytes, bytes] | None:
        """Takes a fragment header and what follows it (RFC 8200 section 4.5)."""
        if body[0] != _UDP:
            raise _other(body[0])
        place, identification = int.from_bytes(body[2:4]), int.from_bytes(body[4:8])
        if not place & 0xFFF9:  # an atomic fragment (RFC 6946)
            return source, destination, body[8:]
        joined = self._fragments.add(
            (source, destination, identification), place & 0xFFF8, body[8:], more=bool(place & 1), now_us=now_us
        )
        return None if joined is None else (source, destination, joined)

    def _udp(self, time_us: int, source: bytes, destination: bytes, body: bytes) -> Datagram:
        if len(body) < 8:
            raise _NoDatagramError("damaged_packets")
        source_port, destination_port, length = _PORTS.unpack_from(body)
        if self._ports is None:
            wanted = source_port >= FIRST_USER_PORT and destination_port >= FIRST_USER_PORT
        else:
            wanted = destination_port in self._ports
        if not wanted:
            if destination_port in self.other_ports or len(self.other_ports) < _MAX_PORTS:
                self.other_ports[destination_port] = self.other_ports.get(destination_port, 0) + 1
            raise _NoDatagramError("other_traffic")
        if length and not 8 <= length <= len(body):
            raise _NoDatagramError("damaged_packets")
        payload = body[8 : length or len(body)]
        return Datagram(time_us, self._name(source), source_port, self._name(destination), destination_port, payload)

    def _name(self, address: bytes) -> str:
        """Returns the textual form of an address (RFC 5952), remembered: making it takes longer than all the rest."""
        name = self._names.get(address)
        if name is None:
            if len(self._names) >= _MAX_NAMES:
                self._names.clear()
            name = self._names[address] = str(ipaddress.ip_address(address))
        return name


def _other(protocol: int) -> _NoDatagramError:
    return _NoDatagramError("tcp" if protocol == _TCP else "not_udp")


def _damage(*, whole: bool) -> _NoDatagramError:
    """Tells a packet that the capture cut from one that is wrong in itself."""
    return _NoDatagramError("damaged_packets" if whole else "cut_packets")


def _ethernet(data: bytes) -> int:
    return _after_type(data, 12)


def _cooked(data: bytes) -> int:
    return _after_type(data, 14)


def _cooked_2(data: bytes) -> int:
    """Linux cooked v2: the type comes first, the header is 20 octets long."""
    kind = _type_at(data, 0)
    if kind in _VLAN_TYPES:
        return _after_type(data, 22)
    if kind not in _IP_TYPES:
        raise _NoDatagramError("not_ip")
    return 20


def _after_type(data: bytes, at: int) -> int:
    """Returns where IP begins, after a type field at ``at`` and any VLAN tags."""
    kind = _type_at(data, at)
    while kind in _VLAN_TYPES:
        at += 4
        kind = _type_at(data, at)
    if kind not in _IP_TYPES:
        raise _NoDatagramError("not_ip")
    return at + 2


def _type_at(data: bytes, at: int) -> int:
    if len(data) < at + 2:
        raise _NoDatagramError("damaged_packets")
    return int(_ETHERNET_TYPE.unpack_from(data, at)[0])


def _raw(_: bytes) -> int:
    return 0


def _loopback(_: bytes) -> int:
    """BSD loopback: four octets of address family, whose numbers differ by system; the IP version says the same."""
    return 4


_LINKS: dict[int, Callable[[bytes], int]] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw,
    229: _raw,
    276: _cooked_2,
}
"""LINKTYPE → where the IP header begins: NULL, ETHERNET, RAW (three), LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2."""

"""Decides what UDP payload a captured frame carries: IPv4 or IPv6, fragments, tunnels, UDP.

Sources: RFC 791, RFC 8200, RFC 5722 (overlapping fragments), RFC 768, RFC 2003 and 2473 (IP in IP); what stands before
IP is ``encapsulation``'s.
"""

import ipaddress
import struct
from struct import Struct
from typing import Final, NamedTuple

from yangbeam.core.encapsulation import TUNNEL_PORTS, NotIpError, ip_in_gre, ip_in_udp, ip_of_link
from yangbeam.core.fragments import Fragments
from yangbeam.core.pcap import Frame
from yangbeam.core.stream_kinds import kind_of
from yangbeam.core.udp_notif import FIXED, FIXED_OCTETS, VERSION

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
PORT_COUNTER: Final = "other_traffic:"
"""Before a destination port: datagrams of other traffic to it; of the first MAX_PORTS."""
LINK_COUNTER: Final = "unsupported_link:"
"""Before a LINKTYPE number: its frames; of the first MAX_PORTS."""
STREAM_COUNTER: Final = "tcp:"
"""Before a kind of ``stream_kinds``, a colon and a destination port: streams; of the first MAX_PORTS."""

FIRST_USER_PORT = 1024
"""UDP-notif has no port of its own: routers send from ephemeral ports to one that the operator chose, mostly above
this. What has a system port at either end (SNMP, syslog, DNS, NTP…) is other traffic, unless it is UDP-notif by its
header: version 0 or 1, and a message length that is the datagram's."""

_UDP, _TCP, _GRE = 17, 6, 47
_TUNNELS: Final = frozenset((4, 41, _GRE))
_JOINED: Final = _TUNNELS | {_UDP}
"""Protocols whose fragments are put together."""
_FRAGMENT = 44
_AUTHENTICATION = 51
"""RFC 4302: what follows is as it was; alone of all headers it counts in units of four octets."""
_EXTENSIONS = {0: 8, 43: 8, 60: 8, 135: 8, 139: 8, 140: 8, _AUTHENTICATION: 4}
"""IPv6 extension header → unit of its length field in octets (RFC 8200; RFC 4302 counts in fours, less two)."""

_IPV4 = Struct(">BxHHHxB2x4s4s")
_IPV6 = Struct(">IHBx16s16s")
_PORTS = Struct(">HHH")
_MAX_NAMES = 65_536
MAX_PORTS: Final = 16
"""Ports and link types that are counted by number, of each kind."""
MAX_STREAMS: Final = 4_096
"""TCP streams whose kind is remembered, so that each is counted once; the oldest are forgotten."""
MAX_TUNNELS: Final = 8
"""Packets within packets; more are taken for damage."""


class Datagram(NamedTuple):
    """One UDP datagram of a capture."""

    time_us: int
    """When its last fragment was seen."""
    source: str
    source_port: int
    destination: str
    destination_port: int
    payload: bytes


_Packet = tuple[bytes, bytes, int, bytes]
"""(source, destination, protocol, what it carries)."""


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
        self._ports = ports
        self._fragments = Fragments(counters)
        self._names: dict[bytes, str] = {}
        self._streams: dict[tuple[bytes, bytes, bytes], None] = {}
        self._numbers = dict.fromkeys((PORT_COUNTER, LINK_COUNTER, STREAM_COUNTER), MAX_PORTS)

    def decode(self, frame: Frame) -> Datagram | None:
        """Returns the datagram that the frame carries or completes; None is counted under its reason."""
        self.counters["frames"] += 1
        whole = frame.length <= len(frame.data)
        try:
            start = ip_of_link(frame.link, frame.data)
            if start is not None:
                return self._packet(frame.data, start, frame.time_us, whole=whole)
            self._count(LINK_COUNTER, frame.link)
            self.counters["unsupported_link"] += 1
        except _NoDatagramError as reason:
            self.counters[str(reason)] += 1
        except NotIpError:
            self.counters["not_ip"] += 1
        except (IndexError, struct.error):  # what would say more is not there
            self.counters["damaged_packets" if whole else "cut_packets"] += 1
        return None

    def _count(self, kind: str, number: object) -> None:
        """Counts by number, as long as there are few of a kind."""
        name = f"{kind}{number}"
        if name not in self.counters:
            if not self._numbers[kind]:
                return
            self._numbers[kind] -= 1
        self.counters[name] = self.counters.get(name, 0) + 1

    def _packet(self, data: bytes, start: int, now_us: int, *, whole: bool) -> Datagram | None:
        """Reads a packet, and the packets that it carries."""
        for _ in range(MAX_TUNNELS):
            version = data[start] >> 4 if start < len(data) else 0
            if version == 4:
                packet = self._ipv4(data, start, now_us, whole=whole)
            elif version == 6:
                packet = self._ipv6(data, start, now_us, whole=whole)
            else:
                raise _NoDatagramError("not_ip")
            if packet is None:
                return None
            source, destination, protocol, body = packet
            if protocol == _UDP:
                inner = self._tunnel_in_udp(body) if body[2:4] in TUNNEL_PORTS else None
                if inner is None:
                    return self._udp(now_us, source, destination, body)
                data, start = body, inner
            else:
                data, start = ip_in_gre(body) if protocol == _GRE else (body, 0)
        raise _NoDatagramError("damaged_packets")

    def _tunnel_in_udp(self, body: bytes) -> int | None:
        """Returns where IP begins in UDP that is a tunnel; a port that was asked for is none."""
        if len(body) < 8 + 8:
            return None
        port = int.from_bytes(body[2:4])
        inner = None if self._ports is not None and port in self._ports else ip_in_udp(port, body[8:])
        return None if inner is None else 8 + inner

    def _ipv4(self, data: bytes, start: int, now_us: int, *, whole: bool) -> _Packet | None:
        """Returns what an IPv4 packet carries."""
        if len(data) < start + 20:
            raise _damage(whole=whole)
        first, total, identification, flags, protocol, source, destination = _IPV4.unpack_from(data, start)
        header = (first & 15) * 4
        # Offloading cards hand over packets with length 0: to the end, then.
        end = start + total if total else len(data)
        if header < 20 or end < start + header:
            raise _damage(whole=True)
        if protocol == _AUTHENTICATION and not flags & 0x3FFF and start + header + 2 <= len(data):
            protocol, header = data[start + header], header + 8 + data[start + header + 1] * _EXTENSIONS[protocol]
        if protocol not in _JOINED:
            raise self._other(protocol, source, destination, data[start + header : end])
        if end > len(data) or end < start + header:
            raise _damage(whole=whole)
        body = data[start + header : end]
        if not flags & 0x3FFF:
            return source, destination, protocol, body
        more, offset = bool(flags & 0x2000), (flags & 0x1FFF) * 8
        key = (source, destination, protocol, identification)
        joined = self._fragments.add(key, offset, body, more=more, now_us=now_us)
        return None if joined is None else (source, destination, protocol, joined)

    def _ipv6(self, data: bytes, start: int, now_us: int, *, whole: bool) -> _Packet | None:
        """Returns what an IPv6 packet carries."""
        if len(data) < start + 40:
            raise _damage(whole=whole)
        _, length, kind, source, destination = _IPV6.unpack_from(data, start)
        at = start + 40
        end = at + length if length else len(data)
        if end > len(data):
            if kind == _TCP:
                raise self._other(kind, source, destination, data[at:])
            raise _damage(whole=whole)
        while kind in _EXTENSIONS and at + 8 <= end:
            unit = _EXTENSIONS[kind]
            kind, at = data[at], at + 8 + data[at + 1] * unit
        if kind == _FRAGMENT and at + 8 <= end:
            return self._ipv6_fragment(data[at:end], source, destination, now_us)
        if kind not in _JOINED:
            raise self._other(kind, source, destination, data[at:end])
        return source, destination, kind, data[at:end]

    def _ipv6_fragment(self, body: bytes, source: bytes, destination: bytes, now_us: int) -> _Packet | None:
        """Takes a fragment header and what follows it (RFC 8200 section 4.5)."""
        kind = body[0]
        if kind not in _JOINED:
            raise self._other(kind, source, destination, b"")
        place, identification = int.from_bytes(body[2:4]), int.from_bytes(body[4:8])
        if not place & 0xFFF9:  # an atomic fragment (RFC 6946)
            return source, destination, kind, body[8:]
        key = (source, destination, kind, identification)
        joined = self._fragments.add(key, place & 0xFFF8, body[8:], more=bool(place & 1), now_us=now_us)
        return None if joined is None else (source, destination, kind, joined)

    def _other(self, protocol: int, source: bytes, destination: bytes, body: bytes) -> "_NoDatagramError":
        """Says that a packet is not UDP; of TCP, counts the streams whose kind is known."""
        if protocol != _TCP:
            return _NoDatagramError("not_udp")
        if len(body) >= 20:
            payload = body[(body[12] >> 4) * 4 :]
            stream = (source, destination, body[:4])
            kind = kind_of(payload) if payload and stream not in self._streams else None
            if kind is not None:
                if len(self._streams) >= MAX_STREAMS:
                    del self._streams[next(iter(self._streams))]
                self._streams[stream] = None
                self._count(STREAM_COUNTER, f"{kind}:{int.from_bytes(body[2:4])}")
        return _NoDatagramError("tcp")

    def _udp(self, time_us: int, source: bytes, destination: bytes, body: bytes) -> Datagram:
        if len(body) < 8:
            raise _NoDatagramError("damaged_packets")
        source_port, destination_port, length = _PORTS.unpack_from(body)
        if self._ports is None:
            wanted = min(source_port, destination_port) >= FIRST_USER_PORT or _is_udp_notif(body)
        else:
            wanted = destination_port in self._ports
        if not wanted:
            self._count(PORT_COUNTER, destination_port)
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


def _is_udp_notif(body: bytes) -> bool:
    """Whether UDP carries UDP-notif by its header: a known version and encoding, lengths that are the datagram's."""
    if len(body) < 8 + FIXED_OCTETS:
        return False
    first, header, length, *_ = FIXED.unpack_from(body, 8)
    return first >> 4 in (0, VERSION << 1) and FIXED_OCTETS <= header <= length == len(body) - 8


def _damage(*, whole: bool) -> _NoDatagramError:
    """Tells a packet that the capture cut from one that is wrong in itself."""
    return _NoDatagramError("damaged_packets" if whole else "cut_packets")

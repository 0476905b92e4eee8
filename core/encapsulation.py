"""Decides where an IP packet begins: behind link headers, tags and labels, and in the tunnels that packets are.

Sources: LINKTYPE registry, IEEE 802.1Q and 802.1ah, IEEE 802.2 (SNAP), RFC 2516 (PPPoE), RFC 1661 (PPP), RFC 3032 and
RFC 4448 (MPLS), RFC 2784 and 2890 (GRE), RFC 7348 (VXLAN), RFC 8926 (Geneve), draft-foschiano-erspan.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

MAX_HEADERS: Final = 16
"""Tags, labels and headers around one packet: real networks have six at most."""
VXLAN_PORTS: Final = frozenset((4789, 8472))
"""IANA's, and the one that Linux took before there was one."""
GENEVE_PORT: Final = 6081
TUNNEL_PORTS: Final = frozenset(port.to_bytes(2) for port in (*VXLAN_PORTS, GENEVE_PORT))
"""Ports of tunnels as they stand in UDP's header."""

_TAGS: Final = frozenset((0x8100, 0x88A8, 0x9100, 0x9200))
_IP: Final = frozenset((0x0800, 0x86DD))
_MPLS: Final = frozenset((0x8847, 0x8848))
_PPPOE: Final = 0x8864
_BACKBONE: Final = 0x88E7
_TRANSPARENT: Final = 0x6558
_ERSPAN, _ERSPAN_3, _PPP = 0x88BE, 0x22EB, 0x880B
_SMALLEST_TYPE: Final = 0x0600
"""Below it stands a length (IEEE 802.3)."""
_SNAP: Final = b"\xaa\xaa\x03"
_ADDRESSES: Final = 12
"""Octets of an Ethernet frame before its type."""

_TYPE: Final = Struct(">H")


class NotIpError(Exception):
    """What a frame carries is no IP packet."""


def ip_of_link(link: int, data: bytes) -> int | None:
    """Returns where IP begins in a frame; None: the link type is not known here.

    Raises:
        NotIpError: It carries something else.
        IndexError, struct.error: It ends before that is known.
    """
    strip = _LINKS.get(link)
    return None if strip is None else strip(data)


def ip_of_type(data: bytes, at: int) -> int:
    """Returns where IP begins behind an Ethernet type at ``at``; raises as ``ip_of_link``."""
    for _ in range(MAX_HEADERS):
        (kind,) = _TYPE.unpack_from(data, at)
        at += 2
        if kind in _IP:
            return at
        if kind in _TAGS:
            at += 2
        elif kind == _BACKBONE:  # a service tag, then another Ethernet header
            at += 4 + _ADDRESSES
        elif kind < _SMALLEST_TYPE and data[at : at + 3] == _SNAP:
            at += 6
        elif kind == _PPPOE:
            return _ip_of_ppp(data, at + 6)
        elif kind in _MPLS:
            return _ip_of_labels(data, at)
        else:
            break
    raise NotIpError


def _ip_of_ethernet(data: bytes, at: int = 0) -> int:
    return ip_of_type(data, at + _ADDRESSES)


def _ip_of_ppp(data: bytes, at: int) -> int:
    """Behind a PPP protocol of one octet or two, with or without the address and control octets of RFC 1662."""
    if data[at : at + 2] == b"\xff\x03":
        at += 2
    kind, size = (data[at], 1) if data[at] & 1 else (_TYPE.unpack_from(data, at)[0], 2)
    if kind in (0x0021, 0x0057):
        return at + size
    if kind in (0x0281, 0x0283):
        return _ip_of_labels(data, at + size)
    raise NotIpError


def _ip_of_labels(data: bytes, at: int) -> int:
    """Behind MPLS labels: IP, or an Ethernet pseudowire, with a control word or without."""
    for _ in range(MAX_HEADERS):
        is_last = data[at + 2] & 1
        at += 4
        if is_last:
            break
    else:
        raise NotIpError
    version = data[at] >> 4
    if version in (4, 6):
        return at
    if version == 0:  # a control word, or an address that begins like one
        try:
            return _ip_of_ethernet(data, at + 4)
        except NotIpError:
            pass
    return _ip_of_ethernet(data, at)


def ip_in_gre(data: bytes) -> tuple[bytes, int]:
    """Returns (octets, where IP begins in them) of what GRE carries; raises as ``ip_of_link``."""
    flags, kind = Struct(">HH").unpack_from(data)
    if flags & 0x4007:  # source routes, which nobody sends, and other versions
        raise NotIpError
    at = 4 + 4 * sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000))
    if kind in _IP:
        return data, at
    if kind in _MPLS:
        return data, _ip_of_labels(data, at)
    if kind == _PPP:
        return data, _ip_of_ppp(data, at)
    if kind == _ERSPAN:  # type II has a header, and a sequence number before it; type I has neither
        return data, _ip_of_ethernet(data, at + (8 if flags & 0x1000 else 0))
    if kind == _ERSPAN_3:
        return data, _ip_of_ethernet(data, at + (20 if data[at + 11] & 1 else 12))
    if kind == _TRANSPARENT:
        return data, _ip_of_ethernet(data, at)
    raise NotIpError


def ip_in_udp(destination_port: int, payload: bytes) -> int | None:
    """Returns where IP begins in VXLAN or Geneve; None: the payload is neither. Raises as ``ip_of_link``."""
    if destination_port in VXLAN_PORTS and payload[:4] == b"\x08\0\0\0" and payload[7:8] == b"\0":
        return _ip_of_ethernet(payload, 8)
    if destination_port == GENEVE_PORT and len(payload) >= 8 and not payload[0] & 0xC0:
        at, kind = 8 + 4 * (payload[0] & 0x3F), _TYPE.unpack_from(payload, 2)[0]
        if kind in _IP:
            return at
        if kind == _TRANSPARENT:
            return _ip_of_ethernet(payload, at)
    return None


def _raw(_: bytes) -> int:
    return 0


def _loopback(_: bytes) -> int:
    """BSD loopback: four octets of address family, whose numbers differ by system; the IP version says the same."""
    return 4


def _cooked_2(data: bytes) -> int:
    """Linux cooked v2: the type comes first, the header is 20 octets long."""
    return 20 if _TYPE.unpack_from(data)[0] in _IP else ip_of_type(data[:2] + data[20:], 0) + 18


def _hdlc(data: bytes) -> int:
    """PPP in HDLC frames, or Cisco's HDLC: the address says which (RFC 1662; RFC 1547)."""
    return ip_of_type(data, 2) if data[0] in (0x0F, 0x8F) else _ip_of_ppp(data, 0)


_LINKS: Final[dict[int, Callable[[bytes], int]]] = {
    0: _loopback,
    1: _ip_of_ethernet,
    9: lambda data: _ip_of_ppp(data, 0),
    12: _raw,
    14: _raw,
    50: _hdlc,
    51: lambda data: _ip_of_ppp(data, 6),
    101: _raw,
    104: _hdlc,
    108: _loopback,
    113: lambda data: ip_of_type(data, 14),
    219: lambda data: _ip_of_labels(data, 0),
    228: _raw,
    229: _raw,
    276: _cooked_2,
}
"""LINKTYPE → where the IP header begins: NULL, ETHERNET, PPP, RAW (two), PPP_HDLC, PPP_ETHER, RAW, C_HDLC, LOOP,
LINUX_SLL, MPLS, IPV4, IPV6, LINUX_SLL2."""

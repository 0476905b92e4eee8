import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import COLLECTOR, COLLECTOR_6, EXPORTER, EXPORTER_6, ethernet, ipv4, ipv6, udp
from yangbeam.core import fragments as fragments_module
from yangbeam.core import packets as packets_module
from yangbeam.core.packets import PACKET_COUNTERS, Datagram, PacketDecoder
from yangbeam.core.pcap import Frame

V4 = Datagram(1, EXPORTER, 50000, COLLECTOR, 10003, b"payload")
V6 = Datagram(1, EXPORTER_6, 50000, COLLECTOR_6, 10003, b"payload")
UDP = udp(b"payload")
TAG = struct.pack(">HH", 0x8100, 42)
OUTER_TAG = struct.pack(">HH", 0x88A8, 7)


def decoder(ports: frozenset[int] | None = None) -> PacketDecoder:
    return PacketDecoder({}, ports)


def decode(data: bytes, link: int = 1, one: PacketDecoder | None = None, lost: int = 0) -> Datagram | None:
    return (one or decoder()).decode(Frame(1, link, data, len(data) + lost))


def reason(data: bytes, link: int = 1, lost: int = 0, ports: frozenset[int] | None = None) -> str:
    one = decoder(ports)
    assert decode(data, link, one, lost) is None
    (name,) = (name for name in PACKET_COUNTERS if one.counters[name] and name != "frames")
    assert (one.counters[name], one.counters["frames"]) == (1, 1)
    return name


@pytest.mark.parametrize(
    ("link", "before"),
    [
        (0, bytes.fromhex("02000000")),
        (108, bytes.fromhex("00000002")),
        (1, bytes(12) + b"\x08\x00"),
        (1, bytes(12) + TAG + b"\x08\x00"),
        (1, bytes(12) + OUTER_TAG + TAG + b"\x08\x00"),
        (12, b""),
        (14, b""),
        (101, b""),
        (228, b""),
        (113, bytes(14) + b"\x08\x00"),
        (113, bytes(14) + TAG + b"\x08\x00"),
        (276, b"\x08\x00" + bytes(18)),
        (276, b"\x81\x00" + bytes(18) + b"\x00\x2a\x08\x00"),
    ],
)
def test_every_link_header_is_stripped(link: int, before: bytes) -> None:
    assert decode(before + ipv4(UDP), link) == V4
    if not before.endswith(b"\x08\x00"):
        assert decode(before.replace(b"\x08\x00", b"\x86\xdd") + ipv6(UDP), link) == V6


def test_ipv4_options_ethernet_padding_and_offloaded_lengths_are_understood() -> None:
    assert decode(ethernet(ipv4(UDP, options=bytes(8)))) == V4
    assert decode(ethernet(ipv4(bytes([17, 4]) + bytes(22) + UDP, protocol=51))) == V4, "RFC 4302: as in IPv6"
    assert decode(ethernet(ipv4(UDP) + bytes(9))) == V4
    assert decode(ethernet(ipv4(UDP, total=0))) == V4
    assert decode(ethernet(ipv4(struct.pack(">HHHH", 50000, 10003, 0, 0) + b"payload"))) == V4


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        (17, b""),
        (0, bytes([17, 0]) + bytes(6)),
        (0, bytes([60, 0]) + bytes(6) + bytes([43, 1]) + bytes(14) + bytes([17, 0]) + bytes(6)),
        (51, bytes([17, 4]) + bytes(22)),
        (44, bytes([17, 0]) + bytes(6)),
    ],
    ids=["none", "hop-by-hop", "destination, routing", "authentication", "atomic fragment"],
)
def test_ipv6_extension_headers_are_stepped_over(kind: int, headers: bytes) -> None:
    assert decode(ethernet(ipv6(headers + UDP, kind=kind))) == V6


@pytest.mark.parametrize(
    ("data", "link", "lost", "name"),
    [
        (ethernet(ipv4(UDP)), 147, 0, "unsupported_link"),
        (ethernet(b"arp", kind=0x0806), 1, 0, "not_ip"),
        (b"\x08\x06" + bytes(40), 276, 0, "not_ip"),
        (b"\x50" * 60, 101, 0, "not_ip"),
        (b"", 101, 0, "not_ip"),
        (bytes(13), 1, 0, "damaged_packets"),
        (bytes(12) + TAG, 1, 0, "damaged_packets"),
        (b"\x08", 276, 0, "damaged_packets"),
        (ethernet(ipv4(UDP, protocol=6)), 1, 0, "tcp"),
        (ethernet(ipv6(UDP, kind=6)), 1, 0, "tcp"),
        (ethernet(ipv6(bytes([6, 0]) + bytes(10), kind=44)), 1, 0, "tcp"),
        (ethernet(ipv4(UDP)[:-1]), 1, 1, "cut_packets"),
        (ethernet(ipv6(UDP)[:-1]), 1, 1, "cut_packets"),
        (ethernet(ipv4(UDP)[:19]), 1, 99, "cut_packets"),
        (ethernet(ipv6(UDP)[:39]), 1, 99, "cut_packets"),
        (ethernet(ipv4(UDP)[:-1]), 1, 0, "damaged_packets"),
        (ethernet(ipv6(UDP)[:-1]), 1, 0, "damaged_packets"),
        (ethernet(ipv4(UDP, total=19)), 1, 0, "damaged_packets"),
        (ethernet(ipv4(bytes([17, 90]), protocol=51)), 1, 0, "damaged_packets"),
        (ethernet(b"\x44" + ipv4(UDP)[1:]), 1, 0, "damaged_packets"),
        (ethernet(ipv4(UDP[:7])), 1, 0, "damaged_packets"),
        (ethernet(ipv4(UDP[:-1])), 1, 0, "damaged_packets"),
        (ethernet(ipv4(UDP[:4] + b"\0\7" + UDP[6:])), 1, 0, "damaged_packets"),
        (ethernet(ipv4(udp(b"snmp", 161, 40000))), 1, 0, "other_traffic"),
        (ethernet(ipv4(udp(b"syslog", 40000, 514))), 1, 0, "other_traffic"),
    ],
)
def test_a_frame_without_a_datagram_is_counted_under_its_reason(data: bytes, link: int, lost: int, name: str) -> None:
    assert reason(data, link, lost) == name


def test_chosen_ports_are_taken_whatever_they_are_and_no_others() -> None:
    low = ethernet(ipv4(udp(b"payload", 830, 514)))
    assert decode(low, one=decoder(frozenset({514}))) == Datagram(1, EXPORTER, 830, COLLECTOR, 514, b"payload")
    assert reason(ethernet(ipv4(UDP)), ports=frozenset({514})) == "other_traffic"


def fragments_4(body: bytes, size: int) -> list[bytes]:
    """Cuts a UDP datagram into IPv4 packets of ``size`` octets, a multiple of eight."""
    starts = range(0, len(body), size)
    return [
        ethernet(ipv4(body[at : at + size], flags=at // 8 | (0x2000 if at + size < len(body) else 0))) for at in starts
    ]


def fragments_6(body: bytes, size: int) -> list[bytes]:
    return [
        ethernet(
            ipv6(struct.pack(">BBHI", 17, 0, at | (at + size < len(body)), 99) + body[at : at + size], kind=44),
        )
        for at in range(0, len(body), size)
    ]


@given(
    payload=st.binary(min_size=20, max_size=200),
    size=st.sampled_from([8, 16, 24]),
    six=st.booleans(),
    seed=st.randoms(use_true_random=False),
)
def test_ip_fragments_in_any_order_and_repeated_make_the_datagram(
    payload: bytes, size: int, six: bool, seed: random.Random
) -> None:
    frames = (fragments_6 if six else fragments_4)(udp(payload), size)
    sent = frames[:-1] * 2
    seed.shuffle(sent)
    one = decoder()
    found = [decode(frame, one=one) for frame in [*sent, frames[-1]]]
    addresses = (EXPORTER_6, COLLECTOR_6) if six else (EXPORTER, COLLECTOR)
    assert found == [None] * len(sent) + [Datagram(1, addresses[0], 50000, addresses[1], 10003, payload)]
    assert one.counters["incomplete_fragments"] == 0
    assert one._fragments._packets == {}


def overlapping(one: PacketDecoder) -> None:
    decode(ethernet(ipv4(bytes(16), flags=0x2000)), one=one)
    decode(ethernet(ipv4(bytes(16), flags=1)), one=one)


def overlapping_at_one_place(one: PacketDecoder) -> None:
    decode(ethernet(ipv4(bytes(16), flags=0x2000)), one=one)
    decode(ethernet(ipv4(bytes(8), flags=0x2000)), one=one)


def too_large(one: PacketDecoder) -> None:
    decode(ethernet(ipv4(bytes(16), flags=0x1FFF)), one=one)


def late(one: PacketDecoder) -> None:
    first, last = fragments_4(udp(b"payload"), 8)
    one.decode(Frame(1, 1, first, len(first)))
    one.decode(Frame(1 + fragments_module.TIMEOUT_US, 1, last, len(last)))


def beyond_the_last(one: PacketDecoder) -> None:
    decode(ethernet(ipv4(bytes(8), flags=1)), one=one)
    decode(ethernet(ipv4(bytes(8), flags=0x2000 | 2)), one=one)


@pytest.mark.parametrize("case", [overlapping, overlapping_at_one_place, too_large, late, beyond_the_last])
def test_fragments_that_make_no_packet_are_dropped_and_counted(case: object) -> None:
    one = decoder()
    assert callable(case)
    case(one)
    assert one.counters["incomplete_fragments"] == 1


def test_packets_in_fragments_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments_module, "MAX_PACKETS", 3)
    one = decoder()
    first = fragments_6(udp(b"payload"), 8)[0]
    for number in range(10):
        changed = first[:-12] + struct.pack(">I", number) + first[-8:]
        assert decode(changed, one=one) is None
    assert len(one._fragments._packets) == 3
    assert one.counters["incomplete_fragments"] == 7


def test_the_names_of_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets_module, "_MAX_NAMES", 1)
    one = decoder()
    assert decode(ethernet(ipv4(UDP)), one=one) == V4
    assert decode(ethernet(ipv6(UDP)), one=one) == V6
    assert len(one._names) == 1


@given(
    base=st.sampled_from([ethernet(ipv4(UDP)), ethernet(ipv6(UDP)), *fragments_4(UDP, 8), *fragments_6(UDP, 8)]),
    changes=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=5),
    cut=st.integers(0, 90),
    link=st.sampled_from([0, 1, 101, 113, 276]),
)
def test_whatever_the_octets_a_frame_gives_a_datagram_or_a_count(
    base: bytes, changes: list[tuple[int, int]], cut: int, link: int
) -> None:
    octets = bytearray(base)
    for place, octet in changes:
        octets[place % len(octets)] = octet
    one = decoder()
    found = decode(bytes(octets[:cut]), link, one)
    counted = sum(one.counters[name] for name in PACKET_COUNTERS if name != "frames")
    assert (found is None and counted >= 1) or found is not None

"""What stands around telemetry in captures of networks: tags, labels, sessions and tunnels; and TCP streams by name."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import COLLECTOR, EXPORTER, ethernet, ipv4, ipv6, message_datagram, udp
from yangbeam.core import packets as packets_module
from yangbeam.core.packets import MAX_PORTS, MAX_TUNNELS, PACKET_COUNTERS, Datagram, PacketDecoder
from yangbeam.core.pcap import Frame
from yangbeam.core.stream_kinds import kind_of

PACKET = ipv4(udp(b"payload"))
FRAME = ethernet(PACKET)
FOUND = Datagram(1, EXPORTER, 50000, COLLECTOR, 10003, b"payload")
LABEL, LAST_LABEL = struct.pack(">I", 16 << 12 | 64), struct.pack(">I", 17 << 12 | 1 << 8 | 64)
SESSION = bytes.fromhex("11000001") + struct.pack(">H", len(PACKET) + 2)


def decode(
    data: bytes, link: int = 1, *, lost: int = 0, ports: frozenset[int] | None = None
) -> tuple[Datagram | None, PacketDecoder]:
    one = PacketDecoder({}, ports)
    return one.decode(Frame(1, link, data, len(data) + lost)), one


def gre(kind: int, body: bytes, *, flags: int = 0) -> bytes:
    options = bytes(4 * sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000)))
    return ipv4(struct.pack(">HH", flags, kind) + options + body, protocol=47)


def vxlan(frame: bytes, port: int = 4789) -> bytes:
    return ipv4(udp(bytes.fromhex("0800000000002a00") + frame, 40000, port))


AROUND = {
    "PPPoE": (ethernet(SESSION + b"\x00\x21" + PACKET, kind=0x8864), 1),
    "PPPoE in a VLAN": (ethernet(SESSION + b"\x00\x21" + PACKET, kind=0x8864, tags=b"\x81\x00\x00\x2a"), 1),
    "PPPoE, of a link of its own": (SESSION + b"\x00\x21" + PACKET, 51),
    "PPP": (b"\xff\x03\x00\x21" + PACKET, 9),
    "PPP, compressed": (b"\x21" + PACKET, 9),
    "PPP in HDLC": (b"\xff\x03\x00\x21" + PACKET, 50),
    "Cisco's HDLC": (b"\x0f\x00\x08\x00" + PACKET, 104),
    "MPLS": (ethernet(LAST_LABEL + PACKET, kind=0x8847), 1),
    "MPLS with three labels": (ethernet(LABEL + LABEL + LAST_LABEL + PACKET, kind=0x8847), 1),
    "MPLS, of a link of its own": (LABEL + LAST_LABEL + PACKET, 219),
    "MPLS in PPP": (b"\x02\x81" + LAST_LABEL + PACKET, 9),
    "an Ethernet pseudowire": (ethernet(LAST_LABEL + FRAME, kind=0x8847), 1),
    "an Ethernet pseudowire with a control word": (ethernet(LAST_LABEL + bytes(4) + FRAME, kind=0x8847), 1),
    "GRE": (ethernet(gre(0x0800, PACKET)), 1),
    "GRE with a key, a checksum and a number": (ethernet(gre(0x0800, PACKET, flags=0xB000)), 1),
    "Ethernet in GRE": (ethernet(gre(0x6558, FRAME)), 1),
    "MPLS in GRE": (ethernet(gre(0x8847, LAST_LABEL + PACKET)), 1),
    "PPP in GRE": (ethernet(gre(0x880B, b"\x00\x21" + PACKET)), 1),
    "ERSPAN, type I": (ethernet(gre(0x88BE, FRAME)), 1),
    "ERSPAN, type II": (ethernet(gre(0x88BE, bytes(8) + FRAME, flags=0x1000)), 1),
    "ERSPAN, type III": (ethernet(gre(0x22EB, bytes(12) + FRAME, flags=0x1000)), 1),
    "ERSPAN, type III with a subheader": (ethernet(gre(0x22EB, bytes(11) + b"\1" + bytes(8) + FRAME, flags=0x1000)), 1),
    "VXLAN": (ethernet(vxlan(FRAME)), 1),
    "VXLAN on Linux's port": (ethernet(vxlan(FRAME, 8472)), 1),
    "VXLAN over IPv6": (ethernet(ipv6(udp(bytes.fromhex("0800000000002a00") + FRAME, 40000, 4789))), 1),
    "VXLAN in VXLAN": (ethernet(vxlan(ethernet(vxlan(FRAME)))), 1),
    "Geneve": (ethernet(ipv4(udp(bytes.fromhex("0100655800002a00") + bytes(4) + FRAME, 40000, 6081))), 1),
    "Geneve with IP in it": (ethernet(ipv4(udp(bytes.fromhex("0000080000002a00") + PACKET, 40000, 6081))), 1),
    "IP in IP": (ethernet(ipv4(PACKET, protocol=4)), 1),
    "IPv4 in IPv6": (ethernet(ipv6(PACKET, kind=4)), 1),
    "GRE over IPv6": (ethernet(ipv6(b"\0\0\x08\x00" + PACKET, kind=47)), 1),
    "SNAP": (bytes(12) + struct.pack(">H", 60) + b"\xaa\xaa\x03\0\0\0\x08\x00" + PACKET, 1),
    "a backbone's service tag": (ethernet(bytes(4) + FRAME, kind=0x88E7), 1),
    "cooked, with PPPoE": (b"\x88\x64" + bytes(18) + SESSION + b"\x00\x21" + PACKET, 276),
}


@pytest.mark.parametrize(("data", "link"), AROUND.values(), ids=AROUND)
def test_telemetry_is_found_within_what_is_around_it(data: bytes, link: int) -> None:
    assert decode(data, link)[0] == FOUND


def test_a_tunnel_in_fragments_is_put_together() -> None:
    body = struct.pack(">HH", 0, 0x0800) + PACKET
    one = PacketDecoder({})
    first, second = ipv4(body[:24], protocol=47, flags=0x2000), ipv4(body[24:], protocol=47, flags=3)
    assert one.decode(Frame(1, 1, ethernet(first), len(first))) is None
    assert one.decode(Frame(1, 1, ethernet(second), len(second))) == FOUND


OTHER = {
    "a PPPoE discovery": (ethernet(bytes(20), kind=0x8863), "not_ip"),
    "a PPP that negotiates": (ethernet(SESSION + b"\xc0\x21" + bytes(10), kind=0x8864), "not_ip"),
    "GRE with routes": (ethernet(gre(0x0800, PACKET, flags=0x4000)), "not_ip"),
    "GRE of PPTP": (ethernet(gre(0x880B, PACKET, flags=1)), "not_ip"),
    "GRE with something else": (ethernet(gre(0x0806, bytes(28))), "not_ip"),
    "a spanning tree": (bytes(12) + struct.pack(">H", 38) + b"\x42\x42\x03" + bytes(35), "not_ip"),
    "labels without end": (ethernet(LABEL * 20 + PACKET, kind=0x8847), "not_ip"),
    "labels to its end": (ethernet(LABEL * 3, kind=0x8847), "damaged_packets"),
    "tags without end": (bytes(12) + b"\x81\x00\x00\x01" * 20 + b"\x08\x00" + PACKET, "not_ip"),
    "TCP in VXLAN": (ethernet(vxlan(ethernet(ipv4(bytes(20), protocol=6)))), "tcp"),
}


@pytest.mark.parametrize(("data", "name"), OTHER.values(), ids=OTHER)
def test_what_is_no_packet_is_counted_under_its_reason(data: bytes, name: str) -> None:
    found, one = decode(data)
    assert found is None
    assert [each for each in PACKET_COUNTERS if one.counters[each] and each != "frames"] == [name]


def test_tunnels_within_tunnels_have_an_end() -> None:
    def nested(times: int) -> bytes:
        packet = PACKET
        for _ in range(times):
            packet = ipv4(packet, protocol=4)
        return ethernet(packet)

    assert decode(nested(MAX_TUNNELS - 1))[0] == FOUND
    found, one = decode(nested(MAX_TUNNELS))
    assert (found, one.counters["damaged_packets"]) == (None, 1)


def test_a_snapped_tunnel_is_cut_and_not_damaged() -> None:
    for data, _ in (AROUND["GRE"], AROUND["VXLAN"], AROUND["PPPoE"], AROUND["MPLS"]):
        for size in (13, 15, 17, 40, len(data) - 1):
            found, one = decode(data[:size], lost=len(data) - size)
            assert (found, one.counters["cut_packets"]) == (None, 1), size


def test_a_tunnels_port_that_was_asked_for_is_no_tunnel() -> None:
    data = ethernet(vxlan(FRAME))
    found, _ = decode(data, ports=frozenset({4789}))
    assert found is not None
    assert found.destination_port == 4789
    assert decode(data, ports=frozenset({10003}))[0] == FOUND


@pytest.mark.parametrize("payload", [b"no tunnel", b"short"])
@pytest.mark.parametrize("port", [4789, 6081])
def test_udp_to_a_tunnels_port_that_is_none_is_taken_as_it_is(payload: bytes, port: int) -> None:
    found, _ = decode(ethernet(ipv4(udp(payload, 40000, port))))
    assert found == Datagram(1, EXPORTER, 40000, COLLECTOR, port, payload)


def test_tcp_that_the_capture_cut_is_tcp() -> None:
    data = ethernet(ipv6(tcp(MDT), kind=6))
    found, one = decode(data[:-8], lost=8)
    assert (found, one.counters["tcp"], one.counters["tcp:mdt:8443"]) == (None, 1, 1)


@pytest.mark.parametrize(("source", "destination"), [(830, 10003), (50000, 514), (161, 162)])
def test_udp_notif_is_read_from_system_ports_by_its_header(source: int, destination: int) -> None:
    telemetry = message_datagram(7)
    found, _ = decode(ethernet(ipv4(udp(telemetry, source, destination))))
    assert found == Datagram(1, EXPORTER, source, COLLECTOR, destination, telemetry)


@pytest.mark.parametrize(
    "payload",
    [
        bytes.fromhex("302902010104067075626c6963") + bytes(30),  # SNMP
        b"<34>Oct 11 22:14:15 host su: message",
        bytes.fromhex("23") + bytes(47),  # NTP
        message_datagram(7)[:-1],
        message_datagram(7) + b"x",
        b"",
    ],
)
def test_what_is_no_udp_notif_on_system_ports_is_counted_by_port(payload: bytes) -> None:
    found, one = decode(ethernet(ipv4(udp(payload, 161, 514))))
    assert found is None
    assert (one.counters["other_traffic"], one.counters["other_traffic:514"]) == (1, 1)


def test_ports_and_links_are_counted_by_number_while_they_are_few() -> None:
    one = PacketDecoder({})
    for number in range(100):
        one.decode(Frame(1, 1, ethernet(ipv4(udp(b"x", 50000, number + 1))), 43))
        one.decode(Frame(1, 1_000 + number, b"", 0))
    assert sum(name.startswith("other_traffic:") for name in one.counters) == MAX_PORTS
    assert sum(name.startswith("unsupported_link:") for name in one.counters) == MAX_PORTS
    assert (one.counters["other_traffic"], one.counters["unsupported_link"]) == (100, 100)


def tcp(payload: bytes, destination_port: int = 8443, source_port: int = 40000) -> bytes:
    head = struct.pack(">HHIIBBHHH", source_port, destination_port, 1, 1, 0x80, 0x18, 1000, 0, 0) + bytes(12)
    return head + payload


MDT = bytes.fromhex("000100010001000000000010") + bytes(16)
STREAMS = {
    "HTTPS-notif without TLS": (b"POST /relay-notification HTTP/1.1\r\nHost: c\r\n\r\n{}", "http"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01", "tls"),
    "gRPC from its beginning": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "grpc"),
    "gRPC by its service": (bytes(9) + b"/mdt_dialout.gRPCMdtDialout/MdtDialout", "grpc"),
    "gRPC that began unseen": (bytes.fromhex("00000c000000000001") + bytes.fromhex("0000000007") + bytes(7), "grpc"),
    "a long message of gRPC": (bytes.fromhex("004000000000000003") + bytes.fromhex("0000010000") + bytes(100), "grpc"),
    "settings of HTTP/2": (bytes.fromhex("000006040000000000") + bytes(6), "grpc"),
    "settings of HTTP/2 that are acknowledged": (bytes.fromhex("000000040100000000"), "grpc"),
    "Cisco's dial-out": (MDT, "mdt"),
    "Cisco's dial-out in JSON": (MDT[:3] + b"\x02" + MDT[4:], "mdt"),
}


@pytest.mark.parametrize(("payload", "kind"), STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("six", [False, True])
def test_a_tcp_stream_of_telemetry_is_named_with_its_port_and_counted_once(
    payload: bytes, kind: str, six: bool
) -> None:
    one = PacketDecoder({})
    for _ in range(3):
        body = tcp(payload)
        one.decode(Frame(1, 1, ethernet(ipv6(body, kind=6) if six else ipv4(body, protocol=6)), 2_000))
    one.decode(Frame(1, 1, ethernet(ipv4(tcp(payload, source_port=40001), protocol=6)), 2_000))
    assert one.counters[f"tcp:{kind}:8443"] == 2
    assert one.counters["tcp"] == 4


@pytest.mark.parametrize(
    "payload",
    [
        bytes(40),
        bytes.fromhex("00000c000000000002") + bytes.fromhex("0000000007") + bytes(7),
        bytes.fromhex("00000d000000000001") + bytes.fromhex("0000000007") + bytes(8),
        bytes.fromhex("000006040000000001") + bytes(6),
        bytes.fromhex("000007040000000000") + bytes(7),
        b"",
        b"SSH-2.0-OpenSSH",
        b"POST it",
        MDT[:11],
        b"\0\1\0\1\0\1\0\0\xff\xff\xff\xff",
        b"\0\1\0\3" + MDT[4:],
    ],
)
def test_other_streams_are_not_named(payload: bytes) -> None:
    assert kind_of(payload) is None


def test_the_streams_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets_module, "MAX_STREAMS", 3)
    one = PacketDecoder({})
    for port in range(10):
        one.decode(Frame(1, 1, ethernet(ipv4(tcp(MDT, source_port=port), protocol=6)), 200))
    assert len(one._streams) == 3
    assert one.counters["tcp:mdt:8443"] == 10


@given(
    base=st.sampled_from([data for data, _ in AROUND.values()]),
    changes=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=5),
    cut=st.integers(0, 150),
    link=st.sampled_from([1, 9, 50, 51, 104, 113, 219, 276]),
)
def test_whatever_the_octets_a_frame_gives_a_datagram_or_a_count(
    base: bytes, changes: list[tuple[int, int]], cut: int, link: int
) -> None:
    octets = bytearray(base)
    for place, octet in changes:
        octets[place % len(octets)] = octet
    found, one = decode(bytes(octets[:cut]), link)
    assert (found is None) == (sum(one.counters[name] for name in PACKET_COUNTERS if name != "frames") > 0) or found

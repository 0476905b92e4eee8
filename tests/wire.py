"""Builds what stands around a UDP payload in a capture file, octet by octet, apart from the code that reads it."""

import ipaddress
import struct

from yangbeam.core.elements import MediaType, Message, MessageBatch
from yangbeam.core.reader import END, Poll, Reader
from yangbeam.core.udp_notif import segments_of

EXPORTER, COLLECTOR = "192.0.2.1", "192.0.2.9"
EXPORTER_6, COLLECTOR_6 = "2001:db8::1", "2001:db8::9"


def message_datagram(message_id: int, payload: bytes = b"{}") -> bytes:
    return segments_of(payload, media_type=MediaType.JSON, publisher_id=1, message_id=message_id)[0]


def udp(payload: bytes, source_port: int = 50000, destination_port: int = 10003) -> bytes:
    return struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def ipv4(body: bytes, *, options: bytes = b"", flags: int = 0, protocol: int = 17, total: int | None = None) -> bytes:
    length = 20 + len(options) + len(body) if total is None else total
    first = 0x40 | (5 + len(options) // 4)
    addresses = ipaddress.ip_address(EXPORTER).packed + ipaddress.ip_address(COLLECTOR).packed
    return struct.pack(">BBHHHBBH", first, 0, length, 7, flags, 64, protocol, 0) + addresses + options + body


def ipv6(body: bytes, *, kind: int = 17) -> bytes:
    addresses = ipaddress.ip_address(EXPORTER_6).packed + ipaddress.ip_address(COLLECTOR_6).packed
    return struct.pack(">IHBB", 0x60000000, len(body), kind, 64) + addresses + body


def ethernet(packet: bytes, kind: int | None = None, tags: bytes = b"") -> bytes:
    kind = (0x86DD if packet[0] >> 4 == 6 else 0x0800) if kind is None else kind
    return bytes(12) + tags + struct.pack(">H", kind) + packet


def pcap(
    frames: list[tuple[int, bytes]], *, order: str = "<", nanoseconds: bool = False, link: int = 1, lost: int = 0
) -> bytes:
    """Makes a classic file of (time_us, frame); ``lost`` octets of each frame were not kept."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    file = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for time_us, frame in frames:
        seconds, fraction = divmod(time_us, 1_000_000)
        fraction *= 1000 if nanoseconds else 1
        file += struct.pack(order + "IIII", seconds, fraction, len(frame), len(frame) + lost) + frame
    return file


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str = "<") -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str = "<", link: int = 1, snap: int = 0, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options)


def enhanced(order: str, number: int, ticks: int, frame: bytes) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 6, head + frame)


def read_all(reader: Reader, max_bytes: int = 1 << 20) -> list[MessageBatch]:
    batches: list[MessageBatch] = []
    while (batch := reader.poll(max_bytes, 0.0)) is not END:
        assert not isinstance(batch, Poll)
        batches.append(batch)
    return batches


def messages_of(batches: list[MessageBatch]) -> list[Message]:
    return [message for batch in batches for message in batch.messages]

"""Decides where the packets of a capture file begin, which link they are of and when they were seen: pcap and pcapng.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. Octets are fed as they come from the file, in any portions;
a capture cut short gives everything before the cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from yangbeam.core.errors import Fault, YangbeamError

MAX_BLOCK = 16 * 1024 * 1024
"""Octets of a packet or block at most; more is taken for damage. tcpdump's largest snapshot is 262,144."""


_GIVE = "give a file that tcpdump or Wireshark wrote, also as .gz or .zst"


class CaptureError(YangbeamError):
    """A capture file that is none, is cut short or is damaged; the file's fault, not a router's."""

    fault = Fault.ENVIRONMENT


class Frame(NamedTuple):
    """One captured packet."""

    time_us: int
    link: int
    """LINKTYPE number."""
    data: bytes
    length: int
    """Octets on the wire; more than ``data`` when the capture kept only the head."""


@dataclass(frozen=True, slots=True)
class _Interface:
    """An interface of a pcapng section."""

    link: int
    snap: int
    ticks: int
    """Of its clock, per second."""
    offset_us: int


_CLASSIC_MAGIC = {
    bytes.fromhex("a1b2c3d4"): (">", 1, 16),
    bytes.fromhex("d4c3b2a1"): ("<", 1, 16),
    bytes.fromhex("a1b23c4d"): (">", 1000, 16),
    bytes.fromhex("4d3cb2a1"): ("<", 1000, 16),
    bytes.fromhex("a1b2cd34"): (">", 1, 24),
    bytes.fromhex("34cdb2a1"): ("<", 1, 24),
}
"""First octets → byte order, the divisor of the fraction field that gives microseconds, and the octets of a packet's
header: the last two are of recorders of before 2000, which added interface, protocol and direction."""
_SECTION = 0x0A0D0D0A
_SECTION_MAGIC = {bytes.fromhex("1a2b3c4d"): ">", bytes.fromhex("4d3c2b1a"): "<"}
_DEFAULT_TICKS = 1_000_000


class CaptureParser:
    """Turns the octets of one file into frames; ``feed`` them, then call ``end``."""

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        """Octets of the buffer that are used up."""
        self._consumed = 0
        """Octets of the file before the buffer."""
        self._read: Callable[[], Frame | bool] = self._read_magic
        self._order = "<"
        self._divisor = 1
        self._head = 16
        self._link = 0
        self._record = Struct("<IIII")
        self._interfaces: list[_Interface] = []
        self._time_us = 0

    @property
    def position(self) -> int:
        """Octets of the file that were understood."""
        return self._consumed + self._at

    def feed(self, octets: bytes) -> Iterator[Frame]:
        """Yields the frames that are whole with these octets; exhaust it before feeding more.

        Raises:
            CaptureError: ``not-a-capture`` at the start, ``capture_damaged`` later: nothing after it can be read.
        """
        self._consumed += self._at
        self._buffer = self._buffer[self._at :] + octets
        self._at = 0
        while True:
            found = self._read()
            if found is False:
                return
            if found is not True:
                self._time_us = found.time_us
                yield found

    def end(self) -> bytes:
        """Returns the octets of a packet that was cut short by the end of the file; empty if the file ends well."""
        return self._buffer[self._at :]

    def _read_magic(self) -> bool:
        magic = self._buffer[:4]
        if len(magic) < 4:
            return False
        if magic in _CLASSIC_MAGIC:
            self._order, self._divisor, self._head = _CLASSIC_MAGIC[magic]
            self._read = self._read_file_header
        elif magic == _SECTION.to_bytes(4):
            self._read = self._read_block
        else:
            raise CaptureError("not-a-capture", f"starts with {magic.hex()}: neither pcap nor pcapng; {_GIVE}")
        return True

    def _read_file_header(self) -> bool:
        """Reads the header of a classic file; the link type's upper bits tell of check sequences, not of links."""
        if len(self._buffer) < 24:
            return False
        self._link = Struct(self._order + "I").unpack_from(self._buffer, 20)[0] & 0xFFFF
        self._record = Struct(self._order + "IIII")
        self._at = 24
        self._read = self._read_record
        return True

    def _read_record(self) -> Frame | bool:
        """Reads one packet of a classic file."""
        start = self._at + self._head
        if start > len(self._buffer):
            return False
        seconds, fraction, captured, length = self._record.unpack_from(self._buffer, self._at)
        self._check_size(captured)
        end = start + captured
        if end > len(self._buffer):
            return False
        self._at = end
        time_us = seconds * 1_000_000 + fraction // self._divisor
        return Frame(time_us, self._link, self._buffer[start:end], length)

    def _read_block(self) -> Frame | bool:
        """Reads one block of pcapng: type, length, body, length."""
        if len(self._buffer) < self._at + 12:
            return False
        if self._buffer[self._at : self._at + 4] == _SECTION.to_bytes(4):
            self._start_section()
        kind, size = Struct(self._order + "II").unpack_from(self._buffer, self._at)
        self._check_size(size)
        if size < 12 or size % 4:
            raise self._damaged(f"block of {size} octets")
        end = self._at + size
        if end > len(self._buffer):
            return False
        body = self._buffer[self._at + 8 : end - 4]
        read = _BLOCKS.get(kind)
        found = read(self, body) if read else True
        self._at = end
        return found

    def _start_section(self) -> None:
        magic = self._buffer[self._at + 8 : self._at + 12]
        if magic not in _SECTION_MAGIC:
            raise self._damaged(f"section with byte-order magic {magic.hex()}")
        self._order = _SECTION_MAGIC[magic]
        self._interfaces = []

    def _read_interface(self, body: bytes) -> bool:
        """Interface description block: link type, snapshot length, options."""
        link, snap = self._unpack("HxxI", body)
        ticks, offset = _DEFAULT_TICKS, 0
        for code, value in self._block_options(body[8:]):
            if code == 9 and value:  # if_tsresol: a power of ten, or of two if the top bit is set
                ticks = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == 14 and len(value) == 8:  # if_tsoffset: seconds
                (offset,) = Struct(self._order + "q").unpack(value)
        self._interfaces.append(_Interface(link, snap, ticks, offset * 1_000_000))
        return True

    def _read_enhanced(self, body: bytes) -> Frame:
        """Enhanced packet block."""
        number, high, low, captured, length = self._unpack("IIIII", body)
        return self._packet(number, high << 32 | low, captured, length, body)

    def _read_obsolete(self, body: bytes) -> Frame:
        """Packet block, which recorders of before 2007 wrote: as the enhanced one, with 16 bits of drops."""
        number, high, low, captured, length = self._unpack("HxxIIII", body)
        return self._packet(number, high << 32 | low, captured, length, body)

    def _packet(self, number: int, ticks: int, captured: int, length: int, body: bytes) -> Frame:
        interface = self._interface(number)
        if captured > len(body) - 20:
            raise self._damaged(f"packet of {captured} octets in a block of {len(body)}")
        time_us = ticks * 1_000_000 // interface.ticks + interface.offset_us
        return Frame(time_us, interface.link, body[20 : 20 + captured], length)

    def _read_simple(self, body: bytes) -> Frame:
        """Simple packet block: of the first interface; it has no time, so that of the packet before stands in."""
        (length,) = self._unpack("I", body)
        interface = self._interface(0)
        captured = min(length, interface.snap or length, len(body) - 4)
        return Frame(self._time_us, interface.link, body[4 : 4 + captured], length)

    def _interface(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise self._damaged(f"packet of interface {number}, {len(self._interfaces)} are described")
        return self._interfaces[number]

    def _block_options(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        """Yields (code, value) of a block's options; each is padded to four octets."""
        at = 0
        while at + 4 <= len(octets):
            code, length = Struct(self._order + "HH").unpack_from(octets, at)
            if code == 0:
                return
            yield code, octets[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4

    def _unpack(self, layout: str, body: bytes) -> tuple[int, ...]:
        struct = Struct(self._order + layout)
        if len(body) < struct.size:
            raise self._damaged(f"block body of {len(body)} octets, {struct.size} needed")
        return struct.unpack_from(body)

    def _check_size(self, size: int) -> None:
        if size > MAX_BLOCK:
            raise self._damaged(f"packet or block of {size} octets, above {MAX_BLOCK}")

    def _damaged(self, what: str) -> CaptureError:
        return CaptureError("capture_damaged", f"{what} at octet {self.position}; everything before it was read")


_BLOCKS: dict[int, Callable[[CaptureParser, bytes], Frame | bool]] = {
    0x00000001: CaptureParser._read_interface,  # noqa: SLF001 – the table of its own methods
    0x00000002: CaptureParser._read_obsolete,  # noqa: SLF001
    0x00000003: CaptureParser._read_simple,  # noqa: SLF001
    0x00000006: CaptureParser._read_enhanced,  # noqa: SLF001
}
"""Block type → how its body is read; all others are skipped (section headers are seen to before)."""

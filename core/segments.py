"""Decides what the segments of one message say together: what is new, what contradicts, when they are all there.

Source: draft-ietf-netconf-udp-notif-26 section 4.1.
"""

from dataclasses import dataclass, field

from yangbeam.core.udp_notif import LastBit, Segment

TOP_BIT = 0x8000
"""Of the segmentation option's 16 bits."""


@dataclass(slots=True)
class SegmentBuffer:
    """The segments of one message so far; ``last_bit`` says how their option is read."""

    last_bit: LastBit
    top: bool = False
    """The last-segment flag is read from the top bit; ``begin`` and ``store`` set it."""
    ambiguous: bool = False
    """Two segments differ in nothing but the lowest bit: wait for one that shows the top bit."""
    parts: dict[int, Segment] = field(default_factory=dict)
    """By segmentation value."""
    octets: int = 0
    """Of payload."""
    last: int = -1
    """Number of the last segment; -1 until known."""
    highest: int = -1

    def __post_init__(self) -> None:
        """Reads the flag from the top at once where that is the setting."""
        self.top = self.last_bit is LastBit.TOP

    def number(self, value: int) -> int:
        """Returns the segment number in a segmentation value."""
        return value & ~TOP_BIT if self.top else value >> 1

    def is_repeated(self, segment: Segment) -> bool:
        """Says whether this very segment came before."""
        before = self.parts.get(segment.value)
        return before is not None and _same_kind(before, segment)

    def is_reused(self, segment: Segment) -> bool:
        """Says whether a new message took the id: the segment's number came before, with other contents."""
        return self.is_repeated(segment) and self.parts[segment.value].payload != segment.payload

    def store(self, segment: Segment) -> str:
        """Stores a segment that is no repetition, unless it contradicts the others: then returns how."""
        if self.last_bit is LastBit.DETECT and segment.value & TOP_BIT and not self.top:
            self._read_top()
        contradiction = self._contradiction(segment)
        if contradiction:
            return contradiction
        self.parts[segment.value] = segment
        self.octets += len(segment.payload)
        number = self.number(segment.value)
        self.highest = max(self.highest, number)
        if segment.value & self._flag and not self.ambiguous:
            self.last = number
        return ""

    def is_complete(self) -> bool:
        """Says whether all segments up to the last are there; numbers are distinct and at most ``last``."""
        return 0 <= self.last == len(self.parts) - 1 and not self.ambiguous

    def in_order(self) -> list[Segment]:
        """Returns the segments by number."""
        return [self.parts[value] for value in sorted(self.parts, key=self.number)]

    def summary(self) -> str:
        """Says what came, for the detail of a refusal."""
        of = f" of {self.last + 1}" if self.last >= 0 else ", the last not among them"
        return f"{len(self.parts)} segments came{of}; the highest is number {self.highest}"

    @property
    def _flag(self) -> int:
        return TOP_BIT if self.top else 1

    def _contradiction(self, segment: Segment) -> str:
        other = next(iter(self.parts.values()), segment)
        if not _same_kind(other, segment):
            return f"first octet {segment.header[0]:#04x} after {other.header[0]:#04x}: one message, two kinds"
        number = self.number(segment.value)
        if segment.value ^ self._flag in self.parts:
            if self.last_bit is not LastBit.DETECT or self.top:
                return f"segment {number} came both as last and not as last"
            self.ambiguous, self.last = True, -1
        if self.ambiguous:
            return ""
        if 0 <= self.last < number:
            return f"segment {number} comes after the last, {self.last}"
        if segment.value & self._flag and number < self.highest:
            return f"segment {number} is marked as last, but {self.highest} came"
        return ""

    def _read_top(self) -> None:
        """Reads the flag from the top bit from here on: all values before had it clear, so they are numbers."""
        self.top, self.ambiguous = True, False
        self.last, self.highest = -1, max(self.parts, default=-1)


def _same_kind(one: Segment, other: Segment) -> bool:
    """Compares version, S and MT: the first octet."""
    return one.header[0] == other.header[0]

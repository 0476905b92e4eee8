"""Decides when segments make a message, and when to give it up: bounded, in any order, with time as a parameter.

Source: draft-ietf-netconf-udp-notif-26 sections 4.1 and 5.1 to 5.3. The draft's key of publisher and message id is
widened by the sockets' addresses: routers start message ids anew on every source port.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_notif import MAX_SEGMENTS, LastBit, Segment

Key = tuple[str, int, int, int, int]
"""(exporter, its port, collector's port, publisher id, message id)."""

SEGMENT_OVERHEAD = 256
"""Octets of memory charged for a segment beside its own: about what its objects take."""

_TOP_BIT = 0x8000


@dataclass(frozen=True, slots=True)
class ReassemblyLimits:
    """What one collector holds at most; the draft's minima are 64 segments and 96 kilobytes a message."""

    max_segments: int = 256
    """Per message; real routers send 183."""
    max_message_bytes: int = 16_777_216
    """Of payload: 256 segments of 65,507 octets come to just below."""
    max_exporter_bytes: int = 33_554_432
    """Buffered of one exporter, SEGMENT_OVERHEAD included: two of the largest messages."""
    max_bytes: int = 268_435_456
    """Buffered in total, SEGMENT_OVERHEAD included."""
    max_exporter_messages: int = 1024
    """In progress of one exporter."""
    max_messages: int = 16_384
    """In progress in total."""
    timeout_us: int = 10_000_000
    """From the first segment of a message; section 5.3: SHOULD 10 s, MUST NOT exceed 20 s."""

    def __post_init__(self) -> None:
        """Refuses limits that make no sense."""
        low = [name for name in self.__slots__ if getattr(self, name) < 1]
        if low or self.max_segments > MAX_SEGMENTS or self.timeout_us > 20_000_000:
            raise ConfigurationError(
                "setting",
                f"reassembly limits must be at least 1 (below: {low}), max_segments at most {MAX_SEGMENTS}, "
                "timeout_us at most 20,000,000",
            )


class Abandoned(msgspec.Struct, frozen=True, gc=False):
    """A message given up, with what came of it."""

    key: Key
    reason: str
    """A name of ABANDONED, or ``malformed``."""
    detail: str
    arrival_us: int
    """When its newest segment arrived."""
    original: bytes
    """The datagrams that came, by segment number, end to end; each says its own length."""


class Reassembled(msgspec.Struct, frozen=True, gc=False):
    """A message whose last missing segment has just come."""

    media_type: str
    payload: bytes
    options: tuple[tuple[int, bytes], ...]


Outcome = Reassembled | Abandoned


@dataclass(slots=True)
class _Buffer:
    """The segments of one message so far."""

    key: Key
    deadline: int
    top: bool
    """The last-segment flag is read from the top bit."""
    parts: dict[int, Segment] = field(default_factory=dict)
    """By segmentation value."""
    octets: int = 0
    charged: int = 0
    last: int = -1
    """Number of the last segment; -1 until known."""
    highest: int = -1
    arrival_us: int = 0
    given_up: bool = False
    """What still comes of it within the timeout belongs to a message that was refused already."""
    ambiguous: bool = False
    """Two segments differ in nothing but the lowest bit: wait for one that shows the top bit."""

    def number(self, value: int) -> int:
        return value & ~_TOP_BIT if self.top else value >> 1

    def in_order(self) -> list[Segment]:
        return [self.parts[value] for value in sorted(self.parts, key=self.number)]

    def missing(self) -> str:
        """Says what is missing, in words."""
        of = f" of {self.last + 1}" if self.last >= 0 else ", the last not among them"
        return f"{len(self.parts)} segments came{of}; the highest is number {self.highest}"


class Reassembly:
    """Holds the messages in progress of one collector; every method takes the time, in microseconds.

    Attributes:
        counters: Those of SEGMENTS and ``last_bit_misplaced`` are counted in it; outcomes are the caller's to count.
    """

    def __init__(
        self,
        counters: dict[str, int],
        limits: ReassemblyLimits | None = None,
        last_bit: LastBit = LastBit.STANDARD,
    ) -> None:
        self.counters = counters
        self._limits = limits or ReassemblyLimits()
        self._last_bit = last_bit
        self._buffers: OrderedDict[Key, _Buffer] = OrderedDict()
        """Oldest first: which is the order of deadlines, the timeout being one."""
        self._of_exporter: dict[str, OrderedDict[Key, _Buffer]] = {}
        self._exporter_bytes: dict[str, int] = {}
        self._bytes = 0
        self._clock = 0
        self._offset = 0

    def __len__(self) -> int:
        return len(self._buffers)

    @property
    def buffered_bytes(self) -> int:
        """Octets held, SEGMENT_OVERHEAD included."""
        return self._bytes

    def add(self, key: Key, segment: Segment, now_us: int) -> list[Outcome]:
        """Takes one segment; returns the messages that this completes or makes it give up, oldest first."""
        outcomes: list[Outcome] = [*self.expire(now_us)]
        self.counters["segments"] += 1
        buffer = self._buffers.get(key)
        if buffer is not None and self._is_reused(buffer, segment):
            outcomes.append(self._abandon(buffer, "incomplete", "its message id was used anew"))
            buffer = None
        if buffer is None:
            buffer = self._open(key, outcomes)
        if buffer.given_up:
            self.counters["discarded_segments"] += 1
        elif segment.value in buffer.parts and _same_kind(buffer.parts[segment.value], segment):
            self.counters["duplicate_segments"] += 1
        else:
            outcome = self._store(buffer, segment, now_us)
            if outcome is not None:
                outcomes.append(outcome)
            outcomes.extend(self._make_room(key[0]))
        return outcomes

    def expire(self, now_us: int) -> list[Abandoned]:
        """Gives up every message whose time is over."""
        self._advance(now_us)
        abandoned: list[Abandoned] = []
        while self._buffers:
            buffer = next(iter(self._buffers.values()))
            if buffer.deadline > self._clock:
                break
            self._retire(buffer, "no more came in time", abandoned)
        return abandoned

    def flush(self) -> list[Abandoned]:
        """Gives up everything: the input has ended."""
        abandoned: list[Abandoned] = []
        for buffer in list(self._buffers.values()):
            self._retire(buffer, "the input ended", abandoned)
        return abandoned

    def _advance(self, now_us: int) -> None:
        """Moves the clock forward only; a step back by more than the timeout is a clock that was set, and followed."""
        now = now_us + self._offset
        if now > self._clock:
            self._clock = now
        elif now < self._clock - self._limits.timeout_us:
            self._offset = self._clock - now_us

    def _open(self, key: Key, outcomes: list[Outcome]) -> _Buffer:
        """Starts a message; one too many costs the oldest."""
        limits = self._limits
        own = self._of_exporter.setdefault(key[0], OrderedDict())
        abandoned: list[Abandoned] = []
        if len(own) >= limits.max_exporter_messages:
            self._retire(next(iter(own.values())), "too many messages of the exporter in progress", abandoned)
        elif len(self._buffers) >= limits.max_messages:
            self._retire(next(iter(self._buffers.values())), "too many messages in progress", abandoned)
        outcomes.extend(abandoned)
        buffer = _Buffer(key, self._clock + limits.timeout_us, top=self._last_bit is LastBit.TOP)
        self._buffers[key] = buffer
        # Retiring the exporter's only message drops its entry.
        self._of_exporter.setdefault(key[0], own)[key] = buffer
        return buffer

    @staticmethod
    def _is_reused(buffer: _Buffer, segment: Segment) -> bool:
        """Says whether the segment shows that a new message took the id: its number came, with other contents."""
        before = buffer.parts.get(segment.value)
        return before is not None and before.payload != segment.payload and _same_kind(before, segment)

    def _store(self, buffer: _Buffer, segment: Segment, now_us: int) -> Outcome | None:
        """Stores a segment that is new; returns what becomes of the message by it, if anything."""
        buffer.arrival_us = now_us
        if self._last_bit is LastBit.DETECT and not buffer.top and segment.value & _TOP_BIT:
            self._read_top(buffer)
        conflict = self._conflict(buffer, segment)
        if conflict:
            return self._give_up(buffer, "malformed", conflict, segment)
        self._charge(buffer, len(segment.payload) + len(segment.header) + SEGMENT_OVERHEAD)
        buffer.parts[segment.value] = segment
        buffer.octets += len(segment.payload)
        number = buffer.number(segment.value)
        buffer.highest = max(buffer.highest, number)
        if segment.value & (_TOP_BIT if buffer.top else 1) and not buffer.ambiguous:
            buffer.last = number
        if number >= self._limits.max_segments:
            return self._give_up(buffer, "too_many_segments", _too_many(number, segment.value, self._limits))
        if buffer.octets > self._limits.max_message_bytes:
            return self._give_up(buffer, "message_too_large", f"above {self._limits.max_message_bytes} octets")
        if buffer.ambiguous or len(buffer.parts) != buffer.last + 1:
            return None
        return self._complete(buffer)

    def _conflict(self, buffer: _Buffer, segment: Segment) -> str:
        """Says what of the segment contradicts those before it; empty if nothing does."""
        for other in buffer.parts.values():
            if not _same_kind(other, segment):
                return f"first octet {segment.header[0]:#04x} after {other.header[0]:#04x}: one message, two kinds"
            break
        number, flag = buffer.number(segment.value), _TOP_BIT if buffer.top else 1
        if segment.value ^ flag in buffer.parts:
            if self._last_bit is not LastBit.DETECT or buffer.top:
                return f"segment {number} came both as last and not as last"
            buffer.ambiguous = True
            buffer.last = -1
        if buffer.ambiguous:
            return ""
        if buffer.last >= 0 and number > buffer.last:
            return f"segment {number} comes after the last, {buffer.last}"
        if segment.value & flag and number < buffer.highest:
            return f"segment {number} is marked as last, but {buffer.highest} came"
        return ""

    def _read_top(self, buffer: _Buffer) -> None:
        """Reads the flag from the top bit from here on: those before had it clear."""
        self.counters["last_bit_misplaced"] += 1
        buffer.top, buffer.ambiguous = True, False
        buffer.last, buffer.highest = -1, max(buffer.parts, default=-1)

    def _complete(self, buffer: _Buffer) -> Reassembled:
        parts = buffer.in_order()
        self._release(buffer)
        return Reassembled(parts[0].media_type, b"".join([part.payload for part in parts]), parts[0].options)

    def _make_room(self, exporter: str) -> list[Abandoned]:
        """Gives up the oldest messages until the limits on octets hold."""
        abandoned: list[Abandoned] = []
        while self._exporter_bytes.get(exporter, 0) > self._limits.max_exporter_bytes:
            oldest = next(iter(self._of_exporter[exporter].values()))
            self._retire(oldest, "too many octets of the exporter buffered", abandoned)
        while self._bytes > self._limits.max_bytes:
            self._retire(next(iter(self._buffers.values())), "too many octets buffered", abandoned)
        return abandoned

    def _retire(self, buffer: _Buffer, why: str, abandoned: list[Abandoned]) -> None:
        """Ends a message that may have been given up, and reported, before."""
        if buffer.given_up:
            self._release(buffer)
        else:
            abandoned.append(self._abandon(buffer, "incomplete", why))

    def _abandon(self, buffer: _Buffer, reason: str, why: str) -> Abandoned:
        self._release(buffer)
        return _abandoned(buffer, reason, why)

    def _give_up(self, buffer: _Buffer, reason: str, why: str, culprit: Segment | None = None) -> Abandoned:
        """Abandons a message of which more may come; what does until its deadline is discarded, not reported again."""
        abandoned = _abandoned(buffer, reason, why, culprit)
        self._charge(buffer, -buffer.charged)
        buffer.given_up, buffer.parts = True, {}
        return abandoned

    def _charge(self, buffer: _Buffer, octets: int) -> None:
        exporter = buffer.key[0]
        buffer.charged += octets
        self._bytes += octets
        self._exporter_bytes[exporter] = self._exporter_bytes.get(exporter, 0) + octets

    def _release(self, buffer: _Buffer) -> None:
        exporter = buffer.key[0]
        del self._buffers[buffer.key]
        own = self._of_exporter[exporter]
        del own[buffer.key]
        self._charge(buffer, -buffer.charged)
        if not own:
            del self._of_exporter[exporter]
            del self._exporter_bytes[exporter]


def _same_kind(one: Segment, other: Segment) -> bool:
    """Compares version, S and MT: the first octet."""
    return one.header[0] == other.header[0]


def _abandoned(buffer: _Buffer, reason: str, why: str, culprit: Segment | None = None) -> Abandoned:
    segments = [*buffer.in_order(), *([culprit] if culprit else [])]
    original = b"".join([segment.header + segment.payload for segment in segments])
    return Abandoned(buffer.key, reason, f"{why}: {buffer.missing()}", buffer.arrival_us, original)


def _too_many(number: int, value: int, limits: ReassemblyLimits) -> str:
    hint = "; if this publisher sets the last-segment flag in the top bit, set last_bit to detect" * (value >= _TOP_BIT)
    return f"segment number {number}, max_segments is {limits.max_segments}{hint}"

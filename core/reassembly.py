"""Decides when segments make a message, and when to give it up: bounded, in any order, with time as a parameter.

Source: draft-ietf-netconf-udp-notif-26 sections 4.1 and 5.1 to 5.3. The draft's key of publisher and message id is
widened by the sockets' addresses: routers start message ids anew on every source port.
"""

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from yangbeam.core.copies import Copies
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.segments import TOP_BIT, SegmentBuffer
from yangbeam.core.udp_notif import MAX_SEGMENTS, LastBit, Segment

Key = tuple[str, int, int, int, int]
"""(exporter, its port, collector's port, publisher id, message id)."""

SEGMENT_OVERHEAD = 256
"""Octets of memory charged for a segment beside its own: about what its objects take."""


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
class _Message:
    """A message in progress."""

    key: Key
    deadline: int
    segments: SegmentBuffer
    charged: int = 0
    """Octets, SEGMENT_OVERHEAD included."""
    arrival_us: int = 0
    given_up: bool = False
    """What still comes of it within the timeout belongs to a message that was refused already."""
    copy: bool = False
    """So far it repeats a message that was completed: nothing is missing when no more of it comes."""


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
        self._messages: OrderedDict[Key, _Message] = OrderedDict()
        """Oldest first: which is the order of deadlines, the timeout being one."""
        self._of_exporter: dict[str, OrderedDict[Key, _Message]] = {}
        self._exporter_bytes: dict[str, int] = {}
        self._copies = Copies()
        self._bytes = 0
        self._clock = 0
        self._offset = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def buffered_bytes(self) -> int:
        """Octets held, SEGMENT_OVERHEAD included."""
        return self._bytes

    def add(self, key: Key, segment: Segment, now_us: int) -> list[Outcome]:
        """Takes one segment; returns the messages that this completes or makes it give up, oldest first."""
        outcomes: list[Outcome] = []
        outcomes += self.expire(now_us)
        self.counters["segments"] += 1
        message = self._messages.get(key)
        copy = (message is None or message.copy) and self._copies.has(key, segment, self._clock)
        if message is not None and message.copy and not copy:
            self._drop(message)
            message = None
        if message is not None and message.segments.is_reused(segment):
            outcomes.append(self._abandon(message, "incomplete", "its message id was used anew"))
            message = None
        if message is None:
            message = self._open(key, outcomes)
            message.copy = copy
        if message.given_up:
            self.counters["discarded_segments"] += 1
        elif message.segments.is_repeated(segment):
            self.counters["duplicate_segments"] += 1
        else:
            outcome = self._store(message, segment, now_us)
            if outcome is not None:
                outcomes.append(outcome)
            outcomes.extend(self._make_room(key[0]))
        return outcomes

    def expire(self, now_us: int) -> list[Abandoned]:
        """Gives up every message whose time is over."""
        self._advance(now_us)
        abandoned: list[Abandoned] = []
        while self._messages:
            message = next(iter(self._messages.values()))
            if message.deadline > self._clock:
                break
            self._retire(message, "no more came in time", abandoned)
        return abandoned

    def flush(self) -> list[Abandoned]:
        """Gives up everything: the input has ended."""
        abandoned: list[Abandoned] = []
        for message in list(self._messages.values()):
            self._retire(message, "the input ended", abandoned)
        return abandoned

    def _advance(self, now_us: int) -> None:
        """Moves the clock forward only; a step back by more than the timeout is a clock that was set, and followed."""
        now = now_us + self._offset
        if now > self._clock:
            self._clock = now
        elif now < self._clock - self._limits.timeout_us:
            self._offset = self._clock - now_us

    def _open(self, key: Key, outcomes: list[Outcome]) -> _Message:
        """Starts a message; one too many costs the oldest."""
        limits = self._limits
        own = self._of_exporter.setdefault(key[0], OrderedDict())
        abandoned: list[Abandoned] = []
        if len(own) >= limits.max_exporter_messages:
            self._retire(next(iter(own.values())), "too many messages of the exporter in progress", abandoned)
        elif len(self._messages) >= limits.max_messages:
            self._retire(next(iter(self._messages.values())), "too many messages in progress", abandoned)
        outcomes.extend(abandoned)
        message = _Message(key, self._clock + limits.timeout_us, SegmentBuffer(self._last_bit))
        self._messages[key] = message
        # Retiring the exporter's only message drops its entry.
        self._of_exporter.setdefault(key[0], own)[key] = message
        return message

    def _store(self, message: _Message, segment: Segment, now_us: int) -> Outcome | None:
        """Stores a segment that is new; returns what becomes of the message by it, if anything."""
        limits, buffer = self._limits, message.segments
        message.arrival_us = now_us
        standard = not buffer.top
        contradiction = buffer.store(segment)
        self.counters["last_bit_misplaced"] += standard and buffer.top
        if contradiction:
            return self._give_up(message, "malformed", contradiction, segment)
        self._charge(message, len(segment.payload) + len(segment.header) + SEGMENT_OVERHEAD)
        number = buffer.number(segment.value)
        if number >= limits.max_segments:
            return self._give_up(message, "too_many_segments", _too_many(number, segment.value, limits))
        if buffer.octets > limits.max_message_bytes:
            return self._give_up(message, "message_too_large", f"above {limits.max_message_bytes} octets")
        return self._complete(message) if buffer.is_complete() else None

    def _complete(self, message: _Message) -> Reassembled:
        parts = message.segments.in_order()
        self._release(message)
        self._copies.add(message.key, parts, self._clock)
        return Reassembled(parts[0].media_type, b"".join([part.payload for part in parts]), parts[0].options)

    def _make_room(self, exporter: str) -> list[Abandoned]:
        """Gives up the oldest messages until the limits on octets hold."""
        abandoned: list[Abandoned] = []
        while self._exporter_bytes.get(exporter, 0) > self._limits.max_exporter_bytes:
            oldest = next(iter(self._of_exporter[exporter].values()))
            self._retire(oldest, "too many octets of the exporter buffered", abandoned)
        while self._bytes > self._limits.max_bytes:
            self._retire(next(iter(self._messages.values())), "too many octets buffered", abandoned)
        return abandoned

    def _retire(self, message: _Message, why: str, abandoned: list[Abandoned]) -> None:
        """Ends a message that may have been given up, and reported, before, or is a copy."""
        if message.given_up:
            self._release(message)
        elif message.copy:
            self._drop(message)
        else:
            abandoned.append(self._abandon(message, "incomplete", why))

    def _drop(self, message: _Message) -> None:
        """Ends the beginning of a copy."""
        self.counters["duplicate_segments"] += len(message.segments.parts)
        self._release(message)

    def _abandon(self, message: _Message, reason: str, why: str) -> Abandoned:
        self._release(message)
        return _abandoned(message, reason, why)

    def _give_up(self, message: _Message, reason: str, why: str, culprit: Segment | None = None) -> Abandoned:
        """Abandons a message of which more may come; what does until its deadline is discarded, not reported again."""
        abandoned = _abandoned(message, reason, why, culprit)
        self._charge(message, -message.charged)
        message.given_up, message.segments = True, SegmentBuffer(self._last_bit)
        return abandoned

    def _charge(self, message: _Message, octets: int) -> None:
        exporter = message.key[0]
        message.charged += octets
        self._bytes += octets
        self._exporter_bytes[exporter] = self._exporter_bytes.get(exporter, 0) + octets

    def _release(self, message: _Message) -> None:
        exporter = message.key[0]
        del self._messages[message.key]
        own = self._of_exporter[exporter]
        del own[message.key]
        self._charge(message, -message.charged)
        if not own:
            del self._of_exporter[exporter]
            del self._exporter_bytes[exporter]


def _abandoned(message: _Message, reason: str, why: str, culprit: Segment | None = None) -> Abandoned:
    segments = [*message.segments.in_order(), *([culprit] if culprit else [])]
    original = b"".join([segment.header + segment.payload for segment in segments])
    return Abandoned(message.key, reason, f"{why}: {message.segments.summary()}", message.arrival_us, original)


def _too_many(number: int, value: int, limits: ReassemblyLimits) -> str:
    hint = "; if this publisher sets the last-segment flag in the top bit, set last_bit to detect" * (value >= TOP_BIT)
    return f"segment number {number}, max_segments is {limits.max_segments}{hint}"

"""Decides what one UDP-notif datagram is: a whole message, a segment of one, or a counted refusal.

Source: draft-ietf-netconf-udp-notif-26 sections 3.2 and 4; earlier versions where deployed routers still speak them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from struct import Struct

import msgspec

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError, WireError

FIXED_OCTETS = 12
FIXED = Struct(">BBHII")
"""Ver(3) S(1) MT(4); header length; message length; message publisher id; message id (section 3.2)."""

VERSION = 1
MEDIA_TYPES: dict[int, str] = {1: MediaType.JSON, 2: MediaType.XML, 3: MediaType.CBOR}
"""MT with S=0; 0 is reserved, 4-15 are unassigned."""

SEGMENTATION = 1
"""Option type; data is the 15-bit segment number and, lowest, the last-segment flag L (section 4.1)."""
SEGMENTATION_OCTETS = 4
PRIVATE_ENCODING = 2
"""Option type of versions -03 to -18: describes the media type when S=1."""

_SEGMENT_HEADER = FIXED_OCTETS + SEGMENTATION_OCTETS
_SEGMENT_OPTION = Struct(">HH")
_SEGMENTATION_TL = SEGMENTATION << 8 | SEGMENTATION_OCTETS
"""Type and length of a segmentation option that stands alone: of most traffic, hence read without the loop."""

WHOLE = -1
"""``Segment.value`` of a message that came in one datagram."""

TOO_MANY = "too_many_new_exporters"
"""A datagram of an exporter that is not let in, for too many others were not heard before either."""
REFUSED = (
    *("unsupported_version", "unsupported_media_type", "private_media_type", "unsupported_option", "malformed"),
    TOO_MANY,
)
"""A datagram is dropped for one of these."""
ACCEPTED = ("trailing_octets", "option_order", "empty_payload", "last_bit_misplaced")
"""Departures that are accepted and counted."""
ABANDONED = ("incomplete", "too_many_segments", "message_too_large")
"""A message of which segments came is given up for one of these."""
SEGMENTS = ("segments", "duplicate_segments", "discarded_segments")
"""Segments received; repeated ones; those of a message that was given up before."""
COUNTERS = (*REFUSED, *ACCEPTED, *ABANDONED, *SEGMENTS)
"""Every counter name of the receiving side, but for ``datagrams`` and ``messages``."""


class LastBit(StrEnum):
    """Where the publisher sets the last-segment flag of the segmentation option."""

    STANDARD = "standard"
    """The lowest bit, as the draft says."""
    DETECT = "detect"
    """The lowest bit, unless a segment of the message has the top bit set: then that is the flag, in all of them.

    No standard publisher is misread: the top bit would be segment 16,384 or above, beyond any limit here. But a message
    whose first segment to arrive carries the value 1 is still taken as whole.
    """
    TOP = "top"
    """The highest bit, as Arrcus ArcOS sends it."""


@dataclass(frozen=True, slots=True)
class UdpNotifSettings:
    """What to do where the draft leaves a choice, or routers leave the draft."""

    keep_unknown_options: bool = False
    """False: discard the message, as draft -26 section 4 says; True: deliver it, options included."""
    version_0: bool = False
    """Read version 0 in the layout of version 1, as 6WIND sent it in 2024; else it is refused."""
    private_media_types: frozenset[int] = frozenset()
    """MT numbers in [0, 15] accepted with S=1, as media type ``private/N``."""
    last_bit: LastBit = LastBit.STANDARD

    def __post_init__(self) -> None:
        """Refuses media type numbers that four bits cannot hold."""
        wrong = [number for number in self.private_media_types if not 0 <= number <= 15]
        if wrong:
            raise ConfigurationError("setting", f"private_media_types holds {wrong}: valid are 0 to 15")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One datagram, parsed: a whole message when ``value`` is WHOLE, else one segment of it."""

    publisher_id: int
    message_id: int
    media_type: str
    """A MediaType, or ``private/N``."""
    payload: bytes
    options: tuple[tuple[int, bytes], ...] = ()
    """(type, data) in order, without segmentation."""
    value: int = WHOLE
    """The 16 bits of the segmentation option as they came."""
    header: bytes = b""
    """Header of a segment, so that its datagram can be given back; empty for a whole message."""
    notes: tuple[str, ...] = ()
    """Counters of ACCEPTED that this datagram raises."""


class Parser:
    """Parses datagrams by fixed settings; holds no state between them."""

    __slots__ = ("_keep_unknown", "_media_types", "_refusals")

    def __init__(self, settings: UdpNotifSettings | None = None) -> None:
        settings = settings or UdpNotifSettings()
        self._keep_unknown = settings.keep_unknown_options
        verdicts = [_verdict(octet, settings) for octet in range(256)]
        self._media_types = tuple(media_type for media_type, _ in verdicts)
        self._refusals = tuple(refusal for _, refusal in verdicts)

    def parse(self, datagram: bytes) -> Segment:
        """Returns what the datagram carries.

        Raises:
            WireError: Its reason is one of REFUSED; nothing else is raised whatever the octets are.
        """
        length = len(datagram)
        if length < FIXED_OCTETS:
            raise _malformed(f"{length} octets, shorter than the fixed header of {FIXED_OCTETS}")
        first, header_length, message_length, publisher_id, message_id = FIXED.unpack_from(datagram)
        media_type = self._media_types[first]
        if header_length == FIXED_OCTETS <= message_length == length and media_type is not None:
            return Segment(publisher_id, message_id, media_type, datagram[FIXED_OCTETS:])
        if header_length == _SEGMENT_HEADER <= message_length == length and media_type is not None:
            option, value = _SEGMENT_OPTION.unpack_from(datagram, FIXED_OCTETS)
            if option == _SEGMENTATION_TL:
                header = datagram[:_SEGMENT_HEADER]
                return Segment(publisher_id, message_id, media_type, datagram[_SEGMENT_HEADER:], (), value, header)
        return self._parse_unusual(datagram, first, header_length, message_length, publisher_id, message_id)

    def _parse_unusual(
        self, datagram: bytes, first: int, header_length: int, message_length: int, publisher_id: int, message_id: int
    ) -> Segment:
        """Parses options and trailing octets; refuses what is wrong in version, lengths, media type or options."""
        reason, detail = self._refusals[first]
        if reason == "unsupported_version":  # what follows the first octet may mean anything
            raise WireError(reason, detail)
        if not FIXED_OCTETS <= header_length <= message_length <= len(datagram):
            raise _malformed(
                f"header length {header_length}, message length {message_length}, datagram {len(datagram)}: "
                f"each must be at least {FIXED_OCTETS} and at most the next"
            )
        media_type = self._media_types[first]
        if media_type is None:
            raise WireError(reason, detail)
        value, options, notes = self._options(datagram, header_length, private=bool(first & 0x10))
        if message_length < len(datagram):
            notes = (*notes, "trailing_octets")
        header = b"" if value == WHOLE else datagram[:header_length]
        payload = datagram[header_length:message_length]
        return Segment(publisher_id, message_id, media_type, payload, options, value, header, notes)

    def _options(
        self, datagram: bytes, end: int, *, private: bool
    ) -> tuple[int, tuple[tuple[int, bytes], ...], tuple[str, ...]]:
        """Returns the segmentation value, the other options and what was accepted all the same."""
        value = WHOLE
        kept: list[tuple[int, bytes]] = []
        unknown: list[int] = []
        notes: tuple[str, ...] = ()
        for at, kind, data in _type_length_values(datagram, end):
            if kind == SEGMENTATION:
                if value != WHOLE or len(data) != SEGMENTATION_OCTETS - 2:
                    raise _malformed(f"segmentation option at octet {at} is the second or not 4 octets long")
                value = int.from_bytes(data)
                notes = ("option_order",) if at > FIXED_OCTETS else ()
                continue
            kept.append((kind, data))
            if kind != PRIVATE_ENCODING or not private:
                unknown.append(kind)
        if unknown and not self._keep_unknown:
            raise WireError("unsupported_option", f"options {unknown} are not supported; {_KEEP}")
        return value, tuple(kept), notes


def _type_length_values(datagram: bytes, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yields (place, type, data) of each option up to ``end``; each takes at least two octets, so this ends."""
    at = FIXED_OCTETS
    while at < end:
        length = datagram[at + 1] if at + 1 < end else 0
        if length < 2 or at + length > end:
            raise _malformed(f"option at octet {at} has length {length}, the header ends at {end}")
        yield at, datagram[at], datagram[at + 2 : at + length]
        at += length


def _verdict(octet: int, settings: UdpNotifSettings) -> tuple[str | None, tuple[str, str]]:
    """Judges a first octet: its media type, or reason and detail of its refusal."""
    version, private, number = octet >> 5, octet >> 4 & 1, octet & 15
    if version != VERSION and not (version == 0 and settings.version_0):
        return None, ("unsupported_version", _old(version) if version < VERSION else _newer(version))
    if private:
        if number in settings.private_media_types:
            return f"private/{number}", ("", "")
        return None, ("private_media_type", f"private media type {number} is not in private_media_types")
    if number not in MEDIA_TYPES:
        return None, ("unsupported_media_type", f"media type {number} is reserved or unassigned")
    return str(MEDIA_TYPES[number]), ("", "")


_KEEP = 'unknown_options = "keep" in [sources.dialect] delivers the message'


def _old(version: int) -> str:
    return f"version {version} is not read: set version_0 = true in [sources.dialect], or --version-0"


def _newer(version: int) -> str:
    return f"version {version} is not read: this release reads version {VERSION}"


def _malformed(detail: str) -> WireError:
    return WireError("malformed", detail)


def identity(datagram: bytes) -> tuple[int | None, int | None]:
    """Returns (publisher id, message id) if a refused datagram tells them: version 1 and a whole fixed header."""
    if len(datagram) < FIXED_OCTETS or datagram[0] >> 5 != VERSION:
        return None, None
    _, _, _, publisher_id, message_id = FIXED.unpack_from(datagram)
    return publisher_id, message_id


MAX_DATAGRAM = 65_507
"""Largest UDP payload over IPv4: 65,535 less 20 of IP and 8 of UDP."""
MAX_SEGMENTS = 1 << 15
"""The segment number has 15 bits and cannot wrap."""
_MEDIA_NUMBERS = {name: number for number, name in MEDIA_TYPES.items()} | {
    f"private/{number}": 0x10 | number for number in range(16)
}


def segments_of(
    payload: bytes,
    *,
    media_type: str,
    publisher_id: int,
    message_id: int,
    max_segment_size: int = MAX_DATAGRAM,
    options: tuple[tuple[int, bytes], ...] = (),
    version: int = VERSION,
    last_bit: LastBit = LastBit.STANDARD,
) -> list[bytes]:
    """Returns the datagrams of one message, in order: one without segmentation if it fits, else its segments.

    Args:
        payload: The encoded notification.
        media_type: A MediaType or ``private/N``.
        publisher_id: 32 bits, unsigned.
        message_id: 32 bits, unsigned.
        max_segment_size: Octets of the largest datagram, header included.
        options: (type, data); they stand on the first segment only (section 4.1).
        version: 1; 0 for a publisher of before draft -07.
        last_bit: TOP for a publisher that sets the last-segment flag in the top bit.

    Raises:
        WireError: ``unencodable``, when a field cannot hold its value.

    >>> segments_of(b"{}", media_type=MediaType.JSON, publisher_id=1, message_id=2)[0].hex(" ", -4)
    '210c000e 00000001 00000002 7b7d'
    """
    first = version << 5 | _MEDIA_NUMBERS.get(media_type, 0)
    tlvs = b"".join(_option(kind, data) for kind, data in options)
    if not (media_type in _MEDIA_NUMBERS and 0 <= version <= 7 and max_segment_size <= MAX_DATAGRAM):
        raise WireError("unencodable", f"{media_type}, version {version}, {max_segment_size} octets a segment")
    if FIXED_OCTETS + len(tlvs) + len(payload) <= max_segment_size:
        return [_datagram(first, publisher_id, message_id, tlvs, payload)]
    room = max_segment_size - FIXED_OCTETS - SEGMENTATION_OCTETS
    head = room - len(tlvs)
    if room < 1 or head < 0:
        raise WireError("unencodable", f"{max_segment_size} octets a segment leave no room for payload")
    starts = [0, *range(head, len(payload), room)]
    if len(starts) > MAX_SEGMENTS:
        raise WireError("unencodable", f"{len(starts)} segments; the segment number ends at {MAX_SEGMENTS - 1}")
    datagrams = []
    for number, start in enumerate(starts):
        end = start + room if number else head
        option = _segmentation(number, last=number == len(starts) - 1, last_bit=last_bit)
        part = payload[start:end]
        datagrams.append(_datagram(first, publisher_id, message_id, option + (b"" if number else tlvs), part))
    return datagrams


def _datagram(first: int, publisher_id: int, message_id: int, options: bytes, payload: bytes) -> bytes:
    header_length = FIXED_OCTETS + len(options)
    ids_fit = 0 <= publisher_id < 1 << 32 and 0 <= message_id < 1 << 32
    if header_length > 255 or not ids_fit:
        raise WireError("unencodable", f"header of {header_length} octets, ids {publisher_id} and {message_id}")
    fixed = FIXED.pack(first, header_length, header_length + len(payload), publisher_id, message_id)
    return fixed + options + payload


def _segmentation(number: int, *, last: bool, last_bit: LastBit) -> bytes:
    value = number | last << 15 if last_bit is LastBit.TOP else number << 1 | last
    return _option(SEGMENTATION, value.to_bytes(2))


def _option(kind: int, data: bytes) -> bytes:
    if not 0 <= kind <= 255 or len(data) > 253:
        raise WireError("unencodable", f"option {kind} with {len(data)} octets of data")
    return bytes((kind, len(data) + 2)) + data

"""Expands octets that may be compressed by gzip or Zstandard, in portions, within limits of memory and expansion."""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Final

import zstandard

from yangbeam.core.errors import Fault, YangbeamError

CHUNK: Final = 256 * 1024
"""Octets of gzip given at a time, at most."""
MAX_RATIO: Final = 1_000
"""Times its size that a file may expand to, beyond FREE: captures of telemetry expand ten times, of nothing forty."""
FREE: Final = 64 << 20
"""Octets that any file may expand to."""
MAX_WINDOW: Final = 128 << 20
"""Octets of Zstandard's window: what its tool takes, too, unless it is told otherwise."""

_GZIP: Final = b"\x1f\x8b"
_ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"
_PIECE: Final = 256
"""Octets fed at once of Zstandard: a block of 128 KiB takes four at least, so that they give 8 MiB at most. Of gzip
before damage: each gives 1,032 at most."""


class CompressionError(YangbeamError):
    """A compressed file that ends too early, is damaged, or expands too far; its reason is a CaptureError's."""

    fault = Fault.ENVIRONMENT


def expanded(octets: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yields what a file holds, expanded if it begins as a compressed file does.

    Args:
        octets: Of the file, in portions of which the first has four octets or is all.
        size: Of the file, for the limit.

    Raises:
        CompressionError: ``capture_cut``, ``capture_damaged``; what came before was yielded.
    """
    head = next(octets, b"")
    octets = chain((head,) if head else (), octets)
    if head.startswith(_GZIP):
        chunks = _gzip(octets)
    elif head.startswith(_ZSTANDARD):
        chunks = _zstandard(octets)
    else:
        yield from octets
        return
    left = FREE + MAX_RATIO * size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise CompressionError("capture_damaged", f"expands to more than {MAX_RATIO:,} times its {size:,} octets")
        yield chunk


def _gzip(portions: Iterator[bytes]) -> Iterator[bytes]:
    """Expands members one after the other (RFC 1952 section 2.2); zeros that pad the last are passed over."""
    member, octets = _member(), b""
    is_begun = False
    while octets or (octets := next(portions, b"")):
        if not is_begun and not octets.strip(b"\0"):
            octets = b""
            continue
        is_begun, before = True, member.copy()
        try:
            chunk = member.decompress(octets, CHUNK)
        except zlib.error as error:
            yield from _until_damage(before, octets)
            raise CompressionError("capture_damaged", f"gzip: {error}") from None
        if chunk:
            yield chunk
        octets = member.unconsumed_tail
        if member.eof:
            octets, member, is_begun = member.unused_data, _member(), False
    if is_begun:
        raise CompressionError("capture_cut", "gzip: the file ends within a member; everything before was read")


def _until_damage(member: "zlib._Decompress", octets: bytes, size: int = _PIECE) -> Iterator[bytes]:
    """Expands in pieces, at last octet by octet, what zlib refused as a whole: a call that fails gives nothing."""
    for at in range(0, len(octets), size):
        piece, before = octets[at : at + size], member.copy()
        try:
            chunk = member.decompress(piece)
        except zlib.error:
            yield from _until_damage(before, piece, 1) if size > 1 else ()
            return
        if chunk:
            yield chunk


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _zstandard(portions: Iterator[bytes]) -> Iterator[bytes]:
    """Expands frames one after the other (RFC 8878 section 3.1)."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    frame, octets, is_begun = decompressor.decompressobj(), b"", False
    while octets or (octets := next(portions, b"")):
        piece, octets = octets[:_PIECE], octets[_PIECE:]
        is_begun = True
        try:
            chunk = frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise CompressionError("capture_damaged", f"Zstandard: {error}") from None
        if chunk:
            yield chunk
        if frame.eof:
            octets = frame.unused_data + octets
            frame, is_begun = decompressor.decompressobj(), False
    if is_begun:
        raise CompressionError("capture_cut", "Zstandard: the file ends within a frame; everything before was read")

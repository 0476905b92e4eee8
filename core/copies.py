"""Remembers the segments of messages that were just completed, so that a copy of one is known for a duplicate.

A capture of all interfaces holds every packet twice, and networks repeat packets. What comes of a message after its
last segment would else open a new message, of which no more ever comes. A publisher that takes the id anew at once
sends other contents. Bounded in time and count.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from yangbeam.core.udp_notif import Segment

Key = tuple[str, int, int, int, int]
"""As of ``core/reassembly.py``."""

WINDOW_US: Final = 2_000_000
"""How long after its completion a message's segments are remembered: no network repeats a packet later."""
MOST_SEGMENTS: Final = 65_536
"""Segments remembered, some 150 octets each; beyond it the oldest message goes."""


class Copies:
    """The segments of completed messages; every method takes the time, in microseconds."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[int, frozenset[tuple[int, int]]]] = OrderedDict()
        """(time of completion, its segments), oldest first."""
        self._segments = 0

    def add(self, key: Key, segments: Iterable[Segment], now_us: int) -> None:
        """Remembers the segments of a message that was completed."""
        found = frozenset(map(_told_apart, segments))
        self._forget(key)
        self._known[key] = (now_us, found)
        self._segments += len(found)
        while self._segments > MOST_SEGMENTS:
            self._forget(next(iter(self._known)))

    def has(self, key: Key, segment: Segment, now_us: int) -> bool:
        """Says whether a segment is one of a message that was completed within the window."""
        while self._known:
            oldest, (completed_us, _) = next(iter(self._known.items()))
            if now_us - completed_us <= WINDOW_US:
                break
            self._forget(oldest)
        known = self._known.get(key)
        return known is not None and _told_apart(segment) in known[1]

    def _forget(self, key: Key) -> None:
        gone = self._known.pop(key, None)
        self._segments -= len(gone[1]) if gone else 0


def _told_apart(segment: Segment) -> tuple[int, int]:
    """Returns what tells a segment from others: its number and a hash of its contents, of 64 bits and this process."""
    return segment.value, hash((segment.header[0], segment.payload))

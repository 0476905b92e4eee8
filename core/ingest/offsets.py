"""Whether a partition of the telemetry topic was read without a hole: offsets as the fourth ledger of loss.

``collect`` writes without transactions, so that a topic which keeps everything has no hole in its offsets: one means
that records went before they were read (retention, a deleted or truncated topic), or that the topic is compacted.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

import msgspec

from yangbeam.core.versioned import Codec

FORMAT: Final = 1


class Hole(NamedTuple):
    """Offsets that were never read."""

    topic: str
    partition: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """Its offsets."""
        return self.last - self.first + 1


class _OffsetState(msgspec.Struct, array_like=True):
    format: int
    following: list[tuple[str, int, int]]
    """(topic, partition, offset expected next)."""


_CODEC: Final = Codec(_OffsetState, FORMAT)


class Offsets:
    """The offsets that one shard expects next. A ShardValue."""

    def __init__(self) -> None:
        self._following: dict[tuple[str, int], int] = {}
        self._touched: set[tuple[str, int]] = set()

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        """Returns what a snapshot and the changes since make up."""
        offsets = cls()
        for encoded in ([snapshot] if snapshot is not None else []) + journal:
            for topic, partition, following in _CODEC.decode(encoded).following:
                offsets._following[topic, partition] = following
        return offsets

    def follow(self, topic: str, partition: int, offset: int) -> Hole | None:
        """Takes the offset of one record; returns the hole before it.

        An offset below the expected one is a re-read (the reader was set back, or the topic was made anew and shorter):
        no hole, and what is expected starts there again.
        """
        place = (topic, partition)
        expected = self._following.get(place)
        self._following[place] = offset + 1
        self._touched.add(place)
        if expected is None or offset <= expected:
            return None
        return Hole(topic, partition, expected, offset - 1)

    def snapshot(self) -> bytes:
        """Returns the whole state."""
        self._touched.clear()
        return self._encode(sorted(self._following))

    def changes(self) -> bytes:
        """Returns what changed since the last call."""
        touched = sorted(self._touched)
        self._touched.clear()
        return self._encode(touched)

    def _encode(self, places: Iterable[tuple[str, int]]) -> bytes:
        return _CODEC.encode(_OffsetState(FORMAT, [(*place, self._following[place]) for place in places]))

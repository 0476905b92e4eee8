"""How far a group of partitions was read: the restriction of the reading DoFn, and its bytes.

A restriction has no end: the topic grows for ever. A checkpoint closes it where it stands, and what follows is a new
one that begins there; partitions that were found meanwhile are in it.
"""

from typing import Final

import msgspec

from yangbeam.core.versioned import Codec

FORMAT: Final = 1


class TopicOffsets(msgspec.Struct, array_like=True, frozen=True):
    """Where to go on, by partition; of a closed one where it ended."""

    format: int = FORMAT
    places: tuple[tuple[int, int], ...] = ()
    """(partition, offset to be read next), in order; empty: the reader has not begun."""
    is_closed: bool = False
    """Nothing is read from it any more: what follows is another restriction."""

    @property
    def next(self) -> dict[int, int]:
        """The places by partition."""
        return dict(self.places)


def offsets_of(places: dict[int, int], *, is_closed: bool = False) -> TopicOffsets:
    """Returns a restriction of these offsets by partition."""
    return TopicOffsets(places=tuple(sorted(places.items())), is_closed=is_closed)


CODEC: Final = Codec(TopicOffsets, FORMAT)


def forward(before: TopicOffsets, read: dict[int, int]) -> TopicOffsets:
    """Returns the offsets after a batch; of a partition that was set back the lower one holds, as it was read last."""
    return offsets_of(before.next | read)


def closed(offsets: TopicOffsets) -> tuple[TopicOffsets, TopicOffsets]:
    """Parts a restriction where it stands: what was read, closed, and what follows."""
    return offsets_of(offsets.next, is_closed=True), offsets_of(offsets.next)

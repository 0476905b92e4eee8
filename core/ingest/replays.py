"""Whether a record of the telemetry topic was read before: by its identity in the raw topic, not by its bytes.

``collect`` writes at least once: after a restore it writes again what it had written since the checkpoint, with the
same identity (raw partition, offset, index). Pending messages come late, so that offsets need not rise: what was seen
is remembered exactly, one bit an offset, within a window far longer than any checkpoint interval.
"""

from collections.abc import Iterable
from typing import Final, Self

import msgspec

from yangbeam.core.versioned import Codec

FORMAT: Final = 1
BLOCK: Final = 4096
"""Offsets per block: 512 octets when full."""
BLOCKS: Final = 1024
"""Blocks kept per (raw partition, index): the newest 4,194,304 offsets, 512 KiB."""
MOST_INDEXES: Final = 256
"""Records that one message may be split into before the bits of the longest idle index go."""

Identity = tuple[int, int, int]
"""(raw partition, raw offset, index within the message)."""
_Lane = tuple[int, int]
"""(raw partition, index): offsets of one lane differ."""


class _ReplayState(msgspec.Struct, array_like=True):
    """A snapshot, or what one batch changed: whole blocks."""

    format: int
    blocks: list[tuple[int, int, int, bytes]]
    """(raw partition, index, block number, bits as octets, least significant first)."""


_CODEC: Final = Codec(_ReplayState, FORMAT)


class Replays:
    """Identities seen by one shard. A ShardValue."""

    def __init__(self) -> None:
        self._lanes: dict[_Lane, dict[int, int]] = {}
        self._touched: set[tuple[int, int, int]] = set()

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        """Returns the identities that a snapshot and the changes since make up."""
        replays = cls()
        for encoded in ([snapshot] if snapshot is not None else []) + journal:
            for partition, index, block, bits in _CODEC.decode(encoded).blocks:
                replays._lane((partition, index))[block] = int.from_bytes(bits, "little")
        for blocks in replays._lanes.values():
            _forget(blocks)
        return replays

    def seen(self, identity: Identity) -> bool:
        """Remembers an identity; says whether it was seen before.

        One older than the window counts as new: a table takes it twice without harm, a lost record would be one.
        """
        partition, offset, index = identity
        number, bit = divmod(offset, BLOCK)
        blocks = self._lane((partition, index))
        bits = blocks.get(number)
        if bits is None:
            if len(blocks) >= BLOCKS and number < min(blocks):
                return False
            bits = 0
        mask = 1 << bit
        if bits & mask:
            return True
        blocks[number] = bits | mask
        _forget(blocks)
        self._touched.add((partition, index, number))
        return False

    def snapshot(self) -> bytes:
        """Returns every block kept."""
        self._touched.clear()
        return _encode(
            (partition, index, number, bits)
            for (partition, index), blocks in sorted(self._lanes.items())
            for number, bits in sorted(blocks.items())
        )

    def changes(self) -> bytes:
        """Returns the blocks touched since the last call."""
        touched = sorted(self._touched)
        self._touched.clear()
        return _encode(
            (partition, index, number, bits)
            for partition, index, number in touched
            if (bits := self._lanes.get((partition, index), {}).get(number)) is not None
        )

    def _lane(self, lane: _Lane) -> dict[int, int]:
        blocks = self._lanes.get(lane)
        if blocks is None:
            blocks = self._lanes[lane] = {}
            if len(self._lanes) > MOST_INDEXES * (1 + len({partition for partition, _ in self._lanes})):
                del self._lanes[next(iter(self._lanes))]
        return blocks


def _forget(blocks: dict[int, int]) -> None:
    while len(blocks) > BLOCKS:
        del blocks[min(blocks)]


def _encode(blocks: Iterable[tuple[int, int, int, int]]) -> bytes:
    return _CODEC.encode(
        _ReplayState(
            FORMAT,
            [
                (partition, index, number, bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
                for partition, index, number, bits in blocks
            ],
        )
    )

"""Whether a message came before: the same transport identity with the same payload, within 20 s."""

from collections.abc import Iterator
from typing import Final
from zlib import crc32

from yangbeam.core.elements import Message

DUPLICATE_WINDOW_US: Final = 20_000_000
"""How long a message is remembered: twice the reassembly timeout, as a path can reorder no longer than that."""
MAX_REMEMBERED: Final = 65_536
"""Messages remembered per shard at most: 20 s of 3,000 messages/s; some 40 octets each in state."""

_WITH_MESSAGE_IDS: Final = "udp-notif"

Identity = tuple[str, int, int, int, int]
"""exporter, port, collector port, publisher id, message id."""
Seen = tuple[Identity, int, int]
"""(identity, CRC-32 of the payload, arrival); those of one identity stand once for each payload."""


class _Generation:
    """Messages of a stretch of time: the newest of each identity, and apart the other payloads of those reused."""

    __slots__ = ("newest", "others")

    def __init__(self) -> None:
        self.newest: dict[Identity, tuple[int, int]] = {}
        self.others: dict[tuple[Identity, int], int] = {}

    def __len__(self) -> int:
        return len(self.newest) + len(self.others)

    def add(self, identity: Identity, crc: int, arrival_us: int) -> None:
        before = self.newest.get(identity)
        self.newest[identity] = (crc, arrival_us)
        if before is not None and before[0] != crc:
            self.others[identity, before[0]] = before[1]
            self.others.pop((identity, crc), None)

    def arrival_of(self, identity: Identity, crc: int) -> int | None:
        """Returns when this payload came under this identity; None: it did not."""
        newest = self.newest.get(identity)
        if newest is None:
            return None
        return newest[1] if newest[0] == crc else self.others.get((identity, crc))

    def everything(self) -> Iterator[Seen]:
        """Yields all messages; of one identity the newest last."""
        yield from ((identity, crc, at) for (identity, crc), at in self.others.items())
        yield from ((identity, crc, at) for identity, (crc, at) in self.newest.items())


class MessageMemory:
    """Messages seen lately, in two generations: the older is dropped as a whole, as one by one it would cost more."""

    def __init__(self) -> None:
        self._now = _Generation()
        self._before = _Generation()
        self.fresh: list[Seen] = []
        """Seen since the last ``changes`` of the state."""
        self._since = 0

    def __len__(self) -> int:
        return len(self._now) + len(self._before)

    def is_duplicate(self, message: Message) -> tuple[bool, bool]:
        """Remembers a message; says whether it is a true duplicate, and whether its id was used by another.

        Of transports other than UDP-notif nothing is known to repeat: their messages have no ids.
        """
        if message.transport != _WITH_MESSAGE_IDS:
            return False, False
        identity = (message.exporter, message.port, message.collector_port, message.publisher_id, message.message_id)
        crc = crc32(message.payload)
        newest = self._now.newest.get(identity) or self._before.newest.get(identity)
        if newest is None:
            self.remember(identity, crc, message.arrival_us)
            return False, False
        oldest_us = message.arrival_us - DUPLICATE_WINDOW_US
        arrival_us = self._now.arrival_of(identity, crc) or self._before.arrival_of(identity, crc)
        self.remember(identity, crc, message.arrival_us)
        is_duplicate = arrival_us is not None and arrival_us >= oldest_us
        return is_duplicate, not is_duplicate and newest[0] != crc and newest[1] >= oldest_us

    def remember(self, identity: Identity, crc: int, arrival_us: int) -> None:
        """Keeps at least a window of messages, unless MAX_REMEMBERED of them came within it."""
        if len(self._now) >= MAX_REMEMBERED // 2 or arrival_us - self._since > DUPLICATE_WINDOW_US:
            self._before, self._now = self._now, _Generation()
            self._since = arrival_us
        self._now.add(identity, crc, arrival_us)
        self.fresh.append((identity, crc, arrival_us))

    def everything(self) -> list[Seen]:
        """Returns all that is remembered, oldest generation first, each payload of an identity once."""
        older = (seen for seen in self._before.everything() if self._now.arrival_of(seen[0], seen[1]) is None)
        return [*older, *self._now.everything()]

"""Whether a message came before: the same transport identity with the same payload, within 20 s."""

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
"""(identity, CRC-32 of the payload, arrival)."""


class MessageMemory:
    """Messages seen lately, in two generations: the older is dropped as a whole, as one by one it would cost more."""

    def __init__(self) -> None:
        self.seen: dict[Identity, tuple[int, int]] = {}
        self.seen_before: dict[Identity, tuple[int, int]] = {}
        self.fresh: list[Seen] = []
        """Seen since the last ``changes`` of the state."""
        self._since = 0

    def is_duplicate(self, message: Message) -> tuple[bool, bool]:
        """Remembers a message; says whether it is a true duplicate, and whether its id was used by another.

        Of transports other than UDP-notif nothing is known to repeat: their messages have no ids.
        """
        if message.transport != _WITH_MESSAGE_IDS:
            return False, False
        identity = (message.exporter, message.port, message.collector_port, message.publisher_id, message.message_id)
        crc = crc32(message.payload)
        before = self.seen.get(identity) or self.seen_before.get(identity)
        self.remember(identity, crc, message.arrival_us)
        if before is None or message.arrival_us - before[1] > DUPLICATE_WINDOW_US:
            return False, False
        return before[0] == crc, before[0] != crc

    def remember(self, identity: Identity, crc: int, arrival_us: int) -> None:
        """Keeps at least a window of messages, unless MAX_REMEMBERED of them came within it."""
        if len(self.seen) >= MAX_REMEMBERED // 2 or arrival_us - self._since > DUPLICATE_WINDOW_US:
            self.seen_before, self.seen = self.seen, {}
            self._since = arrival_us
        self.seen[identity] = (crc, arrival_us)
        self.fresh.append((identity, crc, arrival_us))

    def everything(self) -> list[Seen]:
        """Returns all that is remembered, oldest first."""
        older = ((identity, seen) for identity, seen in self.seen_before.items() if identity not in self.seen)
        return [(identity, crc, at) for identity, (crc, at) in (*older, *self.seen.items())]

"""What waits for its schema, or for a message that is numbered before it: payloads held in order, within limits.

A queue per (exporter, subscription) keeps the order of arrival: what arrives behind a held message is held too. Durable
is a bag of encoded messages beside the shard's snapshot and journal; it is read only when a state is restored, and
written anew when more than half of it is gone. Waiting runs on elapsed processing time, from zero again after a
restore, as a job that stood still has not asked anybody.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from yangbeam.core.elements import FORMAT, Notification
from yangbeam.core.versioned import Codec

OVERHEAD: Final = 512
"""Octets that a held message counts for beside its payload."""

QueueKey = tuple[str, int | None]
"""exporter, subscription id; None: what names no subscription."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much is held, per shard."""

    wait_s: float = 60.0
    max_messages: int = 100_000
    max_bytes: int = 128 << 20
    max_messages_per_exporter: int = 20_000
    max_bytes_per_exporter: int = 32 << 20


class Held(msgspec.Struct, array_like=True, frozen=True):
    """One message that waits, as it lies in the bag."""

    format: int
    number: int
    """Rises in the order of holding."""
    epoch: int
    """Of its subscription, when it arrived."""
    notification: Notification


_CODEC: Final = Codec(Held)


class Bag(Protocol):
    """The durable bag of one key."""

    def add(self, entry: bytes, /) -> None:
        """Adds an entry."""
        ...

    def clear(self) -> None:
        """Drops all entries."""
        ...


@dataclass(slots=True)
class Waiting:
    """One held message in the process."""

    held: Held
    size: int
    since_s: float | None
    """On the process's clock; None: restored, and not looked at since."""


@dataclass(slots=True)
class _Load:
    messages: int = 0
    size: int = 0

    def add(self, sign: int, size: int) -> None:
        self.messages += sign
        self.size += sign * size


@dataclass(slots=True)
class Pending:
    """The held messages of one shard."""

    queues: dict[QueueKey, deque[Waiting]] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    """Numbers that are released, but still in the bag."""
    gone_lately: list[int] = field(default_factory=list)
    """Of these, the ones since the last ``changes`` of the state."""
    next_number: int = 0
    _all: _Load = field(default_factory=_Load)
    _by_exporter: dict[str, _Load] = field(default_factory=dict)
    _unwritten: dict[int, Waiting] = field(default_factory=dict)
    _in_bag: int = 0

    def __len__(self) -> int:
        return self._all.messages

    @property
    def size(self) -> int:
        """Octets held."""
        return self._all.size

    def has_room(self, notification: Notification, limits: Limits) -> bool:
        """Says whether one more message may be held."""
        load = self._by_exporter.get(notification.message.exporter) or _Load()
        size = _size(notification)
        return (
            self._all.messages < limits.max_messages
            and self._all.size + size <= limits.max_bytes
            and load.messages < limits.max_messages_per_exporter
            and load.size + size <= limits.max_bytes_per_exporter
        )

    def in_order(self) -> list[QueueKey]:
        """Returns the queues, the one with the oldest head first: the same from a restored state as from a kept one."""
        return sorted(self.queues, key=lambda key: self.queues[key][0].held.number)

    def hold(self, key: QueueKey, notification: Notification, epoch: int, now_s: float) -> None:
        """Puts a message at the end of its queue."""
        held = Held(FORMAT, self.next_number, epoch, notification)
        self.next_number += 1
        waiting = Waiting(held, _size(notification), now_s)
        self._enqueue(key, waiting)
        self._unwritten[held.number] = waiting

    def release(self, key: QueueKey) -> Held:
        """Takes the first message out of a queue."""
        queue = self.queues[key]
        waiting = queue.popleft()
        if not queue:
            del self.queues[key]
        exporter = key[0]
        self._all.add(-1, waiting.size)
        load = self._by_exporter[exporter]
        load.add(-1, waiting.size)
        if not load.messages:
            del self._by_exporter[exporter]
        number = waiting.held.number
        if self._unwritten.pop(number, None) is None:
            self.gone.append(number)
            self.gone_lately.append(number)
        return waiting.held

    def write(self, bag: Bag) -> None:
        """Makes the bag hold what waits; cheap when nothing changed."""
        if len(self.gone) * 2 > self._in_bag:
            bag.clear()
            self.gone, self._in_bag = [], 0
            self._unwritten = {waiting.held.number: waiting for waiting in self._oldest_first()}
        for waiting in self._unwritten.values():
            bag.add(_CODEC.encode(waiting.held))
        self._in_bag += len(self._unwritten)
        self._unwritten = {}

    def read(self, entries: list[bytes]) -> None:
        """Takes what a bag holds, in whatever order it comes; ``gone`` and ``next_number`` are restored before."""
        gone = set(self.gone)
        found = sorted((_CODEC.decode(entry) for entry in entries), key=lambda held: held.number)
        for held in found:
            if held.number not in gone:
                notification = held.notification
                key = (notification.message.exporter, notification.subscription_id)
                self._enqueue(key, Waiting(held, _size(notification), None))
        self._in_bag = len(found)
        self.gone = [held.number for held in found if held.number in gone]

    def _oldest_first(self) -> Iterator[Waiting]:
        return iter(sorted((one for queue in self.queues.values() for one in queue), key=lambda one: one.held.number))

    def _enqueue(self, key: QueueKey, waiting: Waiting) -> None:
        self.queues.setdefault(key, deque()).append(waiting)
        self._all.add(1, waiting.size)
        self._by_exporter.setdefault(key[0], _Load()).add(1, waiting.size)


def _size(notification: Notification) -> int:
    return len(notification.message.payload) + OVERHEAD

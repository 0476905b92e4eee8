"""What binding keeps of one shard: subscriptions, their numbers, messages seen lately, and what waits.

As bytes: a snapshot of all, then one entry per batch with what it changed; held payloads lie in a bag of their own.
"""

from heapq import nsmallest
from typing import Final, Self

import msgspec

from yangbeam.core.elements import FORMAT, Terms
from yangbeam.core.epochs import Epoch, Mark
from yangbeam.core.message_memory import MessageMemory, Seen
from yangbeam.core.numbering import Line, LineKey
from yangbeam.core.pending import Pending, QueueKey
from yangbeam.core.remembering import octets_of
from yangbeam.core.versioned import Codec

MAX_SUBSCRIPTIONS: Final = 100_000
"""Subscriptions kept per shard at most; the longest idle go first."""
MAX_OCTETS: Final = 64 << 20
"""Octets of their terms and modules per shard at most; those that have most go first, so that one exporter's filters of
megabytes forget nobody else's."""
MAX_LINES: Final = 2 * MAX_SUBSCRIPTIONS

HEAVY: Final = 4_096
"""Octets of an entry that are not counted: all of them have 400 MB at most, where each is made so."""

Key = tuple[str, int]
"""exporter, subscription id."""


class Entry(msgspec.Struct, array_like=True, gc=False):
    """What is kept of one subscription: its current terms (a Binding) and its former ones (Epochs)."""

    node: str
    publisher_id: int
    state: str
    port: int
    terms: Terms | None = None
    schema_id: int | None = None
    bound_modules: tuple[str, ...] = ()
    """Modules of the contents that schema_id was resolved for."""
    how: str = ""
    pushed: bool = False
    """Data of this very id came."""
    last_us: int = 0
    begin: Mark | None = None
    """Where the current terms began; None: not known."""
    changed: Mark | None = None
    """Where its state changed last."""
    older: tuple[Epoch, ...] = ()
    """Former terms, newest first."""
    number: int = 0
    """Of the current epoch: rises with every new one."""
    announced_as: int = -1
    """Id under which it was announced on its socket, where that is another than the one its data carry."""
    started: bool = False
    """The started message of this life came."""
    restarted: bool = False
    """The current terms began with a new count of the publisher's."""


class _SubscriptionState(msgspec.Struct, array_like=True):
    """A snapshot, or one batch's changes to it."""

    format: int
    entries: list[tuple[Key, Entry]]
    seen: list[Seen]
    """Oldest first."""
    lines: list[tuple[LineKey, Line]] = []
    gone: list[int] = []
    """Held messages that were released and may still lie in the bag."""
    next_held: int = 0
    clock_us: int = 0


_CODEC: Final = Codec(_SubscriptionState)


class Subscriptions:
    """The state of one shard. A ShardValue."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.memory = MessageMemory()
        self.lines: dict[LineKey, Line] = {}
        self.pending = Pending()
        self.clock_us = 0
        """The newest arrival or heartbeat: data time."""
        self.holes: dict[QueueKey, int] = {}
        """Queues whose head waits for a lower number, and until when."""
        self._sockets: dict[tuple[str, int], int | None] = {}
        self._announced: dict[Key, list[int]] = {}
        self._octets: dict[Key, int] = {}
        """Of the entries that have more than HEAVY."""
        self._all_octets = 0
        self._touched: set[Key] = set()
        self.touched_lines: set[LineKey] = set()
        """Lines that changed since the last ``changes``."""

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes], held: list[bytes] | None = None) -> Self:
        """Returns the state that a snapshot, the changes since and the bag of held messages make up."""
        state = cls()
        for encoded in ([snapshot] if snapshot is not None else []) + journal:
            state._apply(_CODEC.decode(encoded))
        state.pending.read(held or [])
        for key, queue in state.pending.queues.items():
            due_us = state.due_us(key)
            if queue and due_us:
                state.holes[key] = due_us
        state._told()
        return state

    def _apply(self, change: _SubscriptionState) -> None:
        for key, entry in change.entries:
            self.put((key[0], key[1]), entry)
        for identity, crc, at in change.seen:
            self.memory.remember(identity, crc, at)
        for line_key, line in change.lines:
            exporter, number, port, publisher_id, by_sequence = line_key
            self.keep_line((exporter, number, port, publisher_id, by_sequence), line)
        self.pending.gone.extend(change.gone)
        self.pending.next_number = max(self.pending.next_number, change.next_held)
        self.clock_us = max(self.clock_us, change.clock_us)

    def snapshot(self) -> bytes:
        """Returns the whole state, bounded by MAX_SUBSCRIPTIONS and MAX_REMEMBERED; held payloads are not in it."""
        everything = _SubscriptionState(
            FORMAT,
            list(self.entries.items()),
            self.memory.everything(),
            list(self.lines.items()),
            list(self.pending.gone),
            self.pending.next_number,
            self.clock_us,
        )
        self._told()
        return _CODEC.encode(everything)

    def changes(self) -> bytes:
        """Returns what changed since the last call."""
        change = _SubscriptionState(
            FORMAT,
            [(key, self.entries[key]) for key in sorted(self._touched) if key in self.entries],
            self.memory.fresh,
            [(key, self.lines[key]) for key in sorted(self.touched_lines) if key in self.lines],
            self.pending.gone_lately,
            self.pending.next_number,
            self.clock_us,
        )
        encoded = _CODEC.encode(change)
        self._told()
        return encoded

    def _told(self) -> None:
        self._touched.clear()
        self.touched_lines.clear()
        self.memory.fresh = []
        self.pending.gone_lately = []

    def put(self, key: Key, entry: Entry) -> None:
        """Keeps an entry, and drops the longest idle ones above the bound."""
        self._leave_socket(key, self.entries.pop(key, None))
        self.entries[key] = entry
        self._touched.add(key)
        if entry.terms is not None:
            socket = (key[0], entry.port)
            self._sockets[socket] = key[1] if self._sockets.get(socket, key[1]) == key[1] else None
        if entry.announced_as >= 0:
            known = self._announced.setdefault((key[0], entry.announced_as), [])
            if key[1] not in known:
                known.append(key[1])
        self._weigh(key, entry)
        if len(self.entries) > MAX_SUBSCRIPTIONS:
            idle = (each for each in self.entries if each != key)
            for each in nsmallest(max(MAX_SUBSCRIPTIONS // 16, 1), idle, key=lambda one: self.entries[one].last_us):
                self._forget(each)

    def _weigh(self, key: Key, entry: Entry) -> None:
        """Adds up what is heavy, and forgets the heaviest above the bound."""
        octets = octets_of(entry.terms, entry.bound_modules, entry.older)
        self._all_octets += (octets if octets > HEAVY else 0) - self._octets.pop(key, 0)
        if octets > HEAVY:
            self._octets[key] = octets
        while self._all_octets > MAX_OCTETS:
            self._forget(max(self._octets, key=self._octets.__getitem__))

    def _leave_socket(self, key: Key, entry: Entry | None) -> None:
        if entry is not None and entry.terms is not None and self._sockets.get((key[0], entry.port)) == key[1]:
            del self._sockets[key[0], entry.port]

    def _forget(self, key: Key) -> None:
        entry = self.entries.pop(key)
        self._all_octets -= self._octets.pop(key, 0)
        self._leave_socket(key, entry)
        if entry.announced_as >= 0:
            self._announced.pop((key[0], entry.announced_as), None)

    def touch(self, key: Key) -> None:
        """Marks an entry that was changed in place."""
        self._touched.add(key)
        self._weigh(key, self.entries[key])

    def keep_line(self, key: LineKey, line: Line) -> None:
        """Keeps a line that is new or was changed in place."""
        self.lines[key] = line
        self.touched_lines.add(key)
        if len(self.lines) > MAX_LINES:
            idle = (each for each in self.lines if each != key)
            for each in nsmallest(max(MAX_LINES // 16, 1), idle, key=lambda one: self.lines[one].high_us):
                del self.lines[each]

    def on_socket(self, exporter: str, port: int) -> tuple[int, Entry] | None:
        """Returns the one subscription that was started on a socket and never sent data under its own id."""
        number = self._sockets.get((exporter, port))
        entry = self.entries.get((exporter, number)) if number is not None else None
        return (number, entry) if number is not None and entry is not None and not entry.pushed else None

    def announced(self, key: Key) -> list[Key]:
        """Returns the subscriptions whose data carry another id than the one they were announced under, ``key``."""
        return [(key[0], number) for number in self._announced.get(key, ()) if (key[0], number) in self.entries]

    def open_lines(self, key: QueueKey) -> list[LineKey]:
        """Returns the subscription's lines that have holes which are waited for."""
        exporter, number = key
        queue = self.pending.queues.get(key)
        if number is None or not queue:
            return []
        messages = [waiting.held.notification.message for waiting in queue]
        sockets = sorted({(message.port, message.publisher_id) for message in messages})
        keys = [(exporter, number, *socket, by_sequence) for socket in sockets for by_sequence in (False, True)]
        return [line_key for line_key in keys if line_key in self.lines and self.lines[line_key].missing]

    def due_us(self, key: QueueKey) -> int:
        """Returns until when the subscription's holes are waited for; 0: it has none."""
        return max((self.lines[line_key].due_us for line_key in self.open_lines(key)), default=0)

"""Which subscription a notification belongs to, which schema its contents are read by, and whether it came before.

One ``Binder`` holds one shard. Identity of a subscription: (exporter, id), since a node numbers its subscriptions
across its publishers; where ids of started and push messages differ (specs: 6WIND before IETF 123), the source port
joins them. True duplicates are the same transport identity with the same payload; the same identity with other bytes
is another message (Huawei and Cisco reuse ids) and only counted.
"""

from dataclasses import dataclass
from typing import Final, Self
from zlib import crc32

import msgspec

from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import (
    FORMAT,
    Bound,
    BoundBatch,
    DeadLetter,
    Notification,
    NotificationBatch,
    Subscription,
    Terms,
)
from yangbeam.core.errors import SchemaError
from yangbeam.core.ledger import BOUND, DEAD, DUPLICATES, ID_REUSED, MARKED, Tallies
from yangbeam.core.schemas import Schemas
from yangbeam.core.subscription import State, after
from yangbeam.core.versioned import Codec

STAGE: Final = "bind"

DUPLICATE_WINDOW_US: Final = 20_000_000
"""How long a message is remembered: twice the reassembly timeout, as a path can reorder no longer than that."""
MAX_REMEMBERED: Final = 65_536
"""Messages remembered per shard at most: 20 s of 3,000 messages/s; some 40 octets each in state."""
MAX_SUBSCRIPTIONS: Final = 100_000
"""Subscriptions kept per shard at most; the longest idle go first."""

_START_KINDS: Final = frozenset({"subscription-started", "subscription-modified"})
_DATA_KINDS: Final = frozenset({"push-update", "push-change-update"})

_Identity = tuple[str, int, int, int, int]
"""exporter, port, collector port, publisher id, message id."""
_Key = tuple[str, int]
"""exporter, subscription id."""


class Entry(msgspec.Struct, array_like=True):
    """What is kept of one subscription."""

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


class _SubscriptionState(msgspec.Struct, array_like=True):
    """A snapshot, or one batch's changes to it."""

    format: int
    entries: list[tuple[_Key, Entry]]
    seen: list[tuple[_Identity, int, int]]
    """(identity, CRC-32 of the payload, arrival), oldest first."""


_CODEC: Final = Codec(_SubscriptionState)


class Subscriptions:
    """The state of one shard: subscriptions, and messages seen lately. A ShardValue."""

    def __init__(self) -> None:
        self.entries: dict[_Key, Entry] = {}
        # Two generations, the older dropped as a whole: one by one, a dict's first entry is ever longer to find.
        self._seen: dict[_Identity, tuple[int, int]] = {}
        self._seen_before: dict[_Identity, tuple[int, int]] = {}
        self._seen_since = 0
        self._sockets: dict[tuple[str, int], int | None] = {}
        self._touched: set[_Key] = set()
        self._new: list[tuple[_Identity, int, int]] = []

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        """Returns the state that a snapshot and the changes since make up."""
        state = cls()
        for encoded in ([snapshot] if snapshot is not None else []) + journal:
            change = _CODEC.decode(encoded)
            for key, entry in change.entries:
                state.put((key[0], key[1]), entry)
            for identity, crc, at in change.seen:
                state._remember(identity, crc, at)
        state._touched.clear()
        state._new.clear()
        return state

    def snapshot(self) -> bytes:
        """Returns the whole state, bounded by MAX_SUBSCRIPTIONS and MAX_REMEMBERED."""
        self._touched.clear()
        self._new.clear()
        older = ((identity, seen) for identity, seen in self._seen_before.items() if identity not in self._seen)
        seen = [(identity, crc, at) for identity, (crc, at) in (*older, *self._seen.items())]
        return _CODEC.encode(_SubscriptionState(FORMAT, list(self.entries.items()), seen))

    def changes(self) -> bytes:
        """Returns what changed since the last call."""
        touched = [(key, self.entries[key]) for key in self._touched if key in self.entries]
        change = _CODEC.encode(_SubscriptionState(FORMAT, touched, self._new))
        self._touched.clear()
        self._new = []
        return change

    def put(self, key: _Key, entry: Entry) -> None:
        """Keeps an entry, and drops the longest idle one above the bound."""
        self.entries.pop(key, None)
        self.entries[key] = entry
        self._touched.add(key)
        if entry.terms is not None:
            socket = (key[0], entry.port)
            self._sockets[socket] = key[1] if self._sockets.get(socket, key[1]) == key[1] else None
        if len(self.entries) > MAX_SUBSCRIPTIONS:
            del self.entries[next(iter(self.entries))]

    def on_socket(self, exporter: str, port: int) -> Entry | None:
        """Returns the one subscription that was started on a socket and never sent data under its own id."""
        number = self._sockets.get((exporter, port))
        entry = self.entries.get((exporter, number)) if number is not None else None
        return entry if entry is not None and not entry.pushed else None

    def is_duplicate(self, notification: Notification) -> tuple[bool, bool]:
        """Remembers a message; says whether it is a true duplicate, and whether its id was used by another."""
        message = notification.message
        identity = (message.exporter, message.port, message.collector_port, message.publisher_id, message.message_id)
        crc = crc32(message.payload)
        before = self._seen.get(identity) or self._seen_before.get(identity)
        self._remember(identity, crc, message.arrival_us)
        if before is None or message.arrival_us - before[1] > DUPLICATE_WINDOW_US:
            return False, False
        return before[0] == crc, before[0] != crc

    def _remember(self, identity: _Identity, crc: int, arrival_us: int) -> None:
        """Keeps at least a window of messages, unless MAX_REMEMBERED of them came within it."""
        if len(self._seen) >= MAX_REMEMBERED // 2 or arrival_us - self._seen_since > DUPLICATE_WINDOW_US:
            self._seen_before, self._seen = self._seen, {}
            self._seen_since = arrival_us
        self._seen[identity] = (crc, arrival_us)
        self._new.append((identity, crc, arrival_us))


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds batches against a shard's state.

    Attributes:
        schemas: Where schemas are found.
        pass_unbound: Policy for contents without a schema: pass on and mark, instead of a dead letter.
    """

    schemas: Schemas
    pass_unbound: bool = False

    def bind(
        self, state: Subscriptions, batch: NotificationBatch, tallies: Tallies
    ) -> tuple[BoundBatch, list[DeadLetter]]:
        """Returns the bound notifications, and the letters of those without a schema."""
        bound: list[Bound] = []
        letters: list[DeadLetter] = []
        table = _Table()
        kept: list[int] = []
        for notification in batch.notifications:
            kept.append(len(bound))
            self._one(state, notification, bound, letters, table, tallies)
        kept.append(len(bound))
        controls = [msgspec.structs.replace(control, at=kept[control.at]) for control in batch.controls]
        out = BoundBatch(
            shard=batch.shard,
            source=batch.source,
            ordinal=batch.ordinal,
            notifications=bound,
            subscriptions=table.rows,
            controls=controls,
        )
        return out, letters

    def _one(
        self,
        state: Subscriptions,
        notification: Notification,
        bound: list[Bound],
        letters: list[DeadLetter],
        table: "_Table",
        tallies: Tallies,
    ) -> None:
        message = notification.message
        where = (message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us)
        duplicate, reused = state.is_duplicate(notification)
        if duplicate:
            tallies.add(DUPLICATES, *where)
            return
        if reused:
            tallies.add(ID_REUSED, *where)
        key, entry = _entry_of(state, notification)
        try:
            schema_id, how = self._schema_of(entry, notification)
        except SchemaError as error:
            if not self.pass_unbound:
                letters.append(letter_of_notification(STAGE, notification, error))
                tallies.add(f"{DEAD}:{error.reason}", *where)
                return
            schema_id, how = None, f"none: {error.detail}"
            tallies.add(f"{MARKED}:unbound", *where)
        else:
            tallies.add(BOUND, *where)
        bound.append(Bound(notification, schema_id, table.index(key, entry), how))

    def _schema_of(self, entry: Entry | None, notification: Notification) -> tuple[int, str]:
        exporter = notification.message.exporter
        if notification.kind not in _DATA_KINDS:
            return self._schema_of_notice(entry, notification)
        if entry is None:
            return self.schemas.resolve(exporter, None, frozenset(notification.modules)), "module-names"
        if entry.schema_id is not None and entry.bound_modules == notification.modules:
            return entry.schema_id, entry.how
        named = {name: revision for name, revision, _ in entry.terms.modules} if entry.terms else {}
        content_id = entry.terms.content_id if entry.terms else None
        wanted = {f"{name}@{revision}" if revision else name for name, revision in named.items()}
        wanted.update(module for module in notification.modules if module not in named)
        schema_id = self.schemas.resolve(exporter, content_id, frozenset(wanted))
        entry.schema_id = schema_id
        entry.bound_modules = notification.modules
        entry.how = "started" if named or content_id else "module-names"
        return schema_id, entry.how

    def _schema_of_notice(self, entry: Entry | None, notification: Notification) -> tuple[int, str]:
        """State notifications need no more than their own modules; event-stream ones need theirs."""
        content_id = entry.terms.content_id if entry and entry.terms else None
        modules = frozenset(notification.modules)
        return self.schemas.resolve(notification.message.exporter, content_id, modules), "notification"


class _Table:
    """The subscriptions of one batch, each once."""

    def __init__(self) -> None:
        self.rows: list[Subscription] = []
        self._at: dict[tuple[_Key, str], int] = {}

    def index(self, key: _Key | None, entry: Entry | None) -> int:
        if key is None or entry is None:
            return -1
        at = self._at.get((key, entry.state))
        if at is None or self.rows[at].terms is not entry.terms:
            at = self._at[key, entry.state] = len(self.rows)
            self.rows.append(Subscription(entry.node, entry.publisher_id, key[1], entry.state, entry.terms))
        return at


def _entry_of(state: Subscriptions, notification: Notification) -> tuple[_Key | None, Entry | None]:
    """Returns the subscription of a notification after its transition; None for one that names no subscription."""
    number = notification.subscription_id
    if number is None:
        return None, None
    message = notification.message
    key = (message.exporter, number)
    entry = state.entries.get(key)
    if entry is None or _changes(entry, notification):
        entry = _next_entry(state, entry, notification)
        state.put(key, entry)
    entry.last_us = message.arrival_us
    return key, entry


def _changes(entry: Entry, notification: Notification) -> bool:
    return (
        notification.kind not in _DATA_KINDS
        or not entry.pushed
        or entry.bound_modules != notification.modules
        or (notification.node is not None and notification.node != entry.node)
    )


def _next_entry(state: Subscriptions, before: Entry | None, notification: Notification) -> Entry:
    message = notification.message
    is_data = notification.kind in _DATA_KINDS
    if before is None:
        joined = state.on_socket(message.exporter, message.port) if is_data else None
        before = Entry(
            node="",
            publisher_id=notification.publisher_id,
            state=joined.state if joined else State.UNKNOWN,
            port=message.port,
            terms=joined.terms if joined else None,
        )
    entry = msgspec.structs.replace(
        before,
        node=notification.node or before.node or message.exporter,
        state=after(State(before.state), notification.kind),
        pushed=before.pushed or is_data,
    )
    if notification.kind in _START_KINDS:
        entry.terms = notification.terms
        entry.port = message.port
        entry.schema_id = None
        entry.pushed = before.pushed and notification.kind == "subscription-modified"
    return entry

"""The telemetry topic's records as bound notifications: replays dropped, holes told, the rest as it once arrived.

A record says by its schema id what its contents are read by; nothing is bound here but that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

import msgspec

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_topic_record
from yangbeam.core.elements import (
    Bound,
    BoundBatch,
    DeadLetter,
    Heartbeat,
    LossEvent,
    Subscription,
    TopicBatch,
    TopicRecord,
    place,
)
from yangbeam.core.errors import SchemaError, SchemaPendingError, YangbeamError
from yangbeam.core.framing import Frame, check_registry
from yangbeam.core.ingest.message_level import MessageLevel
from yangbeam.core.ingest.offsets import Hole, Offsets
from yangbeam.core.ingest.records import Told, told
from yangbeam.core.ingest.replays import Replays
from yangbeam.core.ledger import BOUND, DUPLICATES, EVENTS, HOLES, NOBODY, RECEIVED, Tallies
from yangbeam.core.loss.loss_json import OFFSETS
from yangbeam.core.notification.decode import decode
from yangbeam.core.registry_answers import RegistryDeniedError
from yangbeam.core.versioned import Codec
from yangbeam.core.yang.schema import Schema

STAGE: Final = "unwrap"
FORMAT: Final = 1
UNKNOWN: Final = "unknown"
"""Exporter of a record that does not say one."""


class _ReadState(msgspec.Struct, array_like=True):
    format: int
    replays: bytes
    offsets: bytes


_CODEC: Final = Codec(_ReadState, FORMAT)


class ReadSoFar:
    """What one shard has read: identities and offsets. A ShardValue."""

    def __init__(self) -> None:
        self.replays = Replays()
        self.offsets = Offsets()

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        """Returns what a snapshot and the changes since make up."""
        whole = _CODEC.decode(snapshot) if snapshot is not None else None
        changes = [_CODEC.decode(encoded) for encoded in journal]
        read = cls()
        read.replays = Replays.restore(None if whole is None else whole.replays, [change.replays for change in changes])
        read.offsets = Offsets.restore(None if whole is None else whole.offsets, [change.offsets for change in changes])
        return read

    def snapshot(self) -> bytes:
        """Returns the whole state."""
        return _CODEC.encode(_ReadState(FORMAT, self.replays.snapshot(), self.offsets.snapshot()))

    def changes(self) -> bytes:
        """Returns what changed since the last call."""
        return _CODEC.encode(_ReadState(FORMAT, self.replays.changes(), self.offsets.changes()))


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What a batch of records came to."""

    bound: BoundBatch
    letters: list[DeadLetter]
    holes: list[LossEvent]


@dataclass(frozen=True, slots=True)
class Unwrapper:
    """Unwraps batches against a shard's state.

    Attributes:
        id_of_guid: Schema id of a GUID of 16 octets.
        schema_of: Registered schema by id; a record of an id that is none's is a dead letter.
        checks_offsets: A hole in the offsets is a loss; not so of a compacted topic.
        judges: Whether the telemetry message itself is judged by its schema.
        identity: Returns the identity of the registry that is asked; empty: it has none.
    """

    id_of_guid: Callable[[bytes], int]
    schema_of: Callable[[int], Schema]
    checks_offsets: bool = True
    judges: bool = True
    identity: Callable[[], str] = str
    _level: MessageLevel = field(default_factory=MessageLevel, compare=False)

    def unwrap(self, read: ReadSoFar, batch: TopicBatch, tallies: Tallies) -> Unwrapped:
        """Returns the notifications of a batch, the letters of what is none, and the holes before its records.

        Raises:
            SchemaPendingError: The registry is away: the records are to be read again.
            RegistryDeniedError: It does not let us in: so is no record's fault.
        """
        schema_of = lru_cache(self.schema_of)  # asked once per batch: the handle's own cache costs microseconds
        identity = self.identity()
        out = Unwrapped(BoundBatch(notifications=[], subscriptions=[], controls=[], **place(batch)), [], [])
        kept: list[int] = []
        for record in batch.records:
            kept.append(len(out.bound.notifications))
            hole = read.offsets.follow(record.topic, record.partition, record.offset)
            if hole is not None and self.checks_offsets:
                out.holes.append(event_of(hole, record.timestamp_us))
                tallies.add(EVENTS, NOBODY, None, None, 0)
                tallies.add(f"{HOLES}:{hole.topic}[{hole.partition}]", NOBODY, None, None, 0, hole.size)
            try:
                self._one(read, record, out, tallies, schema_of, identity)
            except (SchemaPendingError, RegistryDeniedError):
                raise
            except YangbeamError as error:
                letter = letter_of_topic_record(STAGE, record, error)
                out.letters.append(letter)
                where = (UNKNOWN, None, None, record.timestamp_us)
                tallies.add(RECEIVED, *where)
                count_dead(letter, tallies, where)
        kept.append(len(out.bound.notifications))
        # The reader's heartbeats are the ledger's clock alone: that of losses is the records' own.
        tallies.collectors.extend(control for control in batch.controls if isinstance(control, Heartbeat))
        out.bound.controls.extend(
            msgspec.structs.replace(control, at=kept[min(control.at, len(batch.records))])
            for control in batch.controls
            if not isinstance(control, Heartbeat)
        )
        return out

    def _one(
        self,
        read: ReadSoFar,
        record: TopicRecord,
        out: Unwrapped,
        tallies: Tallies,
        schema_of: Callable[[int], Schema],
        identity: str,
    ) -> None:
        found = told(record)
        check_registry(found.frame, record.headers, identity)
        schema_id = self._schema_id(found.frame)
        notification = decode(found.message)
        schema = schema_of(schema_id)
        if self.judges:
            self._level.judge(found.frame.payload, found.message.payload, schema_id, schema)
        where = (
            found.message.exporter,
            notification.publisher_id,
            notification.subscription_id,
            found.message.arrival_us,
        )
        tallies.add(RECEIVED, *where)
        if found.identity is not None and read.replays.seen(found.identity):
            tallies.add(DUPLICATES, *where)
            return
        tallies.add(BOUND, *where)
        row = _row(out.bound.subscriptions, found)
        out.bound.notifications.append(Bound(notification, schema_id, row, "schema-id"))

    def _schema_id(self, frame: Frame) -> int:
        if frame.schema_id is not None:
            return frame.schema_id
        if frame.guid is not None:
            return self.id_of_guid(frame.guid)
        raise SchemaError("no-schema-id", "the record carries no schema id in any framing: nothing says what it means")


def _row(subscriptions: list[Subscription], found: Told) -> int:
    """Returns the index of what was told of the subscription; records of one batch mostly tell the same."""
    if found.subscription is None:
        return -1
    for index in range(len(subscriptions) - 1, max(len(subscriptions) - 9, -1), -1):
        if subscriptions[index] == found.subscription:
            return index
    subscriptions.append(found.subscription)
    return len(subscriptions) - 1


def event_of(hole: Hole, at_us: int) -> LossEvent:
    """Returns the loss event of records that went before they were read."""
    return LossEvent(
        exporter=f"{hole.topic}[{hole.partition}]",
        node="",
        publisher_id=None,
        subscription_ids=(),
        counter=OFFSETS,
        scope="partition",
        first=hole.first,
        last=hole.last,
        count=hole.size,
        first_us=at_us,
        last_us=at_us,
        state="confirmed",
        identity=f"{OFFSETS}/{hole.topic}/{hole.partition}/{hole.first}",
    )

"""How records of the raw topic become batches: a partition is a shard; what is no record of ours becomes a refusal."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from yangbeam.core.elements import Control, Message, MessageBatch, Refused, TopicRecord
from yangbeam.core.errors import WireError
from yangbeam.core.raw_record import Beat, Headers, read_record

MAX_RECORDS: Final = 4096
"""Messages and control records of one batch."""
MAX_BYTES: Final = 1 << 20
"""Payload octets of one batch; a larger message travels alone."""


Read = tuple[int, int, Message | Control]
"""Offset and payload octets of a record, and what it is."""


class RawBatches:
    """Cuts the records of one partition into batches, in order.

    Args:
        shard: The partition.
        source: Name of the reader, for the batches.
        max_bytes: Payload octets of one batch.
    """

    def __init__(self, shard: int, source: str, max_bytes: int = MAX_BYTES) -> None:
        self.shard = shard
        self.shards: int | None = None
        """What the newest heartbeat said how many shards its writer has."""
        self.beats = 0
        """Heartbeats among the records so far."""
        self._source = source
        self._max_bytes = max_bytes

    def batches(self, records: Iterable[TopicRecord]) -> list[MessageBatch]:
        """Returns the batches that the records make."""
        return self.cut((each.offset, len(each.value), self._read(each)) for each in records)

    def cut(self, records: Iterable[Read]) -> list[MessageBatch]:
        """Returns the batches that records make which were read by ``read``."""
        batches: list[MessageBatch] = []
        messages: list[Message] = []
        controls: list[Control] = []
        octets = ordinal = 0
        for offset, size, found in records:
            full = len(messages) + len(controls) >= MAX_RECORDS or octets + size > self._max_bytes
            if full and (messages or controls):
                batches.append(self.batch(ordinal, messages, controls))
                messages, controls, octets = [], [], 0
            if not messages and not controls:
                ordinal = offset
            octets += size
            if isinstance(found, Message):
                messages.append(found)
            else:
                controls.append(msgspec.structs.replace(found, at=len(messages)))
        if messages or controls:
            batches.append(self.batch(ordinal, messages, controls))
        return batches

    def batch(self, ordinal: int, messages: list[Message], controls: list[Control]) -> MessageBatch:
        """Returns a batch; its ordinal is the offset of its first record, the same in every attempt."""
        return MessageBatch(
            shard=self.shard, source=self._source, ordinal=ordinal, messages=messages, controls=controls
        )

    def _read(self, record: TopicRecord) -> Message | Control:
        return self.read(record.headers, record.value, record.offset, lambda: record)

    def read(self, headers: Headers, value: bytes, offset: int, whole: Callable[[], TopicRecord]) -> Message | Control:
        """Returns what a record is; ``whole`` gives all of one that is none of ours."""
        try:
            found = read_record(headers, value, self.shard, offset)
        except WireError as error:
            return poison(whole(), error)
        if isinstance(found, Beat):
            self.shards = found.shards
            self.beats += 1
            return found.heartbeat
        return found


def poison(record: TopicRecord, error: WireError) -> Refused:
    """Returns the refusal of a record that is none of ours, with its value as the original bytes."""
    where = f"{record.topic}[{record.partition}] offset {record.offset}"
    exporter = record.key.decode("ascii", "replace")[:64] or "unknown"
    return Refused(
        0,
        error.reason,
        f"{where}: {error.detail}",
        exporter,
        0,
        record.timestamp_us,
        record.value,
        fault=error.fault.value,
        raw_partition=record.partition,
        raw_offset=record.offset,
    )

"""The raw topic as batches: what to do when it grows, shrinks, or holds what is no record of ours."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from yangbeam.core.elements import Control, MessageBatch, Refused, TopicRecord
from yangbeam.core.errors import YangbeamError
from yangbeam.core.raw_batches import MAX_BYTES, RawBatches, Read
from yangbeam.core.secret_source import Properties, resolved
from yangbeam.io.kafka.consumer import OffsetGoneError, TopicConsumer, TopicGoneError

MOST: Final = 2048
"""Records of one request to the consumer."""
LOOK_S: Final = 30.0
"""Between two looks for added partitions."""

Start = Literal["earliest", "latest", "committed"] | int
"""Where to begin: an end of the topic, what was committed (else the beginning), or a time in us."""


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """What to read.

    Attributes:
        topic: Name of the topic.
        properties: librdkafka's, by name and in that order; secrets by reference.
        start: Where to begin.
        end: ``None``: never; ``latest``: what is there at the start; or a time in us.
        gone: What to do when records were deleted before they were read, or the topic with them: ``fail``, or
            ``continue`` with what is there (or comes), and a dead letter that says what is missing.
        max_bytes: Payload octets of one batch.
        look_s: Time between two looks for added partitions.
    """

    topic: str
    properties: Properties
    start: Start = "earliest"
    end: Literal["latest"] | int | None = None
    gone: Literal["fail", "continue"] = "fail"
    max_bytes: int = MAX_BYTES
    look_s: float = LOOK_S


def all_partitions(partition: int) -> bool:
    """Takes every partition."""
    del partition
    return True


def begin_of(consumer: TopicConsumer, settings: TopicSettings, partitions: list[int]) -> dict[int, int]:
    """Returns where to begin, by partition."""
    start = settings.start
    if isinstance(start, int):
        return consumer.offsets_at(partitions, start // 1000)
    edges = {partition: consumer.edges(partition) for partition in partitions}
    at_end = start == "latest"
    offsets = {partition: last if at_end else first for partition, (first, last) in edges.items()}
    return offsets | (consumer.committed(partitions) if start == "committed" else {})


def ends_of(consumer: TopicConsumer, settings: TopicSettings, partitions: list[int]) -> dict[int, int] | None:
    """Returns where to stop before, by partition; None: nowhere."""
    if settings.end is None:
        return None
    if isinstance(settings.end, int):
        return consumer.offsets_at(partitions, settings.end // 1000)
    return {partition: consumer.edges(partition)[1] for partition in partitions}


class RawTopic:
    """Reads some partitions of the raw topic; not thread-safe.

    Args:
        settings: What to read.
        mine: Which partitions, those that are added later among them.
    """

    def __init__(self, settings: TopicSettings, mine: Callable[[int], bool] = all_partitions) -> None:
        self.settings = settings
        self.consumer = TopicConsumer(settings.topic, resolved(settings.properties))
        self._mine = mine
        self._batches: dict[int, RawBatches] = {}
        self._gone = 0
        """Refusals that say what was deleted before it was read: no records."""
        self._looked_s = time.monotonic()

    @property
    def next(self) -> dict[int, int]:
        """Offset to be read next, by partition."""
        return self.consumer.next

    @property
    def received(self) -> int:
        """Messages and refusals so far: the records that the consumer gave, but for heartbeats."""
        beats = sum(batches.beats for batches in tuple(self._batches.values()))
        return self.consumer.taken - beats + self._gone

    @property
    def again(self) -> int:
        """Records that the consumer gave although it had given them before."""
        return self.consumer.again

    def begin(self) -> dict[int, int]:
        """Returns where to begin, by partition.

        Raises:
            ConfigurationError: The topic does not exist.
            KafkaAwayError: No broker answers.
        """
        mine = [partition for partition in self.consumer.partitions() if self._mine(partition)]
        return begin_of(self.consumer, self.settings, mine)

    def assign(self, offsets: Mapping[int, int]) -> None:
        """Reads these partitions from these offsets."""
        self.consumer.assign(offsets)
        self._open(offsets)

    def take(self, max_wait_s: float, until: Mapping[int, int] | None = None) -> list[MessageBatch]:
        """Returns the batches of what came, each of one partition.

        Args:
            max_wait_s: Longest wait for the first record.
            until: Offsets to stop before; no look for added partitions is taken then.

        Raises:
            TopicGoneError: The topic was deleted, and the policy is ``fail``.
            OffsetGoneError: Records were deleted before they were read, and the policy is ``fail``.
            KafkaRefusedError: We may not read.
            KafkaAwayError: An error that librdkafka cannot mend.
        """
        if until is None:
            self._look()
        try:
            records = self.consumer.take(MOST, max_wait_s, until)
        except OffsetGoneError as error:
            return [self._go_on_behind(error)]
        except TopicGoneError:
            if self.settings.gone == "fail":
                raise
            time.sleep(max_wait_s)  # until somebody makes it anew
            return []
        return self._cut(records)

    def _cut(self, records: list[Any]) -> list[MessageBatch]:
        by_partition: dict[int, list[Read]] = {}
        for record in records:
            partition, offset, value = record.partition(), record.offset(), record.value() or b""
            read = self._batches[partition].read(record.headers() or (), value, offset, partial(as_record, record))
            by_partition.setdefault(partition, []).append((offset, len(value), read))
        return [batch for partition, found in by_partition.items() for batch in self._batches[partition].cut(found)]

    def _go_on_behind(self, error: OffsetGoneError) -> MessageBatch:
        """Goes on with what is there; a dead letter says what is not."""
        if self.settings.gone == "fail":
            raise error
        # Of a topic made anew nothing was read, however long it has become meanwhile: begin with what is there.
        self.consumer.seek(error.partition, self.consumer.edges(error.partition)[0])
        told = Refused(
            *(0, error.reason, error.detail, "unknown", 0, 0, b""),
            fault=error.fault.value,
            raw_partition=error.partition,
            raw_offset=error.offset,
        )
        controls: list[Control] = [told]
        self._gone += 1
        return self._batches[error.partition].batch(error.offset, [], controls)

    def _look(self) -> None:
        """Looks for added partitions; what stands in them began after the start, so all of it is read."""
        now = time.monotonic()
        if now - self._looked_s < self.settings.look_s:
            return
        self._looked_s = now
        try:
            found = self.consumer.partitions()
        except YangbeamError:  # a look that fails is repeated; reading itself tells what is wrong
            return
        added = dict.fromkeys((each for each in found if self._mine(each) and each not in self.next), 0)
        if added:
            self.consumer.add(added)
            self._open(added)

    def _open(self, offsets: Mapping[int, int]) -> None:
        source = f"kafka:{self.settings.topic}"
        for partition in offsets:
            self._batches[partition] = RawBatches(partition, source, self.settings.max_bytes)

    def close(self) -> None:
        """Leaves the cluster; safe to call twice."""
        self.consumer.close()


def as_record(record: Any) -> TopicRecord:
    """Returns librdkafka's record as an element."""
    kind, timestamp_ms = record.timestamp()
    return TopicRecord(
        record.topic(),
        record.partition(),
        record.offset(),
        timestamp_ms * 1000 if kind else 0,
        record.key() or b"",
        record.value() or b"",
        tuple((name, value or b"") for name, value in record.headers() or ()),
    )

"""One consumer of one topic: partitions are assigned, not subscribed to; offsets are the reader's, not the broker's.

What librdkafka mends by itself (a broker away, a leader elected anew) is not an error here. What it cannot mend ends
the read with an error that says from which offset to go on.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.io.kafka.watching import Watch

LINGER_S: Final = 0.01
"""How long records are waited for that come with the first of a request, where there are not enough already."""
ANSWER_S: Final = 10.0
"""How long a broker may take to answer a question about a topic."""
PROBE_S: Final = 2.0
"""Between two questions whether brokers that are away are back: librdkafka says when they go, not when they come."""
PROBE_ANSWER_S: Final = 0.5
"""How long such a question may take."""

REQUIRED: Final = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "allow.auto.create.topics": "false",
    # A position that is gone is told, not quietly moved.
    "auto.offset.reset": "error",
}
DEFAULTS: Final = {
    "group.id": "yangbeam",
    "fetch.wait.max.ms": "20",
    "fetch.message.max.bytes": "16777216",
    "fetch.max.bytes": "16777216",
    # A second of a worker's work. More only takes memory: 1.6 GB behind a backlog of a million with four times as much.
    "queued.max.messages.kbytes": "16384",
}
# Properties that a section [kafka] has for its producers, and that a consumer does not know.
_PRODUCERS: Final = frozenset({"acks", "request.required.acks", "enable.idempotence", "compression.type", "linger.ms"})

_GONE: Final = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
)
_OUT_OF_RANGE: Final = frozenset(
    {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET}  # noqa: SLF001 # librdkafka's own names
)
_REFUSED: Final = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    }
)


class KafkaAwayError(YangbeamError):
    """The cluster does not answer."""

    fault = Fault.ENVIRONMENT


class KafkaRefusedError(YangbeamError):
    """The cluster knows us and does not let us read."""

    fault = Fault.CONFIGURATION


class TopicGoneError(YangbeamError):
    """The topic, or one of its partitions, was deleted while it was read."""

    fault = Fault.ENVIRONMENT


class OffsetGoneError(YangbeamError):
    """Records were deleted before they were read: retention, or a topic made anew.

    Attributes:
        partition: The partition.
        offset: The first offset that is missing.
    """

    fault = Fault.ENVIRONMENT

    def __init__(self, detail: str, partition: int, offset: int) -> None:
        super().__init__("raw-records-deleted", detail)
        self.partition = partition
        self.offset = offset


class TopicConsumer:
    """Reads assigned partitions of one topic; not thread-safe.

    Args:
        topic: Its name.
        properties: librdkafka's, secrets already resolved.
    """

    def __init__(self, topic: str, properties: Mapping[str, str]) -> None:
        self.topic = topic
        self._said: list[KafkaError] = []
        self._watch = Watch(properties)
        self._probed_s = 0.0
        own = {name: value for name, value in properties.items() if name not in _PRODUCERS}
        try:
            ours = {**self._watch.settings(), "error_cb": self._error}
            self._consumer = Consumer({**DEFAULTS, **own, **REQUIRED, **ours})
        except KafkaException as error:
            raise ConfigurationError(
                "kafka", f"librdkafka refuses the [kafka] section: {error.args[0].str()}"
            ) from error
        self.next: dict[int, int] = {}
        """Offset to be read next, by assigned partition."""
        self.taken = 0
        """Records returned so far: a count of its own, as offsets have holes."""
        self.again = 0
        """Of these, records that stand before one that was read already, though nobody set the reader back."""
        self._left: list[Any] = []
        """What was fetched behind an error, and not looked at yet."""

    def _error(self, error: KafkaError) -> None:
        self._said.append(error)
        self._watch.error(error)

    def partitions(self) -> list[int]:
        """Returns the partitions of the topic.

        Raises:
            KafkaAwayError: No broker answers.
            KafkaRefusedError: We may not know.
            ConfigurationError: The topic does not exist.
        """
        found = self._asked(lambda: self._consumer.list_topics(self.topic, timeout=ANSWER_S)).topics[self.topic]
        if found.error is not None and found.error.code() in _REFUSED:
            self._judge(found.error)
        if found.error is not None or not found.partitions:
            raise ConfigurationError(
                "kafka-topic", f"topic {self.topic} does not exist; make it, or correct its name in the configuration"
            )
        return sorted(found.partitions)

    def topics(self) -> list[str]:
        """Returns the topics that we may see, the brokers' own apart.

        Raises:
            KafkaAwayError: No broker answers.
        """
        found = self._asked(lambda: self._consumer.list_topics(timeout=ANSWER_S)).topics
        return sorted(name for name in found if not name.startswith("__"))

    def edges(self, partition: int) -> tuple[int, int]:
        """Returns the first offset that is there and the one that comes next."""
        place = TopicPartition(self.topic, partition)
        edges: tuple[int, int] = self._asked(lambda: self._consumer.get_watermark_offsets(place, timeout=ANSWER_S))
        return edges

    def has_more(self, partition: int, until: Mapping[int, int] | None = None) -> bool:
        """Says whether the topic may hold records that were not taken yet, as far as is known without asking."""
        place = TopicPartition(self.topic, partition)
        edges = self._consumer.get_watermark_offsets(place, cached=True)
        ends = [] if edges is None or edges[1] < 0 else [edges[1]]  # until the first answer nothing is known
        ends += [] if until is None else [until[partition]]
        return self.next[partition] < min(ends) if ends else True

    def backlog(self) -> int:
        """Returns how many records the assigned partitions hold beyond what was taken, as far as is known unasked."""
        waiting = 0
        for partition, following in self.next.items():
            place = TopicPartition(self.topic, partition)
            edges = self._consumer.get_watermark_offsets(place, cached=True)
            waiting += max(edges[1] - following, 0) if edges is not None else 0
        return waiting

    def offsets_at(self, partitions: list[int], time_ms: int) -> dict[int, int]:
        """Returns the first offset at or after a time, by partition; the end of those that have none."""
        places = [TopicPartition(self.topic, partition, time_ms) for partition in partitions]
        found = self._asked(lambda: self._consumer.offsets_for_times(places, timeout=ANSWER_S))
        return {
            place.partition: place.offset if place.offset >= 0 else self.edges(place.partition)[1] for place in found
        }

    def assign(self, offsets: Mapping[int, int]) -> None:
        """Reads these partitions from these offsets, and no others."""
        self.next = dict(offsets)
        self._left = []
        self._consumer.assign([TopicPartition(self.topic, *place) for place in self.next.items()])

    def add(self, offsets: Mapping[int, int]) -> None:
        """Reads these partitions as well."""
        self.next |= offsets
        self._consumer.incremental_assign([TopicPartition(self.topic, *place) for place in offsets.items()])

    def seek(self, partition: int, offset: int) -> None:
        """Goes on from another offset."""
        self.assign(self.next | {partition: offset})

    def pause(self, partitions: list[int]) -> None:
        """Keeps the consumer from fetching partitions."""
        self._consumer.pause([TopicPartition(self.topic, partition) for partition in partitions])

    def resume(self, partitions: list[int]) -> None:
        """Lets it fetch them again."""
        self._consumer.resume([TopicPartition(self.topic, partition) for partition in partitions])

    def take(self, most: int, wait_s: float, until: Mapping[int, int] | None = None) -> list[Any]:
        """Returns librdkafka's records that came, at most ``most``, and moves ``next`` behind them.

        Waits for the first one, and then a moment for those that come with it. What came before an error is returned,
        and the error raised by the next call; what came behind it is kept for the calls after that.

        Args:
            most: Records of one call.
            wait_s: Longest wait for the first.
            until: Offsets to stop before: records behind are left out, and ``next`` does not pass them.

        Raises:
            TopicGoneError: The topic was deleted.
            OffsetGoneError: Records were deleted before they were read.
            KafkaRefusedError: We may not read.
            KafkaAwayError: The consumer met an error that it cannot mend.
        """
        self._left = self._left or self._fetched(most, wait_s)
        if self._said:
            said = self._said[-1]
            self._said.clear()
            self._judge(said)
        records: list[Any] = []
        for at, record in enumerate(self._left):
            error, partition, behind = record.error(), record.partition(), record.offset() + 1
            if error is not None and records:
                self._left = self._left[at:]
                self.taken += len(records)
                return records
            if error is not None:
                self._left = self._left[at + 1 :]
                self._judge(error, partition)
                return self.take(most, 0.0, until)
            if until is None or behind <= until[partition]:
                records.append(record)
                self.again += behind <= self.next[partition]
            self.next[partition] = behind if until is None else min(behind, until[partition])
        self._left = []
        self.taken += len(records)
        return records

    def _fetched(self, most: int, wait_s: float) -> list[Any]:
        # Not ``consume`` alone: it waits its whole time, unless there are as many records as it may return.
        first = self._consumer.poll(wait_s)
        if first is None:
            if self._watch.is_away:
                self._probe()
            return []
        if first.error() is None:
            self._watch.answered()
        return [first, *self._consumer.consume(most - 1, min(LINGER_S, wait_s))]

    def _probe(self) -> None:
        """Asks whether brokers that were away are back, now and then."""
        now = time.monotonic()
        if now - self._probed_s < PROBE_S:
            return
        self._probed_s = now
        with suppress(KafkaException):
            self._consumer.list_topics(self.topic, timeout=PROBE_ANSWER_S)
            self._watch.answered()

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Leaves offsets with the broker, for monitoring and the next cold start.

        Raises:
            KafkaAwayError: No broker took them.
        """
        places = [TopicPartition(self.topic, *place) for place in offsets.items()]
        if places:
            if self._watch.is_away:  # or it would wait for its coordinator, for 45 s
                self.partitions()
            self._asked(lambda: self._consumer.commit(offsets=places, asynchronous=False))

    def commit_later(self, offsets: Mapping[int, int]) -> None:
        """As ``commit``, without waiting or failing: what the broker has is a hint, the truth is elsewhere."""
        places = [TopicPartition(self.topic, *place) for place in offsets.items() if place[1] >= 0]
        if places:
            with suppress(KafkaException):
                self._consumer.commit(offsets=places, asynchronous=True)

    def committed(self, partitions: list[int]) -> dict[int, int]:
        """Returns what was committed, by partition; without those for which nothing was."""
        places = [TopicPartition(self.topic, partition) for partition in partitions]
        found = self._asked(lambda: self._consumer.committed(places, timeout=ANSWER_S))
        return {place.partition: place.offset for place in found if place.offset >= 0}

    def close(self) -> None:
        """Leaves; safe to call twice."""
        self._consumer.close()

    def _asked(self, question: Any) -> Any:
        try:
            answer = question()
        except KafkaException as error:
            self._consumer.poll(0)  # serves what the brokers' connections said meanwhile
            said = self._said[-1] if self._said else error.args[0]
            if said.code() in _REFUSED:
                self._judge(said)
            self._watch.failed(said.str().split(" (after ")[0])
            raise KafkaAwayError(
                "kafka-unreachable",
                f"{self.topic}: no broker answers ({error.args[0].str()}; {said.str()}); check kafka.bootstrap, TLS "
                "and that the brokers are up",
            ) from error
        self._watch.answered()
        return answer

    def _judge(self, error: KafkaError, partition: int | None = None) -> None:
        """Raises what ends the read; what librdkafka mends by itself passes."""
        code = error.code()
        where = f"{self.topic}[{partition}]" if partition is not None else self.topic
        if code in _OUT_OF_RANGE and partition is not None:
            offset = self.next[partition]
            raise OffsetGoneError(
                f"{where}: offset {offset} is not there any more ({error.str()}): records were deleted before they "
                "were read; lengthen the topic's retention",
                partition,
                offset,
            )
        if code in _GONE:
            raise TopicGoneError(
                "topic-gone",
                f"{where} was deleted while it was read; next to be read was "
                f"{', '.join(f'[{number}] offset {offset}' for number, offset in sorted(self.next.items()))}",
            )
        if code in _REFUSED:
            raise KafkaRefusedError("kafka-refused", f"{where}: {error.str()}; check kafka.sasl and the topic's ACLs")
        if error.fatal():
            raise KafkaAwayError("kafka-unreachable", f"{where}: {error.str()}")

"""Follows the ledger and the losses of a job elsewhere by their topics, into the status of this process."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any, Final

import msgspec

from yangbeam.core.elements import LedgerTotal, LedgerTotals, LossBatch
from yangbeam.core.errors import YangbeamError
from yangbeam.core.framing import read_frame
from yangbeam.core.loss.loss_json import read_losses
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.view.status import Status

MOST: Final = 2_000
"""Records of one request."""
WAIT_S: Final = 0.2


class Followed:
    """The two topics, from their beginning; absolute totals and states make a replay count nothing twice.

    Args:
        kafka: Where they are.
        status: What takes them.

    Raises:
        ConfigurationError: A topic does not exist.
        KafkaAwayError: No broker answers.
    """

    def __init__(self, kafka: Kafka, status: Status) -> None:
        self._status = status
        self._ledger = _from_the_beginning(kafka, kafka.topics.ledger)
        self._loss = _from_the_beginning(kafka, kafka.topics.loss)
        self.unreadable = 0
        """Records of other forms."""

    def step(self) -> int:
        """Takes what came; returns how many records that were. Raises as ``TopicConsumer.take``."""
        totals, events = self._read(self._ledger, totals_in), self._read(self._loss, read_losses)
        if totals:
            self._status.record_totals(LedgerTotals(totals=[one for some in totals for one in some]))
        if events:
            self._status.record_loss(LossBatch(events=[one for some in events for one in some]))
        return len(totals) + len(events)

    def _read(self, consumer: TopicConsumer, reading: Callable[[bytes], list[Any]]) -> list[list[Any]]:
        found: list[list[Any]] = []
        for record in consumer.take(MOST, WAIT_S):
            try:
                found.append(reading(read_frame(record.value() or b"", record.headers() or ()).payload))
            except (YangbeamError, msgspec.MsgspecError):
                self.unreadable += 1
        return found

    def close(self) -> None:
        """Leaves the cluster."""
        self._ledger.close()
        self._loss.close()


class _Total(msgspec.Struct):
    """One line of the ledger's topic, by the names of its fields."""

    shard: int
    exporter: str
    publisher_id: int | None
    subscription_id: int | None
    bucket_us: int
    revision: int
    counts: dict[str, int]


_TOTAL: Final = msgspec.json.Decoder(_Total)


def totals_in(value: bytes) -> list[LedgerTotal]:
    """Returns the total of a record of the ledger's topic.

    Raises:
        msgspec.MsgspecError: It is none.
    """
    one = _TOTAL.decode(value)
    return [LedgerTotal(**{name: getattr(one, name) for name in one.__struct_fields__})]


def _from_the_beginning(kafka: Kafka, topic: str) -> TopicConsumer:
    consumer = TopicConsumer(topic, kafka.client_properties())
    consumer.assign({partition: consumer.edges(partition)[0] for partition in consumer.partitions()})
    return consumer


def followed(config: Config, status: Status, over: Event, duration_s: float | None) -> None:
    """Follows a job's topics until it is over.

    Args:
        config: From ``Config.as_collect`` or ``as_ingest``.
        status: What takes them.
        over: Ends it.
        duration_s: Ends it as well; None: never.

    Raises:
        YangbeamError: A topic is not to be read.
    """
    assert config.kafka is not None  # noqa: S101 # both raise without it
    topics = Followed(config.kafka, status)
    until = None if duration_s is None else time.monotonic() + duration_s
    try:
        while not over.is_set() and (until is None or time.monotonic() < until):
            topics.step()
    finally:
        topics.close()

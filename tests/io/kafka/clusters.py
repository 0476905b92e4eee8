"""librdkafka's own mock cluster, with topics filled for a test."""

import itertools

from confluent_kafka import Producer

from tests.waiting import PATIENCE_S
from yangbeam.core.raw_record import RawRecord

CLUSTER = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
_NUMBERS = itertools.count()


def bootstrap() -> str:
    """The address of the mock cluster of this process."""
    broker = next(iter(CLUSTER.list_topics(timeout=PATIENCE_S).brokers.values()))
    return f"{broker.host}:{broker.port}"


def with_topics(*more: str) -> str:
    """The same, once the topics that a configuration has by default are there, and these."""
    suffixes = ("telemetry", "loss", "ledger", "dead-letters", "loss-ingest", "ledger-ingest")
    for topic in (*(f"yangbeam-{suffix}" for suffix in suffixes), *more):
        CLUSTER.list_topics(topic, timeout=PATIENCE_S)
    return bootstrap()


def properties() -> tuple[tuple[str, str], ...]:
    """How a client reaches it."""
    return (("bootstrap.servers", bootstrap()),)


def new_topic() -> str:
    """A topic of four partitions that nobody else uses."""
    topic = f"topic-{next(_NUMBERS)}"
    CLUSTER.list_topics(topic, timeout=PATIENCE_S)
    return topic


def fill(topic: str, records: list[tuple[int, RawRecord]]) -> None:
    """Produces records, each to its partition."""
    producer = Producer(dict(properties()) | {"log_level": "0"})
    for partition, record in records:
        producer.produce(
            topic, record.value, record.key, partition, headers=list(record.headers), timestamp=record.timestamp_ms
        )
    assert producer.flush(PATIENCE_S) == 0

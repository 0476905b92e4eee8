"""librdkafka's own mock cluster, with topics filled for a test."""

import itertools

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from tests.waiting import PATIENCE_S, until
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


def whole(topic: str) -> list[Message]:
    """Everything that a topic holds, partition by partition."""
    consumer = Consumer(dict(properties()) | {"group.id": "whole", "enable.partition.eof": "true", "log_level": "0"})
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found: list[Message] = []
    ended: set[int] = set()

    def all_ended() -> bool:
        for each in consumer.consume(1000, timeout=0.1):
            if each.error() is None:
                found.append(each)
            else:
                ended.add(each.partition() or 0)
        return len(ended) == len(partitions)

    until(all_ended, f"{topic} does not end", lambda: len(found))
    consumer.close()
    return sorted(found, key=lambda each: (each.partition() or 0, each.offset() or 0))


def copy(records: list[Message], topic: str) -> None:
    """Writes records to another topic: to their partitions, in their order, at their time."""
    producer = Producer(dict(properties()) | {"log_level": "0"})
    for each in records:
        producer.produce(
            topic,
            each.value(),
            each.key(),
            each.partition() or 0,
            headers=each.headers(),
            timestamp=each.timestamp()[1],
        )
    assert producer.flush(PATIENCE_S) == 0

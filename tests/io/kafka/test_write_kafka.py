"""Batches of records to Kafka, against librdkafka's own mock cluster."""

import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from tests.waiting import PATIENCE_S, until
from yangbeam.core.elements import EndOfInput, LossBatch, TelemetryBatch, TelemetryRecord
from yangbeam.io.kafka.write_kafka import Record, RecordRefusedError, WriteKafka, producer_properties

RECORD = TelemetryRecord(1, b"key", b"value", "192.0.2.1", 0, 6666, 1, 1)
_CLUSTER = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})


def records(batch: Any) -> Iterator[Record]:
    for record in batch.records:
        yield Record(record.key, record.value, [("content-type", b"x")])


@pytest.fixture
def bootstrap() -> str:
    broker = next(iter(_CLUSTER.list_topics(timeout=PATIENCE_S).brokers.values()))
    return f"{broker.host}:{broker.port}"


def consumed(bootstrap: str, topic: str, count: int) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "auto.offset.reset": "earliest"})
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(consumer.consume(count, timeout=0.1))
        return len(messages) >= count

    until(enough, f"{topic} has no {count} messages", lambda: len(messages))
    consumer.close()
    return messages


def test_what_counts_as_delivered_is_in_the_topic_with_key_headers_and_the_time_of_writing(bootstrap: str) -> None:
    def all_delivered(deltas: list[Any]) -> None:
        assert [delta.tallies[0].counts for delta in deltas] == [{"delivered:kafka": 3}]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        batch = TelemetryBatch(records=[RECORD] * 3, controls=[EndOfInput(3, 1)])
        sink = WriteKafka("telemetry", {"bootstrap.servers": bootstrap}, records, "kafka")
        assert_that((pipeline | beam.Create([batch]) | sink).ledger, all_delivered)
    messages = consumed(bootstrap, "telemetry", 3)
    assert [(message.key(), message.value(), message.headers()) for message in messages] == [
        (b"key", b"value", [("content-type", b"x")])
    ] * 3
    assert abs(messages[0].timestamp()[1] / 1000 - time.time()) < 600


def test_a_record_that_is_not_acknowledged_fails_the_bundle_and_counts_nothing() -> None:
    properties = {"bootstrap.servers": "127.0.0.1:9", "message.timeout.ms": "300", "log_level": "0"}
    with pytest.raises(Exception, match="not acknowledged"), beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.Create([TelemetryBatch(records=[RECORD])])
            | WriteKafka("away", properties, records, "kafka")
        )


LARGE = TelemetryRecord(1, b"key", b"x" * 20_000_000, "192.0.2.1", 0, 6666, 1, 1)


def test_a_record_that_the_topic_can_never_take_becomes_a_dead_letter_and_the_others_are_delivered(
    bootstrap: str,
) -> None:
    def one_letter(found: list[Any]) -> None:
        ((letter,),) = (batch.letters for batch in found)
        assert (letter.stage, letter.reason, letter.fault) == ("write kafka", "record-refused", "configuration")
        assert letter.original == LARGE.value
        assert "raise the topic's max.message.bytes" in letter.detail

    def both_counted(deltas: list[Any]) -> None:
        assert [delta.tallies[0].counts for delta in deltas] == [
            {"delivered:kafka": 2, "dead-at:kafka:record-refused": 1}
        ]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        batch = TelemetryBatch(records=[RECORD, LARGE, RECORD])
        written = (
            pipeline | beam.Create([batch]) | WriteKafka("large", {"bootstrap.servers": bootstrap}, records, "kafka")
        )
        assert_that(written.dead_letters, one_letter, label="letters")
        assert_that(written.ledger, both_counted, label="ledger")
    assert len(consumed(bootstrap, "large", 2)) == 2


def one_large(_: Any) -> list[Record]:
    return [Record(b"before", b"1", []), Record(b"key", LARGE.value, []), Record(b"after", b"2", [])]


def assert_written_of_the_account(bootstrap: str, topic: str, wanted: dict[str, int], instead: Any = None) -> None:
    """Writes ``one_large`` by a sink of the account, and looks at what it counts."""

    def counted(deltas: list[Any]) -> None:
        assert [delta.tallies[0].counts for delta in deltas] == [wanted]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        sink = WriteKafka(topic, {"bootstrap.servers": bootstrap}, one_large, instead=instead, account="a")
        assert_that((pipeline | beam.Create([LossBatch(events=[])]) | sink).ledger, counted)


def test_in_an_account_the_first_that_fits_stands_for_such_a_record(bootstrap: str) -> None:
    def shorter(record: Record, why: RecordRefusedError) -> Iterator[Record]:
        assert why.reason == "record-refused"
        yield record._replace(value=record.value[:18_000_000])
        yield record._replace(value=record.value[:5], topic="without-name-elsewhere")
        yield record._replace(value=b"never tried")

    assert_written_of_the_account(bootstrap, "without-name", {"kept:a": 3, "replaced:a": 1}, shorter)
    assert sorted(each.key() for each in consumed(bootstrap, "without-name", 2)) == [b"after", b"before"]
    (cut,) = consumed(bootstrap, "without-name-elsewhere", 1)
    assert (cut.key(), cut.value()) == (b"key", b"xxxxx")


def test_a_record_that_nothing_can_stand_for_is_counted_and_ends_no_job(bootstrap: str) -> None:
    assert_written_of_the_account(bootstrap, "without-name-never", {"kept:a": 2, "unwritten:a": 1})
    assert len(consumed(bootstrap, "without-name-never", 2)) == 2


def test_a_record_may_name_a_topic_of_its_own(bootstrap: str) -> None:
    def elsewhere(batch: Any) -> list[Record]:
        return [Record(each.key, each.value, [], "a-topic-of-its-own") for each in batch.records]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        batch = TelemetryBatch(records=[RECORD])
        _ = pipeline | beam.Create([batch]) | WriteKafka("any", {"bootstrap.servers": bootstrap}, elsewhere, "kafka")
    assert len(consumed(bootstrap, "a-topic-of-its-own", 1)) == 1


@pytest.mark.parametrize("weaker", [{"acks": "1"}, {"enable.idempotence": "false"}])
def test_properties_that_contradict_the_promise_are_refused(weaker: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="delivery is promised on it"):
        producer_properties(weaker)


def test_the_operators_properties_go_before_our_defaults() -> None:
    assert producer_properties({"linger.ms": "5", "acks": "-1"})["linger.ms"] == "5"

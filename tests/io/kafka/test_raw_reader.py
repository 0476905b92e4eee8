"""The raw topic as a Reader, against librdkafka's own mock cluster."""

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import ARRIVAL_US, message
from tests.io.kafka.clusters import bootstrap, fill, new_topic, properties
from tests.waiting import until
from yangbeam.core.elements import EndOfInput, Heartbeat, MessageBatch, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message
from yangbeam.core.reader import END, NOTHING
from yangbeam.io.kafka.consumer import KafkaAwayError, OffsetGoneError, TopicGoneError
from yangbeam.io.kafka.raw_reader import RawTopicReader
from yangbeam.io.kafka.raw_topic import TopicSettings

POISON = RawRecord(b"k", b"poison", [], 1_700_000_000_000)


def settings(topic: str, **facts: Any) -> TopicSettings:
    return replace(TopicSettings(topic, properties(), end="latest"), **facts)


def numbered(count: int, partition: int = 0, first: int = 0) -> list[tuple[int, RawRecord]]:
    return [
        (partition, of_message(message(b"%d" % number, arrival_us=ARRIVAL_US + number * 1000, message_id=number)))
        for number in range(first, first + count)
    ]


def drained(reader: RawTopicReader) -> list[MessageBatch]:
    batches: list[MessageBatch] = []

    def ended() -> bool:
        polled = reader.poll(1 << 20, 0.2)
        if isinstance(polled, MessageBatch):
            batches.append(polled)
        return polled is END

    until(ended, "the topic does not end", lambda: len(batches))
    reader.close()
    return batches


def ids(batches: list[MessageBatch], shard: int | None = None) -> list[int]:
    return [each.message_id for batch in batches if shard in {None, batch.shard} for each in batch.messages]


def test_a_bounded_read_gives_every_record_once_in_the_order_of_its_partition() -> None:
    topic = new_topic()
    fill(topic, numbered(500, 0) + numbered(300, 2, 1000))
    batches = drained(RawTopicReader(settings(topic)))
    assert ids(batches, 0) == list(range(500))
    assert ids(batches, 2) == list(range(1000, 1300))
    ends = [(batch.shard, control) for batch in batches for control in batch.controls]
    assert [(shard, type(control)) for shard, control in ends] == [(0, EndOfInput), (2, EndOfInput)]


def test_a_message_knows_its_place() -> None:
    topic = new_topic()
    fill(topic, numbered(3, 1))
    (batch, _) = drained(RawTopicReader(settings(topic)))
    assert [(each.raw_partition, each.raw_offset) for each in batch.messages] == [(1, 0), (1, 1), (1, 2)]


def test_an_empty_topic_ends_at_once() -> None:
    (batch,) = drained(RawTopicReader(settings(new_topic())))
    assert [type(control) for control in batch.controls] == [EndOfInput]


def test_poison_and_heartbeats_keep_their_place_among_messages() -> None:
    topic = new_topic()
    beat = of_heartbeat(Heartbeat(0, "c", ARRIVAL_US, {"datagrams": 2}), 4)
    fill(topic, [*numbered(1), (0, POISON), (0, beat), *numbered(1, first=1)])
    (batch, _) = drained(RawTopicReader(settings(topic)))
    assert ids([batch]) == [0, 1]
    assert [(type(control), control.at) for control in batch.controls] == [(Refused, 1), (Heartbeat, 1)]


def test_live_it_waits_for_more_until_it_is_stopped_and_goes_on_where_it_committed() -> None:
    topic = new_topic()
    group = (*properties(), ("group.id", topic))
    fill(topic, numbered(3))
    reader = RawTopicReader(settings(topic, end=None, start="committed", properties=group))
    seen = taken(reader, 3)
    assert reader.poll(1, 0.01) is NOTHING
    fill(topic, numbered(2, first=3))
    seen += taken(reader, 2)
    assert ids(seen) == [0, 1, 2, 3, 4]
    reader.stop()
    (end,) = rest(reader)
    assert [type(control) for control in end.controls] == [EndOfInput]
    reader.succeeded()
    reader.close()
    fill(topic, numbered(1, first=5))
    again = RawTopicReader(settings(topic, start="committed", properties=group))
    assert ids(drained(again)) == [5]


def taken(reader: RawTopicReader, count: int) -> list[MessageBatch]:
    batches: list[MessageBatch] = []

    def enough() -> bool:
        polled = reader.poll(1 << 20, 0.2)
        if isinstance(polled, MessageBatch):
            batches.append(polled)
        return len(ids(batches)) >= count

    until(enough, f"no {count} messages come", lambda: len(batches))
    return batches


def rest(reader: RawTopicReader) -> list[MessageBatch]:
    batches = []
    while (polled := reader.poll(1 << 20, 0.2)) is not END:
        assert isinstance(polled, MessageBatch)
        batches.append(polled)
    return batches


def test_latest_skips_what_is_there() -> None:
    topic = new_topic()
    fill(topic, numbered(3))
    assert ids(drained(RawTopicReader(settings(topic, start="latest")))) == []


def test_a_topic_that_does_not_exist_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Nothing:
        def __init__(self, properties: Any) -> None:
            self.error = None
            self.partitions: dict[int, Any] = {}
            self.topics = {"absent": self}

        def list_topics(self, topic: str, timeout: float) -> Any:
            return self

        def close(self) -> None: ...

    monkeypatch.setattr("yangbeam.io.kafka.consumer.Consumer", _Nothing)
    with pytest.raises(ConfigurationError, match="absent does not exist"):
        RawTopicReader(settings("absent"))


def test_brokers_that_do_not_answer_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yangbeam.io.kafka.consumer.ANSWER_S", 0.3)
    nowhere = (("bootstrap.servers", "127.0.0.1:1"),)
    with pytest.raises(KafkaAwayError, match="no broker answers"):
        RawTopicReader(TopicSettings("raw", nowhere))


def test_an_offset_that_is_gone_fails_or_is_told_by_policy() -> None:
    topic = new_topic()
    fill(topic, numbered(5))
    failing = RawTopicReader(settings(topic, end=None))
    failing._topic.assign({0: 99})
    with pytest.raises(OffsetGoneError, match="offset 99 is not there any more"):
        taken(failing, 1)
    failing.close()
    going_on = RawTopicReader(settings(topic, end=None, gone="continue"))
    going_on._topic.assign({0: 99})
    batches = taken(going_on, 5)
    going_on.close()
    (told,) = batches[0].controls
    assert isinstance(told, Refused)
    assert told.reason == "raw-records-deleted"
    assert ids(batches) == [0, 1, 2, 3, 4]


def test_a_topic_deleted_in_mid_read_says_from_which_offset_to_go_on() -> None:
    reader = RawTopicReader(settings(new_topic(), end=None))
    from confluent_kafka import KafkaError

    with pytest.raises(TopicGoneError, match=r"next to be read was \[0\] offset 0"):
        reader._topic.consumer._judge(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    reader.close()


def test_the_mock_cluster_is_on_loopback() -> None:
    assert bootstrap().startswith("127.0.0.1:")

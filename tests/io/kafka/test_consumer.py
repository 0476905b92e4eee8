"""What a consumer gives when records, errors and ends come mixed: librdkafka is a double that says just that."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Self

import pytest
from confluent_kafka import KafkaError, TopicPartition

from tests.builders import ARRIVAL_US, message
from tests.io.kafka.clusters import properties
from yangbeam.core.raw_record import of_message
from yangbeam.core.reader import END
from yangbeam.io.kafka import consumer as consumer_module
from yangbeam.io.kafka.consumer import KafkaAwayError, KafkaRefusedError, OffsetGoneError, TopicConsumer, TopicGoneError
from yangbeam.io.kafka.raw_reader import RawTopicReader
from yangbeam.io.kafka.raw_topic import RawTopic, TopicSettings
from yangbeam.io.kafka.telemetry_reader import TelemetryTopicReader

GONE = KafkaError._AUTO_OFFSET_RESET
DELETED = KafkaError.UNKNOWN_TOPIC_OR_PART


class Event:
    """A record, or an error of a partition."""

    def __init__(self, partition: int, offset: int, error: int | None = None) -> None:
        self._at = partition, offset
        self._error = None if error is None else KafkaError(error)
        self._raw = of_message(message(b"%d" % offset, arrival_us=ARRIVAL_US + offset * 1000, message_id=offset))

    def error(self) -> KafkaError | None:
        return self._error

    def partition(self) -> int:
        return self._at[0]

    def offset(self) -> int:
        return self._at[1]

    def topic(self) -> str:
        return "t"

    def key(self) -> bytes | None:
        return self._raw.key

    def value(self) -> bytes | None:
        return self._raw.value

    def headers(self) -> list[tuple[str, bytes]]:
        return self._raw.headers

    def timestamp(self) -> tuple[int, int]:
        return 1, self.offset()


class Double:
    """A consumer that gives scripted fetches; offsets that it is told are kept."""

    def __init__(self, *fetches: list[Event], edges: dict[int, tuple[int, int]] | None = None) -> None:
        self.fetches = list(fetches)
        self.edges = edges or {}
        self.cached: dict[int, tuple[int, int]] = {}
        self.partitions = len(self.edges) or 1
        self.assigned: list[dict[int, int]] = []
        self.committed_offsets: dict[int, int] = {}
        self.refusal: KafkaError | None = None
        self._rest: list[Event] = []

    def __call__(self, _settings: dict[str, Any]) -> Self:
        return self

    def poll(self, _wait_s: float) -> Event | None:
        self._rest = self.fetches.pop(0) if self.fetches else []
        return self._rest[0] if self._rest else None

    def consume(self, _most: int, _wait_s: float) -> list[Event]:
        return self._rest[1:]

    def assign(self, places: list[TopicPartition]) -> None:
        self.assigned.append({place.partition: place.offset for place in places})

    def incremental_assign(self, places: list[TopicPartition]) -> None:
        self.assigned.append({place.partition: place.offset for place in places})

    def pause(self, places: list[TopicPartition]) -> None: ...

    def get_watermark_offsets(self, place: TopicPartition, *, cached: bool = False, timeout: float = 0) -> Any:
        del timeout
        return self.cached.get(place.partition, (-1001, -1001)) if cached else self.edges[place.partition]

    def list_topics(self, topic: str = "", *, timeout: float = 0) -> Any:
        del timeout

        found = SimpleNamespace(error=self.refusal, partitions=dict.fromkeys(range(self.partitions)))
        return SimpleNamespace(topics={topic: found})

    def committed(self, _places: list[TopicPartition], *, timeout: float = 0) -> list[TopicPartition]:
        del timeout
        return []

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        del asynchronous
        self.committed_offsets = {place.partition: place.offset for place in offsets}

    def close(self) -> None: ...


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(*fetches: list[Event], **facts: Any) -> Double:
        one = Double(*fetches, **facts)
        monkeypatch.setattr(consumer_module, "Consumer", one)
        return one

    return made


def places(records: list[Any]) -> list[tuple[int, int]]:
    return [(record.partition(), record.offset()) for record in records]


SETTINGS = TopicSettings("t", properties(), end="latest")
MIXED = [*(Event(0, offset) for offset in range(5)), Event(1, 0), Event(1, 1)]
"""More of partition 0 than there was at the start; partition 1 has just what there was."""


@pytest.mark.parametrize("kind", [RawTopicReader, TelemetryTopicReader])
def test_a_bounded_read_commits_no_further_than_it_gave(double: Any, kind: type) -> None:
    kafka = double(MIXED[:6], MIXED[6:], edges={0: (0, 2), 1: (0, 2)})
    reader = kind(replace(SETTINGS, start="earliest"))
    while reader.poll(1 << 20, 0.0) is not END:
        pass
    assert reader.position() == 4
    reader.succeeded()
    assert kafka.committed_offsets == {0: 2, 1: 2}


def test_what_comes_before_an_error_is_given_and_what_comes_behind_it_kept(double: Any) -> None:
    double([Event(0, 0), Event(1, 5, DELETED), Event(0, 1)])
    topic = TopicConsumer("t", {})
    topic.assign({0: 0, 1: 5})
    assert places(topic.take(10, 0.0)) == [(0, 0)]
    with pytest.raises(TopicGoneError, match=r"\[0\] offset 1, \[1\] offset 5"):
        topic.take(10, 0.0)
    assert places(topic.take(10, 0.0)) == [(0, 1)]
    assert topic.next == {0: 2, 1: 5}


def test_an_error_that_mends_itself_costs_nothing(double: Any) -> None:
    double([Event(0, 0, KafkaError._TRANSPORT), Event(0, 0), Event(0, 1, KafkaError._TRANSPORT), Event(0, 1)])
    topic = TopicConsumer("t", {})
    topic.assign({0: 0})
    assert places(topic.take(10, 0.0)) == [(0, 0)]
    assert places(topic.take(10, 0.0)) == [(0, 1)]


def test_records_behind_a_gap_of_another_partition_are_read_again_and_never_lost(double: Any) -> None:
    kafka = double([Event(0, 0), Event(1, 3, GONE), Event(0, 1)], edges={0: (0, 9), 1: (5, 9)})
    topic = RawTopic(replace(SETTINGS, gone="continue", end=None))
    topic.assign({0: 0, 1: 3})
    (given,) = topic.take(0.0)
    assert [each.message_id for each in given.messages] == [0]
    (told,) = topic.take(0.0)
    assert [getattr(each, "reason", None) for each in told.controls] == ["raw-records-deleted"]
    assert kafka.assigned[-1] == {0: 1, 1: 5}, "offset 1 of partition 0 was fetched, not given: it is read again"
    assert topic.take(0.0) == []


@pytest.mark.parametrize(
    "there", [(150, 900), (0, 40), (0, 99), (0, 100), (0, 500), (99, 500)],
    ids=["deleted by age", "made anew", "one shorter", "as long", "longer than the one before", "the same place"],
)  # fmt: skip
def test_behind_a_gap_everything_that_is_there_is_read_whatever_became_of_the_topic(
    double: Any, there: tuple[int, int]
) -> None:
    kafka = double([Event(0, 99, GONE)], edges={0: there})
    topic = RawTopic(replace(SETTINGS, gone="continue", end=None))
    topic.assign({0: 99})
    (told,) = topic.take(0.0)
    assert [getattr(each, "reason", None) for each in told.controls] == ["raw-records-deleted"]
    assert kafka.assigned[-1] == topic.next == {0: there[0]}


def test_what_the_connections_said_costs_no_record(double: Any) -> None:
    double([Event(0, 0)])
    topic = TopicConsumer("t", {})
    topic.assign({0: 0})
    topic._said.append(KafkaError(KafkaError._FATAL, "fatal", fatal=True))
    with pytest.raises(KafkaAwayError):
        topic.take(10, 0.0)
    assert places(topic.take(10, 0.0)) == [(0, 0)]


def test_until_a_partition_has_answered_it_may_have_more(double: Any) -> None:
    kafka = double()
    topic = TopicConsumer("t", {})
    topic.assign({0: 3})
    assert topic.has_more(0)
    assert topic.has_more(0, {0: 4})
    assert not topic.has_more(0, {0: 3})
    kafka.cached = {0: (0, 3)}
    assert not topic.has_more(0)
    kafka.cached = {0: (0, 9)}
    assert topic.has_more(0)
    assert not topic.has_more(0, {0: 3})


def test_a_topic_that_may_not_be_seen_is_not_called_missing(double: Any) -> None:
    double().refusal = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaRefusedError, match="ACLs"):
        TopicConsumer("t", {}).partitions()


def test_an_added_partition_is_found_again_when_the_restriction_did_not_take_it(double: Any) -> None:
    kafka = double(edges={0: (0, 0), 1: (0, 0)})
    topic = RawTopic(replace(SETTINGS, end=None, look_s=0.0))
    topic.assign({0: 0})
    topic.take(0.0)
    assert topic.next == {0: 0, 1: 0}
    topic.assign({0: 0})  # the bundle failed, and begins anew
    kafka.fetches = [[Event(1, 0)]]
    (given,) = topic.take(0.0)
    assert (given.shard, topic.next) == (1, {0: 0, 1: 1})


def test_only_added_partitions_of_its_own_are_taken_from_their_beginning_and_the_others_stay_where_they_are(
    double: Any,
) -> None:
    kafka = double(edges=dict.fromkeys(range(6), (0, 9)))
    topic = RawTopic(replace(SETTINGS, end=None, look_s=0.0), mine=lambda partition: partition % 2 == 0)
    topic.assign({0: 7, 2: 5})
    topic.take(0.0)
    assert topic.next == {0: 7, 2: 5, 4: 0}
    assert kafka.assigned == [{0: 7, 2: 5}, {4: 0}], "what is read already is not assigned anew"
    topic.take(0.0)
    assert len(kafka.assigned) == 2, "nothing was added since"


def test_while_a_bounded_read_is_under_way_no_partition_is_added(double: Any) -> None:
    kafka = double(edges=dict.fromkeys(range(2), (0, 9)))
    topic = RawTopic(replace(SETTINGS, look_s=0.0))
    topic.assign({0: 7})
    topic.take(0.0, until={0: 9})
    assert kafka.assigned == [{0: 7}]


def test_records_that_are_gone_are_an_error_with_their_place(double: Any) -> None:
    double([Event(0, 4, GONE)])
    topic = TopicConsumer("t", {})
    topic.assign({0: 4})
    with pytest.raises(OffsetGoneError, match="offset 4 is not there any more") as told:
        topic.take(10, 0.0)
    assert (told.value.partition, told.value.offset) == (0, 4)

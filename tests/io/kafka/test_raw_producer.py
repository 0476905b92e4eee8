"""The producer of raw records, and the checks of their topic, against librdkafka's mock cluster and doubles of it."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from tests.waiting import PATIENCE_S, until
from yangbeam.core.errors import ConfigurationError
from yangbeam.io.kafka import raw_producer
from yangbeam.io.kafka.raw_producer import (
    KafkaAwayError,
    KafkaFatalError,
    RawProducer,
    check_topic,
    create_topic,
    properties_of,
)

AWAY = {"bootstrap.servers": "127.0.0.1:9", "log_level": "0"}
_CLUSTER = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})


@pytest.fixture
def properties() -> dict[str, str]:
    broker = next(iter(_CLUSTER.list_topics(timeout=PATIENCE_S).brokers.values()))
    return {"bootstrap.servers": f"{broker.host}:{broker.port}", "linger.ms": "1"}


def producer(properties: dict[str, str], topic: str = "raw", **more: Any) -> RawProducer:
    return RawProducer(topic, properties, **{"queue_bytes": 1 << 20, "record_bytes": 1 << 20, **more})


def settle(one: RawProducer) -> None:
    def settled() -> bool:
        one.poll(0.05)
        return not one.waiting

    until(settled, "records wait for their acknowledgement", lambda: one.waiting)


def test_a_record_arrives_with_its_parts_in_its_partition(properties: dict[str, str]) -> None:
    one = producer(properties, "parts")
    told: list[Any] = []
    for number in range(3):
        headers = [("yangbeam-message", b"%d" % number)]
        error = one.put(2, b"192.0.2.1", b"v%d" % number, headers, 1_700_000_000_000 + number, told.append)  # type: ignore[arg-type]
        assert error is None
    settle(one)
    assert told == []  # only what failed is reported
    consumer = Consumer({**properties, "group.id": "test"})
    consumer.assign([TopicPartition("parts", 2, 0)])
    found: list[Any] = []
    while len(found) < 3:
        found += consumer.consume(3, timeout=0.5)
    consumer.close()
    assert [(each.key(), each.value(), each.headers(), each.timestamp()[1]) for each in found] == [
        (b"192.0.2.1", b"v%d" % number, [("yangbeam-message", b"%d" % number)], 1_700_000_000_000 + number)
        for number in range(3)
    ]


def test_every_record_is_reported_where_that_is_asked_for(properties: dict[str, str]) -> None:
    one = producer(properties, reports=True)
    told: list[tuple[Any, bytes]] = []
    one.put(0, None, b"value", [], 0, lambda error, message: told.append((error, message.value())))
    settle(one)
    assert told == [(None, b"value")]


def test_a_full_queue_and_a_record_that_is_too_large_are_told_at_once() -> None:
    one = producer(AWAY, queue_bytes=50_000, record_bytes=50_000)
    errors = [one.put(0, None, bytes(20_000), [], 0, lambda *_: None) for _ in range(4)]
    full = [error.code() for error in errors if error is not None]
    assert full == [KafkaError._QUEUE_FULL] * len(full)
    assert 1 <= len(full) < 4
    large = one.put(0, None, bytes(60_000), [], 0, lambda *_: None)
    assert large is not None
    assert large.code() in raw_producer.NEVER
    one.take_back()


def test_what_is_taken_back_is_reported_as_failed() -> None:
    one = producer(AWAY)
    told: list[tuple[int, bytes]] = []
    for number in range(5):
        one.put(0, b"k", b"%d" % number, [], 7, lambda error, message: told.append((error.code(), message.value())))
    one.take_back()
    assert told == [(KafkaError._PURGE_QUEUE, b"%d" % number) for number in range(5)]
    assert one.waiting == 0


def test_a_fatal_error_is_raised_when_it_is_looked_for_and_when_more_is_produced() -> None:
    one = producer(AWAY)
    one.check()
    one._error(KafkaError(KafkaError._TRANSPORT))
    one.check()
    one._error(KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, fatal=True))
    with pytest.raises(KafkaFatalError, match="start anew"):
        one.check()

    def refuse(*_: Any, **__: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL))

    one._produce = refuse
    with pytest.raises(KafkaFatalError):
        one.put(0, None, b"", [], 0, lambda *_: None)


@pytest.mark.parametrize(
    "weaker",
    [{"acks": "1"}, {"enable.idempotence": "false"}, {"message.timeout.ms": "1000"}],
    ids=str,
)
def test_properties_that_contradict_the_promise_are_refused(weaker: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="delivery is promised on it"):
        properties_of(weaker)


def test_other_properties_are_the_operators() -> None:
    assert properties_of({"acks": "-1", "linger.ms": "5"}) == {"acks": "-1", "linger.ms": "5"}


def test_a_property_that_librdkafka_does_not_know_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigurationError, match=r"no\.such\.property"):
        check_topic("raw", {**AWAY, "no.such.property": "1"}, partitions=1, record_bytes=1)


class Told:
    """An AdminClient whose cluster says what the test wants."""

    def __init__(self, partitions: int, limit: str | None = "1048588", error: KafkaError | None = None) -> None:
        self.partitions, self.limit, self.error = partitions, limit, error
        self.created: list[Any] = []

    def __call__(self, _properties: dict[str, str]) -> "Told":
        return self

    def poll(self, _timeout: float) -> int:
        return 0

    def list_topics(self, topic: str, timeout: float) -> Any:
        if self.partitions < 0:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        found = SimpleNamespace(error=self.error, partitions=dict.fromkeys(range(self.partitions)))
        return SimpleNamespace(topics={topic: found} if self.partitions else {})

    def describe_configs(self, resources: list[Any], request_timeout: float) -> dict[Any, Any]:
        future: Future[Any] = Future()
        if self.limit is None:
            future.set_exception(KafkaException(KafkaError(KafkaError._UNSUPPORTED_FEATURE)))
        else:
            future.set_result({"max.message.bytes": SimpleNamespace(value=self.limit)})
        return {resources[0]: future}

    def create_topics(self, wanted: list[Any], request_timeout: float) -> dict[str, Any]:
        future: Future[Any] = Future()
        if self.error is not None:
            future.set_exception(KafkaException(self.error))
        else:
            future.set_result(None)
        self.created += wanted
        return {wanted[0].topic: future}


def check(monkeypatch: pytest.MonkeyPatch, told: Told, record_bytes: int = 1000) -> str:
    monkeypatch.setattr(raw_producer, "AdminClient", told)
    return check_topic("raw", {}, partitions=4, record_bytes=record_bytes)


def test_a_topic_that_takes_everything_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, Told(4)) == ""
    assert check(monkeypatch, Told(9)) == ""


def test_what_the_cluster_does_not_tell_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "max.message.bytes >= 1000" in check(monkeypatch, Told(4, limit=None))


@pytest.mark.parametrize(
    ("told", "cure"),
    [
        (Told(0), "create it with 4 partitions and max.message.bytes=2000000"),
        (Told(1, error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)), "receive.create_topic"),
        (Told(3), "set receive.shards to 3"),
        (Told(4), "lower the sources' reassembly.max_message_bytes to 786444"),
    ],
)
def test_a_topic_that_does_not_is_the_operators_to_mend(monkeypatch: pytest.MonkeyPatch, told: Told, cure: str) -> None:
    with pytest.raises(ConfigurationError, match=cure):
        check(monkeypatch, told, 2_000_000)


@pytest.mark.parametrize("told", [Told(-1), Told(4, error=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))])
def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    with pytest.raises(KafkaAwayError):
        check(monkeypatch, told)


def create(monkeypatch: pytest.MonkeyPatch, told: Told) -> list[Any]:
    monkeypatch.setattr(raw_producer, "AdminClient", told)
    create_topic("raw", {}, partitions=4, replication=2, settings={"max.message.bytes": "9"})
    return told.created


def test_a_topic_is_created_with_its_limits_unless_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    (wanted,) = create(monkeypatch, Told(0))
    assert (wanted.topic, wanted.num_partitions, wanted.replication_factor) == ("raw", 4, 2)
    assert wanted.config == {"max.message.bytes": "9"}
    assert create(monkeypatch, Told(2)) == []


def test_a_topic_that_somebody_else_created_meanwhile_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch, Told(0, error=KafkaError(KafkaError.TOPIC_ALREADY_EXISTS)))


def test_a_topic_that_must_not_be_created_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="cannot create raw"):
        create(monkeypatch, Told(0, error=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)))

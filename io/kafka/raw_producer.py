"""The raw topic: a producer that says what it could not hand over, and a check that the topic takes what it gets.

Promise: idempotent, acknowledged by all in-sync replicas, in order within a partition. What librdkafka can retry it
retries for ever; its queue is bounded in octets, and when that is full the caller is told.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined] # documented, but not in its __all__
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.core.spool import Header
from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.io.kafka.properties import refused
from yangbeam.io.kafka.watching import Watch

REQUIRED: Final = {"enable.idempotence": "true", "acks": "all", "message.timeout.ms": "0"}
"""What the promise rests on; 0: a record is never given up for its age."""
DEFAULTS: Final = {
    "linger.ms": "20",
    "compression.type": "lz4",
    # The number of records is no limit: their octets are.
    "queue.buffering.max.messages": "0",
    "reconnect.backoff.max.ms": "1000",
}
NEVER: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_TIMESTAMP})
"""Errors that another attempt does not mend: they are the record's own."""
LATER: Final = frozenset(
    {
        KafkaError._QUEUE_FULL,  # noqa: SLF001 # librdkafka's own name, as the next ones
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
    }
)
"""Errors at the producer's door that may pass: room comes, a topic is created again, a right is granted."""
ROOM: Final = 256 * 1024
"""Octets that a record may take beside a message: headers, and the segments' own in what was refused."""
ANSWER_S: Final = 5.0

Settled = Callable[[KafkaError | None, Any], None]
"""Called with the error of a record that was not acknowledged, or None, and librdkafka's message, without headers."""


class KafkaFatalError(YangbeamError):
    """This producer can do nothing more: its promise of order without repetition was broken, or it may not write."""

    fault = Fault.ENVIRONMENT


class RawProducer:
    """One librdkafka producer, for one topic and the life of the process.

    One, since each has threads and descriptors of its own, which an outage of hours must not multiply. It goes on after
    ``take_back``: librdkafka begins a new epoch of the producer's id where records under way were taken from it.

    Args:
        topic: Its name.
        properties: librdkafka's, secrets already resolved.
        queue_bytes: Records kept in memory at most.
        record_bytes: The largest record.
        reports: Call ``settled`` for every record; else only for those that failed.
    """

    def __init__(
        self, topic: str, properties: dict[str, str], *, queue_bytes: int, record_bytes: int, reports: bool = False
    ) -> None:
        self._topic = topic
        self._fatal = ""
        self._watch = Watch(properties)
        kilobytes = max(queue_bytes, record_bytes) // 1024 + 1
        configuration: dict[str, Any] = {
            **DEFAULTS,
            # Whoever waits for each record's report waits for the linger, too.
            **({"linger.ms": "1"} if reports else {}),
            "queue.buffering.max.kbytes": str(kilobytes),
            "message.max.bytes": str(record_bytes),
            **properties,
            **REQUIRED,
            "delivery.report.only.error": not reports,
            **self._watch.settings(),
            "error_cb": self._error,
        }
        try:
            self._producer = Producer(configuration)
        except KafkaException as error:
            raise refused(error) from error
        self._produce = self._producer.produce
        self.poll = self._producer.poll
        """Serves what was settled, and waits at most so many seconds for it."""
        self.produced = 0
        """Records taken, cumulative."""

    def _error(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error.str()
        self._watch.error(error)

    def put(
        self,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: list[Header],
        timestamp_ms: int,
        settled: Settled,
    ) -> KafkaError | None:
        """Takes a record, or returns why not: one of NEVER or LATER.

        Raises:
            KafkaFatalError: Nothing more can be produced.
        """
        try:
            self._produce(self._topic, value, key, partition, settled, timestamp=timestamp_ms, headers=headers)
        except BufferError:
            return KafkaError(KafkaError._QUEUE_FULL)  # noqa: SLF001 # librdkafka's own name for it
        except KafkaException as raised:
            error: KafkaError = raised.args[0]
            if error.code() in NEVER or error.code() in LATER:
                return error
            raise KafkaFatalError("kafka-refused", f"{self._topic}[{partition}]: {error.str()}") from raised
        self.produced += 1
        return None

    def check(self) -> None:
        """Raises what librdkafka said about its end.

        Raises:
            KafkaFatalError: Nothing more can be produced.
        """
        if self._fatal:
            raise KafkaFatalError("kafka-fatal", f"{self._topic}: {self._fatal}; start anew, and look at the broker")

    @property
    def waiting(self) -> int:
        """Records taken and not settled."""
        return len(self._producer)

    def answered(self) -> None:
        """Notes that the brokers took something."""
        self._watch.answered()

    def failed(self, why: str) -> None:
        """Notes that they do not; what a connection said before says more."""
        if not self._watch.is_away:
            self._watch.failed(why)

    def take_back(self) -> None:
        """Settles everything that waits as failed, and goes on; what was under way may have been written."""
        with suppress(KafkaException):
            self._producer.purge()
        while self._producer.flush(1.0):
            pass


def properties_of(properties: dict[str, str]) -> dict[str, str]:
    """Returns the operator's properties, unless they contradict what the promise rests on.

    Raises:
        ConfigurationError: They do.
    """
    for name, value in REQUIRED.items():
        allowed = {value, "-1"} if name == "acks" else {value}
        if properties.get(name, value) not in allowed:
            raise ConfigurationError(
                "setting", f"kafka.properties: {name} must be {value}: delivery is promised on it; remove it"
            )
    return properties


def check_topic(topic: str, properties: dict[str, str], *, partitions: int, record_bytes: int) -> str:
    """Checks that a topic takes every record that can be made for it.

    Returns:
        What could not be checked, for a warning; empty when everything was.

    Raises:
        ConfigurationError: It has too few partitions, or takes too small records.
        KafkaAwayError: The cluster does not answer.
        KafkaFatalError: It does not let us in.
    """
    watch = Watch(properties)
    admin = _admin(properties, watch)
    found = _partitions(admin, topic, watch)
    if found == 0:
        raise ConfigurationError(
            "no-topic",
            f"there is no topic {topic}: create it with {partitions} partitions and max.message.bytes={record_bytes} "
            "(`yangbeam topics create -c FILE`), or let it be created: receive.create_topic",
        )
    if found < partitions:
        raise ConfigurationError(
            "too-few-partitions",
            f"topic {topic} has {found} partitions, shards need {partitions}: add partitions, or set receive.shards "
            f"to {found}",
        )
    limit = _limit(admin, topic)
    if limit is None:
        return f"the cluster does not tell the limits of topic {topic}: see that max.message.bytes >= {record_bytes}"
    if limit < record_bytes:
        raise ConfigurationError(
            "topic-limit",
            f"topic {topic} takes records of {limit} octets (max.message.bytes), but reassembly makes up to "
            f"{record_bytes}: raise the topic's limit, or lower the sources' reassembly.max_message_bytes "
            f"to {max(limit - ROOM, 0)}",
        )
    return ""


def create_topic(
    topic: str, properties: dict[str, str], *, partitions: int, replication: int, settings: dict[str, str]
) -> None:
    """Creates a topic unless it exists.

    Raises:
        ConfigurationError: The cluster refuses to.
        KafkaAwayError: The cluster does not answer.
    """
    watch = Watch(properties)
    admin = _admin(properties, watch)
    if _partitions(admin, topic, watch):
        return
    wanted = NewTopic(topic, num_partitions=partitions, replication_factor=replication, config=settings)
    try:
        admin.create_topics([wanted], request_timeout=ANSWER_S)[topic].result(2 * ANSWER_S)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise ConfigurationError("create-topic", f"cannot create {topic}: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise KafkaAwayError(
            "kafka-unreachable", f"no answer to the creation of {topic} in {2 * ANSWER_S:g} s"
        ) from error


def _admin(properties: dict[str, str], watch: Watch) -> AdminClient:
    settings: Any = {**properties, **watch.settings()}
    try:
        return AdminClient(settings)
    except KafkaException as error:
        raise refused(error) from error


def _partitions(admin: AdminClient, topic: str, watch: Watch) -> int:
    """Returns how many partitions a topic has; 0: there is none of that name."""
    try:
        found = admin.list_topics(topic, timeout=ANSWER_S).topics.get(topic)
    except KafkaException as error:
        admin.poll(0)  # serves what the brokers' connections said meanwhile
        if watch.is_refused:
            raise KafkaFatalError("kafka-refused", f"kafka {watch.address}: {watch.why}; check kafka.sasl") from error
        if not watch.is_away:
            watch.failed(error.args[0].str())
        raise KafkaAwayError(
            "kafka-unreachable",
            f"kafka {watch.address} does not answer: {watch.why or error.args[0].str()}; check kafka.bootstrap, TLS "
            "and SASL",
        ) from error
    watch.answered()
    if found is None or (found.error is not None and found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART):
        return 0
    if found.error is not None:
        raise KafkaAwayError("kafka-unreachable", f"topic {topic}: {found.error.str()}")
    return len(found.partitions)


def _limit(admin: AdminClient, topic: str) -> int | None:
    """Returns a topic's max.message.bytes; None when it is not told."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        told = admin.describe_configs([resource], request_timeout=ANSWER_S)[resource].result(2 * ANSWER_S)
        return int(told["max.message.bytes"].value)
    except (KafkaException, TimeoutError, KeyError, ValueError):
        return None

"""What a cluster says of itself and of some topics, asked once, within seconds: for a check before anything starts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # documented, but not in its __all__
    AdminClient,
    ConfigResource,
    OffsetSpec,
    ResourceType,
)

from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.io.kafka.properties import refused

ANSWER_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """A topic that is there.

    Attributes:
        partitions: How many.
        record_bytes: Its max.message.bytes; None: not everyone is told.
        newest_ms: The latest timestamp of its records, milliseconds since the epoch; None: none, or not told.
    """

    partitions: int
    record_bytes: int | None = None
    newest_ms: int | None = None


def facts_of(properties: Mapping[str, str], topics: Iterable[str]) -> tuple[int, dict[str, TopicFacts]]:
    """Returns how many brokers there are, and the topics that are there, by name.

    Args:
        properties: librdkafka's, secrets already resolved.
        topics: Names.

    Raises:
        ConfigurationError: librdkafka refuses the properties, each of them or together.
        KafkaAwayError: No broker answers.
    """
    said: list[Any] = []
    settings: dict[str, Any] = {**properties, "log_level": "0", "error_cb": said.append}
    try:
        admin = AdminClient(settings)
    except KafkaException as error:
        raise refused(error) from error
    try:
        told = admin.list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        admin.poll(0)  # serves what the connections said meanwhile
        why = said[-1].str() if said else error.args[0].str()
        raise KafkaAwayError(
            "kafka-unreachable",
            f"kafka {properties['bootstrap.servers']} does not answer ({why}); see that the brokers are up, and check "
            "kafka.bootstrap, TLS and SASL",
        ) from error
    there = [name for name in topics if name in told.topics and told.topics[name].error is None]
    limits = _limits(admin, there)
    found = {
        name: TopicFacts(
            len(told.topics[name].partitions),
            limits.get(name),
            _newest(admin, name, list(told.topics[name].partitions)),
        )
        for name in there
    }
    return len(told.brokers), found


def _limits(admin: Any, topics: list[str]) -> dict[str, int]:
    limits: dict[str, int] = {}
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
    for resource, told in (admin.describe_configs(resources, request_timeout=ANSWER_S) if topics else {}).items():
        try:
            limits[resource.name] = int(told.result(2 * ANSWER_S)["max.message.bytes"].value)
        except (KafkaException, TimeoutError, KeyError, ValueError):  # not everyone may read settings
            continue
    return limits


def _newest(admin: Any, topic: str, partitions: list[int]) -> int | None:
    asked = {TopicPartition(topic, partition): OffsetSpec.max_timestamp() for partition in partitions}
    newest = -1
    for told in admin.list_offsets(asked, request_timeout=ANSWER_S).values():
        try:
            newest = max(newest, told.result(2 * ANSWER_S).timestamp)
        except (KafkaException, TimeoutError):
            continue
    return newest if newest >= 0 else None

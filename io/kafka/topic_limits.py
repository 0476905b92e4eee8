"""Whether the topics that are written take what their producer lets through; asked once, before anything starts."""

from collections.abc import Iterable, Mapping
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # documented, but not in its __all__
    AdminClient,
    ConfigResource,
    ResourceType,
)

from yangbeam.io.kafka.write_kafka import producer_properties

ANSWER_S: Final = 5.0


def warnings_of(topics: Iterable[str], properties: Mapping[str, str]) -> list[str]:
    """Returns in words what the topics will not take, empty for nothing.

    Nothing is an error here: a topic may be made, or a broker come, before the first record; and a record that is too
    large becomes a dead letter.

    Args:
        topics: Names.
        properties: librdkafka's, secrets already resolved.
    """
    settings = producer_properties(dict(properties))
    try:
        admin = AdminClient({**properties, "log_level": "0"})
    except KafkaException:  # the producer says so, and ends the run
        return []
    try:
        known = admin.list_topics(timeout=ANSWER_S).topics
    except KafkaException as error:
        return [f"no broker answers yet ({error.args[0].str()}): see kafka.bootstrap, TLS and SASL"]
    wanted = list(dict.fromkeys(topics))
    found = [f"there is no topic {topic}: create it, unless the brokers do" for topic in wanted if topic not in known]
    largest = int(settings["message.max.bytes"])
    for topic, limit in _limits(admin, [topic for topic in wanted if topic in known]).items():
        if limit < largest:
            found.append(
                f"topic {topic} takes records of {limit} octets (max.message.bytes), its producer lets {largest} "
                "through (message.max.bytes): what lies between becomes a dead letter; raise the one or lower the other"
            )
    return found


def _limits(admin: AdminClient, topics: list[str]) -> dict[str, int]:
    """Returns the max.message.bytes of the topics whose settings we are told."""
    limits: dict[str, int] = {}
    if not topics:
        return limits
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
    for resource, told in admin.describe_configs(resources, request_timeout=ANSWER_S).items():
        try:
            limits[resource.name] = int(told.result(2 * ANSWER_S)["max.message.bytes"].value)
        except (KafkaException, TimeoutError, KeyError, ValueError):  # not everyone may read settings
            continue
    return limits

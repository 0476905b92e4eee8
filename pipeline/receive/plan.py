"""From a configuration to what `yangbeam receive` does, once the topic was found to take it."""

from collections.abc import Callable

from yangbeam.core.errors import ConfigurationError
from yangbeam.io.kafka.raw_producer import ROOM, check_topic, create_topic, properties_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sources import Capture, HttpsNotif, UdpNotif
from yangbeam.pipeline.config.topics import TopicSource
from yangbeam.pipeline.receive.order import KafkaOrder
from yangbeam.pipeline.receive.parent import ReceivePlan
from yangbeam.pipeline.source_settings import https_settings, udp_settings

_HOUR_MS = 3_600_000


def plan_of(config: Config, say: Callable[[str], None]) -> ReceivePlan:
    """Returns the plan of a configuration; creates the topic where that is asked for.

    Args:
        config: The configuration.
        say: Told what could not be checked.

    Raises:
        ConfigurationError: There is no Kafka, a source ends by itself, or the topic does not take what is made for it.
        KafkaAwayError: The cluster does not answer.
    """
    if config.kafka is None:
        raise ConfigurationError("no-kafka", "receive writes to Kafka: add a [kafka] section with bootstrap")
    if any(isinstance(source, Capture | TopicSource) for source in config.sources):
        raise ConfigurationError("captures", "receive takes sockets; captures are for run, topics for collect")
    settings = config.receive
    largest = record_bytes(config)
    topic, properties = config.kafka.topics.raw, properties_of(config.kafka.client_properties())
    if settings.create_topic:
        create_topic(
            topic,
            properties,
            partitions=settings.shards,
            replication=settings.replication,
            settings={
                "max.message.bytes": str(largest),
                "retention.ms": str(settings.retention_h * _HOUR_MS),
                # Arrival times order what is read; the broker's would not.
                "message.timestamp.type": "CreateTime",
            },
        )
    unchecked = check_topic(topic, properties, partitions=settings.shards, record_bytes=largest)
    if unchecked:
        say(unchecked)
    return ReceivePlan(
        udp=tuple(
            udp_settings(source, config, number, settings.shards)
            for number, source in enumerate(config.sources)
            if isinstance(source, UdpNotif)
        ),
        https=tuple(
            https_settings(source, config, number, settings.shards)
            for number, source in enumerate(config.sources)
            if isinstance(source, HttpsNotif)
        ),
        kafka=KafkaOrder(topic, properties, largest, settings.queue_bytes, settings.stall_s, settings.flush_s),
        spool=settings.spool,
        spool_bytes=settings.spool_bytes,
    )


def record_bytes(config: Config) -> int:
    """Returns the octets of the largest record that the sources can make."""
    largest = [source.max_body_bytes for source in config.sources if isinstance(source, HttpsNotif)]
    largest += [source.reassembly.max_message_bytes for source in config.sources if isinstance(source, UdpNotif)]
    return max(largest) + ROOM

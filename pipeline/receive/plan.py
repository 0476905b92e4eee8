"""From a configuration to what `yangbeam receive` does, and whether the raw topic takes it."""

from collections.abc import Callable
from threading import Event
from typing import Final

from yangbeam.core.errors import ConfigurationError, YangbeamError
from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.io.kafka.raw_producer import check_topic, create_topic, properties_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sources import Capture, HttpsNotif, UdpNotif
from yangbeam.pipeline.config.topics import TopicSource
from yangbeam.pipeline.receive.order import KafkaOrder
from yangbeam.pipeline.receive.parent import ReceivePlan
from yangbeam.pipeline.source_settings import https_settings, udp_settings
from yangbeam.pipeline.topic_checks import raw_topic, record_bytes

AGAIN_S: Final = 5.0
"""Between two attempts to ask for the topic, while the cluster is away."""


def plan_of(config: Config) -> ReceivePlan:
    """Returns the plan of a configuration.

    Raises:
        ConfigurationError: There is no Kafka, or a source ends by itself.
    """
    if config.kafka is None:
        raise ConfigurationError("no-kafka", "receive writes to Kafka: add a [kafka] section with bootstrap")
    if any(isinstance(source, Capture | TopicSource) for source in config.sources):
        raise ConfigurationError("captures", "receive takes sockets; captures are for run, topics for collect")
    settings = config.receive
    largest = record_bytes(config)
    topic, properties = config.kafka.topics.raw, properties_of(config.kafka.client_properties())
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


def check_raw_topic(config: Config, say: Callable[[str], None]) -> None:
    """Looks whether the raw topic takes what the plan makes; creates it where that is asked for.

    Args:
        config: The configuration, with [kafka].
        say: Told what could not be checked.

    Raises:
        ConfigurationError: It is missing, or does not take what is made for it.
        KafkaAwayError: The cluster does not answer.
        KafkaFatalError: It does not let us in.
    """
    assert config.kafka is not None  # noqa: S101 # there is a plan
    wanted, properties = raw_topic(config, config.kafka), config.kafka.client_properties()
    if config.receive.create_topic:
        create_topic(
            wanted.name,
            properties,
            partitions=wanted.partitions,
            replication=config.receive.replication,
            settings=dict(wanted.settings),
        )
    unchecked = check_topic(wanted.name, properties, partitions=wanted.partitions, record_bytes=record_bytes(config))
    if unchecked:
        say(unchecked)


def check_until_answered(config: Config, say: Callable[[str], None], over: Event) -> None:
    """As ``check_raw_topic``, again and again until the cluster answers; what is wrong is said, and ends nothing.

    What comes meanwhile waits on disk, as in any outage.
    """
    while not over.wait(AGAIN_S):
        try:
            check_raw_topic(config, say)
        except KafkaAwayError:
            continue
        except YangbeamError as error:
            say(f"{error}; records wait on disk")
        return

"""The two ends of `ingest`, and what its stages are configured with."""

from collections.abc import Sequence
from dataclasses import replace

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.io.kafka.telemetry_feed import topics_there
from yangbeam.io.kafka.telemetry_reader import TelemetryTopicReader
from yangbeam.pipeline.assembly import registry_of, stages_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.topics import TelemetrySource
from yangbeam.pipeline.edges import topic_settings
from yangbeam.pipeline.ingest_graph import IngestStages
from yangbeam.registry.waiting import WaitingIds, WaitingSchemas


def ingest_readers(config: Config) -> list[TelemetryTopicReader]:
    """Opens the telemetry topics.

    Args:
        config: From ``Config.as_ingest``.

    Raises:
        YangbeamError: A topic is not to be read, or none is as the configuration says.
    """
    return [
        TelemetryTopicReader(topic_settings(source, config, topics[0]), topics)
        for source in config.sources
        if isinstance(source, TelemetrySource)
        for topics in (_topics(source, config),)
    ]


def _topics(source: TelemetrySource, config: Config) -> list[str]:
    kafka = config.kafka
    if kafka is None:
        raise ConfigurationError("no-kafka", "ingest reads Kafka: write [kafka] with its bootstrap")
    named = [topic for topic in source.topics if not topic.endswith("*")]
    if len(named) == len(source.topics) and (named or kafka.keys.topics == "one"):
        return named or [kafka.topics.telemetry]
    return chosen(source, kafka, topics_there(kafka.client_properties()))


def chosen(source: TelemetrySource, kafka: Kafka, there: Sequence[str]) -> list[str]:
    """Returns which of the topics that are there are read; of those that are named none may lack.

    Raises:
        ConfigurationError: None.
    """
    topics = kafka.topics
    named = {topic for topic in source.topics if not topic.endswith("*")}
    beginnings = tuple(topic[:-1] for topic in source.topics if topic.endswith("*"))
    if not source.topics:
        named = {topic for topic in (topics.telemetry, topics.subscriptions) if topic in there}
        beginnings = (f"{kafka.keys.topic_prefix}-",) if kafka.keys.topic_prefix else ()
    not_ours = {topic.removesuffix("-ingest") for topic in (topics.loss, topics.ledger)}
    not_ours |= {topics.raw, topics.loss, topics.ledger, topics.dead_letters}
    found = sorted(named | {topic for topic in there if beginnings and topic.startswith(beginnings)} - not_ours)
    if not found:
        raise ConfigurationError(
            "kafka-topic", "no topic is there that ingest would read: name them, or their beginning, in ingest.topics"
        )
    return found


def ingest_stages(config: Config) -> IngestStages:
    """Returns the stages of `ingest`."""
    has_holes = config.kafka is not None and config.kafka.keys.compacted
    stages = stages_of(config)
    # What is read waits where it is, so that a registry that is away costs time, and no message.
    stages = replace(stages, schemas=WaitingSchemas(stages.schemas, config.schemas.wait_s))
    policy = stages.policy
    unwrapper = Unwrapper(
        WaitingIds(registry_of(config).id_of_guid, config.schemas.wait_s),
        stages.schemas.schema,
        checks_offsets=not has_holes,
        judges=policy.validate and policy.invalid != "pass-and-mark",
        identity=registry_of(config).identity,
    )
    return IngestStages(stages, unwrapper)

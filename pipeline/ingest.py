"""The two ends of `ingest`, and what its stages are configured with."""

from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.io.kafka.telemetry_reader import TelemetryTopicReader
from yangbeam.pipeline.assembly import registry_of, stages_of
from yangbeam.pipeline.config import Config
from yangbeam.pipeline.config_topics import TopicSource
from yangbeam.pipeline.edges import topic_settings
from yangbeam.pipeline.ingest_graph import IngestStages


def ingest_readers(config: Config) -> list[TelemetryTopicReader]:
    """Opens the telemetry topic.

    Args:
        config: From ``Config.as_ingest``.

    Raises:
        YangbeamError: The topic is not to be read.
    """
    topic = config.kafka.topics.telemetry if config.kafka else ""
    return [
        TelemetryTopicReader(topic_settings(source, config, topic))
        for source in config.sources
        if isinstance(source, TopicSource)
    ]


def ingest_stages(config: Config) -> IngestStages:
    """Returns the stages of `ingest`."""
    has_holes = config.kafka is not None and config.kafka.keys.compacted
    return IngestStages(stages_of(config), Unwrapper(registry_of(config).id_of_guid, checks_offsets=not has_holes))

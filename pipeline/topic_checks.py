"""Which topics a command needs, and whether they are there: all that are missing at once, before anything starts."""

import logging
from dataclasses import replace
from typing import Final, Literal

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.topic_plan import CLEANUP, LARGEST, Wanted, missing, shortcomings
from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.io.kafka.raw_producer import ROOM
from yangbeam.io.kafka.topics import Cluster
from yangbeam.io.kafka.write_kafka import producer_properties
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.sources import HttpsNotif, UdpNotif
from yangbeam.pipeline.config.topics import TelemetrySource, TopicSource

_LOG: Final = logging.getLogger(__name__)
_HOUR_MS: Final = 3_600_000

Command = Literal["receive", "run", "collect", "ingest"]


def record_bytes(config: Config) -> int:
    """Returns the octets of the largest raw record that the sources can make."""
    largest = [source.max_body_bytes for source in config.sources if isinstance(source, HttpsNotif)]
    largest += [source.reassembly.max_message_bytes for source in config.sources if isinstance(source, UdpNotif)]
    return max(largest, default=0) + ROOM


def raw_topic(config: Config, kafka: Kafka) -> Wanted:
    """Returns the raw topic as `receive` needs it."""
    settings = {
        CLEANUP: "delete",
        LARGEST: str(record_bytes(config)),
        "retention.ms": str(config.receive.retention_h * _HOUR_MS),
        # Arrival times order what is read; the broker's would not.
        "message.timestamp.type": "CreateTime",
    }
    return Wanted(kafka.topics.raw, config.receive.shards, settings)


def written_topics(config: Config, kafka: Kafka) -> list[Wanted]:
    """Returns the topics that the results of a job go to, but for those that are named by their subject.

    Args:
        config: Of the job: as written, or from ``Config.as_collect`` or ``as_ingest``.
        kafka: Its section.
    """
    topics, largest = kafka.topics, producer_properties(kafka.client_properties())["message.max.bytes"]
    state = {CLEANUP: "compact", LARGEST: largest}
    kept = {CLEANUP: "delete", LARGEST: largest}
    wanted = [] if _reads_telemetry(config) else _telemetry(config, kafka, largest)
    wanted += [Wanted(topics.loss, settings=state), Wanted(topics.ledger, settings=state)]
    if config.dead_letters.kind == "kafka":
        wanted.append(Wanted(topics.dead_letters, settings=kept))
    return wanted


def _telemetry(config: Config, kafka: Kafka, largest: str) -> list[Wanted]:
    settings = {CLEANUP: "compact" if kafka.keys.compacted else "delete", LARGEST: largest}
    wanted = [Wanted(kafka.topics.telemetry, config.receive.shards, settings)]
    if kafka.keys.topics == "subject":
        wanted.append(Wanted(kafka.topics.subscriptions, settings={CLEANUP: "delete", LARGEST: largest}))
    return wanted


def read_topics(config: Config, kafka: Kafka) -> list[Wanted]:
    """Returns the topics that a job reads by name."""
    wanted: list[Wanted] = []
    for source in config.sources:
        if isinstance(source, TelemetrySource):
            named = [topic for topic in source.topics if not topic.endswith("*")]
            by_default = [kafka.topics.telemetry] if not source.topics and kafka.keys.topics == "one" else []
            wanted += [Wanted(topic) for topic in named or by_default]
        elif isinstance(source, TopicSource):
            wanted.append(Wanted(kafka.topics.raw))
    return wanted


def _reads_telemetry(config: Config) -> bool:
    return any(isinstance(source, TelemetrySource) for source in config.sources)


def all_topics(config: Config) -> list[Wanted]:
    """Returns every topic of a configuration, for all of its commands, each once.

    Raises:
        ConfigurationError: There is no [kafka].
    """
    collect, ingest = config.as_collect(), config.as_ingest()
    assert config.kafka is not None  # noqa: S101 # both raise without it
    assert collect.kafka is not None  # noqa: S101 # the same
    assert ingest.kafka is not None  # noqa: S101 # the same
    found = [raw_topic(config, config.kafka), *written_topics(collect, collect.kafka)]
    found += written_topics(ingest, ingest.kafka)
    return list({one.name: one for one in found}.values())


def check_topics(config: Config, command: Command = "run") -> None:
    """Looks at the topics of a job before it starts; what they will not take is a warning.

    Args:
        config: Of the job.
        command: Whose; one that reads from Kafka cannot begin without it.

    Raises:
        ConfigurationError: Topics are missing: all of them are named.
        KafkaAwayError: No broker answers, and the job reads from Kafka.
    """
    kafka = config.kafka
    if kafka is None:
        return
    wanted = [*read_topics(config, kafka), *written_topics(config, kafka)]
    try:
        found = Cluster(kafka.client_properties()).found(one.name for one in wanted)
    except KafkaAwayError:
        if command != "run":
            raise
        return  # what comes waits, and is said to
    refuse_missing(missing(wanted, found), kafka.bootstrap)
    # A run is served by any number of partitions; `yangbeam topics check` says what they should be.
    for said in shortcomings([replace(one, partitions=1) for one in wanted if one.settings], found):
        _LOG.warning("%s", said)


def refuse_missing(names: list[str], bootstrap: str) -> None:
    """Names the topics that are missing.

    Raises:
        ConfigurationError: There are some.
    """
    if names:
        raise ConfigurationError(
            "no-topic",
            f"{len(names)} topic{'s are' if len(names) > 1 else ' is'} missing at {bootstrap}: {', '.join(names)}; "
            "make them with `yangbeam topics create -c FILE`, or see its commands with --print",
        )

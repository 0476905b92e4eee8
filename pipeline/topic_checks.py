"""Says at the start of a run which of its topics will not take what it writes."""

import logging
from threading import Thread

from yangbeam.io.kafka.topic_limits import warnings_of
from yangbeam.pipeline.config.file import Config

_LOG = logging.getLogger(__name__)


def check_topics(config: Config) -> Thread | None:
    """Asks the brokers, beside the run: an answer may take seconds, and decides nothing.

    Returns:
        What asks; None where nothing is written to Kafka.
    """
    if config.kafka is None:
        return None
    topics = config.kafka.topics
    written = [topics.telemetry, topics.loss, topics.ledger]
    if config.dead_letters.kind == "kafka":
        written.append(topics.dead_letters)
    if config.kafka.keys.topics == "subject":
        written.append(topics.subscriptions)
    asking = Thread(target=_ask, args=(written, config.kafka.client_properties()), name="topic-limits")
    asking.start()
    return asking


def _ask(topics: list[str], properties: dict[str, str]) -> None:
    for warning in warnings_of(topics, properties):
        _LOG.warning("%s", warning)

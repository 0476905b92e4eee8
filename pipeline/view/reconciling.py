"""Where messages were lost, by the topics that `collect` and `ingest` left: on the wire, inside, or as dead letters."""

from collections.abc import Iterator
from typing import Any

from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import LossEvent, Message
from yangbeam.core.errors import NotificationError, YangbeamError
from yangbeam.core.framing import read_frame
from yangbeam.core.loss.loss_json import read_losses
from yangbeam.core.loss.reconcile import DeadNumber, Reconciled, reconcile
from yangbeam.core.notification.decode import decode
from yangbeam.core.set_aside import REASON as PRUNED_REASON
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka

MOST = 10_000
"""Records of one request."""
WAIT_S = 1.0


def reconciled(config: Config) -> Reconciled:
    """Reads the topics of losses and dead letters to their present end, and lays them side by side.

    Args:
        config: As written, with [kafka].

    Raises:
        YangbeamError: There is no [kafka], or a topic is not to be read.
    """
    ingest, collect = config.as_ingest().kafka, config.as_collect().kafka
    assert ingest is not None  # noqa: S101 # as_ingest raises without it
    assert collect is not None  # noqa: S101 # the same
    at_collect = [event for value in values_of(collect, collect.topics.loss) for event in read_losses(value)]
    at_ingest = [event for value in values_of(ingest, ingest.topics.loss) for event in read_losses(value)]
    dead = [number for each in records_of(collect, collect.topics.dead_letters) for number in _numbers(*each)]
    return reconcile(_numbered(at_collect), _numbered(at_ingest), dead)


def _numbered(events: list[LossEvent]) -> list[LossEvent]:
    return [event for event in events if event.exporter]


def values_of(kafka: Kafka, topic: str) -> Iterator[bytes]:
    """Yields the values of a topic's records without framing, as ``records_of``."""
    return (read_frame(value, headers).payload for headers, value in records_of(kafka, topic))


def records_of(kafka: Kafka, topic: str) -> Iterator[tuple[list[tuple[str, bytes | None]], bytes]]:
    """Yields headers and value of a topic's records, oldest first in a partition, to its present end."""
    consumer = TopicConsumer(topic, kafka.client_properties())
    try:
        edges = {partition: consumer.edges(partition) for partition in consumer.partitions()}
        consumer.assign({partition: first for partition, (first, last) in edges.items() if first < last})
        ends = {partition: last for partition, (_, last) in edges.items()}
        while any(offset < ends[partition] for partition, offset in consumer.next.items()):
            for record in consumer.take(MOST, WAIT_S):
                yield list(record.headers() or ()), record.value() or b""
    finally:
        consumer.close()


def _numbers(headers: list[tuple[str, bytes | None]], value: bytes) -> list[DeadNumber]:
    """Returns the numbers of a dead letter; its sequence number where its bytes still say it."""
    try:
        letter = from_record(headers, value)
    except NotificationError:  # somebody else writes there, too
        return []
    if letter["transport"] != "udp-notif" or letter["reason"] == PRUNED_REASON:  # that one was delivered
        return []
    number = letter["message_id"]
    return [DeadNumber(letter["exporter"], number, _sequence_number(letter), letter["arrival_us"])]


def _sequence_number(letter: dict[str, Any]) -> int | None:
    message = Message(letter["exporter"], 0, 0, 0, 0, letter["media_type"], letter["original"])
    try:
        return decode(message).sequence_number
    except YangbeamError:
        return None

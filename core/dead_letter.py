"""The one dead-letter record of all stages: how it is made, and its JSON form."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from yangbeam.core.causes import CAUSES, final_name, in_words
from yangbeam.core.elements import DeadLetter, MediaType, Message, Notification, Refused, TelemetryRecord, TopicRecord
from yangbeam.core.errors import InvalidInstanceError, NotificationError, YangbeamError

MAX_DETAIL = 2000
"""Characters of error text kept: libyang quotes values, which may be megabytes."""
MAX_NAME = 255
"""Characters of a name kept."""
HEADER = "yangbeam-dead-letter"
"""Kafka header with the facts of a dead letter, as JSON; the record's value is the original."""
CUTS = (65_536, 1_024, 0)
"""Octets of an original that are kept where its topic does not take all of it: the first that it takes."""


def letter_of_refused(refused: Refused) -> DeadLetter:
    """Makes the letter of what the receiver refused."""
    return DeadLetter(
        stage="receive",
        reason=final_name(refused.reason),
        fault=refused.fault,
        detail=refused.detail[:MAX_DETAIL],
        exporter=refused.exporter,
        port=refused.port,
        arrival_us=refused.arrival_us,
        original=refused.original,
        publisher_id=refused.publisher_id,
        message_id=refused.message_id,
        raw_partition=refused.raw_partition,
        raw_offset=refused.raw_offset,
    )


def letter_of_message(stage: str, message: Message, error: YangbeamError) -> DeadLetter:
    """Makes the letter of a message that was not decoded."""
    return _letter(stage, message, error, None)


def letter_of_notification(stage: str, notification: Notification, error: YangbeamError) -> DeadLetter:
    """Makes the letter of a decoded notification that a later stage could not take."""
    return _letter(stage, notification.message, error, notification)


def letter_of_record(stage: str, record: TelemetryRecord, error: YangbeamError) -> DeadLetter:
    """Makes the letter of a telemetry message that its sink could not take; ``original`` is the message as encoded."""
    return DeadLetter(
        stage=stage,
        reason=error.reason,
        fault=error.fault,
        detail=error.detail[:MAX_DETAIL],
        exporter=record.exporter,
        port=0,
        arrival_us=record.arrival_us,
        original=record.value,
        media_type=MediaType.JSON,
        transport="telemetry-message",
        publisher_id=record.publisher_id,
        subscription_id=record.subscription_id,
        schema_id=record.schema_id,
        raw_partition=record.raw_partition,
        raw_offset=record.raw_offset,
        raw_index=record.raw_index,
    )


def letter_of_topic_record(stage: str, record: TopicRecord, error: YangbeamError) -> DeadLetter:
    """Makes the letter of a record of the telemetry topic that is no telemetry message; ``original`` is its value."""
    invalid = error if isinstance(error, InvalidInstanceError) else None
    where = f"{record.topic}[{record.partition}] offset {record.offset}"
    return DeadLetter(
        stage=stage,
        reason=error.reason,
        fault=error.fault,
        detail=f"{where}: {error.detail}"[:MAX_DETAIL],
        exporter="unknown",
        port=0,
        arrival_us=record.timestamp_us,
        original=record.value,
        transport="kafka",
        schema_id=invalid.schema_id if invalid else None,
        path=error.path[:MAX_DETAIL],
        rule=invalid.rule[:MAX_DETAIL] if invalid else "",
        module=error.module[:MAX_NAME],
        also=tuple(name[:MAX_NAME] for name in error.also),
    )


def _letter(stage: str, message: Message, error: YangbeamError, notification: Notification | None) -> DeadLetter:
    invalid = error if isinstance(error, InvalidInstanceError) else None
    return DeadLetter(
        stage=stage,
        reason=error.reason,
        fault=error.fault,
        detail=error.detail[:MAX_DETAIL],
        exporter=message.exporter,
        port=message.port,
        arrival_us=message.arrival_us,
        original=message.payload,
        media_type=message.media_type,
        transport=message.transport,
        publisher_id=message.publisher_id,
        message_id=message.message_id,
        node=notification.node[:MAX_NAME] if notification and notification.node else None,
        subscription_id=notification.subscription_id if notification else None,
        schema_id=invalid.schema_id if invalid else None,
        path=error.path[:MAX_DETAIL],
        rule=invalid.rule[:MAX_DETAIL] if invalid else "",
        module=error.module[:MAX_NAME],
        also=tuple(name[:MAX_NAME] for name in error.also),
        collector=message.collector,
        collector_port=message.collector_port,
        raw_partition=message.raw_partition,
        raw_offset=message.raw_offset,
        raw_index=message.raw_index,
    )


def letter_of_written(topic: str, key: bytes, value: bytes, error: YangbeamError) -> DeadLetter:
    """Makes the letter of a record of no single message (a loss, a total) that its topic can never take."""
    return DeadLetter(
        stage=f"write {topic}",
        reason=error.reason,
        fault=error.fault,
        detail=f"key {key[:MAX_NAME].decode('utf-8', 'replace')}: {error.detail}"[:MAX_DETAIL],
        exporter="unknown",
        port=0,
        arrival_us=0,
        original=value,
        media_type=MediaType.JSON,
        transport="kafka",
    )


def facts_of(letter: DeadLetter) -> dict[str, Any]:
    """Returns all of a letter but its original, of which it says length and digest."""
    facts: dict[str, Any] = {name: getattr(letter, name) for name in letter.__struct_fields__}
    for name in ("original", "raw_partition", "raw_offset", "raw_index"):
        del facts[name]
    cause = CAUSES[final_name(letter.reason)]
    place = f"{letter.raw_partition}/{letter.raw_offset}/{letter.raw_index}"
    return facts | {
        "cure": in_words(cause.cure, module=",".join(filter(None, (letter.module, *letter.also))), path=letter.path),
        "identity": place if letter.raw_offset >= 0 else None,
        "octets": len(letter.original),
        "sha256": hashlib.sha256(letter.original).hexdigest(),
    }


def to_json(letter: DeadLetter) -> bytes:
    """Returns the letter as one line of JSON without its line feed; ``original`` in base64."""
    return orjson.dumps(facts_of(letter) | {"original": base64.b64encode(letter.original).decode()})


def to_record(letter: DeadLetter) -> tuple[bytes, tuple[str, bytes]]:
    """Returns the letter as a record's value, which is the original, and its header."""
    return letter.original, (HEADER, orjson.dumps(facts_of(letter)))


def from_record(headers: Iterable[tuple[str, bytes | None]], value: bytes) -> dict[str, Any]:
    """Returns the facts of a letter in a topic, ``original`` as octets; also of one that an earlier release wrote.

    ``octets`` is more than the original has where the topic did not take all of it.

    Raises:
        NotificationError: ``not-a-dead-letter``.
    """
    facts = next((facts for name, facts in headers if name == HEADER), None)
    try:
        if facts is not None:
            return {**orjson.loads(facts), "original": value}
        letter = orjson.loads(value)
        return {**letter, "original": base64.b64decode(letter["original"])}
    except (ValueError, TypeError, KeyError) as error:
        raise NotificationError("not-a-dead-letter", f"the record is no dead letter: {error!r:.200}") from error

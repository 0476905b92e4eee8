"""The one dead-letter record of all stages: how it is made, and its JSON form."""

import base64
from typing import Any

import orjson

from yangbeam.core.causes import final_name
from yangbeam.core.elements import DeadLetter, MediaType, Message, Notification, Refused, TelemetryRecord, TopicRecord
from yangbeam.core.errors import InvalidInstanceError, YangbeamError

MAX_DETAIL = 2000
"""Characters of error text kept: libyang quotes values, which may be megabytes."""


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
        path=invalid.path if invalid else "",
        rule=invalid.rule if invalid else "",
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
        node=notification.node if notification else None,
        subscription_id=notification.subscription_id if notification else None,
        schema_id=invalid.schema_id if invalid else None,
        path=invalid.path if invalid else "",
        rule=invalid.rule if invalid else "",
        collector=message.collector,
        collector_port=message.collector_port,
    )


def to_json(letter: DeadLetter) -> bytes:
    """Returns the letter as one line of JSON without its line feed; ``original`` in base64."""
    fields: dict[str, Any] = {name: getattr(letter, name) for name in letter.__struct_fields__}
    fields["original"] = base64.b64encode(letter.original).decode()
    return orjson.dumps(fields)

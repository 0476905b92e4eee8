"""How late good messages were: from the arrival at the socket to the broker's timestamp in the telemetry topic."""

from statistics import quantiles
from typing import Final

import orjson
from confluent_kafka import Consumer, Message, TopicPartition

from yangbeam.core.date_and_time import parse_time
from yangbeam.core.framing import read_frame
from yangbeam.runners.soak.hostile_traffic import is_hostile

WARM: Final = 0.1
"""Part of the messages that is left out: imports, first schemas."""


def p99_ms(properties: dict[str, str], topic: str) -> float:
    """Returns the 99th percentile in milliseconds.

    Args:
        properties: librdkafka's.
        topic: The telemetry topic, of one partition, with timestamps of the broker (``LogAppendTime``).
    """
    consumer = Consumer({**properties, "group.id": f"lateness-{topic}", "log_level": 0})
    partition = TopicPartition(topic, 0, 0)
    end = consumer.get_watermark_offsets(partition, timeout=30)[1]
    consumer.assign([partition])
    ages: list[float] = []
    read = 0
    while read < end:
        for record in consumer.consume(1000, 1.0):
            read = (record.offset() or 0) + 1
            age = _age_ms(record)
            if age is not None:
                ages.append(age)
    consumer.close()
    return quantiles(ages[int(len(ages) * WARM) :], n=100)[-1]


def _age_ms(record: Message) -> float | None:
    """Returns how old a message was when the broker took it; None: an attacker sent it."""
    headers = [(name, value) for name, value in dict(record.headers() or ()).items() if not isinstance(value, str)]
    payload = read_frame(record.value() or b"", headers).payload
    metadata = orjson.loads(payload)["ietf-telemetry-message:message"]["telemetry-message-metadata"]
    arrived = parse_time(metadata["collection-timestamp"])
    if arrived is None or is_hostile(metadata["export-address"]):
        return None
    return float(record.timestamp()[1] - arrived / 1000)

"""The time that the newest record of some topics is dated with: what a cluster tells of the clocks that write to it."""

from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # documented, but not in its __all__
    AdminClient,
    OffsetSpec,
)

from yangbeam.io.kafka.properties import refused

ANSWER_S: Final = 5.0


def newest_ms(properties: Mapping[str, str], topics: Mapping[str, int]) -> int | None:
    """Returns milliseconds since the Unix epoch; None: there is no record, or the cluster does not tell.

    Args:
        properties: librdkafka's, secrets already resolved.
        topics: Partitions by name.

    Raises:
        ConfigurationError: librdkafka refuses the properties, each of them or together.
    """
    try:
        settings: dict[str, Any] = {**properties, "log_level": "0"}
        admin = AdminClient(settings)
    except KafkaException as error:
        raise refused(error) from error
    places = [TopicPartition(name, number) for name, count in topics.items() for number in range(count)]
    newest = -1
    asked = {place: OffsetSpec.max_timestamp() for place in places}
    for told in (admin.list_offsets(asked, request_timeout=ANSWER_S) if asked else {}).values():
        try:
            newest = max(newest, told.result(2 * ANSWER_S).timestamp)
        except (KafkaException, TimeoutError):
            continue
    return newest if newest >= 0 else None

"""Records of the telemetry topic, as `collect` writes them."""

from typing import Any

from tests.builders import ARRIVAL_US, message, payload
from yangbeam.core.elements import Bound, Subscription, Terms, TopicRecord, Validated
from yangbeam.core.framing import IDENTITY_HEADER, PUBLISHER_HEADER, REGISTRY_HEADER, frame
from yangbeam.core.notification.decode import decode
from yangbeam.core.telemetry_message import Encoder

TERMS = Terms(datastore="ietf-datastores:operational", period_cs=6000, modules=(("ietf-interfaces", None, None),))
SUBSCRIPTION = Subscription("example-router", 1, 6666, "active", TERMS)


def record(
    number: int = 1,
    offset: int = 0,
    *,
    identity: str = "",
    framing: str = "prefix",
    schema_id: int = 7,
    registry: str = "",
    **facts: Any,
) -> TopicRecord:
    """The record of one push-update; ``facts`` replace those of its message."""
    at = ARRIVAL_US + number * 1000
    notification = decode(message(facts.pop("body", None) or payload(number), arrival_us=at, **facts))
    validated = Validated(Bound(notification, 7, 0, "started"), "valid", notification.message.payload)
    encoded = Encoder("collector-1", "0.2.0", [SUBSCRIPTION]).encode(validated)
    value, headers = frame(framing, schema_id, encoded.value, bytes(range(16)))
    headers = [*headers, (IDENTITY_HEADER, (identity or f"0/{number}/0").encode()), (PUBLISHER_HEADER, b"1")]
    headers += [(REGISTRY_HEADER, registry.encode())] if registry else []
    return TopicRecord("telemetry", 0, offset, at, encoded.key, value, tuple(headers))

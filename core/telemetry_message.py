"""The ietf-telemetry-message around a notification: draft-ietf-nmop-message-broker-telemetry-message-05.

The payload is spliced in as its bytes came. What is the same for all messages of one subscription is encoded once per
batch. The collector's own sequence-number is left out: it is optional, and a replay could not repeat it.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from yangbeam.core.elements import Notification, Subscription, TelemetryRecord, Validated

_ENCODINGS: Final = {
    "application/yang-data+json": "ietf-subscribed-notifications:encode-json",
    "application/yang-data+xml": "ietf-subscribed-notifications:encode-xml",
    "application/yang-data+cbor": "ietf-udp-notif-transport:encode-cbor",
}

_TRANSPORTS: Final = {
    "udp-notif": "ietf-udp-notif-transport:udp-notif",
    "https-notif": "ietf-https-notif-transport:https",
}

_VERDICT_LABEL: Final = "yangbeam-verdict"
"""Operator label of a message that was passed on without being valid, or unvalidated."""


class Encoder:
    """Encodes the notifications of one batch.

    Args:
        collector: Name of this collector, for the data-collection-manifest.
        version: Software version, for the same.
        subscriptions: The batch's subscriptions.
    """

    def __init__(self, collector: str, version: str, subscriptions: list[Subscription]) -> None:
        self._manifest = b'"data-collection-manifest":' + orjson.dumps(
            {"name": collector, "vendor": "yangbeam", "software-version": version}
        )
        self._subscriptions = subscriptions
        self._described: dict[tuple[int, int | None, str, str], bytes] = {}

    def encode(self, validated: Validated) -> TelemetryRecord:
        """Returns the record of one notification; its key is ``node LF subscription-id``."""
        notification = validated.bound.notification
        message = notification.message
        row = validated.bound.subscription
        known = self._subscriptions[row] if row >= 0 else None
        node = notification.node or (known.node if known else message.exporter)
        value = b"".join(
            (
                b'{"ietf-telemetry-message:message":{"network-node-manifest":{"name":',
                _text(node),
                b'},"telemetry-message-metadata":',
                self._metadata(notification, row),
                b",",
                self._manifest,
                _labels(validated),
                b',"payload":',
                validated.json,
                b"}}",
            )
        )
        number = notification.subscription_id
        return TelemetryRecord(
            schema_id=validated.bound.schema_id,
            key=f"{node}\n{'' if number is None else number}".encode(),
            value=value,
            exporter=message.exporter,
            publisher_id=notification.publisher_id,
            subscription_id=number,
            arrival_us=message.arrival_us,
            event_us=event_us(notification),
        )

    def _metadata(self, notification: Notification, row: int) -> bytes:
        message = notification.message
        export_time = (
            b'{"node-export-timestamp":' + _text(notification.event_time) + b"," if notification.event_time else b"{"
        )
        return b"".join(
            (
                export_time,
                b'"collection-timestamp":"',
                rfc3339(message.arrival_us),
                b'","notification-event":"log","session-protocol":"yang-push","export-address":"',
                message.exporter.encode(),
                b'","export-port":%d' % message.port,
                _endpoint(message.collector, message.collector_port),
                self._subscription(notification, row),
                b"}",
            )
        )

    def _subscription(self, notification: Notification, row: int) -> bytes:
        message = notification.message
        key = (row, notification.subscription_id, message.media_type, message.transport)
        found = self._described.get(key)
        if found is None:
            known = self._subscriptions[row] if row >= 0 else None
            found = self._described[key] = _describe(notification, known)
        return found


def event_us(notification: Notification) -> int:
    """Returns the publisher's event time in microseconds since the epoch; the arrival where it has none."""
    parsed = parse_time(notification.event_time) if notification.event_time else None
    return notification.message.arrival_us if parsed is None else parsed


@lru_cache(maxsize=4096)
def parse_time(text: str) -> int | None:
    """Returns a YANG date-and-time in microseconds since the epoch, nanoseconds cut; None when it is none.

    >>> parse_time("1970-01-01T01:00:00.000002003+01:00"), parse_time("yesterday")
    (2, None)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def rfc3339(time_us: int) -> bytes:
    """Returns a time as a YANG date-and-time in UTC.

    >>> rfc3339(1_000_001)
    b'1970-01-01T00:00:01.000001Z'
    """
    seconds, fraction = divmod(time_us, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), fraction)


@lru_cache(maxsize=1024)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()


@lru_cache(maxsize=4096)
def _text(text: str) -> bytes:
    return orjson.dumps(text)


def _endpoint(address: str, port: int) -> bytes:
    if not address:
        return b""
    return b',"collection-address":"%s","collection-port":%d' % (address.encode(), port)


def _labels(validated: Validated) -> bytes:
    if validated.verdict == "valid":
        return b""
    labels = [{"name": _VERDICT_LABEL, "string-value": validated.verdict}]
    return b',"network-operator-metadata":' + orjson.dumps({"labels": labels})


def _describe(notification: Notification, known: Subscription | None) -> bytes:
    """Returns the yang-push-subscription member with its leading comma, or nothing when there is none to describe."""
    if notification.subscription_id is None:
        return b""
    message = notification.message
    facts: dict[str, Any] = {
        "id": notification.subscription_id,
        "transport": _TRANSPORTS.get(message.transport),
        "encoding": _ENCODINGS.get(message.media_type),
    }
    if known is not None and known.terms is not None:
        facts |= _terms(known)
    present = {name: value for name, value in facts.items() if value is not None}
    return b',"ietf-yang-push-telemetry-message:yang-push-subscription":' + orjson.dumps(present)


def _terms(known: Subscription) -> dict[str, Any]:
    terms = known.terms
    if terms is None:
        return {}
    modules = [_present(name=name, revision=revision, version=version) for name, revision, version in terms.modules]
    periodic = _present(period=terms.period_cs, **{"anchor-time": terms.anchor_time})
    on_change = _present(
        **{
            "dampening-period": terms.dampening_cs,
            "sync-on-start": terms.sync_on_start if terms.on_change else None,
        }
    )
    return {
        "xpath-filter": terms.xpath_filter,
        "stream": terms.stream,
        "datastore": terms.datastore,
        "purpose": terms.purpose,
        "periodic": periodic if terms.period_cs is not None else None,
        "on-change": on_change if terms.on_change else None,
        "module": modules or None,
        "yang-library-content-id": terms.content_id,
    }


def _present(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}

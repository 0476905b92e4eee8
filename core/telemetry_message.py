"""The ietf-telemetry-message around a notification: draft-ietf-nmop-message-broker-telemetry-message-05.

The payload is spliced in as its bytes came. What is the same for all messages of one subscription is encoded once per
batch. The collector's own sequence-number is left out: it is optional, and a replay could not repeat it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from yangbeam.core.date_and_time import rfc3339
from yangbeam.core.elements import Notification, Subscription, TelemetryRecord, Validated
from yangbeam.core.message_key.records import Part

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
"""Operator label of a message that is not its publisher's octets judged valid: what was done to it."""
_VALID: Final = "valid"
_NODES_LABEL: Final = "yangbeam-nodes-set-aside"
"""How many nodes were set aside."""
_PATHS_LABEL: Final = "yangbeam-paths-set-aside"
"""Instance paths of the first of them."""
_HABITS_LABEL: Final = "yangbeam-habits"
"""Names of the habits that were spelt anew."""


Parts = Callable[[Validated, Subscription | None, str], Sequence[Part]]
"""A message, its subscription and its node's name to its records: key, topic and document of each."""


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
        self._frames: dict[tuple[object, ...], _Frame] = {}

    def encode(self, validated: Validated) -> TelemetryRecord:
        """Returns the record of one notification; its key is ``node LF subscription-id``."""
        frame = self._shared(validated)
        return _record(validated, frame, Part(frame.key, "", validated.json))

    def records(self, validated: Validated, parts: Parts) -> list[TelemetryRecord]:
        """Returns the records of one notification, in the order of its parts; at least one."""
        frame = self._shared(validated)
        found = parts(validated, frame.known, frame.node)
        return [_record(validated, frame, part, index, len(found)) for index, part in enumerate(found)]

    def _shared(self, validated: Validated) -> "_Frame":
        notification = validated.bound.notification
        message = notification.message
        alike = (
            notification.node, validated.bound.subscription, notification.subscription_id,
            message.exporter, message.port, message.collector, message.collector_port, message.media_type,
            message.transport,
        )  # fmt: skip
        frame = self._frames.get(alike)
        if frame is None:
            frame = self._frames[alike] = self._frame(validated)
        return frame

    def _frame(self, validated: Validated) -> "_Frame":
        notification = validated.bound.notification
        message = notification.message
        row = validated.bound.subscription
        known = self._subscriptions[row] if row >= 0 else None
        node = notification.node or (known.node if known else message.exporter)
        number = notification.subscription_id
        name = orjson.dumps(node)
        middle = (
            b'","notification-event":"log","session-protocol":"yang-push","export-address":"',
            message.exporter.encode(),
            b'","export-port":%d' % message.port,
            _endpoint(message.collector, message.collector_port),
            _describe(notification, known),
            b"},",
            self._manifest,
        )
        return _Frame(
            known=known,
            node=node,
            key=f"{node}\n{'' if number is None else number}".encode(),
            head=b'{"ietf-telemetry-message:message":{"network-node-manifest":{"name":%b},"telemetry-message-metadata":{'
            % name,
            middle=b"".join(middle),
        )


class _Frame(NamedTuple):
    """What all messages of one subscription share, between its parts that differ: the times and the payload."""

    known: Subscription | None
    node: str
    key: bytes
    head: bytes
    middle: bytes


def _record(validated: Validated, frame: _Frame, part: Part, index: int = 0, parts: int = 1) -> TelemetryRecord:
    notification = validated.bound.notification
    message = notification.message
    event_time = notification.event_time
    is_plain = validated.verdict == _VALID
    value = b"".join(
        (
            frame.head,
            b'"node-export-timestamp":%b,' % orjson.dumps(event_time) if event_time else b"",
            b'"collection-timestamp":"',
            rfc3339(message.arrival_us),
            frame.middle,
            b"" if is_plain else _labels(validated),
            b',"payload":',
            part.json,
            b"}}",
        )
    )
    return TelemetryRecord(
        validated.bound.schema_id,
        part.key,
        value,
        message.exporter,
        notification.publisher_id,
        notification.subscription_id,
        message.arrival_us,
        0,
        message.raw_partition,
        message.raw_offset,
        index,
        part.topic,
        parts,
        b"" if is_plain else _verdict(validated),
    )


def _endpoint(address: str, port: int) -> bytes:
    if not address:
        return b""
    return b',"collection-address":"%s","collection-port":%d' % (address.encode(), port)


def _labels(validated: Validated) -> bytes:
    labels = [{"name": _VERDICT_LABEL, "string-value": validated.verdict}]
    if validated.nodes:
        labels.append({"name": _NODES_LABEL, "string-value": str(validated.nodes)})
        labels.append({"name": _PATHS_LABEL, "string-value": " ".join(validated.paths)})
    if validated.habits:
        labels.append({"name": _HABITS_LABEL, "string-value": " ".join(validated.habits)})
    return b',"network-operator-metadata":' + orjson.dumps({"labels": labels})


def _verdict(validated: Validated) -> bytes:
    """Returns what the header says of a payload that is not its publisher's octets; empty for any other."""
    if not validated.nodes and not validated.habits:
        return b""
    names = ("verdict", "nodes", "paths", "habits")
    return orjson.dumps({name: getattr(validated, name) for name in names})


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

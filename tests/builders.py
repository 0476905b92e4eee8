"""Elements with readable defaults, for tests."""

from typing import Any

import msgspec
import orjson

from yangbeam.core.elements import Bound, Message, Notification, NotificationBatch, Terms, Validated

EXPORTER = "192.0.2.10"
ARRIVAL_US = 1_795_168_810_120_000
"""2026-11-20T10:00:10.12Z."""


def message(payload: bytes = b"{}", **facts: Any) -> Message:
    """A whole message of one publisher; ``facts`` replace the defaults."""
    base = Message(
        exporter=EXPORTER,
        port=50000,
        publisher_id=1,
        message_id=7,
        arrival_us=ARRIVAL_US,
        media_type="application/yang-data+json",
        payload=payload,
        collector="192.0.2.1",
        collector_port=10003,
    )
    return msgspec.structs.replace(base, **facts)


def notification(payload: bytes = b"{}", *, of: dict[str, Any] | None = None, **facts: Any) -> Notification:
    """A push-update of subscription 6666; ``of`` replaces facts of its message, ``facts`` its own."""
    base = Notification(
        message=message(payload, **(of or {})),
        wrapper="H8",
        kind="push-update",
        path=("ietf-yp-notification:envelope", "contents", "ietf-yang-push:push-update"),
        node="example-router",
        event_time="2026-11-20T10:00:10.00Z",
        sequence_number=10,
        subscription_id=6666,
        publisher_id=1,
        modules=("ietf-interfaces",),
    )
    return msgspec.structs.replace(base, **facts)


def started(**facts: Any) -> Notification:
    """The subscription-started of subscription 6666."""
    terms = Terms(
        datastore="ietf-datastores:operational",
        xpath_filter="/ietf-interfaces:interfaces/interface",
        period_cs=6000,
        modules=(("ietf-interfaces", "2018-02-20", None),),
        content_id="c4d9e3f1",
    )
    defaults = {"kind": "subscription-started", "terms": terms, "modules": ()}
    return notification(**(defaults | facts))


def batch(*notifications: Notification, **facts: Any) -> NotificationBatch:
    """A batch of notifications."""
    return NotificationBatch(notifications=list(notifications), **facts)


def validated(payload: bytes = b"{}", *, verdict: str = "valid", schema_id: int | None = 1, **facts: Any) -> Validated:
    """A validated push-update whose JSON is its payload."""
    return Validated(Bound(notification(payload, **facts), schema_id), verdict, payload)


def payload(number: int = 1, contents: dict[str, Any] | None = None, *, kind: str = "push-update") -> bytes:
    """An update in the envelope, schema-valid: one interface unless ``contents`` say otherwise."""
    interface = {"name": "eth0", "type": "iana-if-type:ethernetCsmacd", "oper-status": "up"}
    update = {
        "id": 6666,
        "datastore-contents": contents or {"ietf-interfaces:interfaces": {"interface": [interface]}},
    }
    head = {"event-time": "2026-11-20T10:00:10.00Z", "hostname": "example-router", "sequence-number": number}
    return orjson.dumps({"ietf-yp-notification:envelope": head | {"contents": {f"ietf-yang-push:{kind}": update}}})

"""Payloads of our own in every wrapper and encoding, for the tests of notifications."""

import json
from pathlib import Path
from typing import Any

import cbor2

from tests.builders import message
from yangbeam.core.elements import Message

JSON = "application/yang-data+json"
XML = "application/yang-data+xml"
CBOR = "application/yang-data+cbor"

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "notifications"
EXPECTED = "expected.json"
MEDIA_TYPES = {".json": JSON, ".xml": XML, ".cbor": CBOR}

TIME = "2026-11-20T10:00:10.00Z"
CONTENTS = {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "oper-status": "up"}]}}
PUSH_UPDATE = {
    "ietf-yang-push:push-update": {
        "id": 7,
        "ietf-distributed-notif:message-publisher-id": 3,
        "ietf-yp-observation:timestamp": "2026-11-20T10:00:00Z",
        "ietf-yp-observation:point-in-time": "current-accounting",
        "datastore-contents": CONTENTS,
    }
}

HEADERS: dict[str, dict[str, Any]] = {
    "H1": {"ietf-notification:notification": {"eventTime": TIME, **PUSH_UPDATE}},
    "H2": {
        "ietf-notification:notification": {
            "eventTime": TIME,
            "ietf-notification-sequencing:sysName": "r1",
            "ietf-notification-sequencing:sequenceNumber": 5,
            **PUSH_UPDATE,
        }
    },
    "H3": {
        "ietf-notification:notification": {
            "eventTime": TIME,
            "ietf-notification:sysName": "r1",
            "ietf-notification:sequenceNumber": 5,
            **PUSH_UPDATE,
        }
    },
    "H4": {"ietf-notifications:notification": {"eventTime": TIME, "sysName": "r1", "sequenceNumber": 5, **PUSH_UPDATE}},
    "H5": {
        "ietf-notifications:notification": {
            "eventTime": TIME,
            "ietf-notification-sequencing:sysName": "r1",
            "ietf-notification-sequencing:sequenceNumber": 5,
            **PUSH_UPDATE,
        }
    },
    "H6": {
        "ietf-subscribed-notifications:notification": {
            "eventTime": TIME,
            "sysName": "r1",
            "publisherId": 9,
            "sequenceNumber": 5,
            **PUSH_UPDATE,
        }
    },
    "H7": {
        "ietf-yp-notification:envelope": {
            "event-time": TIME,
            "hostname": "r1",
            "sequence-number": 5,
            "notification-contents": PUSH_UPDATE,
        }
    },
    "H8": {
        "ietf-yp-notification:envelope": {
            "event-time": TIME,
            "hostname": "r1",
            "sequence-number": 5,
            "contents": PUSH_UPDATE,
        }
    },
    "H9": {"ietf-yp-notification:notification": {"event-time": TIME, **PUSH_UPDATE}},
    "H11": {"ietf-https-notif:notification": {"eventTime": TIME, **PUSH_UPDATE}},
    "H12": {"ietf-restconf:notification": {"eventTime": TIME, **PUSH_UPDATE}},
    "H10": PUSH_UPDATE,
}
"""Row → payload; the same push-update in each."""


def of_json(tree: Any, **facts: Any) -> Message:
    """A message with this tree as JSON."""
    return message(json.dumps(tree).encode(), **facts)


def of_xml(text: str | bytes, **facts: Any) -> Message:
    """A message with this XML text."""
    return message(text.encode() if isinstance(text, str) else text, media_type=XML, **facts)


def of_cbor(tree: Any, **facts: Any) -> Message:
    """A message with this tree as CBOR."""
    return message(cbor2.dumps(tree), media_type=CBOR, **facts)


def enveloped(name: str, body: Any) -> dict[str, Any]:
    """The notification in the current envelope."""
    return {
        "ietf-yp-notification:envelope": {
            "event-time": TIME,
            "hostname": "r1",
            "sequence-number": 5,
            "contents": {name: body},
        }
    }


def pushed(body: dict[str, Any]) -> dict[str, Any]:
    """A push-update with this body in the current envelope."""
    return enveloped("ietf-yang-push:push-update", body)


def changed(*edits: dict[str, Any], container: str = "datastore-changes") -> dict[str, Any]:
    """A push-change-update with these edits."""
    patch = {"patch-id": "0", "edit": list(edits)}
    return enveloped("ietf-yang-push:push-change-update", {"id": 7, container: {"yang-patch": patch}})


def corpus() -> list[tuple[str, Message]]:
    """Every golden payload, as messages by file name."""
    return [
        (path.name, message(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix]))
        for path in sorted(GOLDEN.iterdir())
        if path.suffix in MEDIA_TYPES and path.name != EXPECTED
    ]

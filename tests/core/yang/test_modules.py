"""Our abridged draft modules judge messages as the published ones do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.core.yang.schemas import NOTIFICATION_ROOTS, loaded, notification_set, published_texts
from tests.shared_data import shared
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import bundled, read_modules

OURS = Path(__file__).resolve().parents[3] / "core" / "yang" / "modules"

STARTED: dict[str, Any] = {
    "id": 6666,
    "ietf-yang-push:datastore": "ietf-datastores:operational",
    "ietf-yang-push:datastore-xpath-filter": "/ietf-interfaces:interfaces",
    "transport": "ietf-udp-notif-transport:udp-notif",
    "encoding": "encode-json",
    "ietf-distributed-notif:message-publisher-id": [1, 2],
    "ietf-yang-push:periodic": {"period": 6000},
    "ietf-yang-push-revision:module-version": [
        {"name": "ietf-interfaces", "revision": "2018-02-20", "version": "1.2.3"}
    ],
    "ietf-yang-push-revision:yang-library-content-id": "c4d9",
}
UPDATE: dict[str, Any] = {
    "id": 6666,
    "ietf-distributed-notif:message-publisher-id": 1,
    "ietf-yp-observation:timestamp": "2026-11-20T10:00:00Z",
    "ietf-yp-observation:point-in-time": "initial-state",
    "incomplete-update": [None],
    "datastore-contents": {},
}
ENVELOPE: dict[str, Any] = {
    "event-time": "2026-11-20T10:00:00Z",
    "hostname": "r1",
    "sequence-number": 1,
    "contents": {},
}
LEGACY: dict[str, Any] = {
    "eventTime": "2026-11-20T10:00:00Z",
    "ietf-notification-sequencing:sysName": "r1",
    "ietf-notification-sequencing:sequenceNumber": 1,
}
METADATA: dict[str, Any] = {
    "collection-timestamp": "2026-11-20T10:00:00Z",
    "notification-event": "log",
    "session-protocol": "yang-push",
    "export-address": "192.0.2.1",
    "ietf-yang-push-telemetry-message:yang-push-subscription": {
        "id": 1,
        "xpath-filter": "/a",
        "stream": "NETCONF",
        "transport": "ietf-udp-notif-transport:udp-notif",
        "encoding": "ietf-udp-notif-transport:encode-cbor",
        "on-change": {"dampening-period": 5, "sync-on-start": False},
        "module": [{"name": "a", "revision": "2020-01-01"}],
        "yang-library-content-id": "x",
    },
}
MESSAGE: dict[str, Any] = {
    "network-node-manifest": {"name": "r1", "vendor-pen": 32473},
    "telemetry-message-metadata": METADATA,
    "network-operator-metadata": {"labels": [{"name": "a", "number-value": "7"}, {"name": "b", "string-value": "x"}]},
    "payload": {},
}

BODIES: dict[str, dict[str, Any]] = {
    "ietf-subscribed-notifications:subscription-started": STARTED,
    "ietf-yang-push:push-update": UPDATE,
    "ietf-yp-notification:envelope": ENVELOPE,
    "ietf-notification:notification": LEGACY,
    "ietf-telemetry-message:message": MESSAGE,
}

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("ietf-subscribed-notifications:subscription-started", {"ietf-distributed-notif:message-publisher-id": 1}),
    ("ietf-subscribed-notifications:subscription-started", {"transport": "ietf-udp-notif-transport:tcp"}),
    ("ietf-subscribed-notifications:subscription-started", {"encoding": "ietf-udp-notif-transport:encode-xml"}),
    (
        "ietf-subscribed-notifications:subscription-started",
        {"ietf-yang-push-revision:module-version": [{"name": "a", "revision": "2018-13-20"}]},
    ),
    (
        "ietf-subscribed-notifications:subscription-started",
        {"ietf-yang-push-revision:module-version": [{"name": "a", "revision": "2018-12-20", "version": "one"}]},
    ),
    (
        "ietf-subscribed-notifications:subscription-started",
        {"ietf-yang-push-revision:module-version": [{"module-name": "a", "revision": "2018-12-20"}]},
    ),
    ("ietf-yang-push:push-update", {"ietf-distributed-notif:message-publisher-id": "1"}),
    ("ietf-yang-push:push-update", {"ietf-yp-observation:timestamp": "yesterday"}),
    ("ietf-yang-push:push-update", {"ietf-yp-observation:point-in-time": "current-state"}),
    ("ietf-yang-push:push-update", {"incomplete-update": True}),
    ("ietf-yp-notification:envelope", {"sequence-number": -1}),
    ("ietf-yp-notification:envelope", {"hostname": "under_score"}),
    ("ietf-yp-notification:envelope", {"event-time": "10:00"}),
    ("ietf-yp-notification:envelope", {"notification-contents": {}}),
    ("ietf-notification:notification", {"eventTime": 5}),
    ("ietf-notification:notification", {"ietf-notification-sequencing:sequenceNumber": "1"}),
    ("ietf-telemetry-message:message", {"telemetry-message-metadata": METADATA | {"notification-event": "made"}}),
    ("ietf-telemetry-message:message", {"telemetry-message-metadata": METADATA | {"export-port": 65536}}),
    ("ietf-telemetry-message:message", {"telemetry-message-metadata": METADATA | {"session-protocol": "gnmi"}}),
    ("ietf-telemetry-message:message", {"network-operator-metadata": {"labels": [{"number-value": "1"}]}}),
    ("ietf-telemetry-message:message", {"network-node-manifest": {"vendor": ""}}),
    ("ietf-telemetry-message:message", {"payload": 5}),
]


@pytest.fixture(scope="module")
def published(module_cache: Path) -> Iterator[Schema]:
    with loaded(notification_set(published_texts()), module_cache) as schema:
        yield schema


def judged_by_libyang(schema: Schema, name: str, body: Any) -> bool:
    """Structures are containers to libyang; notifications it judges as operations, not here."""
    return schema._context.refusal(orjson.dumps({name: body}), "structural") is None


def accepted(schema: Schema, name: str, body: Any) -> bool:
    try:
        schema.validate_notification(name, body)
    except InvalidInstanceError:
        return False
    return True


def test_good_messages_are_accepted(drafts: Schema) -> None:
    for name, body in BODIES.items():
        assert drafts.validate_notification(name, body) == (), name


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_faults_are_refused(drafts: Schema, name: str, fault: dict[str, Any]) -> None:
    assert not accepted(drafts, name, BODIES[name] | fault)


def test_both_sets_accept_the_same(drafts: Schema, published: Schema) -> None:
    for schema in (drafts, published):
        for name, body in BODIES.items():
            assert accepted(schema, name, body), name
            if name in schema.tree.data:
                assert judged_by_libyang(schema, name, body), name


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_both_sets_refuse_the_same(drafts: Schema, published: Schema, name: str, fault: dict[str, Any]) -> None:
    body = BODIES[name] | fault
    for schema in (drafts, published):
        assert not accepted(schema, name, body)
        if name in schema.tree.data:
            assert not judged_by_libyang(schema, name, body)


def test_the_vectors_are_valid_under_both_sets(drafts: Schema, published: Schema) -> None:
    for schema in (drafts, published):
        for file in sorted(shared("vectors/envelope").glob("*.json")):
            message = orjson.loads(file.read_bytes())
            envelope = message["ietf-yp-notification:envelope"]
            ((name, body),) = envelope["contents"].items()
            assert accepted(schema, "ietf-yp-notification:envelope", envelope)
            assert judged_by_libyang(schema, "ietf-yp-notification:envelope", envelope)
            assert accepted(schema, name, body), file.name
            if "datastore-contents" in body:
                schema.validate_contents(orjson.dumps(body["datastore-contents"]))
        telemetry = orjson.loads(shared("vectors/telemetry-message/push-update.json").read_bytes())
        ((name, body),) = telemetry.items()
        assert accepted(schema, name, body)
        assert judged_by_libyang(schema, name, body)


def test_our_modules_have_the_names_namespaces_and_revisions_of_the_published(
    drafts: Schema, published: Schema
) -> None:
    for name in (*NOTIFICATION_ROOTS, "ietf-platform-manifest", "ietf-notification", "ietf-telemetry-message"):
        if f"{name}.yang" in read_modules(OURS):
            assert drafts.tree.revisions[name] == published.tree.revisions[name], name
            assert {k for k, v in drafts.tree.namespaces.items() if v == name} == {
                k for k, v in published.tree.namespaces.items() if v == name
            }


def test_every_module_of_ours_is_bundled() -> None:
    assert set(read_modules(OURS)) <= set(bundled())
    assert len(read_modules(OURS)) == 12

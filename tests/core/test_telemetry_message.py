"""The ietf-telemetry-message around a notification."""

from typing import Any

import orjson
import pytest

from tests.builders import started, validated
from yangbeam.core.elements import Subscription, Validated
from yangbeam.core.telemetry_message import Encoder

SUBSCRIPTION = Subscription("example-router", 1, 6666, "active", started().terms)


def encoded(item: Validated, *subscriptions: Subscription) -> dict[str, Any]:
    value = Encoder("collector-1", "0.1.0", list(subscriptions)).encode(item).value
    return orjson.loads(value)["ietf-telemetry-message:message"]


def test_the_payload_stays_the_bytes_it_was() -> None:
    payload = b'{ "a" : 1.50 }'
    assert b'"payload":' + payload + b"}}" in Encoder("c", "1", []).encode(validated(payload)).value


def test_the_metadata_tells_who_exported_when_and_to_whom() -> None:
    metadata = encoded(validated())["telemetry-message-metadata"]
    assert metadata["node-export-timestamp"] == "2026-11-20T10:00:10.00Z"
    assert metadata["collection-timestamp"] == "2026-11-20T10:00:10.120000Z"
    assert metadata["export-address"] == "192.0.2.10"
    assert metadata["export-port"] == 50000
    assert metadata["collection-address"] == "192.0.2.1"
    assert metadata["collection-port"] == 10003
    assert metadata["notification-event"] == "log"
    assert metadata["session-protocol"] == "yang-push"


def test_the_subscription_is_described_by_what_its_started_message_said() -> None:
    item = validated()
    item = Validated(type(item.bound)(item.bound.notification, 1, 0), "valid", b"{}")
    described = encoded(item, SUBSCRIPTION)["telemetry-message-metadata"][
        "ietf-yang-push-telemetry-message:yang-push-subscription"
    ]
    assert described == {
        "id": 6666,
        "transport": "ietf-udp-notif-transport:udp-notif",
        "encoding": "ietf-subscribed-notifications:encode-json",
        "xpath-filter": "/ietf-interfaces:interfaces/interface",
        "datastore": "ietf-datastores:operational",
        "periodic": {"period": 6000},
        "module": [{"name": "ietf-interfaces", "revision": "2018-02-20"}],
        "yang-library-content-id": "c4d9e3f1",
    }


def test_a_subscription_of_which_nothing_is_known_has_its_id_alone() -> None:
    described = encoded(validated())["telemetry-message-metadata"][
        "ietf-yang-push-telemetry-message:yang-push-subscription"
    ]
    assert described["id"] == 6666
    assert "datastore" not in described


def test_a_notification_of_no_subscription_describes_none() -> None:
    metadata = encoded(validated(subscription_id=None))["telemetry-message-metadata"]
    assert "ietf-yang-push-telemetry-message:yang-push-subscription" not in metadata


def test_the_node_is_the_exporter_where_it_gives_no_name() -> None:
    assert encoded(validated(node=None))["network-node-manifest"] == {"name": "192.0.2.10"}


def test_a_name_with_quotes_stays_one_name() -> None:
    assert encoded(validated(node='a"b'))["network-node-manifest"] == {"name": 'a"b'}


def test_the_key_is_node_and_subscription() -> None:
    assert Encoder("c", "1", []).encode(validated()).key == b"example-router\n6666"


@pytest.mark.parametrize("verdict", ["invalid", "unvalidated"])
def test_what_was_passed_on_unproven_is_labelled(verdict: str) -> None:
    labels = encoded(validated(verdict=verdict))["network-operator-metadata"]["labels"]
    assert labels == [{"name": "yangbeam-verdict", "string-value": verdict}]


def test_a_message_without_event_time_has_no_export_timestamp() -> None:
    assert "node-export-timestamp" not in encoded(validated(event_time=None))["telemetry-message-metadata"]

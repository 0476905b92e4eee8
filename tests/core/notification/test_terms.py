"""What started and modified say of a subscription, in the names of every year."""

from typing import Any

import pytest

from tests.core.notification.samples import enveloped, of_cbor, of_json, of_xml
from yangbeam.core.elements import Terms
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode

_STARTED = "ietf-subscribed-notifications:subscription-started"


def _terms(body: dict[str, Any]) -> Terms:
    terms = decode(of_json(enveloped(_STARTED, body))).terms
    assert terms is not None
    return terms


def _quirks(body: dict[str, Any]) -> tuple[str, ...]:
    return decode(of_json(enveloped(_STARTED, body))).quirks


def test_the_terms_of_a_periodic_subscription_are_read() -> None:
    body = {
        "id": 7,
        "ietf-yang-push:datastore": "ietf-datastores:operational",
        "ietf-yang-push:datastore-xpath-filter": "/a:b",
        "transport": "ietf-udp-notif-transport:udp-notif",
        "encoding": "encode-json",
        "purpose": "stats",
        "stop-time": "2027-01-01T00:00:00Z",
        "ietf-distributed-notif:message-publisher-id": [1, 2],
        "ietf-yang-push:periodic": {"period": 6000, "anchor-time": "2026-11-20T00:00:00Z"},
        "ietf-yang-push-revision:module-version": [{"name": "a", "revision": "2018-02-20", "version": "1.0.0"}],
        "ietf-yang-push-revision:yang-library-content-id": "c4",
    }
    assert _terms(body) == Terms(
        datastore="ietf-datastores:operational",
        xpath_filter="/a:b",
        period_cs=6000,
        anchor_time="2026-11-20T00:00:00Z",
        modules=(("a", "2018-02-20", "1.0.0"),),
        content_id="c4",
        publisher_ids=(1, 2),
        transport="ietf-udp-notif-transport:udp-notif",
        encoding="ietf-subscribed-notifications:encode-json",
        purpose="stats",
        stop_time="2027-01-01T00:00:00Z",
    )
    assert _quirks(body) == ()


def test_the_terms_of_an_on_change_subscription_are_read() -> None:
    terms = _terms({"ietf-yang-push:on-change": {"dampening-period": 100, "sync-on-start": True}})
    assert (terms.on_change, terms.dampening_cs, terms.sync_on_start, terms.period_cs) == (True, 100, True, None)
    assert _terms({"ietf-yang-push:on-change": {}}).on_change
    assert _terms({"ietf-yang-push:on-change": None}).on_change
    assert not _terms({"ietf-yang-push:on-change": {"sync-on-start": "false"}}).sync_on_start


def test_a_stream_subscription_has_its_stream_and_filter() -> None:
    terms = _terms({"stream": "NETCONF", "stream-xpath-filter": "/x:y"})
    assert (terms.stream, terms.xpath_filter, terms.datastore) == ("NETCONF", "/x:y", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ietf-distributed-notif:message-publisher-id", [1, 2]),
        ("ietf-distributed-notif:message-publisher-ids", [1, 2]),
        ("ietf-distributed-notif:message-observation-domain-id", ["1", "2"]),
    ],
)
def test_publisher_ids_had_three_names(name: str, value: list[object]) -> None:
    assert _terms({name: value}).publisher_ids == (1, 2)
    assert _quirks({name: value}) == (() if name.endswith("publisher-id") else (f"old-name:{name.partition(':')[2]}",))


@pytest.mark.parametrize(
    "body",
    [
        {
            "ietf-yang-push-revision:module-name": "a",
            "ietf-yang-push-revision:revision": "2018-02-20",
            "ietf-yang-push-revision:revision-label": "1.0.0",
        },
        {
            "ietf-yang-push-revision:module-version": [
                {"module-name": "a", "revision": "2018-02-20", "revision-label": "1.0.0"}
            ]
        },
        {"ietf-yang-push-revision:module-version": {"name": "a", "revision": "2018-02-20", "version": "1.0.0"}},
        {"ietf-yp-versioning:module-version": [{"name": "a", "revision": "2018-02-20", "version": "1.0.0"}]},
        {
            "ietf-yang-push-revision:module-version-config": [
                {"name": "a", "revision": "2018-02-20", "version": "1.0.0"}
            ]
        },
        {"ietf-yang-push-revision:module-version-subs": [{"name": "a", "revision": "2018-02-20", "version": "1.0.0"}]},
    ],
)
def test_module_versions_had_many_forms(body: dict[str, object]) -> None:
    assert _terms(body).modules == (("a", "2018-02-20", "1.0.0"),)


def test_an_empty_label_is_no_version() -> None:
    assert _terms({"ietf-yang-push-revision:module-name": "a", "revision-label": ""}).modules == (("a", None, None),)


def test_choices_encoded_as_containers_are_opened() -> None:
    body = {
        "id": 7,
        "target": {"ietf-yang-push:datastore": {"ietf-yang-push:datastore": "ietf-datastores:operational"}},
        "ietf-yang-push:update-trigger": {"periodic": {"periodic": {"period": 100}}},
    }
    terms = _terms(body)
    assert (terms.datastore, terms.period_cs) == ("ietf-datastores:operational", 100)
    assert "choice-as-container:target" in _quirks(body)


def test_a_subtree_filter_keeps_the_encoding_it_came_in() -> None:
    body = {"ietf-yang-push:datastore-subtree-filter": {"a:b": {"c": [None]}}}
    assert _terms(body).subtree_filter == b'{"a:b":{"c":[null]}}'
    found = decode(of_cbor(enveloped(_STARTED, {"datastore-subtree-filter": {"a:b": {1: b"x"}}}))).terms
    assert found is not None
    assert found.subtree_filter == b'{"a:b":{"1":"b\'x\'"}}'
    found = decode(
        of_xml(
            '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>t</eventTime>'
            '<subscription-started xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><id>7</id>'
            "<stream-subtree-filter><b><c/></b></stream-subtree-filter> </subscription-started></notification>"
        )
    ).terms
    assert found is not None
    assert found.subtree_filter is not None
    assert found.subtree_filter.endswith(b"<b><c/></b></stream-subtree-filter>")


def test_a_filter_that_json_cannot_express_is_refused() -> None:
    with pytest.raises(NotificationError, match="invalid-filter"):
        decode(of_cbor(enveloped(_STARTED, {"datastore-subtree-filter": {(1, 2): 1}})))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"ietf-yang-push:periodic": [{"period": 1}]}, "not-a-container"),
        ({"ietf-yang-push:periodic": 5}, "not-a-container"),
        ({"ietf-yang-push:periodic": {"period": "soon"}}, "not-a-number"),
        ({"ietf-yang-push:on-change": {"sync-on-start": 5}}, "not-a-boolean"),
        ({"ietf-yang-push-revision:module-version": 5}, "not-a-list"),
        ({"ietf-yang-push-revision:module-version": [5]}, "not-a-container"),
        ({"ietf-yang-push-revision:module-version": [{}]}, "module-without-name"),
        ({"purpose": 5}, "not-a-string"),
        ({"ietf-distributed-notif:message-publisher-id": ["x"]}, "not-a-number"),
    ],
)
def test_terms_of_a_wrong_type_are_refused(body: dict[str, object], reason: str) -> None:
    with pytest.raises(NotificationError) as refused:
        _terms(body)
    assert refused.value.reason == reason


def test_a_publisher_list_of_the_terms_is_not_the_publisher_of_the_notification() -> None:
    found = decode(of_json(enveloped(_STARTED, {"ietf-distributed-notif:message-publisher-id": [8]}), publisher_id=4))
    assert found.publisher_id == 4

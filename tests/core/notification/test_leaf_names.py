"""Each name in the history of a leaf gives the same fact."""

import pytest

from tests.core.notification.samples import enveloped, of_cbor, of_json, pushed
from yangbeam.core.elements import Notification
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.leaf_names import HISTORY, OLD_POINTS_IN_TIME, POINTS_IN_TIME, Fact

_VALUES: dict[Fact, tuple[object, str, object]] = {
    Fact.ID: (7, "subscription_id", 7),
    Fact.PUBLISHER: (3, "publisher_id", 3),
    Fact.OBSERVED_AT: ("2026-11-20T10:00:00Z", "observed_at", "2026-11-20T10:00:00Z"),
    Fact.POINT_IN_TIME: ("initial-state", "point_in_time", "initial-state"),
    Fact.INCOMPLETE: ([None], "incomplete", True),
    Fact.CONTENTS: ({"m:c": {}}, "modules", ("m",)),
}


@pytest.mark.parametrize(("fact", "name"), [(fact, name) for fact in _VALUES for name in HISTORY[fact]])
def test_every_name_a_leaf_ever_had_gives_its_fact(fact: Fact, name: str) -> None:
    value, attribute, expected = _VALUES[fact]
    found = decode(of_json(pushed({name: value})))
    assert getattr(found, attribute) == expected
    assert found.quirks == (() if name == HISTORY[fact][-1] else (f"old-name:{name}",))


@pytest.mark.parametrize("name", HISTORY[Fact.REASON])
@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("no-such-subscription", "no-such-subscription"),
        ("ietf-subscribed-notifications:receiver-unavailable", "receiver-unavailable"),
        ("ietf-yang-push:unchanging-selection", "ietf-yang-push:unchanging-selection"),
    ],
)
def test_reasons_have_one_form(name: str, reason: str, expected: str) -> None:
    body = {"id": 7, name: reason}
    assert decode(of_json(enveloped("ietf-subscribed-notifications:subscription-terminated", body))).reason == expected


def _at(value: object) -> Notification:
    return decode(of_cbor(pushed({"ietf-yp-observation:point-in-time": value})))


@pytest.mark.parametrize(("old", "current"), OLD_POINTS_IN_TIME.items())
def test_old_points_in_time_become_current_ones(old: str, current: str) -> None:
    found = _at(old)
    assert (found.point_in_time, found.quirks) == (current, (f"old-value:{old}",))


@pytest.mark.parametrize("value", range(len(POINTS_IN_TIME)))
def test_points_in_time_come_as_integers_in_cbor(value: int) -> None:
    assert _at(value).point_in_time == POINTS_IN_TIME[value]


def test_an_unknown_point_in_time_stays_and_is_named() -> None:
    found = _at("noon")
    assert (found.point_in_time, found.quirks) == ("noon", ("unknown-value:point-in-time",))


def test_a_known_leaf_under_an_unknown_module_or_case_is_read_and_named() -> None:
    found = decode(of_json(pushed({"vendor:timestamp": "t", "ID": 7, "vendor:other": 1})))
    assert (found.observed_at, found.subscription_id) == ("t", 7)
    assert found.quirks == ("unknown-module:timestamp", "wrong-case:id")


def test_a_publisher_as_an_array_of_one_is_read_and_named() -> None:
    found = decode(of_json(pushed({"ietf-distributed-notif:message-publisher-ids": [3]})))
    assert found.publisher_id == 3
    assert "leaf-as-array:message-publisher-id" in found.quirks


def test_a_quirk_never_holds_what_the_sender_made_up() -> None:
    made_up = "x" * 50
    found = decode(of_json(pushed({f"{made_up}:timestamp": "t", "ietf-yp-observation:point-in-time": made_up})))
    assert len(found.quirks) == 2
    assert not any(made_up in quirk for quirk in found.quirks)

"""A node's own count of what it sent, beside ours."""

import pytest

from yangbeam.core.elements import LedgerTotal, LossEvent
from yangbeam.core.errors import YangbeamError
from yangbeam.core.loss.sent_records import Compared, compared, lost_of, received_of, sent_in

REPLY = b"""<data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
<subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications">
<subscription><id>6</id><receivers><receiver><name>a</name><sent-event-records>70</sent-event-records></receiver>
<receiver><name>b</name><sent-event-records>30</sent-event-records></receiver></receivers></subscription>
<subscription><id>7</id><receivers><receiver><name>a</name></receiver></receivers></subscription>
<subscription><id>x</id><receivers><receiver><sent-event-records>1</sent-event-records></receiver></receivers>
</subscription>
<subscription><id>8</id><receivers><receiver><sent-event-records>-1</sent-event-records></receiver></receivers>
</subscription></subscriptions></data>"""
NODE = "192.0.2.7"


def total(subscription: int | None, revision: int, decoded: int, **more: int) -> LedgerTotal:
    return LedgerTotal(0, NODE, 1, subscription, 60_000_000, revision, {"decoded": decoded} | more)


def loss(subscriptions: tuple[int, ...], counter: str = "notification", count: int = 2) -> LossEvent:
    name = f"{subscriptions}{counter}"
    return LossEvent(NODE, "", 1, subscriptions, counter, "subscription", 5, 6, count, 1, 2, "confirmed", "", name)


def test_receivers_are_summed_and_what_is_no_counter_is_passed_over() -> None:
    assert sent_in(REPLY) == {6: 100}


def test_an_answer_that_is_no_xml_is_refused() -> None:
    with pytest.raises(YangbeamError):
        sent_in(b"<data")


def test_of_each_total_the_highest_revision_counts_and_repeats_do_not() -> None:
    totals = [total(6, 2, 90, duplicates=1), total(6, 1, 50), total(None, 1, 7)]
    other = LedgerTotal(0, "192.0.2.9", 1, 6, 60_000_000, 1, {"decoded": 5})
    assert received_of([*totals, other], NODE) == {6: 89}


def test_only_losses_of_one_subscription_by_its_sequence_number_are_its_own() -> None:
    assert lost_of([loss((6,)), loss((6, 7)), loss((6,), "transport"), loss((), count=9)], NODE) == {6: 2}
    assert lost_of([loss((6,))], "192.0.2.9") == {}


def test_what_is_left_over_no_number_shows() -> None:
    assert compared({6: 100, 9: 4}, {6: 89, 7: 3}, {6: 2}) == [
        Compared(6, 100, 89, 2, 9),
        Compared(7, None, 3, 0, None),
        Compared(9, 4, 0, 0, 4),
    ]

"""A message that is lost on the wire is told once, though two counters show it."""

from typing import Any

from yangbeam.core.elements import LossEvent
from yangbeam.core.loss.holes import Missing, missing_by_exporter


def event(counter: str, count: int, first_us: int, last_us: int, **more: Any) -> LossEvent:
    facts = {"exporter": "192.0.2.1", "node": "n", "publisher_id": 1, "subscription_ids": (), "counter": counter}
    facts |= {"scope": "node", "first": 1, "last": count, "count": count, "first_us": first_us, "last_us": last_us}
    return LossEvent(**(facts | {"state": "confirmed"} | more))


def test_the_same_hole_by_two_counters_counts_once() -> None:
    events = [event("transport", 5, 10, 20), event("notification", 2, 8, 21), event("notification", 3, 12, 30)]
    assert missing_by_exporter(events) == [Missing("192.0.2.1", 5, 5, 5)]


def test_holes_at_different_times_add_up_whichever_counter_shows_more() -> None:
    events = [event("notification", 9, 100, 110), event("transport", 5, 10, 20), event("transport", 4, 105, 108)]
    assert missing_by_exporter(events) == [Missing("192.0.2.1", 14, 9, 9)]


def test_exporters_are_apart_and_the_one_that_misses_most_is_first() -> None:
    events = [event("transport", 1, 1, 2), event("transport", 2, 1, 2, exporter="192.0.2.2")]
    assert [one.exporter for one in missing_by_exporter(events)] == ["192.0.2.2", "192.0.2.1"]


def test_what_is_open_withdrawn_or_no_number_is_not_missing() -> None:
    events = [event("transport", 1, 1, 2, state="open"), event("patch", 1, 1, 2), event("transport", 0, 1, 2)]
    assert missing_by_exporter(events) == []

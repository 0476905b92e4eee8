"""Loss on the wire and loss inside: invented ledgers of both ends, and whole runs with messages taken out between."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.loss.prove import detect, random_scenario
from yangbeam.core.elements import DeadLetter, EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.reconcile import DeadNumber, Reconciled, dead_number, reconcile, standing, summary

HOUR = 3_600_000_000
MODULUS = 2**32


def event(first: int, count: int = 1, **more: object) -> LossEvent:
    base: dict[str, object] = {
        "exporter": "192.0.2.7",
        "node": "router",
        "publisher_id": 1,
        "subscription_ids": (7,),
        "counter": "notification",
        "scope": "subscription",
        "first": first,
        "last": (first + count - 1) % MODULUS,
        "count": count,
        "first_us": 0,
        "last_us": 1_000,
        "state": "confirmed",
        "identity": f"{first}",
    }
    return LossEvent(**(base | more))  # type: ignore[arg-type] # test data


def numbers(found: Reconciled) -> dict[str, list[int]]:
    return {
        where: [number for one in getattr(found, where) for number in range(one.number, one.number + one.width)]
        for where in Reconciled._fields
    }


def test_holes_of_millions_are_compared_as_runs() -> None:
    wide = 2**31
    found = reconcile([event(5, wide), event(7 * 10**9 % MODULUS, 4)], [event(2, wide)])
    assert [(one.number, one.width) for one in found.wire] == [(5, wide - 3)]
    assert [(one.number, one.width) for one in found.inside] == [(2, 3)]
    assert [(one.number, one.width) for one in found.unseen] == [(2 + wide, 3), (7 * 10**9 % MODULUS, 4)]
    assert summary(found) == {
        "192.0.2.7": {"wire:notification": wide - 3, "inside:notification": 3, "unseen:notification": 7}
    }


def test_what_is_missing_at_both_ends_was_lost_on_the_wire() -> None:
    found = reconcile([event(5, 3)], [event(5, 3)])
    assert numbers(found) == {"wire": [5, 6, 7], "inside": [], "dead": [], "unseen": []}


def test_what_is_missing_only_at_ingest_was_lost_inside() -> None:
    found = reconcile([event(5, 2)], [event(4, 4)])
    assert numbers(found) == {"wire": [5, 6], "inside": [4, 7], "dead": [], "unseen": []}


def test_what_died_between_was_not_lost() -> None:
    died = [DeadNumber("192.0.2.7", 90, 4, 900), DeadNumber("192.0.2.8", 90, 7, 900)]
    found = reconcile([event(5, 2)], [event(4, 4)], died)
    assert numbers(found) == {"wire": [5, 6], "inside": [7], "dead": [4], "unseen": []}


def test_what_only_collect_misses_is_told_apart() -> None:
    assert numbers(reconcile([event(5, 2)], []))["unseen"] == [5, 6]


def test_a_withdrawn_loss_is_none_and_the_last_state_holds() -> None:
    opened, taken_back = event(5, state="open"), event(5, state="withdrawn")
    assert standing([opened, event(5), taken_back]) == []
    assert standing([opened, event(5)]) == [event(5)]
    assert standing([event(0, cause="silent", counter="freshness")]) == []


def test_the_same_number_of_another_publisher_or_hour_is_another_message() -> None:
    assert numbers(reconcile([event(5, publisher_id=2)], [event(5)]))["inside"] == [5]
    assert numbers(reconcile([event(5, last_us=2 * HOUR)], [event(5)]))["inside"] == [5]
    assert numbers(reconcile([event(5, subscription_ids=(8,))], [event(5)]))["inside"] == [5]


def test_another_scope_at_the_other_end_changes_nothing() -> None:
    at_collect = event(5, publisher_id=None, subscription_ids=(6, 7), scope="node", identity="other")
    assert numbers(reconcile([at_collect], [event(5)]))["wire"] == [5]


def test_gaps_over_the_wrap_are_taken_number_by_number() -> None:
    found = reconcile([event(MODULUS - 1, 2)], [event(MODULUS - 2, 4)])
    assert (numbers(found)["wire"], numbers(found)["inside"]) == ([MODULUS - 1, 0], [MODULUS - 2, 1])


def test_the_summary_counts_by_exporter_and_counter() -> None:
    found = reconcile(
        [event(5, 2)], [event(4, 4), event(9, counter="transport")], [DeadNumber("192.0.2.7", 9, None, 0)]
    )
    assert summary(found) == {"192.0.2.7": {"wire:notification": 2, "inside:notification": 2, "dead:transport": 1}}


def test_a_dead_letter_is_known_by_its_message_id() -> None:
    letter = DeadLetter("validate", "invalid", "device", "", "192.0.2.7", 50000, 900, b"", message_id=9)
    assert dead_number(letter) == DeadNumber("192.0.2.7", 9, None, 900)
    found = reconcile([], [event(9, counter="transport")], [dead_number(letter)])
    assert numbers(found)["dead"] == [9]


@given(wire=st.sets(st.integers(0, 60)), inside=st.sets(st.integers(0, 60)), dead=st.sets(st.integers(0, 60)))
def test_every_missing_number_is_in_exactly_one_place(wire: set[int], inside: set[int], dead: set[int]) -> None:
    collect = [event(number) for number in wire]
    ingest = [event(number) for number in wire | inside | dead]
    found = reconcile(collect, ingest, [DeadNumber("192.0.2.7", None, number, 0) for number in dead - wire])
    assert set(numbers(found)["wire"]) == wire
    assert set(numbers(found)["dead"]) == dead - wire
    assert set(numbers(found)["inside"]) == inside - wire - dead
    assert numbers(found)["unseen"] == []


@pytest.mark.parametrize("seed", range(25))
def test_of_messages_that_vanish_between_the_ends_no_others_were_lost_inside(seed: int) -> None:
    made = random_scenario(seed)
    rng = Random(seed)
    at_collect = detect(made)
    gone = {
        place for place in range(20, len(made.received) - 20) if rng.random() < 0.02 and _steady(made.received, place)
    }
    left = [one for place, one in enumerate(made.received) if place not in gone]
    at_ingest = Detector().observe(left, [EndOfInput(len(left), 0)], Tallies("loss"))
    found = reconcile(at_collect, at_ingest)
    lost = Counter((one.counter, one.number) for one in found.inside)
    vanished = Counter(
        (counter, number)
        for place in gone
        for counter, number in (
            ("transport", made.received[place].message_id),
            ("notification", made.received[place].sequence_number),
        )
    )
    assert not lost - vanished
    assert sum(one.width for one in found.wire + found.inside) == sum(one.count for one in standing(at_ingest))


def _steady(received: list, place: int) -> bool:  # type: ignore[type-arg] # of Facts
    """Whether the message came once: of one that came twice the other copy is still there."""
    same = [one for one in received if one.message_id == received[place].message_id]
    return sum(1 for one in same if one.subscription_id == received[place].subscription_id) == 1

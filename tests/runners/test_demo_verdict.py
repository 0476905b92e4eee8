"""The demo's verdict on losses: number by number, with what arrived and could not be read apart from what was lost."""

from msgspec.structs import replace

from yangbeam.core.elements import LossEvent
from yangbeam.runners.demo_verdict import losses
from yangbeam.simulator.truth import TruthRecord

RECORD = TruthRecord(
    router=0,
    ordinal=0,
    habit="six-wind",
    node="six-wind-0",
    exporter="192.0.2.7",
    port=50000,
    publisher_id=0,
    message_id=0,
    sequence_number=0,
    subscription_id=1,
    subscription=1,
    kind="push-update",
    at_us=0,
    wrapper="envelope",
    encoding="json",
    octets=100,
    segments=1,
    sent=1,
    message_id_scope="node",
    sequence_scope="node",
)


def records(done: dict[int, str], count: int = 10) -> list[TruthRecord]:
    return [
        replace(
            RECORD,
            ordinal=number,
            message_id=number,
            sequence_number=number,
            done=(done[number],) if number in done else (),
        )
        for number in range(count)
    ]


def lost(counter: str, first: int, count: int = 1) -> LossEvent:
    return LossEvent(
        exporter="192.0.2.7",
        node="six-wind-0",
        publisher_id=0,
        subscription_ids=(1,),
        counter=counter,
        scope="node",
        first=first,
        last=first + count - 1,
        count=count,
        first_us=0,
        last_us=1,
        state="confirmed",
        identity=f"{counter}/{first}",
    )


def test_a_hole_that_is_reported_in_pieces_is_found() -> None:
    events = [lost(counter, first) for counter in ("transport", "notification") for first in (3, 4)]
    assert [pair[1:] for pair in losses(records({3: "lost", 4: "incomplete"}), events)] == [(2, 2), (2, 2), (0, 0)]


def test_a_message_that_could_not_be_read_is_neither_missed_nor_made_up() -> None:
    truth = records({3: "corrupt-payload"})
    assert [pair[1:] for pair in losses(truth, [])] == [(0, 0), (0, 0), (0, 0)]
    assert [pair[1:] for pair in losses(truth, [lost("notification", 3)])] == [(0, 0), (0, 0), (0, 0)]


def test_in_a_hole_with_a_message_that_arrived_either_number_stands_for_the_lost_one() -> None:
    truth = records({3: "lost", 4: "corrupt-payload"})
    for number in (3, 4):
        found = losses(truth, [lost("transport", 3), lost("notification", number)])
        assert [pair[1:] for pair in found] == [(1, 1), (1, 1), (0, 0)]


def test_what_only_a_header_proves_is_not_made_up_and_a_number_that_came_is() -> None:
    truth = records({8: "lost", 9: "incomplete"})
    assert [pair[1:] for pair in losses(truth, [lost("transport", 8, 2)])] == [(0, 0), (0, 0), (0, 0)]
    assert [pair[1:] for pair in losses(truth, [lost("transport", 7, 3)])] == [(0, 0), (0, 0), (0, 1)]

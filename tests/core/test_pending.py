"""Messages that wait: in order, within limits, and durable in a bag."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ARRIVAL_US, notification
from tests.transforms.test_shard_state import Bag
from yangbeam.core.elements import Notification
from yangbeam.core.pending import OVERHEAD, Limits, Pending

GOLDEN = Path(__file__).parents[1] / "golden" / "binding"


def one(number: int = 1, *, exporter: str = "192.0.2.10", subscription: int | None = 1, size: int = 8) -> Notification:
    of = {"message_id": number, "exporter": exporter, "arrival_us": ARRIVAL_US}
    return notification(b"x" * size, of=of, subscription_id=subscription)


def key(held: Notification) -> tuple[str, int | None]:
    return held.message.exporter, held.subscription_id


def restored(pending: Pending, bag: Bag) -> Pending:
    """What another process makes of the same bytes."""
    again = Pending(next_number=pending.next_number, gone=list(pending.gone))
    again.read(bag.read())
    return again


def ids(pending: Pending) -> dict[tuple[str, int | None], list[int]]:
    return {
        key: [waiting.held.notification.message.message_id for waiting in queue]
        for key, queue in pending.queues.items()
    }


def test_a_queue_gives_back_in_order_what_it_holds() -> None:
    pending = Pending()
    for number in (1, 2, 3):
        pending.hold(key(one()), one(number), 0, 0.0)
    assert [pending.release(key(one())).notification.message.message_id for _ in range(3)] == [1, 2, 3]
    assert (len(pending), pending.size, pending.queues) == (0, 0, {})


@pytest.mark.parametrize(
    ("limits", "room"),
    [
        (Limits(max_messages=3), 3),
        (Limits(max_bytes=3 * (OVERHEAD + 8) + 1), 3),
        (Limits(max_messages_per_exporter=2), 2),
        (Limits(max_bytes_per_exporter=2 * (OVERHEAD + 8)), 2),
        (Limits(max_messages=0), 0),
    ],
)
def test_each_limit_holds(limits: Limits, room: int) -> None:
    pending = Pending()
    while pending.has_room(one(), limits):
        pending.hold(key(one()), one(), 0, 0.0)
    assert len(pending) == room


def test_a_limit_of_one_exporter_leaves_room_for_others() -> None:
    pending = Pending()
    pending.hold(key(one()), one(), 0, 0.0)
    limits = Limits(max_messages_per_exporter=1)
    assert not pending.has_room(one(), limits)
    assert pending.has_room(one(exporter="192.0.2.11"), limits)


def test_what_leaves_before_it_was_written_never_reaches_the_bag() -> None:
    pending, bag = Pending(), Bag()
    pending.hold(key(one()), one(), 0, 0.0)
    pending.release(key(one()))
    pending.write(bag)
    assert (bag.content, pending.gone) == ([], [])


def test_a_bag_of_which_most_is_gone_is_written_anew() -> None:
    pending, bag = Pending(), Bag()
    for number in range(10):
        pending.hold(key(one()), one(number), 0, 0.0)
    pending.write(bag)
    for _ in range(5):
        pending.release(key(one()))
        pending.write(bag)
    assert (len(bag.content), len(pending.gone)) == (10, 5)
    pending.release(key(one()))
    pending.write(bag)
    assert (len(bag.content), pending.gone) == (4, [])


def test_a_message_held_by_the_release_that_first_held_still_waits() -> None:
    pinned = (GOLDEN / "Held.hex").read_text().strip()
    pending = Pending(next_number=1)
    pending.read([bytes.fromhex(pinned)])
    assert [(waiting.held.epoch, waiting.held.notification) for waiting in pending.queues[key(one())]] == [(3, one())]


@given(st.lists(st.tuples(st.sampled_from("hhrw"), st.integers(0, 2)), max_size=60))
def test_whatever_is_held_and_released_a_restored_process_holds_the_same(steps: list[tuple[str, int]]) -> None:
    pending, bag = Pending(), Bag()
    for number, (step, subscription) in enumerate(steps):
        queue = ("192.0.2.10", subscription)
        if step == "h":
            pending.hold(queue, one(number, subscription=subscription), 0, 0.0)
        elif step == "r" and queue in pending.queues:
            pending.release(queue)
        elif step == "w":
            pending.write(bag)
            random.Random(number).shuffle(bag.content)
            if number % 3 == 0:
                pending = restored(pending, bag)
    pending.write(bag)
    again = restored(pending, bag)
    assert ids(again) == ids(pending)
    assert (len(again), again.size) == (len(pending), pending.size)

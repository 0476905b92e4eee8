"""What waits for its schema: order, limits, expiry, the ledger, and a state restored in the middle."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.builders import ARRIVAL_US, batch, notification, started
from tests.fetching import Fetching
from tests.transforms.test_shard_state import Bag
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import Bound, DeadLetter, EndOfInput, Notification, Terms
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import Impatient
from yangbeam.core.pending import Limits

SECOND_EXPORTER = "192.0.2.11"


def data(number: int, module: str = "vendor-a", subscription: int | None = 1, **of: Any) -> Notification:
    facts = {"message_id": number, "arrival_us": ARRIVAL_US + number * 1000} | of
    return notification(b"%d" % number, of=facts, subscription_id=subscription, modules=(module,))


@dataclass
class InPlace:
    """Bounded input: each pause lets time pass, and something happen."""

    at: float = 0.0
    step: float = 1.0
    happens: dict[int, Any] = field(default_factory=dict)
    pauses: int = 0

    def now(self) -> float:
        return self.at

    def pause(self) -> bool:
        self.pauses += 1
        self.at += self.step
        self.happens.get(self.pauses, lambda: None)()
        return True


class Shard:
    """One shard in a plain loop, with its bag; can be restored from its bytes between any two batches."""

    def __init__(self, *, marked: bool = False, limits: Limits | None = None, patience: Any = None) -> None:
        self.schemas = Fetching(uuid.uuid4().hex)
        self.binder = Binder(self.schemas, marked, limits or Limits(wait_s=10))
        self.patience = patience or Impatient()
        self.state, self.bag = Subscriptions(), Bag()
        self.journal: list[bytes] = []
        self.bound: list[Bound] = []
        self.letters: list[DeadLetter] = []
        self.counts: dict[str, int] = {}

    def give(self, *items: Notification, end: bool = False) -> list[int]:
        """Returns the message ids of what came out."""
        tallies = Tallies("bind")
        controls: list[Any] = [EndOfInput(len(items), ARRIVAL_US)] if end else []
        out, letters = self.binder.bind(self.state, batch(*items, controls=controls), tallies, self.patience)
        return self._took(out.notifications, letters, tallies)

    def tick(self) -> list[int]:
        tallies = Tallies("bind")
        out, letters = self.binder.tick(self.state, tallies, self.patience, 0)
        return self._took(out.notifications, letters, tallies)

    def _took(self, bound: list[Bound], letters: list[DeadLetter], tallies: Tallies) -> list[int]:
        self.bound += bound
        self.letters += letters
        for tally in tallies.delta(shard=0, source="", ordinal=0).tallies:
            for name, count in tally.counts.items():
                self.counts[name] = self.counts.get(name, 0) + count
        self.state.pending.write(self.bag)
        self.journal.append(self.state.changes())
        return [one.notification.message.message_id for one in bound]

    def restore(self) -> None:
        self.state = Subscriptions.restore(None, self.journal, self.bag.read())

    def fold(self) -> None:
        self.state = Subscriptions.restore(self.state.snapshot(), [], self.bag.read())

    @property
    def dead(self) -> list[tuple[int | None, str]]:
        return [(letter.message_id, letter.reason) for letter in self.letters]


def test_a_message_waits_and_comes_out_when_its_schema_is_there() -> None:
    shard = Shard()
    assert shard.give(data(1)) == []
    assert shard.counts == {"pending": 1}
    shard.schemas.open("vendor-a")
    assert shard.give() == [1]
    assert shard.counts == {"pending": 0, "bound": 1}


def test_what_arrives_behind_it_waits_too_and_keeps_its_order() -> None:
    shard = Shard()
    assert shard.give(data(1), data(2, "ietf-ip"), data(3, "ietf-ip", subscription=2)) == [3]
    shard.schemas.open("vendor-a")
    assert shard.give(data(4, "ietf-ip")) == [1, 2, 4]


def test_state_notifications_of_the_subscription_keep_their_place_among_its_data() -> None:
    shard = Shard()
    ended = data(2, "ietf-ip")
    ended = notification(of={"message_id": 2}, subscription_id=1, kind="subscription-terminated", modules=())
    assert shard.give(data(1), ended) == []
    shard.schemas.open("vendor-a")
    assert shard.give() == [1, 2]
    assert [one.how for one in shard.bound] == ["module-names", "notification"]


def test_other_exporters_and_notifications_without_subscription_are_not_held_up() -> None:
    shard = Shard()
    event = data(3, "ietf-ip", subscription=None)
    assert shard.give(data(1), data(2, "ietf-ip", exporter=SECOND_EXPORTER), event) == [2, 3]


def test_a_timer_releases_it_where_no_batch_comes() -> None:
    shard = Shard()
    shard.give(data(1))
    assert shard.tick() == []
    shard.schemas.open("vendor-a")
    assert shard.tick() == [1]


def test_two_schemas_come_in_either_order() -> None:
    shard = Shard()
    shard.give(data(1, "vendor-a"), data(2, "vendor-b", subscription=2), data(3, "vendor-a"))
    shard.schemas.open("vendor-b")
    assert shard.give() == [2]
    shard.schemas.open("vendor-a")
    assert shard.give() == [1, 3]


def test_after_the_wait_it_becomes_a_dead_letter_that_says_for_what_it_waited() -> None:
    shard = Shard()
    shard.give(data(1))
    shard.patience.at = 9.9
    assert (shard.give(data(2)), shard.dead) == ([], [])
    shard.patience.at = 10.0
    shard.tick()
    assert shard.dead == [(1, "schema-timeout")]
    assert "waited 10 s for the schema in vain: fetching vendor-a" in shard.letters[0].detail
    assert shard.letters[0].fault == "environment"
    shard.patience.at = 20.0
    shard.tick()
    assert shard.dead == [(1, "schema-timeout"), (2, "schema-timeout")]
    assert shard.counts == {"pending": 0, "died:bind": 2, "dead:schema-timeout": 2}


def test_by_policy_what_waited_in_vain_is_passed_on_marked_in_its_order() -> None:
    shard = Shard(marked=True)
    shard.give(data(1), data(2, "ietf-ip"))
    shard.patience.at = 10.0
    assert shard.tick() == [1, 2]
    assert [one.schema_id is None for one in shard.bound] == [True, False]
    assert shard.counts == {"pending": 0, "marked:unbound": 1, "bound": 1}


def test_a_schema_that_turns_out_not_to_exist_ends_the_wait() -> None:
    shard = Shard()
    shard.give(data(1))
    binder = shard.binder
    shard.binder = Binder(Fetching(shard.schemas.name, unknown=frozenset({"vendor-a"})), limits=binder.limits)
    shard.give()
    assert shard.dead == [(1, "schema-missing")]
    assert shard.counts == {"pending": 0, "died:bind": 1, "dead:schema-missing": 1}


@pytest.mark.parametrize("restore", ["restore", "fold"])
def test_a_restored_state_waits_anew_and_loses_nothing(restore: str) -> None:
    shard = Shard()
    shard.give(data(1), data(2, "vendor-b"))
    shard.patience.at = 9.0
    getattr(shard, restore)()
    shard.patience.at = 5_000.0  # another process's clock
    assert (shard.tick(), shard.dead) == ([], [])
    shard.patience.at = 5_009.0
    assert (shard.tick(), shard.dead) == ([], [])
    shard.schemas.open("vendor-a")
    assert shard.give(data(3)) == [1]
    shard.schemas.open("vendor-b")
    assert shard.give() == [2, 3]
    assert shard.counts == {"pending": 0, "bound": 3}


def test_beyond_a_limit_the_message_that_comes_is_refused_and_those_that_wait_stay() -> None:
    shard = Shard(limits=Limits(wait_s=10, max_messages_per_exporter=2))
    shard.give(data(1), data(2), data(3), data(4, exporter=SECOND_EXPORTER))
    assert shard.dead == [(3, "schema-pending-limit")]
    assert "raise the limits of [schemas]" in shard.letters[0].detail
    shard.schemas.open("vendor-a")
    assert shard.give() == [1, 2, 4]
    assert shard.counts == {"pending": 0, "died:bind": 1, "dead:schema-pending-limit": 1, "bound": 3}


def test_beyond_a_limit_what_is_passed_on_marked_does_not_overtake() -> None:
    shard = Shard(marked=True, limits=Limits(wait_s=10, max_messages=2))
    assert shard.give(data(1), data(2), data(3)) == [1, 2, 3]
    assert shard.counts == {"pending": 0, "marked:unbound": 3}


def test_without_any_room_nothing_waits() -> None:
    shard = Shard(limits=Limits(max_messages=0))
    shard.give(data(1))
    assert shard.dead == [(1, "schema-pending-limit")]


def test_the_end_of_input_flushes_everything_and_twice_is_harmless() -> None:
    shard = Shard()
    shard.give(data(1), data(2, "vendor-b", subscription=2), end=True)
    assert shard.dead == [(1, "schema-timeout"), (2, "schema-timeout")]
    assert "the input ended while the schema was still being fetched" in shard.letters[0].detail
    shard.give(end=True)
    assert shard.counts == {"pending": 0, "died:bind": 2, "dead:schema-timeout": 2}
    assert len(shard.state.pending) == 0


def test_the_end_of_input_stands_behind_what_it_flushed() -> None:
    shard = Shard()
    shard.give(data(1))
    shard.schemas.open("vendor-a")
    shard.give()
    tallies = Tallies("bind")
    shard.give(data(2, "vendor-b"))
    shard.schemas.open("vendor-b")
    out, _ = shard.binder.bind(shard.state, batch(controls=[EndOfInput(0, ARRIVAL_US)]), tallies, shard.patience)
    assert ([control.at for control in out.controls], len(out.notifications)) == ([1], 1)


def test_bounded_input_waits_in_place_at_its_end() -> None:
    patience = InPlace()
    shard = Shard(patience=patience)
    patience.happens[3] = lambda: shard.schemas.open("vendor-a")
    assert shard.give(data(1), data(2), end=True) == [1, 2]
    assert patience.pauses == 3


def test_bounded_input_gives_up_when_the_wait_is_over() -> None:
    patience = InPlace()
    shard = Shard(patience=patience)
    shard.give(data(1), end=True)
    assert (shard.dead, patience.pauses) == ([(1, "schema-timeout")], 10)


def test_bounded_input_waits_in_place_at_a_limit() -> None:
    patience = InPlace()
    shard = Shard(patience=patience, limits=Limits(wait_s=10, max_messages=2))
    patience.happens[4] = lambda: shard.schemas.open("vendor-a")
    assert shard.give(*(data(number) for number in range(1, 9))) == list(range(1, 9))
    assert (patience.pauses, shard.letters) == (4, [])


@pytest.mark.parametrize("most", [0, 1, 3])
def test_bounded_input_never_waits_for_ever_at_a_limit(most: int) -> None:
    patience = InPlace()
    shard = Shard(patience=patience, limits=Limits(wait_s=10, max_messages=most))
    shard.give(*(data(number) for number in range(1, 6)), end=True)
    assert len(shard.letters) == 5
    assert patience.pauses <= 60
    assert shard.counts["pending"] == 0 if most else "pending" not in shard.counts


def test_a_duplicate_of_what_waits_is_dropped() -> None:
    shard = Shard()
    shard.give(data(1), data(1))
    assert shard.counts == {"pending": 1, "duplicates": 1}


def test_what_waits_is_bound_by_the_terms_it_was_made_under() -> None:
    shard = Shard()
    first = started(terms=Terms(modules=(("vendor-a", None, None),)), of={"message_id": 1}, subscription_id=1)
    modified = started(
        kind="subscription-modified",
        terms=Terms(modules=(("ietf-ip", None, None),)),
        of={"message_id": 3},
        subscription_id=1,
    )
    shard.give(first, data(2, "ietf-x"), modified, data(4, "ietf-x"))
    shard.restore()
    shard.schemas.open("vendor-a")
    assert shard.give() == [2, 3, 4]
    by_id = {one.notification.message.message_id: one.schema_id for one in shard.bound}
    assert by_id[2] == 100 + len("vendor-a") + len("ietf-x")
    assert by_id[4] == 100 + len("ietf-ip") + len("ietf-x")


def test_received_is_always_bound_dead_duplicate_or_pending() -> None:
    shard = Shard(limits=Limits(wait_s=3, max_messages=4))
    received = 0
    for number in range(40):
        shard.patience.at = number
        shard.give(data(number, "vendor-a" if number % 3 else "vendor-b", subscription=number % 5), data(number))
        received += 2
        if number == 20:
            shard.schemas.open("vendor-b")
        if number % 7 == 0:
            shard.restore()
        accounted = sum(
            count
            for name, count in shard.counts.items()
            if name in ("bound", "duplicates", "pending") or "dead" in name
        )
        assert accounted == received
        assert shard.counts["pending"] == len(shard.state.pending)
    shard.give(end=True)
    assert shard.counts["pending"] == 0

"""BindSubscriptions: the same as the plain Binder on both local runners, and when every bundle is retried."""

from typing import Any

import msgspec
import pytest

from tests.builders import ARRIVAL_US, batch, notification, started
from tests.transforms.schemas_by_name import SchemasByName
from tests.transforms.staging import Attempts, Given, bounded, live
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import BoundBatch, DeadLetterBatch, EndOfInput, LedgerDelta, Notification, NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.stages.bind import Bind
from yangbeam.transforms.bind_subscriptions import BindSubscriptions, _Bind

BATCHES = 150
"""More than twice the batches between two snapshots."""


def numbered(number: int, **facts: Any) -> Notification:
    of = {"message_id": number, "arrival_us": ARRIVAL_US + number * 1000}
    return notification(b'{"a":%d}' % number, of=of, **facts)


def batches() -> list[NotificationBatch]:
    """Data before and after its started message, duplicates across batches, ids reused, modules nobody has."""
    made = [msgspec.structs.replace(started(), message=numbered(10_000).message)]
    made += [numbered(number, subscription_id=number % 7) for number in range(200)]
    made[120:120] = [started(subscription_id=3, of={"message_id": 10_001})]
    made[150:150] = [numbered(30), numbered(40, modules=("vendor",)), numbered(149)]
    pieces = [made[start : start + 2] for start in range(0, len(made), 2)][:BATCHES]
    found = [batch(*piece, ordinal=at, source="s", shard=at % 2) for at, piece in enumerate(pieces)]
    ends: list[Any] = [EndOfInput(0, ARRIVAL_US)]
    return [*found, *(batch(ordinal=BATCHES + at, source="s", shard=at, controls=ends) for at in (0, 1))]


def plain(made: list[NotificationBatch], *, pass_unbound: bool = False) -> Given:
    """What the core alone gives."""
    states: dict[int, Subscriptions] = {}
    given = Given([], [], [])
    for one in made:
        tallies = Tallies("bind")
        binder = Binder(SchemasByName(), pass_unbound)
        bound, letters = binder.bind(states.setdefault(one.shard, Subscriptions()), one, tallies)
        place = {"shard": one.shard, "source": one.source, "ordinal": one.ordinal}
        given.out.append(bound)
        given.ledger.append(tallies.delta(**place, end=bool(one.controls)))
        given.dead_letters.extend([DeadLetterBatch(letters=letters, **place)] if letters else [])
    return Given(*(sorted(each, key=lambda one: (one.shard, one.source, one.ordinal)) for each in given))


@pytest.mark.parametrize("run", [bounded, live])
@pytest.mark.parametrize("pass_unbound", [False, True])
def test_on_both_runners_it_gives_what_the_binder_gives(run: Any, pass_unbound: bool) -> None:
    expected = plain(batches(), pass_unbound=pass_unbound)
    given = run(BindSubscriptions(SchemasByName(), pass_unbound=pass_unbound), batches())
    assert given == expected
    assert given.counts["duplicates"] == 1
    assert given.counts.get("marked:unbound", 0) == pass_unbound


def test_bundles_that_are_all_retried_from_encoded_state_give_the_same() -> None:
    attempts = Attempts(_Bind(Bind(Binder(SchemasByName()))))
    given = [made for one in batches() for made in attempts.process(one)]
    bound = [made for made in given if isinstance(made, BoundBatch)]
    tagged = [made.value for made in given if not isinstance(made, BoundBatch)]
    deltas = [made for made in tagged if isinstance(made, LedgerDelta)]
    expected = plain(batches())
    assert sorted(bound, key=lambda one: (one.shard, one.ordinal)) == expected.out
    assert sorted(deltas, key=lambda one: (one.shard, one.ordinal)) == expected.ledger


def test_the_end_of_input_is_told_to_the_ledger() -> None:
    given = bounded(BindSubscriptions(SchemasByName()), batches())
    assert [delta.ordinal for delta in given.ledger if delta.end] == [BATCHES, BATCHES + 1]

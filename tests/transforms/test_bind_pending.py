"""Waiting for a schema through every driver: a plain loop, both local runners, retried bundles, encoded state alone."""

import time
import uuid
from typing import Any

import msgspec
import pytest

from tests.builders import ARRIVAL_US, batch, notification
from tests.fetching import OPENER, Fetching
from tests.transforms.staging import Attempts, Given, bounded, live
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import BoundBatch, DeadLetterBatch, EndOfInput, LedgerDelta, Notification, NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import Impatient
from yangbeam.core.pending import Limits
from yangbeam.core.stages.bind import Bind
from yangbeam.transforms import shard_state
from yangbeam.transforms.bind_subscriptions import BindSubscriptions, Stopwatch, _Bind

LIMITS = Limits(max_messages_per_exporter=60)


def data(number: int, module: str, *, exporter: str = "192.0.2.10") -> Notification:
    of = {"message_id": number, "arrival_us": ARRIVAL_US + number * 1000, "exporter": exporter}
    return notification(b"%d" % number, of=of, subscription_id=number % 5, modules=(module,))


def batches() -> list[NotificationBatch]:
    """Two exporters whose schemas come in the middle, one whose never comes, more than it may hold, and the end."""
    modules = ("vendor-a", "vendor-b", "ietf-ip", "nobody")
    made = [data(number, modules[number % 4]) for number in range(200)]
    made += [data(number, "ietf-x", exporter="192.0.2.12") for number in range(300, 330)]
    made += [data(number, "vendor-never", exporter="192.0.2.11") for number in range(400, 480)]
    made[150:150] = [data(901, "vendor-b", exporter=OPENER)]
    made[180:180] = [data(900, "vendor-a", exporter=OPENER)]
    pieces = [made[start : start + 3] for start in range(0, len(made), 3)]
    found = [batch(*piece, ordinal=at, source="s") for at, piece in enumerate(pieces)]
    ends: list[Any] = [EndOfInput(0, ARRIVAL_US)]
    return [*found, batch(ordinal=len(pieces), source="s", controls=ends)]


def schemas() -> Fetching:
    return Fetching(uuid.uuid4().hex, away=frozenset({"vendor-a", "vendor-b", "vendor-never"}))


def plain(made: list[NotificationBatch]) -> Given:
    """What the core alone gives."""
    state, binder, given = Subscriptions(), Binder(schemas(), limits=LIMITS), Given([], [], [])
    for one in made:
        tallies = Tallies("bind")
        bound, letters = binder.bind(state, one, tallies)
        place: Any = {"shard": one.shard, "source": one.source, "ordinal": one.ordinal}
        given.out.append(bound)
        given.ledger.append(tallies.delta(**place, end=bool(one.controls)))
        given.dead_letters.extend([DeadLetterBatch(letters=letters, **place)] if letters else [])
    return given


def staged(outputs: list[Any]) -> Given:
    """The outputs of a DoFn run by hand."""
    values = [getattr(output, "value", output) for output in outputs]
    kinds = (BoundBatch, DeadLetterBatch, LedgerDelta)
    return Given(*([value for value in values if isinstance(value, kind)] for kind in kinds))


def test_the_traffic_holds_releases_and_gives_up() -> None:
    given = plain(batches())
    assert given.counts["pending"] == 0
    assert {letter.reason for letter in given.letters} == {
        "schema-missing",
        "schema-pending-limit",
        "schema-timeout",
    }
    received = sum(len(one.notifications) for one in batches())
    assert given.counts["bound"] + len(given.letters) == received
    held = [one for one in given.ledger if any("pending" in tally.counts for tally in one.tallies)]
    assert len(held) > 40


@pytest.mark.parametrize("run", [bounded, live], ids=["bounded", "bridge"])
def test_on_both_runners_it_gives_what_the_binder_gives(run: Any) -> None:
    stage = BindSubscriptions(schemas(), limits=LIMITS, patience=Impatient())
    assert run(stage, batches()) == plain(batches())


def test_from_encoded_state_alone_it_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_state._KEPT, "put", lambda *_: None)
    attempts = Attempts(_Bind(Bind(Binder(schemas(), limits=LIMITS), Impatient())), twice=False)
    assert staged([made for one in batches() for made in attempts.process(one)]) == plain(batches())


def test_bundles_that_are_all_retried_give_the_same() -> None:
    # Schemas come between batches here: what a failed attempt asked must not be what makes them come.
    made = [msgspec.structs.replace(one, notifications=without_opener(one)) for one in batches()]
    runs: list[Given] = []
    for twice in (False, True):
        known = schemas()
        attempts = Attempts(_Bind(Bind(Binder(known, limits=LIMITS), Impatient())), twice=twice)
        outputs: list[Any] = []
        for at, one in enumerate(made):
            known.open(*{50: ["vendor-b"], 60: ["vendor-a"]}.get(at, []))
            outputs += attempts.process(one)
        runs.append(staged(outputs))
    assert runs[0] == runs[1]
    assert runs[0].counts["bound"] > 80


def without_opener(one: NotificationBatch) -> list[Notification]:
    return [notification for notification in one.notifications if notification.message.exporter != OPENER]


def test_a_timer_releases_it_in_a_live_run_where_nothing_else_comes() -> None:
    away = Fetching(uuid.uuid4().hex, patience=3)
    given = live(BindSubscriptions(away), [batch(data(1, "vendor-a"), shard=3)], clock=[time.time() + 10] * 6)
    released = [one for one in given.out if one.notifications]
    assert [(one.shard, one.source, len(one.notifications)) for one in released] == [(3, "bind-retry", 1)]
    assert given.counts == {"pending": 0, "bound": 1}


def test_a_timer_is_set_in_live_runs_only_and_only_while_something_waits() -> None:
    for is_live, expected in ((True, True), (False, False)):
        attempts = Attempts(_Bind(Bind(Binder(schemas()), Impatient()), live=is_live), twice=False)
        attempts.process(batch(data(1, "ietf-ip")))
        alarm = attempts.cells(0)[-1]
        assert alarm.at is None
        attempts.process(batch(data(2, "vendor-a")))
        assert (alarm.at is not None) is expected


def test_bounded_input_waits_in_place_and_a_stream_does_not() -> None:
    started = time.monotonic()
    assert Stopwatch(in_place=True).pause()
    assert time.monotonic() > started
    assert not Stopwatch(in_place=False).pause()


def test_a_bounded_run_waits_for_a_slow_node_instead_of_giving_up() -> None:
    away = Fetching(uuid.uuid4().hex, patience=4)
    ends: list[Any] = [EndOfInput(2, ARRIVAL_US)]
    given = bounded(BindSubscriptions(away), [batch(data(1, "vendor-a"), data(6, "vendor-a"), controls=ends)])
    assert (given.counts, given.letters) == ({"pending": 0, "bound": 2}, [])

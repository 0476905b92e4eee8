"""Which subscription a notification belongs to, which schema reads it, and whether it came before."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.builders import ARRIVAL_US, batch, notification, started
from yangbeam.core import message_memory, subscription_state
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.binding_run import MOST_ATTEMPTS
from yangbeam.core.elements import BoundBatch, DeadLetter, EndOfInput, Notification, Terms
from yangbeam.core.errors import ConfigurationError, SchemaError, SchemaPendingError
from yangbeam.core.ledger import Tallies
from yangbeam.core.message_memory import DUPLICATE_WINDOW_US


@dataclass
class Directory:
    """Schemas by the modules asked for; remembers what it was asked."""

    known: frozenset[str] = frozenset({"ietf-interfaces", "ietf-ip"})
    asked: list[tuple[str | None, frozenset[str]]] = field(default_factory=list)

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        self.asked.append((content_id, modules))
        missing = {module.partition("@")[0] for module in modules} - self.known
        if missing:
            raise SchemaError("schema-missing", f"{exporter}: no {', '.join(missing)}")
        return 100 + len(modules)

    def schema(self, schema_id: int) -> Any:
        raise AssertionError(schema_id)


def bind(
    *items: Notification, state: Subscriptions | None = None, directory: Directory | None = None, marked: bool = False
) -> tuple[BoundBatch, list[DeadLetter], dict[str, int]]:
    tallies = Tallies("bind")
    binder = Binder(directory or Directory(), pass_unbound=marked)
    bound, letters = binder.bind(state if state is not None else Subscriptions(), batch(*items), tallies)
    counts: dict[str, int] = {}
    for tally in tallies.delta(shard=0, source="", ordinal=0).tallies:
        for name, count in tally.counts.items():
            counts[name] = counts.get(name, 0) + count
    return bound, letters, counts


def numbered(message_id: int, **facts: Any) -> Notification:
    return notification(b'{"a":%d}' % message_id, of={"message_id": message_id}, **facts)


def test_data_after_its_started_message_is_bound_by_what_that_said() -> None:
    first = msgspec.structs.replace(started(), message=numbered(1).message)
    bound, letters, counts = bind(first, numbered(2))
    assert [(item.schema_id, item.how) for item in bound.notifications] == [(100, "notification"), (101, "started")]
    assert letters == []
    assert counts == {"bound": 2}
    assert bound.subscriptions[bound.notifications[1].subscription].terms == started().terms


def test_data_whose_started_message_was_missed_is_bound_by_the_modules_it_names() -> None:
    bound, _, _ = bind(numbered(1))
    assert [(item.schema_id, item.how) for item in bound.notifications] == [(101, "module-names")]
    assert bound.subscriptions[0].state == "unknown"


class Node(Directory):
    """A directory that can also ask the node."""

    def __init__(self, *answers: Terms | SchemaError | None) -> None:
        super().__init__()
        self.answers: list[Terms | SchemaError | None] = list(answers)
        self.questions: list[tuple[str, int]] = []

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        self.questions.append((exporter, identifier))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, SchemaError):
            raise answer
        return answer


def test_the_node_is_asked_for_what_its_missed_started_message_said() -> None:
    terms = Terms(modules=(("ietf-interfaces", "2018-02-20", None), ("ietf-ip", None, None)), content_id="c1")
    node = Node(SchemaPendingError("node-asked", "being asked"), terms)
    state = Subscriptions()
    bound, letters, counts = bind(numbered(1), state=state, directory=node)
    assert (bound.notifications, letters, counts) == ([], [], {"pending": 1})
    bound, _, counts = bind(numbered(2), state=state, directory=node)
    assert [(item.schema_id, item.how) for item in bound.notifications] == [(102, "asked")] * 2
    assert counts == {"bound": 2, "pending": -1}
    assert node.asked == [("c1", frozenset({"ietf-interfaces@2018-02-20", "ietf-ip"}))]
    assert bound.subscriptions[0].terms == terms
    bind(numbered(3), state=Subscriptions.restore(state.snapshot(), []), directory=node)
    assert len(node.questions) == 2


@pytest.mark.parametrize("answer", [None, SchemaError("node-away", "cannot be asked")])
def test_where_the_node_says_nothing_the_names_in_the_contents_must_do(answer: SchemaError | None) -> None:
    node = Node(answer)
    bound, letters, _ = bind(numbered(1), numbered(2), directory=node)
    assert [(item.schema_id, item.how) for item in bound.notifications] == [(101, "module-names")] * 2
    assert letters == []
    assert len(node.questions) == 1


def test_a_node_whose_started_message_came_is_not_asked() -> None:
    node = Node(Terms())
    first = msgspec.structs.replace(started(), message=numbered(1).message)
    bind(first, numbered(2), directory=node)
    assert node.questions == []


def test_a_started_message_without_content_id_binds_by_its_modules() -> None:
    terms = Terms(modules=(("ietf-ip", None, None),))
    first = msgspec.structs.replace(started(terms=terms), message=numbered(1).message)
    bound, _, _ = bind(first, numbered(2))
    assert (bound.notifications[1].schema_id, bound.notifications[1].how) == (102, "started")


def test_the_directory_is_asked_once_per_subscription_and_modules() -> None:
    directory = Directory()
    bind(*(numbered(number) for number in range(50)), directory=directory)
    assert len(directory.asked) == 1


def test_data_of_other_modules_under_the_same_id_is_bound_anew() -> None:
    bound, _, _ = bind(numbered(1), numbered(2, modules=("ietf-interfaces", "ietf-ip")))
    assert [item.schema_id for item in bound.notifications] == [101, 102]


def test_without_a_schema_the_message_becomes_a_dead_letter_that_names_the_modules() -> None:
    bound, letters, counts = bind(numbered(1, modules=("vendor",)))
    assert bound.notifications == []
    assert (letters[0].reason, letters[0].stage) == ("schema-missing", "bind")
    assert "vendor" in letters[0].detail
    assert counts == {"dead:schema-missing": 1, "died:bind": 1}


def test_by_policy_it_is_passed_on_and_marked() -> None:
    bound, letters, counts = bind(numbered(1, modules=("vendor",)), marked=True)
    assert (bound.notifications[0].schema_id, letters) == (None, [])
    assert counts == {"marked:unbound": 1}


def test_the_same_message_again_is_dropped_and_counted() -> None:
    bound, _, counts = bind(numbered(1), numbered(1))
    assert len(bound.notifications) == 1
    assert counts["duplicates"] == 1


def test_the_same_id_with_other_bytes_is_another_message() -> None:
    other = notification(b"{}", of={"message_id": 1})
    bound, _, counts = bind(numbered(1), other)
    assert len(bound.notifications) == 2
    assert counts["id-reused"] == 1


def test_a_repeat_after_the_window_is_delivered() -> None:
    late = notification(b'{"a":1}', of={"message_id": 1, "arrival_us": ARRIVAL_US + DUPLICATE_WINDOW_US + 1})
    assert len(bind(numbered(1), late)[0].notifications) == 2


def test_memory_of_messages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_memory, "MAX_REMEMBERED", 10)
    state = Subscriptions()
    bind(*(numbered(number) for number in range(100)), state=state)
    assert len(state.memory) <= 10


def test_memory_of_subscriptions_is_bounded_and_the_longest_idle_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_state, "MAX_SUBSCRIPTIONS", 10)
    state = Subscriptions()
    bind(*(numbered(number, subscription_id=number) for number in range(100)), state=state)
    assert sorted(number for _, number in state.entries) == list(range(90, 100))


def test_filters_of_megabytes_forget_themselves_and_nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_state, "MAX_OCTETS", 100_000)
    state = Subscriptions()
    bind(started(subscription_id=7), state=state)
    for number in range(100, 200):
        more = started(subscription_id=number, terms=Terms(xpath_filter="x" * 20_000))
        bind(msgspec.structs.replace(more, message=numbered(number).message), state=state)
    assert len(state.entries) == 6
    assert 7 in {number for _, number in state.entries}
    restored = Subscriptions.restore(state.snapshot(), [])
    assert restored.entries.keys() == state.entries.keys()
    assert restored._all_octets == state._all_octets == 5 * 20_000


@dataclass
class Missing(Directory):
    """Names one missing module at a time, and says which others are missing likewise if it knows."""

    knows: bool = True

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        self.asked.append((content_id, modules))
        missing = sorted(modules - self.known)
        if missing:
            error = SchemaError("module-missing", f"{exporter}: no {missing[0]}", module=missing[0])
            error.absent = frozenset(missing) if self.knows else frozenset()
            raise error
        return 1


@pytest.mark.parametrize("knows", [True, False])
def test_a_message_that_names_thousands_of_modules_costs_a_few_questions(knows: bool) -> None:
    directory = Missing(frozenset({"there"}), knows=knows)
    modules = (*(f"m{number}" for number in range(4_000)), "there")
    out, letters, _ = bind(notification(modules=modules), directory=directory)
    assert (len(directory.asked), len(out.notifications)) == ((2, 1) if knows else (MOST_ATTEMPTS, 0))
    assert [letter.reason for letter in letters] == ([] if knows else ["module-missing"])


def test_a_subscription_that_goes_on_sending_outlives_those_that_came_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_state, "MAX_SUBSCRIPTIONS", 10)
    state = Subscriptions()
    bind(started(subscription_id=7, of={"message_id": 0}), state=state)
    for number in range(1, 100):
        steady, other = (
            notification(
                b'{"a":%d}' % which,
                of={"message_id": which, "arrival_us": ARRIVAL_US + which * 1000},
                subscription_id=subscription,
            )
            for which, subscription in ((2 * number, 7), (2 * number + 1, 1000 + number))
        )
        bind(steady, other, state=state)
    assert any(number == 7 and entry.terms is not None for (_, number), entry in state.entries.items())
    assert len(state.entries) <= 10


def test_a_subscription_that_moves_leaves_no_socket_behind() -> None:
    state = Subscriptions()
    for port in range(4000, 4100):
        bind(started(subscription_id=1, of={"message_id": port, "port": port}), state=state)
    assert list(state._sockets) == [("192.0.2.10", 4099)]


def test_ids_that_differ_are_joined_by_the_socket() -> None:
    first = started(subscription_id=12345678, of={"message_id": 1, "port": 4001})
    data = numbered(2, subscription_id=7)
    data = msgspec.structs.replace(data, message=msgspec.structs.replace(data.message, port=4001))
    bound, _, _ = bind(first, data)
    assert bound.notifications[1].how == "started"
    assert bound.subscriptions[bound.notifications[1].subscription].id == 7


@pytest.mark.parametrize(
    ("kind", "how"),
    [("subscription-started", "started"), ("subscription-modified", "module-names")],
)
def test_a_subscription_that_sent_under_its_own_id_joins_another_only_when_it_is_started_anew(
    kind: str, how: str
) -> None:
    first, again = (started(subscription_id=1, of={"message_id": number}) for number in (1, 3))
    again = msgspec.structs.replace(again, kind=kind)
    bound, _, _ = bind(first, numbered(2, subscription_id=1), again, numbered(4, subscription_id=7))
    assert bound.notifications[3].how == how


def test_a_socket_of_several_subscriptions_joins_nothing() -> None:
    first = started(subscription_id=1, of={"message_id": 1})
    second = started(subscription_id=2, of={"message_id": 2})
    bound, _, _ = bind(first, second, numbered(3, subscription_id=7))
    assert bound.notifications[2].how == "module-names"


def test_a_modified_message_binds_what_follows_anew() -> None:
    state = Subscriptions()
    bind(started(of={"message_id": 1}), numbered(2), state=state)
    terms = Terms(content_id="other", modules=(("ietf-ip", None, None),))
    bound, _, _ = bind(
        started(kind="subscription-modified", terms=terms, of={"message_id": 3}), numbered(4), state=state
    )
    assert bound.notifications[1].schema_id == 102


def test_a_state_notification_of_unknown_modules_still_arrives() -> None:
    terms = Terms(modules=(("vendor", None, None),))
    assert len(bind(started(terms=terms))[0].notifications) == 1


def test_a_notification_without_subscription_is_bound_by_its_own_module() -> None:
    event = numbered(1, kind="ietf-ip:changed", subscription_id=None, modules=("ietf-ip",))
    bound, _, _ = bind(event)
    assert (bound.notifications[0].schema_id, bound.notifications[0].subscription) == (101, -1)


def test_controls_keep_their_place_among_what_is_left() -> None:
    tallies = Tallies("bind")
    items = batch(numbered(1), numbered(1), numbered(2), controls=[EndOfInput(2, 1), EndOfInput(3, 1)])
    bound, _ = Binder(Directory()).bind(Subscriptions(), items, tallies)
    assert [control.at for control in bound.controls] == [1, 2]


@pytest.mark.parametrize("cut", range(7))
def test_a_state_restored_at_any_point_gives_the_same_result(cut: int) -> None:
    items = [
        started(of={"message_id": 1}),
        numbered(2),
        numbered(2),
        notification(b"{}", of={"message_id": 2}),
        numbered(3, subscription_id=9),
        started(kind="subscription-modified", terms=Terms(), of={"message_id": 4}),
        numbered(5),
    ]
    straight = bind(*items)[0].notifications
    state = Subscriptions()
    journal: list[bytes] = []
    bound = []
    for item in items[:cut]:
        bound += bind(item, state=state)[0].notifications
        journal.append(state.changes())
    restored = Subscriptions.restore(None, journal)
    again = Subscriptions.restore(restored.snapshot(), [])
    for item in items[cut:]:
        bound += bind(item, state=again)[0].notifications
    assert [(item.schema_id, item.how) for item in bound] == [(item.schema_id, item.how) for item in straight]


def test_state_of_a_newer_release_is_refused() -> None:
    newer = b"\x93\x02\x90\x90"  # [format 2, no entries, nothing seen]
    with pytest.raises(ConfigurationError, match="newer release"):
        Subscriptions.restore(newer, [])


GOLDEN = Path(__file__).parents[1] / "golden"


def test_the_bytes_of_the_state_are_pinned() -> None:
    state = Subscriptions()
    bind(started(of={"message_id": 1}), numbered(2), state=state)
    pinned = GOLDEN / "binding" / "SubscriptionState.hex"
    assert state.snapshot().hex() == pinned.read_text().strip()
    assert Subscriptions.restore(bytes.fromhex(pinned.read_text()), []).snapshot() == state.snapshot()


def test_the_state_of_the_first_release_still_binds() -> None:
    pinned = (GOLDEN / "state" / "0.1.0" / "SubscriptionState.hex").read_text()
    state = Subscriptions.restore(bytes.fromhex(pinned), [])
    entry = state.entries["192.0.2.10", 6666]
    assert (entry.state, entry.terms, entry.schema_id, entry.how) == ("active", started().terms, 101, "started")
    directory = Directory()
    bound, _, counts = bind(numbered(2), numbered(3), state=state, directory=directory)
    assert [(item.schema_id, item.how) for item in bound.notifications] == [(101, "started")]
    assert (counts, directory.asked) == ({"bound": 1, "duplicates": 1}, [])

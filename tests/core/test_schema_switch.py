"""A subscription changes its terms in mid-stream: what is read by which, whatever the order of arrival."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ARRIVAL_US, batch, notification
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import Heartbeat, Notification, Terms
from yangbeam.core.epochs import REORDER_US
from yangbeam.core.ledger import Tallies
from yangbeam.core.numbering import GAP_WAIT_US

S, M, D = "subscription-started", "subscription-modified", "push-update"
SUSPENDED, RESUMED = "subscription-suspended", "subscription-resumed"
TERMINATED, COMPLETED = "subscription-terminated", "subscription-completed"
LAST = (1 << 32) - 1


def terms(name: str) -> Terms:
    return Terms(modules=((name, None, None),), content_id=name)


def event(kind: str, number: int | None, at_ms: int, *, name: str = "", **facts: Any) -> Notification:
    """One message of subscription 1; ``number`` counts both sequence and message id unless ``facts`` say otherwise."""
    of = {"message_id": number or 0, "arrival_us": ARRIVAL_US + at_ms * 1000}
    of |= {key: facts.pop(key) for key in ("port", "publisher_id", "message_id") if key in facts}
    payload = f"{kind} {number} {at_ms} {name}".encode()
    more = {"subscription_id": 1, "sequence_number": number, "modules": ("data",) if kind == D else ()}
    return notification(payload, of=of, kind=kind, terms=terms(name) if kind in (S, M) else None, **(more | facts))


class Names:
    """Every schema is to be had."""

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        return 1

    def schema(self, schema_id: int) -> Any:
        raise AssertionError(schema_id)


@dataclass
class Run:
    """A shard that tells under which terms each message came out."""

    state: Subscriptions = field(default_factory=Subscriptions)
    journal: list[bytes] = field(default_factory=list)
    held: list[bytes] = field(default_factory=list)
    read_by: dict[bytes, str] = field(default_factory=dict)
    """Payload to the content-id of its terms; empty: none."""
    order: list[bytes] = field(default_factory=list)

    def give(self, *items: Notification, controls: Any = ()) -> list[bytes]:
        out, letters = Binder(Names()).bind(self.state, batch(*items, controls=list(controls)), Tallies("bind"))
        assert letters == []
        given = []
        for bound in out.notifications:
            payload = bound.notification.message.payload
            row = out.subscriptions[bound.subscription].terms
            self.read_by[payload] = (row.content_id or "") if row else ""
            given.append(payload)
        self.order += given
        self.state.pending.write(self)
        self.journal.append(self.state.changes())
        return given

    def add(self, entry: bytes) -> None:
        self.held.append(entry)

    def clear(self) -> None:
        self.held.clear()

    def restore(self) -> None:
        self.state = Subscriptions.restore(None, self.journal, self.held)

    def end(self) -> None:
        beat = Heartbeat(0, "c", ARRIVAL_US + 10**12, {})
        self.give(controls=[beat])

    def of(self, item: Notification) -> str:
        return self.read_by[item.message.payload]

    @property
    def life(self) -> str:
        return self.state.entries["192.0.2.10", 1].state


def ran(*items: Notification) -> Run:
    run = Run()
    for item in items:
        run.give(item)
    run.end()
    return run


CASES: dict[str, tuple[list[Notification], list[str]]] = {
    "in order": (
        [event(S, 1, 0, name="a"), event(D, 2, 1), event(M, 3, 2, name="b"), event(D, 4, 3)],
        ["a", "a", "b", "b"],
    ),
    "of the old numbering, after the modification": (
        [event(S, 1, 0, name="a"), event(D, 2, 1), event(M, 4, 2, name="b"), event(D, 3, 3), event(D, 5, 4)],
        ["a", "a", "b", "a", "b"],
    ),
    "numbered after the modification, before it": (
        [event(S, 1, 0, name="a"), event(D, 2, 1), event(D, 4, 2), event(M, 3, 3, name="b"), event(D, 5, 4)],
        ["a", "a", "b", "b", "b"],
    ),
    "both": (
        [
            event(S, 1, 0, name="a"),
            event(D, 2, 1),
            event(D, 6, 2),
            event(M, 4, 3, name="b"),
            event(D, 3, 4),
            event(D, 5, 5),
        ],
        ["a", "a", "b", "b", "a", "b"],
    ),
    "two modifications, the later first": (
        [
            event(S, 1, 0, name="a"),
            event(M, 9, 1, name="c"),
            event(M, 5, 2, name="b"),
            event(D, 4, 3),
            event(D, 7, 4),
            event(D, 10, 5),
        ],
        ["a", "c", "b", "a", "b", "c"],
    ),
    "over the wrap of the counter": (
        [event(S, LAST - 1, 0, name="a"), event(M, 1, 1, name="b"), event(D, LAST, 2), event(D, 0, 3), event(D, 2, 4)],
        ["a", "b", "a", "a", "b"],
    ),
    "numbers that stand still: message ids tell": (
        [
            event(S, 7, 0, name="a", message_id=1),
            event(M, 7, 1, name="b", message_id=3),
            event(D, 7, 2, message_id=2),
            event(D, 7, 3, message_id=4),
        ],
        ["a", "b", "a", "b"],
    ),
    "without sequence numbers: message ids tell": (
        [
            event(S, None, 0, name="a", message_id=1),
            event(M, None, 1, name="b", message_id=3),
            event(D, None, 2, message_id=2),
            event(D, None, 3, message_id=4),
        ],
        ["a", "b", "a", "b"],
    ),
    "by another line card: arrival tells": (
        [
            event(S, 1, 0, name="a"),
            event(M, 90, 1, name="b"),
            event(D, 3, 2, publisher_id=77),
            event(D, 91, 3, publisher_id=77),
        ],
        ["a", "b", "b", "b"],
    ),
    "long after the modification, numbers behind: arrival tells": (
        [event(S, 10, 0, name="a"), event(M, 20, 1, name="b"), event(D, 15, 30_000)],
        ["a", "b", "b"],
    ),
    "numbers too far apart to be compared: arrival tells": (
        [event(S, 500_000, 0, name="a"), event(M, 500_002, 1, name="b"), event(D, 5, 2)],
        ["a", "b", "b"],
    ),
    "a new life on a socket of its own, late data of the old one": (
        [
            event(S, 0, 0, name="a", port=4001),
            event(D, 1, 1, port=4001),
            event(S, 0, 2, name="b", port=4002),
            event(D, 2, 3, port=4001),
            event(D, 1, 4, port=4002),
        ],
        ["a", "a", "b", "a", "b"],
    ),
    "a restart: numbers begin anew, and the old terms are forgotten": (
        [event(S, 1, 0, name="a"), event(D, 2, 1), event(S, 1, 2, name="b"), event(D, 2, 3), event(D, 3, 4)],
        ["a", "a", "b", "b", "b"],
    ),
    "a subscription again, numbers running on, late data of its former life": (
        [event(S, 1, 0, name="a"), event(TERMINATED, 3, 1), event(S, 4, 2, name="b"), event(D, 2, 3), event(D, 5, 4)],
        ["a", "a", "b", "a", "b"],
    ),
    "the started message missed: modified tells for what follows": (
        [event(D, 5, 0), event(M, 7, 1, name="b"), event(D, 6, 2), event(D, 8, 3)],
        ["", "b", "", "b"],
    ),
    "the started message late, after its modification": (
        [event(M, 5, 0, name="b"), event(S, 2, 1, name="a"), event(D, 3, 2), event(D, 6, 3)],
        ["b", "a", "a", "b"],
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("restored", [False, True], ids=["kept", "restored"])
def test_each_message_is_read_by_the_terms_it_was_made_under(case: str, restored: bool) -> None:
    items, expected = CASES[case]
    run = Run()
    for item in items:
        run.give(item)
        if restored:
            run.restore()
    run.end()
    # The row of a start message itself shows the terms it begins: its number is not after its own.
    data = [(item, name) for item, name in zip(items, expected, strict=True) if item.kind == D]
    assert [run.of(item) for item, _ in data] == [name for _, name in data]
    assert len(run.order) == len(items)


STATES: dict[str, tuple[list[tuple[str, int]], str]] = {
    "suspended and resumed": ([(S, 1), (SUSPENDED, 2), (RESUMED, 3)], "active"),
    "resumed before suspended arrives": ([(S, 1), (RESUMED, 3), (SUSPENDED, 2)], "active"),
    "suspended after resumed": ([(S, 1), (RESUMED, 2), (SUSPENDED, 3)], "suspended"),
    "modified while suspended": ([(S, 1), (SUSPENDED, 2), (M, 3)], "suspended"),
    "completed": ([(S, 1), (COMPLETED, 2)], "completed"),
    "the end of the former life, late": ([(S, 1), (S, 5), (TERMINATED, 4)], "active"),
    "terminated": ([(S, 1), (D, 2), (TERMINATED, 3)], "terminated"),
    "data after the end": ([(S, 1), (TERMINATED, 3), (D, 2)], "terminated"),
    "numbers begin anew": ([(S, 900), (TERMINATED, 901), (S, 0)], "active"),
    "a started message missed": ([(SUSPENDED, 4)], "suspended"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_follows_the_numbers_not_the_arrival(case: str) -> None:
    steps, expected = STATES[case]
    assert ran(*(event(kind, number, at, name=f"t{at}") for at, (kind, number) in enumerate(steps))).life == expected


def test_terms_announced_under_another_id_are_modified_under_it_too() -> None:
    announced: dict[str, Any] = {"subscription_id": 12345678, "port": 4001}
    first, second = event(D, 6, 1, port=4001), event(D, 20, 3, port=4001)
    run = ran(
        event(S, 5, 0, name="a", **announced), first, event(M, 12, 2, name="b", **announced), second,
        event(TERMINATED, 30, 4, **announced),
    )  # fmt: skip
    assert (run.of(first), run.of(second), run.life) == ("a", "b", "terminated")


def test_a_publisher_that_restarts_silently_is_known_by_its_numbers_and_its_old_terms_are_dropped() -> None:
    run = ran(event(S, 70_000, 0, name="a"), event(D, 70_001, 1))
    later = [event(D, number, 60_000 + number) for number in range(1, 7)]
    for item in later:
        run.give(item)
    assert [run.of(item) for item in later] == ["a", "a", "", "", "", ""]
    assert run.life == "unknown"
    again = event(S, 10, 70_000, name="b")
    run.give(again, data := event(D, 11, 70_001))
    assert (run.of(data), run.life) == ("b", "active")


def test_a_burst_of_stragglers_is_no_restart() -> None:
    run = ran(event(S, 1, 0, name="a"), *(event(D, number, number) for number in (50, 10, 11, 12, 13, 51)))
    assert set(run.read_by.values()) == {"a"}


def test_a_hole_that_stays_open_holds_what_follows_for_a_moment_of_data_time_only() -> None:
    run = Run()
    run.give(event(S, 1, 0, name="a"), event(D, 2, 1))
    assert run.give(event(D, 4, 2)) == []
    assert run.give(event(D, 5, 3)) == []
    wait_ms = GAP_WAIT_US // 1000
    assert len(run.give(event(D, 6, wait_ms))) == 0
    assert len(run.give(event(D, 7, wait_ms + 2))) == 4
    assert len(run.give(event(D, 9, wait_ms + 3))) == 1, "what lost once is not waited for again at once"


def test_a_heartbeat_ends_the_wait_where_nothing_follows() -> None:
    run = Run()
    run.give(event(S, 1, 0, name="a"), event(D, 2, 1), event(D, 4, 2))
    assert run.give(controls=[Heartbeat(0, "c", ARRIVAL_US + 2_000 + GAP_WAIT_US, {})]) == [b"push-update 4 2 "]


def test_numbers_shared_with_others_are_not_waited_for() -> None:
    run = Run()
    run.give(event(S, 1, 0, name="a"))
    for step in range(1, 30):
        assert len(run.give(event(D, 1 + 3 * step, step))) == 1


def test_what_waits_behind_a_hole_is_bounded() -> None:
    run = Run()
    run.give(event(S, 1, 0, name="a"), event(D, 2, 1))
    given = [len(run.give(event(D, number, 2))) for number in range(4, 400)]
    assert max(given) == 257
    assert len(run.state.pending) == 0


Step = tuple[str, int]


def sequences(kinds: str) -> st.SearchStrategy[list[str]]:
    names = {"m": M, "d": D, "s": SUSPENDED, "r": RESUMED}
    return st.lists(st.sampled_from(kinds), min_size=1, max_size=24).map(lambda drawn: [names[one] for one in drawn])


def shuffled(items: list[Notification], jumps: list[int]) -> list[Notification]:
    """Delays each by some places, and dates them by their new order, a millisecond apart."""
    keyed = sorted(range(len(items)), key=lambda at: (at + jumps[at % len(jumps)], at))
    found = []
    for at, index in enumerate(keyed):
        item = items[index]
        message = item.message
        moved = type(message)(
            **{name: getattr(message, name) for name in message.__struct_fields__}
            | {"arrival_us": ARRIVAL_US + (at + 10) * 1000}
        )
        found.append(type(item)(**{name: getattr(item, name) for name in item.__struct_fields__} | {"message": moved}))
    return found


def made(kinds: list[str], base: int) -> list[Notification]:
    return [event(kind, (base + at) & LAST, 0, name=f"t{at}") for at, kind in enumerate(kinds)]


def true_terms(items: list[Notification], arrived: set[bytes], item: Notification) -> str:
    """The oracle: the newest terms, in the publisher's order, before a message, of those that are known."""
    found = ""
    for one in items:
        if one is item or one.message.payload == item.message.payload:
            return found
        if one.kind in (S, M) and one.message.payload in arrived:
            found = one.terms.content_id or "" if one.terms else ""
    raise AssertionError(item)


bases = st.sampled_from([0, 1, 5_000, LAST - 6, LAST])
delays = st.lists(st.integers(0, 6), min_size=1, max_size=24)


@settings(max_examples=150)
@given(sequences("mdddsr"), bases, delays, st.sets(st.integers(2, 24), max_size=4), st.booleans())
def test_whatever_is_reordered_or_lost_data_are_read_by_the_newest_known_terms_before_them(
    kinds: list[str], base: int, jumps: list[int], lost: set[int], restored: bool
) -> None:
    items = made([S, *kinds], base)
    run, arrived = Run(), set[bytes]()
    of_payload = {item.message.payload: item for item in items}
    delivered = [
        item
        for item in shuffled(items, jumps)
        if of_payload[item.message.payload] not in [items[at] for at in lost if at < len(items)]
    ]
    for item in delivered:
        arrived.add(item.message.payload)
        for payload in run.give(item):
            one = of_payload[payload]
            if one.kind == D:
                assert run.read_by[payload] == true_terms(items, arrived, one)
        if restored:
            run.restore()
    run.end()
    assert sorted(run.order) == sorted(item.message.payload for item in delivered)
    assert run.order == [item.message.payload for item in delivered], "order of arrival"


@settings(max_examples=150)
@given(sequences("mddd"), bases, delays)
def test_where_numbers_rise_by_one_nothing_is_read_by_the_wrong_terms(
    kinds: list[str], base: int, jumps: list[int]
) -> None:
    first = made([S, D, D], base)
    items = made([S, D, D, *kinds], base)
    run = Run()
    for item in (*first, *shuffled(items[3:], jumps)):
        run.give(item)
    run.end()
    everything = {item.message.payload for item in items}
    for item in items:
        if item.kind == D:
            assert run.of(item) == true_terms(items, everything, item)


@settings(max_examples=150)
@given(sequences("mdsr"), bases, delays)
def test_the_state_is_that_of_the_publishers_order(kinds: list[str], base: int, jumps: list[int]) -> None:
    items = made([S, *kinds], base)
    run = ran(items[0], *shuffled(items[1:], jumps))
    expected = "active"
    for kind in kinds:
        expected = {SUSPENDED: "suspended", RESUMED: "active"}.get(kind, expected)
    assert run.life == expected


def test_reordering_is_bounded_by_the_time_that_duplicates_are_remembered() -> None:
    assert REORDER_US == 20_000_000

"""What a run came to: the structure of report.json, made from totals and loss events alone."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, TypedDict

from yangbeam.core.dead_groups import Group, by_cause, groups_in
from yangbeam.core.edges import Open
from yangbeam.core.elements import LossEvent
from yangbeam.core.ledger import (
    ASIDE,
    BOUND,
    DECODED,
    DELIVERED,
    NORMALISED,
    ORIGINALS,
    PRUNED,
    REPLACED,
    ROWS,
    UNWRITTEN,
    VALIDATED,
)
from yangbeam.core.loss.holes import Missing, missing_by_exporter
from yangbeam.core.outside import Outside
from yangbeam.core.set_aside import groups_of_nodes, habits_by_vendor
from yangbeam.core.totals import count_of
from yangbeam.core.udp_notif import ACCEPTED, REFUSED
from yangbeam.core.yang.gaps import nearest
from yangbeam.core.yang.left_out import LeftOut
from yangbeam.core.yang.mending.findings import LEFT_OUT, MODULE_MISSING
from yangbeam.pipeline.view.balance import Shape, is_balanced, lines, open_of
from yangbeam.pipeline.view.status import Snapshot

DATAGRAM_COUNTERS: Final = (*REFUSED, *(name for name in ACCEPTED if name != "last_bit_misplaced"))
"""Always in the report, zero or not."""

_ORDINARY: Final = frozenset(
    {"datagrams", "taken", "answered", "messages", "segments", "frames", "fragments", "not_ip", "not_udp", "tcp"}
)
"""Collector counters of ordinary traffic; the others tell of trouble, and are reported where they are not zero."""


class LossEntry(TypedDict):
    """One confirmed loss: ``first`` to ``last`` modulo 2**32 never came."""

    exporter: str
    publisher_id: int | None
    subscription: int | None
    """None where the counter is shared by several subscriptions, or by none that is known."""
    scope: str
    first: int
    last: int
    count: int


class CauseEntry(TypedDict):
    """Dead letters of one group (``core.dead_groups``), and what to do about them."""

    cause: str
    fault: str
    module: str
    modules: list[str]
    """``module`` and, where several are missing, the others, most needed first (at most 8)."""
    path: str
    messages: int
    what: str
    cure: str


class AsideEntry(TypedDict):
    """Nodes of delivered messages that were set aside (``core.set_aside``), and what to do about them."""

    cause: str
    fault: str
    module: str
    path: str
    """Schema path."""
    nodes: int
    what: str
    cure: str


class Pruned(TypedDict):
    """Messages that were delivered, and are not as their publishers sent them."""

    messages: int
    """Some of their nodes were set aside."""
    normalised: int
    """Nothing was set aside; habits were spelt anew."""
    nodes: int
    set_aside: list[AsideEntry]
    habits: dict[str, int]
    """Nodes that were spelt anew, by the habit's name."""
    habits_by_vendor: dict[str, dict[str, int]]
    """The same by habit and vendor: by the release that the node is said to run, else by the modules of its schema;
    ``unknown`` where neither names one."""
    originals: int
    """Of the messages pruned those whose originals are kept."""


class MissingEntry(TypedDict):
    """Messages of one exporter that are missing on the wire, each once (``core.loss.holes``)."""

    exporter: str
    messages: int
    transport: int
    notification: int


OpenEdge = TypedDict("OpenEdge", {"edge": str, "where": str, "in": int, "out": int})
"""An edge of the graph whose sides differ, as in ``core.edges.Open``."""


class OutsideEntry(TypedDict):
    """One outside system that was asked for something."""

    kind: str
    address: str
    state: str
    since: str
    """When that state began, RFC 3339."""
    outages: int
    why: str
    """Of one that is away: what was said last."""


class QuirkEntry(TypedDict):
    """What a schema is read without."""

    schema_id: int
    """The first one of this run that it was found at."""
    module: str
    line: int
    """0: the whole module."""
    statement: str
    words: str


class DiscontinuityEntry(TypedDict):
    """One jump of a counter that nothing shows to be a loss: what lies between was perhaps never sent."""

    exporter: str
    publisher_id: int | None
    subscription: int | None
    scope: str
    counter: str
    last_seen: int
    next_seen: int


class Report(TypedDict):
    """What report.json holds; counts are messages but for ``datagrams`` and ``tables`` (rows)."""

    datagrams: dict[str, int]
    messages: dict[str, int]
    dead_letters: dict[str, int]
    causes: list[CauseEntry]
    pruned: Pruned
    missing: list[MissingEntry]
    loss: dict[str, list[LossEntry]]
    discontinuities: list[DiscontinuityEntry]
    tables: dict[str, int]
    records: dict[str, dict[str, int]]
    """Of loss events, dead letters and totals, by sink: ``replaced`` (too large for their topic, so that a dead letter
    or less of one was written) and ``unwritten`` (no topic took them in any form)."""
    open_edges: list[OpenEdge]
    balanced: bool
    outside: list[OutsideEntry]
    quirks: list[QuirkEntry]


def build(snapshot: Snapshot, shape: Shape) -> Report:
    """Returns the report of what a run came to.

    Args:
        snapshot: What it came to.
        shape: What its graph is like; ``messages`` tells of the first sink, ``balanced`` of all.
    """
    counts, left_out = snapshot.counts, [one for _, one in snapshot.quirks]
    return Report(
        datagrams=_datagrams(snapshot.datagrams()),
        messages=_messages(snapshot, shape.sinks[0] if shape.sinks else ""),
        dead_letters=dead_letters(counts),
        causes=[_cause(group, count, left_out) for group, count in groups_in(counts).items()],
        pruned=pruned(counts, left_out),
        missing=[_missing(one) for one in missing_by_exporter(snapshot.loss)],
        loss={counter: _losses(snapshot.loss, counter) for counter in ("transport", "notification")},
        discontinuities=[_discontinuity(event) for event in _in_order(snapshot.loss) if event.broken()],
        tables=_named(counts, ROWS) if snapshot.tables is None else dict(sorted(snapshot.tables[1].items())),
        records={name: snapshot.not_as_it_was(name) for name in (REPLACED, UNWRITTEN)},
        open_edges=[_open(one) for one in open_of(snapshot, shape)],
        balanced=is_balanced(snapshot, shape),
        outside=[_outside(one) for one in snapshot.outsides],
        quirks=[_quirk(*one) for one in snapshot.quirks],
    )


def _quirk(schema_id: int, one: LeftOut) -> QuirkEntry:
    return QuirkEntry(schema_id=schema_id, module=one.module, line=one.line, statement=one.statement, words=one.words)


def _outside(one: Outside) -> OutsideEntry:
    since = datetime.fromtimestamp(one.since_s, UTC).isoformat(timespec="seconds")
    return OutsideEntry(
        kind=one.kind.value,
        address=one.address,
        state=one.state.value,
        since=since,
        outages=one.outages,
        why=one.why,
    )


def dead_letters(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the dead letters of all stages and sinks by cause, most frequent first."""
    letters = by_cause(counts)
    return dict(
        sorted(((reason, count) for reason, count in letters.items() if count), key=lambda item: (-item[1], item[0]))
    )


def _cause(group: Group, messages: int, quirks: Iterable[LeftOut]) -> CauseEntry:
    return CauseEntry(
        cause=group.cause,
        fault=group.fault,
        module=group.modules[0] if group.module else "",
        modules=group.modules,
        path=group.path,
        messages=messages,
        what=_without(group, quirks) or group.what(),
        cure=group.cure(),
    )


def _without(group: Group, quirks: Iterable[LeftOut]) -> str:
    """Says what the schema of nodes is read without, in the words of the quirk; empty: nothing of theirs."""
    quirk = nearest(quirks, group.module, group.path) if group.cause == LEFT_OUT else None
    return f"the schema is read without {quirk}" if quirk is not None else ""


def pruned(counts: Mapping[str, int], quirks: Iterable[LeftOut] = ()) -> Pruned:
    """Returns what became of messages that were delivered and are not as their publishers sent them."""
    by_vendor = habits_by_vendor(counts)
    return Pruned(
        messages=counts.get(PRUNED, 0),
        normalised=counts.get(NORMALISED, 0),
        nodes=count_of(counts, ASIDE),
        set_aside=[_aside(group, count, quirks) for group, count in groups_of_nodes(counts).items()],
        habits={name: sum(vendors.values()) for name, vendors in by_vendor.items()},
        habits_by_vendor={
            name: {vendor or "unknown": count for vendor, count in vendors.items()}
            for name, vendors in by_vendor.items()
        },
        originals=counts.get(ORIGINALS, 0),
    )


def _aside(group: Group, nodes: int, quirks: Iterable[LeftOut]) -> AsideEntry:
    of_module = group._replace(path="") if group.cause == MODULE_MISSING else group
    return AsideEntry(
        cause=group.cause,
        fault=group.fault,
        module=group.module,
        path=group.path,
        nodes=nodes,
        what=_without(group, quirks) or of_module.what(),
        cure=group.cure(),
    )


def _missing(one: Missing) -> MissingEntry:
    return MissingEntry(
        exporter=one.exporter, messages=one.messages, transport=one.transport, notification=one.notification
    )


def delivered(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the messages delivered, by sink."""
    return _named(counts, DELIVERED)


def _datagrams(counters: Mapping[str, int]) -> dict[str, int]:
    found = {"received": counters.get("datagrams", 0)}
    found |= {name: counters.get(name, 0) for name in DATAGRAM_COUNTERS}
    return found | {
        name: count for name, count in sorted(counters.items()) if count and name not in {*_ORDINARY, *found}
    }


def _open(edge: Open) -> OpenEdge:
    return {"edge": edge.edge, "where": edge.where, "in": edge.left, "out": edge.right}


def _messages(snapshot: Snapshot, sink: str) -> dict[str, int]:
    counts, line = snapshot.counts, lines(snapshot, [sink])[0]
    return {
        "received": line.received,
        "decoded": counts.get(DECODED, 0),
        "bound": counts.get(BOUND, 0),
        "validated": counts.get(VALIDATED, 0),
        "delivered": line.delivered,
        "dead_lettered": line.dead_lettered,
        "duplicates": line.duplicates,
        "pending": line.pending,
        "in_flight": line.in_flight,
    }


def _named(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    start = prefix + ":"
    return {name.removeprefix(start): count for name, count in sorted(counts.items()) if name.startswith(start)}


def _losses(events: Iterable[LossEvent], counter: str) -> list[LossEntry]:
    return [_entry(event) for event in _in_order(events) if event.counter == counter and event.lost()]


def _in_order(events: Iterable[LossEvent]) -> list[LossEvent]:
    return sorted(events, key=lambda event: (event.exporter, event.first_us, event.first))


def _entry(event: LossEvent) -> LossEntry:
    return LossEntry(
        exporter=event.exporter,
        publisher_id=event.publisher_id,
        subscription=_subscription(event),
        scope=event.scope,
        first=event.first,
        last=event.last,
        count=event.count,
    )


def _discontinuity(event: LossEvent) -> DiscontinuityEntry:
    return DiscontinuityEntry(
        exporter=event.exporter,
        publisher_id=event.publisher_id,
        subscription=_subscription(event),
        scope=event.scope,
        counter=event.counter,
        last_seen=event.first,
        next_seen=event.last,
    )


def _subscription(event: LossEvent) -> int | None:
    return event.subscription_ids[0] if len(event.subscription_ids) == 1 else None

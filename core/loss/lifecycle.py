"""Turns announcements, heartbeats and restarts into loss events: what subscriptions owe and what became of them."""

from typing import Final, NamedTuple

from yangbeam.core.elements import LossEvent
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.facts import COMPLETED, MODIFIED, RESUMED, STARTED, SUSPENDED, TERMINATED, Facts
from yangbeam.core.loss.freshness import (
    ACTIVE,
    Data,
    Listening,
    Silence,
    Watch,
    announce,
    check,
    close,
    excuse,
    is_told,
    rebase,
    refresh,
)
from yangbeam.core.loss.freshness import SUSPENDED as HELD
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.scope import Flow

MOST_WATCHES: Final = 4096
"""Subscriptions watched per exporter; beyond it the one announced longest ago is no longer."""
MOST_LATELY: Final = 32
"""What is remembered of having been told: a restart shows in many counters, and a datagram may come twice."""


def take(exporter: Exporter, flow: Flow, facts: Facts, clock: Listening) -> tuple[list[LossEvent], list[int]]:
    """Takes a notification that changes what a subscription owes; returns what is told, and whose watches changed."""
    number = facts.subscription_id
    if number is None:
        return [], []
    changed = [number]
    if exporter.heard_by != exporter.collector:
        changed += exporter.watches
        rebased(exporter, exporter.collector, clock)
    watch = exporter.watches.get(number)
    events = [] if watch is None else _look(exporter, watch, clock)
    if facts.kind == TERMINATED and not _told_lately(exporter, "terminated", number, facts.arrival_us):
        events.append(_terminated(exporter, flow, facts, watch))
    if facts.kind in (TERMINATED, COMPLETED):
        exporter.watches.pop(number, None)
    elif facts.kind == STARTED or (facts.kind == MODIFIED and (watch is None or watch.state == ACTIVE)):
        changed += _announce(exporter, facts, number, clock)
    elif watch is not None and facts.kind in (SUSPENDED, RESUMED, MODIFIED):
        watch.period_us = facts.period_us if facts.kind == MODIFIED else watch.period_us
        watch.told_us = facts.arrival_us
        excuse(watch, clock, state=ACTIVE if facts.kind == RESUMED else HELD)
    exporter.grouped = None
    return events, changed


def look(exporter: Exporter, watch: Watch, clock: Listening) -> list[LossEvent]:
    """Looks at a subscription that is due; where it is silent its next message is awaited."""
    flows = _flows(exporter)
    refresh(watch, _data(watch, flows), clock)
    events = [_silent(exporter, watch, one) for one in check(watch, clock)]
    if is_told(watch):
        for flow in (*flows.own.get(watch.subscription_id, ()), *flows.strays.get(watch.port, ())):
            flow.awaited = True
    return events


def awaiting(exporter: Exporter, flow: Flow) -> list[int]:
    """Returns the silent subscriptions whose message one of this flow may be."""
    own = exporter.watches.get(flow.key[2]) if flow.key[2] is not None else None
    watches = [own] if own is not None else [one for one in exporter.watches.values() if one.port == flow.key[0]]
    return [one.subscription_id for one in watches if is_told(one)]


def pause(exporter: Exporter, host: str, clock: Listening) -> None:
    """Notes what came before nobody listened for a while."""
    if exporter.heard_by != host:
        return  # its patience starts anew
    flows = _flows(exporter)
    for watch in exporter.watches.values():
        refresh(watch, _data(watch, flows), clock)


def rebased(exporter: Exporter, host: str, clock: Listening) -> None:
    """Puts the watches on the clock of another host, where patience starts anew."""
    exporter.heard_by = host
    for watch in exporter.watches.values():
        rebase(watch, clock)


def end(exporter: Exporter, clock: Listening) -> list[LossEvent]:
    """Closes all silences when the input ends: nothing that comes later could."""
    flows, events = _flows(exporter), list[LossEvent]()
    for watch in exporter.watches.values():
        if exporter.heard_by == exporter.collector:
            refresh(watch, _data(watch, flows), clock)
            told = [one for one in check(watch, clock) if one.state != "open"]
            events += [_silent(exporter, watch, one) for one in told]
        events += [_silent(exporter, watch, one) for one in close(watch, clock)]
    return events


def restarted(exporter: Exporter, flow: Flow, scope: str, facts: Facts) -> list[LossEvent]:
    """Tells once per publisher and window that a counter began anew."""
    publisher = flow.key[1]
    if _told_lately(exporter, "restart", publisher, facts.arrival_us):
        return []
    return [
        _event(
            exporter,
            flow.node,
            publisher,
            () if flow.key[2] is None else (flow.key[2],),
            scope=scope,
            cause="restart",
            since_us=flow.at or facts.arrival_us,
            until_us=facts.arrival_us,
        )
    ]


def _told_lately(exporter: Exporter, cause: str, number: int, arrival_us: int) -> bool:
    """Says whether this was told within the window, and remembers it."""
    if any(one[:2] == (cause, number) and abs(arrival_us - one[2]) <= WINDOW_US for one in exporter.lately):
        return True
    others = [one for one in exporter.lately if one[:2] != (cause, number)]
    exporter.lately = [*others[-MOST_LATELY + 1 :], (cause, number, arrival_us)]
    return False


def _announce(exporter: Exporter, facts: Facts, number: int, clock: Listening) -> list[int]:
    """Watches a subscription; returns the one that is watched no more because there are too many."""
    exporter.watches.pop(number, None)
    dropped = []
    if facts.period_us or facts.syncs:
        if len(exporter.watches) >= MOST_WATCHES:
            dropped = [next(iter(exporter.watches))]
            del exporter.watches[dropped[0]]
        exporter.watches[number] = announce(number, facts.port, facts.period_us, facts.arrival_us, clock)
    return dropped


def _look(exporter: Exporter, watch: Watch, clock: Listening) -> list[LossEvent]:
    """Closes what is open of a subscription whose state is about to change."""
    own = [flow for flow in exporter.flows if flow.key[2] == watch.subscription_id]
    spoken = any(flow.at > watch.told_us for flow in own)
    flows = _Flows({watch.subscription_id: own}, {}) if spoken else _flows(exporter)
    refresh(watch, _data(watch, flows), clock)
    told = check(watch, clock) + excuse(watch, clock, state=watch.state)
    return [_silent(exporter, watch, one) for one in told]


class _Flows(NamedTuple):
    """The flows of an exporter, grouped once for all its watches."""

    own: dict[int | None, list[Flow]]
    """By subscription."""
    strays: dict[int, list[Flow]]
    """By source port, those of subscriptions that nobody watches."""


def _flows(exporter: Exporter) -> _Flows:
    grouped: _Flows | None = exporter.grouped
    if grouped is not None:
        return grouped
    found = exporter.grouped = _Flows({}, {})
    for flow in exporter.flows:
        found.own.setdefault(flow.key[2], []).append(flow)
        if flow.key[2] not in exporter.watches:
            found.strays.setdefault(flow.key[0], []).append(flow)
    return found


def _data(watch: Watch, found: _Flows) -> list[Data]:
    """Returns the newest data of a subscription, by publisher; by its socket where it never sent under its own id."""
    flows = found.own.get(watch.subscription_id, [])
    if all(flow.at <= watch.told_us for flow in flows):
        flows = found.strays.get(watch.port, [])
    newest: dict[int, int] = {}
    for flow in flows:
        newest[flow.key[1]] = max(newest.get(flow.key[1], 0), flow.at)
    return [Data(publisher, at) for publisher, at in sorted(newest.items())]


def _silent(exporter: Exporter, watch: Watch, silence: Silence) -> LossEvent:
    publisher = silence.publisher_id
    identity = f"{exporter.address}/freshness/{publisher}/{watch.subscription_id}/{silence.since_us}"
    return LossEvent(
        exporter=exporter.address,
        node=_node(exporter),
        publisher_id=publisher,
        subscription_ids=(watch.subscription_id,),
        counter="freshness",
        scope="subscription",
        first=0,
        last=0,
        count=silence.missed,
        first_us=silence.since_us,
        last_us=silence.until_us,
        state=silence.state,
        cause=silence.cause,
        identity=identity,
        detail=f"period {watch.period_us / 1_000_000:g} s" if watch.period_us else "on change, synchronises on start",
    )


def _terminated(exporter: Exporter, flow: Flow, facts: Facts, watch: Watch | None) -> LossEvent:
    since_us = facts.arrival_us if watch is None else max(watch.told_us, *(one.seen_us for one in watch.pulses))
    number = () if facts.subscription_id is None else (facts.subscription_id,)
    node = facts.node or flow.node or _node(exporter)
    return _event(
        exporter,
        node,
        facts.publisher_id,
        number,
        scope="subscription",
        cause="terminated",
        since_us=since_us,
        until_us=facts.arrival_us,
        detail=facts.reason,
    )


def _event(
    exporter: Exporter,
    node: str,
    publisher_id: int,
    subscription_ids: tuple[int, ...],
    *,
    scope: str,
    cause: str,
    since_us: int,
    until_us: int,
    detail: str = "",
) -> LossEvent:
    named = ".".join(map(str, subscription_ids))
    return LossEvent(
        exporter=exporter.address,
        node=node or _node(exporter),
        publisher_id=publisher_id,
        subscription_ids=subscription_ids,
        counter="lifecycle",
        scope=scope,
        first=0,
        last=0,
        count=0,
        first_us=since_us,
        last_us=until_us,
        state="confirmed",
        cause=cause,
        identity=f"{exporter.address}/lifecycle/{publisher_id}/{named}/{cause}/{until_us}",
        detail=detail,
    )


def _node(exporter: Exporter) -> str:
    return next((flow.node for flow in exporter.flows if flow.node), "")

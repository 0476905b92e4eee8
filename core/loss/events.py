"""Turns what the counters report into loss events: who, which numbers, why, and under which identity."""

from typing import Final

import msgspec

from yangbeam.core.elements import LossEvent
from yangbeam.core.ledger import BREAKS, LATE, LOST, Tallies
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.line import MASK, NONE, WINDOW_US, Gap
from yangbeam.core.loss.patch_events import jump_events, patch_events
from yangbeam.core.loss.refused import UNREADABLE, Piece, pieces
from yangbeam.core.loss.sanity import reason, suspect
from yangbeam.core.loss.scope import SCOPES, Flow
from yangbeam.core.loss.track import COUNTERS, FOREVER, Report, Track
from yangbeam.core.lost import DISCONTINUITY

MOST_NAMED: Final = 16
"""Subscriptions named in one event."""
KERNEL_SLACK_US: Final = 1_000_000
"""Heartbeats come once a second: a drop may be told that much after the gap."""


class Findings:
    """Gathers the events of one batch, each complete when it is found, and counts them."""

    def __init__(self, drops: list[tuple[int, int]], tallies: Tallies) -> None:
        self.events: list[LossEvent] = []
        self._drops = drops
        self._tallies = tallies

    def add(self, exporter: Exporter, track: Track, reports: list[Report]) -> None:
        """Takes what a counter reports."""
        for report in reports:
            for event in _events(exporter, track, report, self._drops):
                self._take(event)
        told = _untrackable(exporter, track)
        if told is not None:
            self._take(told)

    def add_patches(self, exporter: Exporter, flow: Flow, before: int) -> None:
        """Takes what is new of a subscription's patch-ids; gaps opened at ``before`` or earlier are confirmed."""
        for event in patch_events(exporter, flow, before):
            self._take(event)

    def add_jumps(self, exporter: Exporter, flow: Flow, jumps: list[Gap]) -> None:
        """Takes the jumps of a subscription's patch-ids that nothing confirms."""
        for event in jump_events(exporter, flow, jumps):
            self._take(event)

    def confirm_patches(self, exporter: Exporter, window: int, *, final: bool) -> None:
        """Confirms the gaps in patch-ids that have waited long enough; ``final``: all."""
        before = FOREVER if final else exporter.clock - window
        for flow in exporter.flows:
            self.add_patches(exporter, flow, before)
        opened = [gap.opened for flow in exporter.flows if flow.patch for gap in flow.patch.gaps]
        exporter.patch_due = min(opened) + window if opened else FOREVER

    def tell(self, events: list[LossEvent]) -> None:
        """Takes events that count no numbers."""
        self.events += events

    def count_late(self, exporter: Exporter, flow: Flow, track: Track, arrival_us: int) -> None:
        """Counts the late numbers of a counter."""
        if track.late:
            name = f"{LATE}:{COUNTERS[track.counter]}"
            self._tallies.add(name, exporter.address, flow.key[1], flow.key[2], arrival_us, track.late)
            track.late = 0

    def _take(self, event: LossEvent) -> None:
        self.events.append(event)
        if event.state == "confirmed":
            _count(event, self._tallies)


def _count(event: LossEvent, tallies: Tallies) -> None:
    """Counts ``lost:COUNTER``, or ``discontinuities:COUNTER``, in the bucket of the message after the gap."""
    name = f"{BREAKS if event.cause == DISCONTINUITY else LOST}:{event.counter}"
    count = 1 if event.cause == DISCONTINUITY else event.count
    subscription = event.subscription_ids[0] if len(event.subscription_ids) == 1 else None
    tallies.add(name, event.exporter, event.publisher_id, subscription, event.last_us, count)


def _events(exporter: Exporter, track: Track, report: Report, drops: list[tuple[int, int]]) -> list[LossEvent]:
    """Returns the events of one report: one for each run of numbers with one cause."""
    gap, flow = report.gap, exporter.flows[report.gap.flow]
    if gap.broken:
        return [_discontinuity(exporter, track, report, flow)]
    if report.state != "confirmed" and gap.step == 1:
        return [_event(exporter, track, report, flow, gap.name, Piece(report.first, report.last, ""), report.state)]
    dropped = any(start <= gap.after_us + KERNEL_SLACK_US and gap.before_us <= end for start, end in drops)
    if gap.step > 1:
        return _strode(exporter, track, report, flow)
    events = []
    for index, piece in enumerate(pieces(exporter, track, report.scope, gap)):
        named = gap.name if index == 0 else piece.first
        caused = piece if piece.cause or not dropped else piece._replace(cause="kernel-drop")
        state = "withdrawn" if piece.cause == UNREADABLE else report.state
        events.append(_event(exporter, track, report, flow, named, caused, state))
    return events


def _event(
    exporter: Exporter, track: Track, report: Report, flow: Flow, name: int, piece: Piece, state: str
) -> LossEvent:
    scope, gap, counter = SCOPES[report.scope], report.gap, COUNTERS[track.counter]
    group = [one.key for one in exporter.flows if all(one.key[part] == flow.key[part] for part in scope.parts)]
    publishers = {publisher for _, publisher, _ in group}
    subscriptions = sorted({subscription for _, _, subscription in group if subscription is not None})
    return LossEvent(
        exporter=exporter.address,
        node=flow.node,
        publisher_id=flow.key[1] if len(publishers) == 1 else None,
        subscription_ids=tuple(subscriptions[:MOST_NAMED]),
        counter=counter,
        scope=scope.name,
        first=piece.first,
        last=piece.last,
        count=((piece.last - piece.first) & MASK) + 1,
        first_us=gap.before_us,
        last_us=gap.after_us,
        state=state,
        cause=piece.cause,
        identity=_identity(exporter, counter, flow, gap, name),
    )


def _strode(exporter: Exporter, track: Track, report: Report, flow: Flow) -> list[LossEvent]:
    """Returns the event of a hole in a counter that steps: of so many numbers one is missing."""
    gap = report.gap
    missing = (((report.last - report.first) & MASK) + 2) // gap.step - 1
    if missing < 1 and gap.shown is None:
        return []
    first, last = (report.first + gap.step - 1) & MASK, (report.last - gap.step + 1) & MASK
    state = report.state if missing > 0 else "withdrawn"
    event = _event(exporter, track, report, flow, gap.name, Piece(first, last, ""), state)
    return [msgspec.structs.replace(event, count=max(0, missing), detail=f"the counter steps by {gap.step}")]


def _discontinuity(exporter: Exporter, track: Track, report: Report, flow: Flow) -> LossEvent:
    """Returns the event of a counter that went on elsewhere, and nothing says that what lies between was sent."""
    event = _event(exporter, track, report, flow, report.gap.name, Piece(0, 0, DISCONTINUITY), report.state)
    seen, following = (report.first - 1) & MASK, (report.last + 1) & MASK
    return msgspec.structs.replace(event, first=seen, last=following, count=0)


def _identity(exporter: Exporter, counter: str, flow: Flow, gap: Gap, name: int) -> str:
    # Of the facts of the message after the gap: the same live and replayed, whatever scope is learned.
    port, publisher, subscription = flow.key
    return f"{exporter.address}/{counter}/{port}/{publisher}/{subscription}/{gap.after_us}/{name}"


def _untrackable(exporter: Exporter, track: Track) -> LossEvent | None:
    """Returns what is new of a counter that cannot be followed, or can again for a whole window."""
    sanity = track.sanity
    why = reason(sanity) if track.given_up != NONE else ""
    if why and why != sanity.told:
        sanity.told, sanity.began_us = why, sanity.began_us if sanity.told else exporter.raw
        return _untrackable_event(exporter, track, "open")
    if not why and sanity.told and exporter.clock - sanity.tried >= WINDOW_US and not suspect(sanity):
        event = _untrackable_event(exporter, track, "withdrawn")
        sanity.told = ""
        return event
    return None


def _untrackable_event(exporter: Exporter, track: Track, state: str) -> LossEvent:
    counter, sanity = COUNTERS[track.counter], track.sanity
    return LossEvent(
        exporter=exporter.address,
        node=next((flow.node for flow in exporter.flows if flow.node), ""),
        publisher_id=None,
        subscription_ids=(),
        counter=counter,
        scope="",
        first=0,
        last=0,
        count=0,
        first_us=sanity.began_us,
        last_us=exporter.raw,
        state=state,
        cause="untrackable",
        identity=f"{exporter.address}/{counter}/untrackable/{sanity.began_us}",
        detail=sanity.told,
    )

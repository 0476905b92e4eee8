"""Turns gaps in patch-ids into loss events, and says since when a subscription's tables lack edits."""

from typing import Final

import msgspec

from yangbeam.core.elements import LossEvent
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.facts import FULL, Facts
from yangbeam.core.loss.line import MASK, Gap
from yangbeam.core.loss.patches import are_names
from yangbeam.core.loss.scope import Flow
from yangbeam.core.lost import DISCONTINUITY

NAMES: Final = "patch-ids jump at random: they are names, not numbers"


def patch_events(exporter: Exporter, flow: Flow, before: int) -> list[LossEvent]:
    """Returns what is new of a subscription's patch-ids; gaps opened at ``before`` or earlier are confirmed."""
    patch = flow.patch
    if patch is None:
        return []
    found = [_patch_event(exporter, flow, gap, "withdrawn") for gap in patch.gone if gap.shown]
    patch.gone = []
    for gap in list(patch.gaps):
        now = (gap.first, gap.last)
        if gap.opened <= before:
            patch.gaps.remove(gap)
            if flow.resync is not None:
                flow.resync.shown = (gap.first, gap.last)
            found.append(_patch_event(exporter, flow, gap, "confirmed"))
        elif gap.shown != now:
            gap.shown = now
            found.append(_patch_event(exporter, flow, gap, "open"))
    return found


def jump_events(exporter: Exporter, flow: Flow, jumps: list[Gap]) -> list[LossEvent]:
    """Returns the jumps of a subscription's patch-ids that nothing confirms, and whether they are no numbers."""
    found = [
        msgspec.structs.replace(
            _patch_event(exporter, flow, gap, "confirmed"),
            first=(gap.first - 1) & MASK,
            last=(gap.last + 1) & MASK,
            count=0,
            cause=DISCONTINUITY,
        )
        for gap in jumps
    ]
    if jumps and flow.patch is not None and are_names(flow.patch):
        named = _patch_event(exporter, flow, jumps[-1], "open")
        told = msgspec.structs.replace(named, first=0, last=0, count=0, cause="untrackable", detail=NAMES)
        place = _place(exporter, flow, "patch")
        found.append(msgspec.structs.replace(told, identity=f"{place}/untrackable/{told.last_us}"))
    return found


def _patch_event(exporter: Exporter, flow: Flow, gap: Gap, state: str) -> LossEvent:
    subscription = flow.key[2]
    return LossEvent(
        exporter=exporter.address,
        node=flow.node,
        publisher_id=flow.key[1],
        subscription_ids=() if subscription is None else (subscription,),
        counter="patch",
        scope="subscription",
        first=gap.first,
        last=gap.last,
        count=gap.width(),
        first_us=gap.before_us,
        last_us=gap.after_us,
        state=state,
        identity=f"{_place(exporter, flow, 'patch')}/{gap.after_us}/{gap.name}",
    )


def resync_events(exporter: Exporter, flow: Flow, opened: list[Gap], facts: Facts) -> list[LossEvent]:
    """Returns whether the subscription's tables are to be taken with care from now on, or no longer.

    They are from a gap in the patch-ids until the next push-update, or until what was missing came late. To be asked
    before ``patch_events``.
    """
    since, patch = flow.resync, flow.patch
    if since is None:
        if not opened:
            return []
        flow.resync = msgspec.structs.replace(opened[0])
        return [_resync(exporter, flow, flow.resync, facts, "open")]
    late = patch is not None and not patch.gaps and since.shown is None
    if facts.kind != FULL and not late:
        return []
    flow.resync = None
    return [_resync(exporter, flow, since, facts, "withdrawn")]


def _resync(exporter: Exporter, flow: Flow, gap: Gap, facts: Facts, state: str) -> LossEvent:
    subscription = flow.key[2]
    ends = {"open": "", "withdrawn": "push-update" if facts.kind == FULL else "the missing edits came late"}
    return LossEvent(
        exporter=exporter.address,
        node=flow.node,
        publisher_id=flow.key[1],
        subscription_ids=() if subscription is None else (subscription,),
        counter="resync",
        scope="subscription",
        first=gap.first,
        last=gap.last,
        count=0,
        first_us=gap.before_us,
        last_us=facts.arrival_us,
        state=state,
        cause="patch-gap",
        identity=f"{_place(exporter, flow, 'resync')}/{gap.after_us}",
        detail=ends[state],
    )


def _place(exporter: Exporter, flow: Flow, counter: str) -> str:
    port, publisher, subscription = flow.key
    return f"{exporter.address}/{counter}/{port}/{publisher}/{subscription}"

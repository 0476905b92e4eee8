"""Says in words what was learned of a counter, and why."""

from typing import NamedTuple

from yangbeam.core.elements import LearnedScope
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.scope import names
from yangbeam.core.loss.track import COUNTERS, Track


class Learned(NamedTuple):
    """What was learned of one counter of one exporter, and why."""

    exporter: str
    counter: str
    state: str
    """settled, learning, untrackable or set (by the operator)."""
    scope: str
    """The scope in use; several joined by `` = `` where they mean the same so far."""
    counters: int
    """How many separate counters that makes."""
    why: list[str]


def learned_of(exporter: Exporter, track: Track) -> Learned:
    """Returns what was learned of a counter."""
    best = min(track.hypotheses, key=lambda one: (one.bits, one.members[0]), default=None)
    state = "set" if len(track.allowed) == 1 else "settled" if track.settled else "learning"
    if best is None:
        state = "untrackable" if track.given_up >= 0 else "learning"
    return Learned(
        exporter.address,
        COUNTERS[track.counter],
        state,
        names(best) if best else "",
        len(best.sequences) if best else 0,
        list(track.notes),
    )


def told_of(exporter: Exporter, track: Track) -> LearnedScope:
    """Returns the same as it travels."""
    one = learned_of(exporter, track)
    return LearnedScope(one.exporter, one.counter, one.state, one.scope, one.counters, exporter.raw, one.why)

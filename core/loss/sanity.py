"""Decides whether numbers count at all: within one flow they never step back twice, whatever the scope.

A flow (source port, publisher, subscription) is a part of every scope's counter, so its numbers rise under all of them
but for disorder and a restart. Numbers that stand still, jump at random or go on in two places at once (two publishers
behind one address and id) cannot be followed; nothing that they seem to miss is reported.
"""

from typing import Final

import msgspec

from yangbeam.core.loss.line import EARLY, MASK, NONE, Moment

AGAIN: Final = 8
"""Messages of a flow, about, within which it does not step back twice."""
SPAN: Final = 64
"""Messages of a flow, about, after which the count begins anew."""
MOST: Final = 64
"""Flows whose last step back is remembered."""
SUSPECT: Final = 3
"""Second steps back from which on nothing is confirmed."""
INSANE: Final = 24
"""Second steps back within SPAN that no network and no restart makes."""
TRAIL: Final = 16

CONSTANT: Final = "every number is the same: it does not count"
RANDOM: Final = "numbers jump at random"
INTERLEAVED: Final = "numbers go on in two places at once: two publishers behind one address and id"


class Sanity(msgspec.Struct, array_like=True, gc=False):
    """What speaks against a counter being one."""

    stepped: list[tuple[int, int]] = []
    """(flow, the exporter's message count at its last step back), latest last."""
    count: int = 0
    """Second steps back since ``since``."""
    since: int = 0
    trail: list[int] = []
    """The last numbers that were not simply the next one."""
    told: str = ""
    """Why it was told to be untrackable; empty: it was not, or that was taken back."""
    began_us: int = 0
    """Arrival of the first message of what was told."""
    tried: int = NONE
    """Data time at which it was tried again."""
    law: str = ""
    """Why it is none, where not the numbers alone say so."""


def look(sanity: Sanity, flow: int, last: int, number: int, moment: Moment, flows: int) -> bool:
    """Takes a number, and the one before of its flow, one of ``flows``; says whether this is no counter."""
    if moment.order - sanity.since > SPAN * flows:
        sanity.count, sanity.since = 0, moment.order
    if last == NONE or number == (last + 1) & MASK:
        return False
    sanity.trail = [*sanity.trail[-TRAIL + 1 :], number]
    if not EARLY < (last - number) & MASK < MASK // 2:
        return False
    before = next((order for one, order in sanity.stepped if one == flow), NONE)
    others = [one for one in sanity.stepped if one[0] != flow]
    sanity.stepped = [*others[-MOST + 1 :], (flow, moment.order)]
    if before == NONE or moment.order - before > AGAIN * flows:
        return False
    sanity.count += 1
    return sanity.count >= INSANE


def suspect(sanity: Sanity) -> bool:
    """Says whether so much speaks against the counter that nothing of it may be confirmed for now."""
    return sanity.count >= SUSPECT


def reason(sanity: Sanity) -> str:
    """Returns why the numbers cannot be followed, from the last odd ones."""
    trail = sanity.trail
    if sanity.law:
        return sanity.law
    if len(set(trail)) <= 1:
        return CONSTANT
    seen = set(trail)
    going_on = sum(1 for number in trail if (number - 1) & MASK in seen)
    return INTERLEAVED if 2 * going_on >= len(trail) - 2 else RANDOM


def forget(sanity: Sanity) -> None:
    """Starts afresh, when the counter is tried again or flows were renumbered."""
    sanity.stepped, sanity.count, sanity.trail, sanity.law = [], 0, [], ""

"""Follows the patch-id of an on-change subscription: numeric, from 0, reset by a push-update (RFC 8641 section 3.7).

A jump is a loss of that size where the numbers of the messages around it leave room for it; else nothing confirms it.
"""

from typing import Final

from yangbeam.core.loss.facts import CHANGE, FULL, STARTED, Facts
from yangbeam.core.loss.line import AHEAD, EARLY, HALF, MASK, NONE, Gap, Moment, advance, gap_before, move
from yangbeam.core.loss.scope import Flow
from yangbeam.core.loss.sequence import PatchIds

STRANGE: Final = 4
"""Jumps that nothing confirms before a subscription's patch-ids are taken for mere names."""


def observe_patch(flow: Flow, facts: Facts, moment: Moment) -> list[Gap]:
    """Takes the patch-id of a notification; returns the gap it opened, if any: ``broken`` where nothing confirms it.

    After a push-update, and after subscription-started, both 0 and 1 begin, and so does the number that would have
    followed: some publishers never reset. Where none of them comes, nothing is claimed.
    """
    if facts.kind in (FULL, STARTED):
        if flow.patch is not None:
            flow.patch.floor = NONE
        return []
    number = _numeric(facts.patch_id) if facts.kind == CHANGE else None
    if number is None:
        return []
    patch = flow.patch
    if patch is None:
        patch = flow.patch = PatchIds()
    before, patch.numbers = patch.numbers, _numbers(facts)
    if are_names(patch):
        return []
    if NONE in (patch.expected, patch.floor):
        patch.expected, patch.floor, patch.at = number + 1, number, moment.arrival_us
        return []
    gap = _follow(patch, number, moment)
    if gap is not None and gap.width() >= AHEAD and not _has_room(before, patch.numbers, number - gap.first):
        patch.gaps.remove(gap)
        return [_elsewhere(patch, gap, number)]
    return [] if gap is None else [gap]


def are_names(patch: PatchIds) -> bool:
    """Says whether the patch-ids were found to be no numbers."""
    return patch.bits >= STRANGE


def _follow(patch: PatchIds, number: int, moment: Moment) -> Gap | None:
    """Returns the gap that a patch-id opens, however wide, at the end of the subscription's."""
    known = len(patch.gaps)
    missing = any(gap.first <= number <= gap.last for gap in patch.gaps)
    if missing or (number >= patch.floor and -AHEAD < number - patch.expected < AHEAD):
        advance(patch, number, moment, patch.gone)
        return patch.gaps[-1] if len(patch.gaps) > known and patch.gaps[-1].order == moment.order else None
    if 0 < patch.floor - number <= EARLY:
        patch.floor = number  # the first ones came in another order
        return None
    patch.gaps.append(gap_before(patch.expected, number, moment, patch.at))
    move(patch, number, moment)
    return patch.gaps[-1]


def _elsewhere(patch: PatchIds, gap: Gap, number: int) -> Gap:
    """Begins anew at a number, and returns the jump to it."""
    gap.broken = True
    patch.bits += 1
    patch.floor = number
    return gap


def _has_room(before: tuple[int, int], now: tuple[int, int], jump: int) -> bool:
    """Says whether as many messages as patch-ids are missing between two changes of a subscription.

    A notification takes a sequence number and a message id at least.
    """
    for last, number in zip(reversed(before), reversed(now), strict=True):
        if NONE not in (last, number):
            return 0 < jump < (number - last) & MASK < HALF
    return False


def _numbers(facts: Facts) -> tuple[int, int]:
    numbers = facts.message_id, facts.sequence_number
    message_id, sequence_number = (NONE if one is None or not 0 <= one <= MASK else one for one in numbers)
    return message_id, sequence_number


def _numeric(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if number < 0xFFFFFFFF else None

"""Follows the patch-id of an on-change subscription: numeric, from 0, reset by a push-update (RFC 8641 section 3.7)."""

from yangbeam.core.loss.facts import CHANGE, FULL, Facts
from yangbeam.core.loss.line import AHEAD, NONE, Gap, Moment, advance
from yangbeam.core.loss.scope import Flow
from yangbeam.core.loss.sequence import Sequence

STRANGE = 4
"""Numbers that step back or jump before a subscription's patch-ids are taken for mere names."""


def observe_patch(flow: Flow, facts: Facts, moment: Moment) -> list[Gap]:
    """Takes the patch-id of a notification; returns the gap it opened, if any.

    After a push-update both 0 and 1 begin, and so does the number that would have followed: some publishers never
    reset. Where none of them comes, nothing is claimed.
    """
    if facts.kind == FULL:
        if flow.patch is not None:
            flow.patch.floor = NONE
        return []
    number = _numeric(facts.patch_id) if facts.kind == CHANGE else None
    if number is None:
        return []
    patch = flow.patch
    if patch is None:
        patch = flow.patch = Sequence()
    if patch.bits >= STRANGE:
        return []
    if NONE in (patch.expected, patch.floor):
        patch.expected, patch.floor, patch.at = number + 1, number, moment.arrival_us
        return []
    return _follow(patch, number, moment)


def _follow(patch: Sequence, number: int, moment: Moment) -> list[Gap]:
    known = len(patch.gaps)
    if number < patch.floor or not -AHEAD < number - patch.expected < AHEAD:
        patch.bits += 1
        patch.expected, patch.floor, patch.at = number + 1, number, moment.arrival_us
        return []
    advance(patch, number, moment, patch.gone)
    return patch.gaps[known:]


def _numeric(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    number = int(text)
    return number if number < 0xFFFFFFFF else None

"""Decides whether a publisher's session went on across a jump of a number, so that the jump is a loss of that size.

Two things say so. The publisher's other counter goes on: it moves by little, or by just as much, and is no copy of the
first. Or the subscription sent over the same socket before. Three things speak against it: a subscription-started, the
subscription's own number if it went back, and another counter that went back or moved as it never can beside this one.
Times confirm nothing: they only rule out what is faster than any network (``core/loss/sequence.py``).
"""

from collections.abc import Iterable
from enum import IntEnum

from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.facts import STARTED, Facts
from yangbeam.core.loss.line import AHEAD, EARLY, HALF, MASK, NONE, Moment
from yangbeam.core.loss.scope import Flow, leaps

Pair = tuple[int, int]
"""Message id and sequence number, each NONE where there is none."""


class Word(IntEnum):
    """What the other counter says of a jump."""

    AGAINST = -1
    NOTHING = 0
    FOR = 1


class Session:
    """Says when and where a number came, and, where it may be a leap, whether the session went on."""

    def __init__(self) -> None:
        self._before: tuple[Facts | None, int] = (None, NONE)
        """(message, its flow's message id before) of the last message id that was looked at closely."""

    def moment(self, exporter: Exporter, flow: Flow, counter: int, number: int, facts: Facts) -> Moment:
        """Returns the moment of a number of ``counter``; message ids are asked for first."""
        if counter == 0:
            self._before = (facts, flow.transport_last)
        sure = False
        if leaps(exporter.tracks[counter].hypotheses, flow, number):
            ids = self._before[1] if self._before[0] is facts else _simply_next(flow, facts)
            sure = went_on(exporter.flows, flow, counter, (ids, flow.notification_last), facts)
        started = facts.kind == STARTED
        return Moment(facts.arrival_us, exporter.clock, exporter.order, flow.index, started, sure, flow.order)


def _simply_next(flow: Flow, facts: Facts) -> int:
    """Returns the message id before one that was simply the next of its counter, or NONE."""
    return NONE if facts.message_id is None or not flow.order else (facts.message_id - 1) & MASK


def went_on(flows: Iterable[Flow], flow: Flow, counter: int, before: Pair, facts: Facts) -> bool:
    """Says whether the session went on.

    Args:
        flows: All of the exporter, the message not yet counted.
        flow: That of the message.
        counter: Which number jumped: 0 the message id, 1 the sequence number.
        before: The flow's numbers before the message.
        facts: The message.
    """
    if facts.kind == STARTED:
        return False
    if not flow.order:
        before = _elsewhere(flows, flow)
    now = (_number(facts.message_id), _number(facts.sequence_number))
    if before[counter] != NONE and HALF <= _step(counter, before, now) < MASK - EARLY:
        return False  # a flow is a part of every scope's counter: what it does no counter does that went on
    word = _other(counter, before, now)
    if word is Word.FOR and _contradicts(counter, before, now) and _alone(flows, flow):
        return False
    # Just after the wrap a new count looks like a leap.
    return word is Word.FOR or (word is Word.NOTHING and now[counter] >= AHEAD and flow.order > 0)


def _elsewhere(flows: Iterable[Flow], flow: Flow) -> Pair:
    """Returns the last numbers of a new flow's subscription over the publisher's other sockets."""
    others = [one for one in flows if one.order and one.key[1:] == flow.key[1:]]
    newest = max(others, key=lambda one: one.order, default=flow)
    return newest.transport_last, newest.notification_last


def _number(number: int | None) -> int:
    return NONE if number is None or not 0 <= number <= MASK else number


def _step(counter: int, before: Pair, now: Pair) -> int:
    return (now[counter] - before[counter]) & MASK


def _other(counter: int, before: Pair, now: Pair) -> Word:
    other = 1 - counter
    copied = before[0] == before[1] and now[0] == now[1]
    if NONE in (before[other], now[other]) or copied:
        return Word.NOTHING
    step, steps = _step(counter, before, now), _step(other, before, now)
    if steps >= HALF:
        return Word.AGAINST if -steps & MASK > EARLY else Word.NOTHING
    if 0 < steps < AHEAD or (steps == step and before[counter] != NONE):
        return Word.FOR
    if before[counter] == NONE or not steps:
        return Word.NOTHING
    # A notification takes one message id at least.
    ids, notifications = (step, steps) if counter == 0 else (steps, step)
    return Word.AGAINST if notifications > ids + EARLY else Word.NOTHING


def _contradicts(counter: int, before: Pair, now: Pair) -> bool:
    """Says whether one number jumped and the other is the next one: of this subscription nothing was lost."""
    return before[counter] != NONE and _step(counter, before, now) >= AHEAD and _step(1 - counter, before, now) == 1


def _alone(flows: Iterable[Flow], flow: Flow) -> bool:
    return all(one is flow or one.key[1] != flow.key[1] for one in flows)

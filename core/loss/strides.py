"""Decides whether a counter steps by more than one: where every period is met, nothing of a subscription is missing.

A publisher may count for other receivers as well. Then the numbers of a periodic subscription that has a counter of its
own step by a constant while its updates come once a period: that is how it counts, and no loss. A larger jump is a loss
of as many steps as it is wider. Steps without a rule say that the numbers do not count for this receiver. A rule is
taken back when a period goes missing that the numbers do not show, or when they step otherwise.
"""

from typing import Final

from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.freshness import ACTIVE
from yangbeam.core.loss.line import AHEAD, MASK, NONE, Moment, Stride
from yangbeam.core.loss.scope import Flow
from yangbeam.core.loss.sequence import Sequence
from yangbeam.core.loss.track import Track, give_up, note, observe

LAWFUL: Final = 4
"""Equal steps in a row that make a rule."""
FEW: Final = 4
"""Changes of step before a rule that are jumps of its own; of more of them the rule may be chance."""
LAWLESS: Final = 8
"""Other steps within SPAN periods that show that there is none, where no more than five messages come in four."""
SPAN: Final = 64
"""Periods after which another step is forgotten."""
NO_RULE: Final = "numbers step without a rule while every period is met: they count for others as well"


def follow(exporter: Exporter, track: Track, flow: Flow, number: int, moment: Moment, window: int) -> None:
    """Takes one number of a flow, before the flow's own last number and arrival are set."""
    if not _is_next(exporter, track, flow, number, moment.arrival_us):
        observe(track, exporter.flows, flow, number, moment, window)
        _mark(track, flow, moment.order)


def _is_next(exporter: Exporter, track: Track, flow: Flow, number: int, arrival_us: int) -> bool:
    """Says whether a number is the next one of a counter that steps by more than one."""
    sequence, period_us = _own(exporter, track, flow)
    step = 0 if sequence is None else (number - sequence.expected + 1) & MASK
    if sequence is None or not 1 < step <= AHEAD:
        return False
    stride = sequence.stride = sequence.stride or Stride(begun=(number, arrival_us))
    stride.skipped += step - 1
    waited_us = arrival_us - flow.at
    went_by_one = stride.following != sequence.expected
    stride.following = (number + 1) & MASK
    missed = 2 * waited_us > 3 * period_us
    if went_by_one or missed:
        stride.first = exporter.order + missed  # what a missing period explains is no jump
    if went_by_one or _breaks(stride, step, missed=missed):
        _take_back(exporter, track, stride)
    if not period_us <= 2 * waited_us <= 3 * period_us:
        return False
    seen = step, number, arrival_us, period_us
    known = stride.step == step or (stride.step == 1 and _learn(exporter, track, sequence, seen))
    if known:
        sequence.expected, sequence.at = stride.following, arrival_us
    return known


def _breaks(stride: Stride, step: int, *, missed: bool) -> bool:
    """Says whether a step is not by the rule: it fits it not at all, or shows nothing where a period was missed."""
    return step % stride.step > 0 or (missed and stride.step in (1, step))


def _own(exporter: Exporter, track: Track, flow: Flow) -> tuple[Sequence | None, int]:
    """Returns the counter of a periodic subscription that nothing else counts in, and its period; else None."""
    watch = exporter.watches.get(flow.key[2]) if flow.key[2] is not None else None
    if watch is None or not watch.period_us or watch.state != ACTIVE or not track.settled or not flow.order:
        return None, 0
    place = track.hypotheses[0].place
    own = place[flow.index] if flow.index < len(place) else NONE
    if own == NONE or place.count(own) > 1:
        return None, 0
    sequence = track.hypotheses[0].sequences[own]
    return (None if sequence.expected == NONE or sequence.other is not None else sequence), watch.period_us


def _take_back(exporter: Exporter, track: Track, stride: Stride) -> None:
    if stride.step > 1:
        note(track, exporter.order, f"no longer steps by {stride.step}")
    stride.step, stride.run = 1, 0


def _learn(exporter: Exporter, track: Track, sequence: Sequence, seen: tuple[int, int, int, int]) -> bool:
    """Takes a step that no missing period explains; says whether by it a rule is known, or that there is none."""
    stride, (step, number, arrival_us, period_us) = sequence.stride or Stride(), seen
    if stride.run and step == stride.size:
        stride.run += 1
    else:
        stride.size, stride.run, stride.since = step, 1, exporter.order
        stride.others = [us for us in stride.others if arrival_us - us <= SPAN * period_us] + [arrival_us]
    if stride.run >= LAWFUL:
        _rule(exporter, track, sequence, stride)
        return True
    received = ((number - stride.begun[0]) & MASK) - stride.skipped
    if len(stride.others) >= LAWLESS and 4 * received * period_us <= 5 * (arrival_us - stride.begun[1]):
        track.sanity.law = NO_RULE
        give_up(track, exporter.order)
        return True
    return False


def _rule(exporter: Exporter, track: Track, sequence: Sequence, stride: Stride) -> None:
    """Takes the last steps for the rule, and sees the holes since numbers did not go by one in its light."""
    stride.step = stride.size
    explained = [gap for gap in sequence.gaps if gap.order >= stride.since]
    sequence.gaps = [gap for gap in sequence.gaps if gap.order < stride.since]
    sequence.gone += [gap for gap in explained if gap.shown]
    jumps = [gap for gap in sequence.gaps if gap.order >= stride.first]
    if len(stride.others) <= FEW and all((gap.width() + 1) % stride.step == 0 for gap in jumps):
        for gap in jumps:
            gap.step = stride.step
        stride.first = stride.since
    note(track, exporter.order, f"steps by {stride.step}: each period is met")


def _mark(track: Track, flow: Flow, order: int) -> None:
    """Notes at a hole that message ``order`` has opened that its counter steps by more than one."""
    if not track.settled or flow.index >= len(track.hypotheses[0].place):
        return
    sequence = track.hypotheses[0].sequence_of(flow)
    if sequence.stride is not None and sequence.stride.step > 1:
        for gap in sequence.gaps:
            if gap.order == order:
                gap.step = sequence.stride.step

"""Judges the next number of one 32-bit counter: in order, gap, late, duplicate, restart, leap or out of window.

A counter is followed along one line of numbers. Where a number steps back or jumps far, two explanations compete:
the old line goes on and this was a duplicate or a straggler, or the publisher restarted and a second line begins
here. Both lines are followed, and every surprise is paid in bits; the cheaper explanation wins once it leads by
``MARGIN`` or when the window has passed. No gap that only one of two undecided explanations needs leaves this file.

Where the second line wins, its first number says what it was. A leap forward in a session that went on is a gap of the
same epoch. Where counters begin it is a restart. Anything else is a break: the counter goes on elsewhere, and what
lies between is not known to have been sent.
"""

from typing import Final

import msgspec

from yangbeam.core.loss.line import (
    AHEAD,
    EARLY,
    HALF,
    MASK,
    NONE,
    WINDOW_US,
    Bound,
    Gap,
    Line,
    Moment,
    Stride,
    Verdict,
    advance,
    begin,
    below,
    common,
    fill,
    first_bits,
    gap_before,
    in_leap,
    move,
    width_bits,
)
from yangbeam.core.loss.steps import again, age_of, beyond, is_leap, line_from, restart_bits

MARGIN: Final = 12
"""Bits by which one explanation must lead: four repeated numbers in a row against one restart."""
STALE: Final = 16
"""Added to a duplicate of something older than a window, for the network keeps no datagram that long, and to a
subscription-started whose number the epoch never had."""
ENOUGH: Final = 4
"""Numbers that must follow a doubt before time alone decides it."""
STRAYS: Final = 16
"""Numbers put aside that are remembered."""
NEAR: Final = 4
"""How far real reordering moves a message."""
RETURNED: Final = 8
"""Numbers in a row that lie in a leap before the leap is taken for strays, if it led no further than so many."""


class Sequence(Line):
    """A counter in one scope: its line and, where that is in doubt, a second one."""

    epoch: int = 0
    past: list[Gap] = msgspec.field(default_factory=list)
    """Gaps of earlier epochs, still to be confirmed; only stragglers of the last one can fill them."""
    gone: list[Gap] = msgspec.field(default_factory=list)
    """Reported gaps that late numbers closed; taken back when no second line is open."""
    other: Line | None = None
    parted: int = 0
    """Data time when the second line began."""
    kept: list[Gap] = msgspec.field(default_factory=list)
    """The gaps at that time, should it win."""
    previous: int = NONE
    """Number that the epoch before would have had next."""
    restarted: int = 0
    """Data time at which the epoch was found to be new."""
    seen: int = 0
    """Numbers since the explanations parted."""
    strays: tuple[int, ...] = ()
    """The only numbers of second lines that were given up: they came, whatever line misses them soon after."""
    aside: int = 0
    """Data time when the last of them was put aside."""
    step: Gap | None = None
    """What the second line steps over; ``broken`` unless it would be a loss."""
    breaks: list[Gap] = msgspec.field(default_factory=list)
    """Steps that are no loss and no restart, still to be reported."""
    back_in: tuple[int, int] = (NONE, 0)
    """(what was expected, how many) of the last numbers in a row that lay in a leap."""
    stride: Stride | None = None
    ended: Bound | None = None
    """The last message of the epoch before, where it is known."""


class PatchIds(Sequence):
    """The patch-ids of a subscription (``core/loss/patches.py``); ``bits`` counts jumps that nothing confirms."""

    numbers: tuple[int, int] = (NONE, NONE)
    """Message id and sequence number of the last message that had one; NONE where there was none."""


_BACK = frozenset({Verdict.DUPLICATE, Verdict.OUT_OF_WINDOW, Verdict.LEAP})
_ELSEWHERE = frozenset({Verdict.OUT_OF_WINDOW, Verdict.LEAP})


def judge(sequence: Sequence, number: int, moment: Moment, window: int = WINDOW_US) -> tuple[Verdict, int]:
    """Judges one number; returns the verdict of the likelier line and the bits of surprise to its scope.

    Pure but for ``sequence``. After it, ``sequence.other`` is None when one explanation holds.
    """
    if sequence.expected == NONE:
        begin(sequence, number, moment)
        return Verdict.FIRST, first_bits(number, started=moment.started)
    if of_previous(sequence, number, moment, window):
        _straggle(sequence, number, moment)
        return Verdict.LATE, width_bits(EARLY)
    if sequence.other is not None:
        return _judge_both(sequence, sequence.other, number, moment, window)
    if moment.started and number <= 1 and 0 < (number - sequence.expected) & MASK < AHEAD:
        # Just before the wrap a restart looks like a step forward.
        _restart(sequence, line_from(number, moment, bits=0), moment.clock)
        return Verdict.RESTART, restart_bits(number, started=True)
    return _judge_one(sequence, number, moment, window)


def _judge_one(sequence: Sequence, number: int, moment: Moment, window: int) -> tuple[Verdict, int]:
    stale, early = _stale(sequence, number, moment, window), sequence.floor
    leapt = in_leap(sequence.gaps, number)
    verdict, bits = advance(sequence, number, moment, sequence.gone)
    if verdict not in _BACK and sequence.floor == early:
        if leapt:
            _return(sequence, number, moment)
        return verdict, bits
    if verdict is Verdict.DUPLICATE and _twice(sequence, number, moment, window):
        return Verdict.LATE, bits
    _place_strays(sequence, moment, window)
    bits = _part(sequence, number, moment, bits + max(stale, _strange(verdict, moment)), early)
    return (verdict if sequence.other is not None else Verdict.RESTART), bits


def _stale(line: Line, number: int, moment: Moment, window: int) -> int:
    """Returns what a step back to ``number`` costs the line more for being too old; to be asked before the step."""
    if moment.sure and (number - line.expected) & MASK < HALF:
        return 0
    return STALE if moment.arrival_us - line.at > window or age_of(line, number, moment) > 2 * window else 0


def _strange(verdict: Verdict, moment: Moment) -> int:
    """Returns what a subscription-started costs more whose number the line never had."""
    return STALE if moment.started and verdict in _ELSEWHERE else 0


def of_previous(sequence: Sequence, number: int, moment: Moment, window: int = WINDOW_US) -> bool:
    """Says whether a number far from the line is a straggler of the epoch before, or was sent twice."""
    if not _young(sequence, moment, window):
        return False
    past = (number - sequence.previous) & MASK
    if past >= EARLY and (past <= MASK - EARLY or not _may_repeat(sequence, number)):
        return False
    far = EARLY if 0 < past <= MASK - NEAR else NEAR
    return beyond(sequence, number, far) and (sequence.other is None or beyond(sequence.other, number, far))


def _may_repeat(sequence: Sequence, number: int) -> bool:
    """Says whether a number of the epoch before may still come: it is missing, or the new epoch has just begun."""
    missing = any((number - gap.first) & MASK < gap.width() for gap in sequence.past)
    return missing or (sequence.expected - sequence.floor) & MASK <= EARLY


def _young(sequence: Sequence, moment: Moment, window: int) -> bool:
    """Says whether stragglers of the epoch before may still come."""
    return sequence.previous != NONE and moment.clock - sequence.restarted <= window


def _twice(sequence: Sequence, number: int, moment: Moment, window: int) -> bool:
    """Takes a number that came twice since a restart for the one that the epoch before still missed, if it did."""
    return _young(sequence, moment, window) and fill(sequence.past, number, sequence.gone)


def _straggle(sequence: Sequence, number: int, moment: Moment) -> None:
    """Takes a number of the epoch before: the next one of it, or one that was missing, or a duplicate."""
    ahead = (number - sequence.previous) & MASK
    if ahead >= EARLY:
        fill(sequence.past, number, sequence.gone)
        return
    if ahead:
        sequence.past.append(gap_before(sequence.previous, number, moment, sequence.at))
    sequence.previous = (number + 1) & MASK


def _part(sequence: Sequence, number: int, moment: Moment, bits: int, floor: int) -> int:
    """Opens the second line at ``number``; returns the surprise of the cheaper one."""
    sequence.bits = bits
    other = line_from(number, moment, bits=_second_bits(sequence, sequence, number, moment))
    sequence.other, sequence.step = other, _step(sequence, number, moment)
    sequence.parted, sequence.seen = moment.clock, 0
    fresh = sequence.floor != floor
    sequence.kept = [msgspec.structs.replace(gap) for gap in sequence.gaps if not (fresh and gap.order == moment.order)]
    cost = min(sequence.bits, other.bits)
    decide(sequence, moment.clock, 1 << 62)
    return cost


def _second_bits(sequence: Sequence, line: Line, number: int, moment: Moment, before: int = 0) -> int:
    """Returns what a second line that begins at ``number`` costs at first: a restart, or a leap if that is cheaper.

    A leap does not lead by MARGIN at once: one number may be a stray.
    """
    bits = before + restart_bits(number, started=moment.started) + again(line, number, moment)
    ahead = (number - sequence.expected) & MASK
    if not moment.sure or ahead >= HALF:
        return bits
    return max(min(bits, before + width_bits(ahead)), sequence.bits - MARGIN + 1)


def _step(sequence: Sequence, number: int, moment: Moment) -> Gap:
    """Returns what lies between the line and a number elsewhere; broken unless it can only be a loss."""
    step = gap_before(sequence.expected, number, moment, sequence.at)
    step.broken = not is_leap(sequence, number, moment)
    return step


def _judge_both(sequence: Sequence, other: Line, number: int, moment: Moment, window: int) -> tuple[Verdict, int]:
    before = min(sequence.bits, other.bits)
    sequence.seen += 1
    stale = _stale(sequence, number, moment, window)
    verdict, bits = advance(sequence, number, moment, sequence.gone)
    second, more = advance(other, number, moment)
    leap = sequence.step
    if leap and verdict is Verdict.GAP and leap.first == sequence.gaps[-1].first:
        sequence.gaps[-1].before = leap.before
    likelier = other.bits < sequence.bits
    if second is Verdict.LEAP and verdict in _BACK and likelier and is_leap(other, number, moment):
        other.gaps.append(gap_before(other.expected, number, moment, other.at))
        move(other, number, moment)
        second, more = Verdict.GAP, width_bits(other.gaps[-1].width())
    elif leap and not leap.broken and likelier and second in _ELSEWHERE:
        anew = verdict is Verdict.DUPLICATE and number <= EARLY < (sequence.expected - number) & MASK
        if anew or verdict in _ELSEWHERE:
            # Two steps in a row: the first was a leap, if that was the likelier.
            _leap(sequence, leap, other, None)
            return _judge_one(sequence, number, moment, window)
    if leap and leap.broken and second not in _BACK and moment.before < leap.order:
        # The first number after the leap came from a new flow; this one is of a flow that was there before.
        leap.broken = not is_leap(sequence, number, moment)
    sequence.bits += bits + (max(stale, _strange(verdict, moment)) if verdict in _BACK else 0)
    other.bits += more
    if second in _BACK:
        _old_alone(sequence, number, verdict)
    if verdict in _BACK and second in _BACK:
        other = _part_again(sequence, other, number, moment, before)
    if other.bits < sequence.bits:
        verdict = second
    cost = min(sequence.bits, other.bits) - before
    _place_strays(sequence, moment, window)
    decide(sequence, moment.clock, window)
    return verdict, max(cost, 0)


def _put_aside(sequence: Sequence, other: Line, clock: int) -> None:
    """Remembers the number of a second line that is given up, if it had but one."""
    if other.expected == (other.floor + 1) & MASK:
        sequence.strays, sequence.aside = (*sequence.strays[-STRAYS + 1 :], other.floor), clock


def _place_strays(sequence: Sequence, moment: Moment, window: int) -> None:
    """Takes numbers that were once put aside out of the gaps that they now turn out to lie in."""
    if not sequence.strays:
        return
    if moment.clock - sequence.aside > window:
        sequence.strays = ()
        return
    lines = [sequence] if sequence.other is None else [sequence, sequence.other]
    placed = {number for number in sequence.strays for line in lines if fill(line.gaps, number, sequence.gone)}
    sequence.strays = tuple(number for number in sequence.strays if number not in placed)


def _old_alone(sequence: Sequence, number: int, verdict: Verdict) -> None:
    """Notes what a number that only the old line understands says of it, should the new one win."""
    if verdict is Verdict.GAP:
        sequence.kept.append(msgspec.structs.replace(sequence.gaps[-1]))
    elif verdict is Verdict.LATE:
        fill(sequence.kept, number, None)


def _part_again(sequence: Sequence, other: Line, number: int, moment: Moment, before: int) -> Line:
    """Neither line foresaw the number: lets a third one, that begins here, take the second's place if it is cheaper."""
    bits = _second_bits(sequence, other, number, moment, before)
    if bits >= other.bits:
        return other
    _put_aside(sequence, other, moment.clock)
    third = line_from(number, moment, bits=bits)
    sequence.other, sequence.step = third, _step(sequence, number, moment)
    sequence.kept = [msgspec.structs.replace(gap) for gap in sequence.gaps]
    return third


def decide(sequence: Sequence, clock: int, window: int) -> None:
    """Ends the doubt when one line leads by MARGIN, both predict the same, or the window has passed.

    The window ends it only where ENOUGH was heard since; 0 ends it at once.
    """
    other = sequence.other
    if other is None:
        return
    lead = sequence.bits - other.bits
    if lead >= MARGIN:
        _restart(sequence, other, clock)
    elif lead <= -MARGIN:
        _put_aside(sequence, other, clock)
        _close(sequence)
    elif other.expected == sequence.expected:
        if lead > 0:
            orders = {gap.order for gap in sequence.kept}
            before = [gap for gap in sequence.gaps if gap.order in orders]
            sequence.gaps = before + common([gap for gap in sequence.gaps if gap.order not in orders], other.gaps)
        _close(sequence)
    elif clock - sequence.parted >= window and (sequence.seen >= ENOUGH or window == 0):
        _restart(sequence, other, clock, only=sequence.gaps) if lead > 0 else _close(sequence)


def _restart(sequence: Sequence, other: Line, clock: int, only: list[Gap] | None = None) -> None:
    """The second line was right: a new epoch, or the same one after a leap; ``only`` keeps what both lines miss."""
    if (step := sequence.step) is not None and not step.broken:
        _leap(sequence, step, other, only)
        return
    sequence.ended = step.before if step is not None and step.first == sequence.expected else None
    _note_break(sequence, other, only)
    gaps = other.gaps if only is None else common(other.gaps, only)
    if only is not None:
        # Nor what was missing before and is not any more, had the first line been right.
        orders = {gap.order for gap in sequence.kept}
        sequence.kept = [gap for gap in only if gap.order in orders]
    sequence.past.extend(sequence.kept if sequence.other is not None else sequence.gaps)
    sequence.previous, sequence.restarted = sequence.expected, clock
    sequence.expected, sequence.floor, sequence.at, sequence.gaps = other.expected, other.floor, other.at, gaps
    sequence.begun = other.begun
    sequence.epoch += 1
    kept = {(gap.name, gap.order) for gap in sequence.kept}
    sequence.gone = [gap for gap in sequence.gone if (gap.name, gap.order) not in kept]
    _close(sequence)


def _leap(sequence: Sequence, step: Gap, other: Line, only: list[Gap] | None) -> None:
    """Goes on after a leap: what it stepped over is missing."""
    gaps, later = sequence.kept, other.gaps
    if only is not None:
        # A further leap is as sure as the first.
        shared = common([gap for gap in later if gap.width() < AHEAD], only)
        later = [gap for gap in later if gap.width() >= AHEAD or gap in shared]
    first, last = sequence.expected, (other.floor - 1) & MASK
    if (last - first) & MASK >= HALF:  # late numbers brought the first line as far: what it misses since is the leap
        gaps += below(other.floor, sequence.gaps, step.order, gaps)
    step.before, step.after = step.before if first == step.first else None, step.after if last == step.last else None
    step.name, step.first, step.last = first, first, last
    if step.width() < HALF:
        gaps.append(step)
    gaps += later
    sequence.expected, sequence.at, sequence.gaps = other.expected, other.at, gaps
    begun = max(sequence.restarted, step.opened - WINDOW_US)
    fresh = sequence.strays if sequence.aside >= begun else ()  # those of an epoch before are no numbers of this one
    sequence.strays = tuple(number for number in fresh if not fill(gaps, number, None))
    _close(sequence)


def _note_break(sequence: Sequence, other: Line, only: list[Gap] | None) -> None:
    """Notes that the counter goes on elsewhere, where that is no restart and not only the likelier of two."""
    step = sequence.step
    if step is None or other.floor <= EARLY:
        return
    back = (sequence.expected - step.last - 1) & MASK
    if only is None or back > AHEAD:
        step.name = step.first = sequence.expected
        sequence.breaks.append(step)


def _return(sequence: Sequence, number: int, moment: Moment) -> None:
    """Takes a leap back when number after number lies in it and none beyond: what came beyond were strays."""
    expected, count = sequence.back_in
    sequence.back_in = (sequence.expected, count + 1 if expected == sequence.expected else 1)
    beyond = [gap for gap in sequence.gaps if (gap.first - number) & MASK < HALF]
    led = (sequence.expected - 1 - max(gap.last for gap in beyond)) & MASK if beyond else 0
    if sequence.back_in[1] < RETURNED or led > RETURNED:
        return
    sequence.gaps = [gap for gap in sequence.gaps if gap not in beyond]
    sequence.gone += [gap for gap in beyond if gap.shown]
    sequence.expected, sequence.at, sequence.back_in = (number + 1) & MASK, moment.arrival_us, (NONE, 0)


def wavers(sequence: Sequence, gap: Gap) -> bool:
    """Says whether a gap may still be taken back.

    It may where it is a leap and the newest numbers lie in a leap, or where the newest steps may become a rule.
    """
    stride = sequence.stride
    ruled = stride is not None and stride.run > 0 and stride.following == sequence.expected
    if ruled and stride is not None and gap.order >= stride.first:
        return True
    return sequence.back_in[0] == sequence.expected != NONE and gap.width() >= AHEAD


def _close(sequence: Sequence) -> None:
    sequence.other, sequence.step, sequence.kept, sequence.bits, sequence.back = None, None, [], 0, NONE

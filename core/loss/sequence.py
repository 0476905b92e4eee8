"""Judges the next number of one 32-bit counter: in order, gap, late, duplicate, restart or out of window.

A counter is followed along one line of numbers. Where a number steps back or jumps far, two explanations compete:
the old line goes on and this was a duplicate or a straggler, or the publisher restarted and a second line begins
here. Both lines are followed, and every surprise is paid in bits; the cheaper explanation wins once it leads by
``MARGIN`` or when the window has passed. No gap that only one of two undecided explanations needs leaves this file.
Rules: draft-ietf-netconf-udp-notif-26 section 5.1; field experience in the vendors' habits table of the tests.
"""

from enum import StrEnum

import msgspec

MASK = 0xFFFFFFFF
"""Numbers live modulo 2**32; 4294967295 is followed by 0."""

AHEAD = 1000
"""A step forward below this is a gap, beyond it a jump; below it a step back is a duplicate."""

EARLY = 16
"""How far before an epoch's first number a straggler may lie: real reordering moves 1 to 4 numbers."""

MARGIN = 12
"""Bits by which one explanation must lead: four repeated numbers in a row against one restart."""

WINDOW_US = 20_000_000
"""How long a gap stays open: the longest reassembly timeout a receiver may use (20 s)."""

NONE = -1
"""``expected`` of a counter that was never seen, or that another explanation may own: equals no number."""


class Verdict(StrEnum):
    """What a number means for its line."""

    FIRST = "first"
    IN_ORDER = "in order"
    WRAP = "wrap"
    GAP = "gap"
    LATE = "late"
    DUPLICATE = "duplicate"
    RESTART = "restart"
    OUT_OF_WINDOW = "out of window"


SURPRISE: dict[Verdict, int] = {
    Verdict.FIRST: 2,
    Verdict.IN_ORDER: 0,
    Verdict.WRAP: 0,
    Verdict.GAP: 4,
    Verdict.LATE: 2,
    Verdict.DUPLICATE: 4,
    Verdict.RESTART: 4,
    Verdict.OUT_OF_WINDOW: 6,
}
"""Bits each verdict costs; FIRST, RESTART and OUT_OF_WINDOW add those of the number, GAP those of its width, DUPLICATE
those of how far back it lies."""

REPEATED_RUN = 4
"""Bits of a duplicate that directly follows another one."""
STALE = 16
"""Added to a duplicate when nothing came for a whole window: the network keeps no datagram that long."""


class Gap(msgspec.Struct, array_like=True, gc=False):
    """A run of missing numbers, ``first..last`` modulo 2**32, inclusive."""

    name: int
    """Its first number when it opened: part of the event's identity."""
    first: int
    last: int
    opened: int
    """Data time of the exporter, us, when it opened."""
    order: int
    """Count of the exporter's messages when it opened: names the message that showed it."""
    flow: int
    """Index of the flow of that message."""
    before_us: int
    after_us: int
    """Arrivals of the messages before and after it."""
    shown: tuple[int, int] | None = None
    """(first, last) as last reported, None: not reported."""

    def width(self) -> int:
        """Returns how many numbers are missing."""
        return ((self.last - self.first) & MASK) + 1


class Moment(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """When and on which flow a number arrived."""

    arrival_us: int
    clock: int
    order: int
    flow: int
    started: bool = False
    """It came with subscription-started."""


class Line(msgspec.Struct, array_like=True, gc=False):
    """One explanation of the numbers seen."""

    expected: int = NONE
    floor: int = 0
    """First number of the epoch."""
    at: int = 0
    """Arrival of the last message that moved it."""
    gaps: list[Gap] = []
    bits: int = 0
    """Surprise since the explanations parted."""
    back: int = NONE
    """The last number that was a duplicate."""
    begun: int = 0
    """Arrival of the epoch's first message."""


class Sequence(Line):
    """A counter in one scope: its line and, where that is in doubt, a second one."""

    epoch: int = 0
    past: list[Gap] = []
    """Gaps of earlier epochs, still to be confirmed; nothing can fill them."""
    gone: list[Gap] = []
    """Reported gaps that late numbers closed; taken back when no second line is open."""
    other: Line | None = None
    parted: int = 0
    """Data time when the second line began."""
    kept: list[Gap] = []
    """The gaps at that time, should it win."""
    previous: int = NONE
    """Number that the epoch before would have had next."""
    restarted: int = 0
    """Data time at which the epoch was found to be new."""


_BACK = frozenset({Verdict.DUPLICATE, Verdict.OUT_OF_WINDOW})


def width_bits(distance: int) -> int:
    """Returns the surprise of a gap ``distance`` wide.

    >>> width_bits(1), width_bits(40)
    (5, 10)
    """
    return SURPRISE[Verdict.GAP] + distance.bit_length()


def first_bits(number: int, *, started: bool) -> int:
    """Returns the surprise of a first number: little where counters begin, much where chance would have to hit.

    >>> first_bits(0, started=True), first_bits(1, started=False), first_bits(285906, started=False)
    (1, 3, 21)
    """
    if started and number <= 1:
        return 1
    return SURPRISE[Verdict.FIRST] + number.bit_length()


def step_bits(expected: int, number: int) -> int:
    """Returns the surprise of ``number`` where ``expected`` was predicted, without any further knowledge."""
    ahead = (number - expected) & MASK
    if ahead == 0:
        return 0
    if ahead < AHEAD:
        return width_bits(ahead)
    behind = (expected - number) & MASK
    if behind <= AHEAD:
        return SURPRISE[Verdict.DUPLICATE] + behind.bit_length()
    return SURPRISE[Verdict.OUT_OF_WINDOW] + number.bit_length()


def advance(line: Line, number: int, moment: Moment, gone: list[Gap] | None = None) -> tuple[Verdict, int]:
    """Moves one line by one number; returns what the number is to it, and the bits that costs.

    Args:
        line: The explanation, changed in place.
        number: In ``[0, 2**32)``.
        moment: When it came.
        gone: Takes the reported gaps that the number closed.
    """
    ahead = (number - line.expected) & MASK
    if ahead == 0:
        _move(line, number, moment)
        return (Verdict.IN_ORDER if number else Verdict.WRAP), 0
    if ahead < AHEAD:
        line.gaps.append(_gap(line.expected, number, moment, line.at))
        _move(line, number, moment)
        return Verdict.GAP, width_bits(ahead)
    if _fill(line, number, gone):
        return Verdict.LATE, SURPRISE[Verdict.LATE]
    return _step_back(line, number, moment)


def _move(line: Line, number: int, moment: Moment) -> None:
    line.expected = (number + 1) & MASK
    line.at = moment.arrival_us
    line.back = NONE


def _gap(first: int, following: int, moment: Moment, before_us: int) -> Gap:
    return Gap(
        name=first,
        first=first,
        last=(following - 1) & MASK,
        opened=moment.clock,
        order=moment.order,
        flow=moment.flow,
        before_us=before_us,
        after_us=moment.arrival_us,
    )


def _step_back(line: Line, number: int, moment: Moment) -> tuple[Verdict, int]:
    behind = (line.expected - number) & MASK
    epoch = (line.expected - line.floor) & MASK
    if behind <= min(epoch, AHEAD):
        run = number == ((line.back + 1) & MASK)
        line.back = number
        return Verdict.DUPLICATE, REPEATED_RUN if run else SURPRISE[Verdict.DUPLICATE] + behind.bit_length()
    young = moment.arrival_us - line.begun <= WINDOW_US
    if young and behind - epoch <= EARLY and behind <= AHEAD:
        if behind - epoch > 1:
            line.gaps.append(_gap((number + 1) & MASK, line.floor, moment, line.at))
        line.floor = number
        return Verdict.LATE, SURPRISE[Verdict.LATE]
    line.back = number
    return Verdict.OUT_OF_WINDOW, SURPRISE[Verdict.OUT_OF_WINDOW] + number.bit_length()


def _fill(line: Line, number: int, gone: list[Gap] | None) -> bool:
    """Takes ``number`` out of the gap it lies in, if any."""
    for index, gap in enumerate(line.gaps):
        offset = (number - gap.first) & MASK
        width = gap.width()
        if offset >= width:
            continue
        if width == 1:
            del line.gaps[index]
            if gone is not None and gap.shown is not None:
                gone.append(gap)
        elif offset == 0:
            gap.first = (number + 1) & MASK
        elif offset == width - 1:
            gap.last = (number - 1) & MASK
        else:
            right = msgspec.structs.replace(gap, name=(number + 1) & MASK, first=(number + 1) & MASK, shown=None)
            gap.last = (number - 1) & MASK
            line.gaps.insert(index + 1, right)
        return True
    return False


def judge(sequence: Sequence, number: int, moment: Moment, window: int = WINDOW_US) -> tuple[Verdict, int]:
    """Judges one number; returns the verdict of the likelier line and the bits of surprise to its scope.

    Pure but for ``sequence``. After it, ``sequence.other`` is None when one explanation holds.
    """
    if sequence.expected == NONE:
        _begin(sequence, number, moment)
        return Verdict.FIRST, first_bits(number, started=moment.started)
    if sequence.other is not None:
        return _judge_both(sequence, sequence.other, number, moment, window)
    if _of_previous(sequence, number, moment, window):
        return Verdict.LATE, width_bits((number - sequence.expected) & MASK)
    if moment.started and number <= 1 and 0 < (number - sequence.expected) & MASK < AHEAD:
        # Just before the wrap a restart looks like a step forward.
        _restart(sequence, _line_from(number, moment, bits=0), moment.clock)
        return Verdict.RESTART, _restart_bits(number, started=True)
    idle = moment.arrival_us - sequence.at > window
    early = sequence.floor
    verdict, bits = advance(sequence, number, moment, sequence.gone)
    if verdict is Verdict.DUPLICATE or verdict is Verdict.OUT_OF_WINDOW or sequence.floor != early:
        bits = _part(sequence, number, moment, bits, early, idle=idle)
        if sequence.other is None:
            verdict = Verdict.RESTART
    return verdict, bits


def _of_previous(sequence: Sequence, number: int, moment: Moment, window: int) -> bool:
    """Says whether a step forward is rather a straggler of the epoch before."""
    if sequence.previous == NONE or moment.clock - sequence.restarted > window:
        return False
    ahead = (number - sequence.expected) & MASK
    return EARLY < ahead < AHEAD and (number - sequence.previous) & MASK < EARLY


def _begin(line: Line, number: int, moment: Moment) -> None:
    line.floor = number
    line.begun = moment.arrival_us
    _move(line, number, moment)


def _part(sequence: Sequence, number: int, moment: Moment, bits: int, floor: int, *, idle: bool) -> int:
    """Opens the second line at ``number``; returns the surprise of the cheaper one."""
    sequence.bits = bits + (STALE if idle else 0)
    other = _line_from(number, moment, bits=_restart_bits(number, started=moment.started))
    sequence.other = other
    sequence.parted = moment.clock
    fresh = sequence.floor != floor
    sequence.kept = [msgspec.structs.replace(gap) for gap in sequence.gaps if not (fresh and gap.order == moment.order)]
    cost = min(sequence.bits, other.bits)
    decide(sequence, moment.clock, 1 << 62)
    return cost


def _line_from(number: int, moment: Moment, bits: int) -> Line:
    line = Line(gaps=[], bits=bits)
    _begin(line, number, moment)
    return line


def _restart_bits(number: int, *, started: bool) -> int:
    if number > 1:
        return SURPRISE[Verdict.RESTART] + number.bit_length()
    return 2 if started else SURPRISE[Verdict.RESTART]


def _judge_both(sequence: Sequence, other: Line, number: int, moment: Moment, window: int) -> tuple[Verdict, int]:
    before = min(sequence.bits, other.bits)
    verdict, bits = advance(sequence, number, moment, sequence.gone)
    second, more = advance(other, number, moment)
    sequence.bits += bits
    other.bits += more
    if verdict in _BACK and second in _BACK:
        other = _part_again(sequence, other, number, moment, before)
    if other.bits < sequence.bits:
        verdict = second
    cost = min(sequence.bits, other.bits) - before
    decide(sequence, moment.clock, window)
    return verdict, max(cost, 0)


def _part_again(sequence: Sequence, other: Line, number: int, moment: Moment, before: int) -> Line:
    """Neither line foresaw the number: lets a third one, that begins here, take the second's place if it is cheaper."""
    bits = before + _restart_bits(number, started=moment.started)
    if bits >= other.bits:
        return other
    third = _line_from(number, moment, bits=bits)
    sequence.other = third
    sequence.kept = _copied(sequence.gaps)
    return third


def _copied(gaps: list[Gap]) -> list[Gap]:
    return [msgspec.structs.replace(gap) for gap in gaps]


def decide(sequence: Sequence, clock: int, window: int) -> None:
    """Ends the doubt when one line leads by MARGIN, both predict the same, or the window has passed."""
    other = sequence.other
    if other is None:
        return
    lead = sequence.bits - other.bits
    if lead >= MARGIN:
        _restart(sequence, other, clock)
    elif lead <= -MARGIN:
        _close(sequence)
    elif other.expected == sequence.expected:
        if lead > 0:
            orders = {gap.order for gap in sequence.kept}
            before = [gap for gap in sequence.gaps if gap.order in orders]
            sequence.gaps = before + common([gap for gap in sequence.gaps if gap.order not in orders], other.gaps)
        _close(sequence)
    elif clock - sequence.parted >= window:
        _restart(sequence, other, clock, only=sequence.gaps) if lead > 0 else _close(sequence)


def _restart(sequence: Sequence, other: Line, clock: int, only: list[Gap] | None = None) -> None:
    """The second line was right: a new epoch; ``only`` keeps what the first line misses as well."""
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


def _close(sequence: Sequence) -> None:
    sequence.other, sequence.kept, sequence.bits, sequence.back = None, [], 0, NONE


def common(gaps: list[Gap], others: list[Gap]) -> list[Gap]:
    """Returns the gaps cut to what is missing in both lists: gaps shown by one message end at the same number."""
    kept = []
    for gap in gaps:
        twin = next((one for one in others if (one.order, one.last) == (gap.order, gap.last)), None)
        if twin is None:
            continue
        if twin.width() < gap.width():
            gap.first = twin.first
        kept.append(gap)
    return kept

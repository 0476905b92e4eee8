"""Follows one line of a 32-bit counter: what the next number is to it, and how surprising that is, in bits.

Rules: draft-ietf-netconf-udp-notif-26 section 5.1; field experience in the vendors' habits table of the tests.
"""

from enum import StrEnum

import msgspec

MASK = 0xFFFFFFFF
"""Numbers live modulo 2**32; 4294967295 is followed by 0."""

AHEAD = 1000
"""A step forward below this is a gap, from it on a leap; below it a step back is a duplicate."""

HALF = 1 << 31
"""A step this wide or wider is one back: forward and back look alike modulo 2**32."""

EARLY = 16
"""How far before an epoch's first number a straggler may lie: real reordering moves 1 to 4 numbers."""

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
    LEAP = "leap"
    OUT_OF_WINDOW = "out of window"


SURPRISE: dict[Verdict, int] = {
    Verdict.FIRST: 2,
    Verdict.IN_ORDER: 0,
    Verdict.WRAP: 0,
    Verdict.GAP: 4,
    Verdict.LATE: 2,
    Verdict.DUPLICATE: 4,
    Verdict.RESTART: 4,
    Verdict.LEAP: 4,
    Verdict.OUT_OF_WINDOW: 6,
}
"""Bits each verdict costs; FIRST, RESTART and OUT_OF_WINDOW add those of the number, GAP and LEAP those of their width,
DUPLICATE those of how far back it lies, and so does LATE within a leap: an old line may be going on there."""

REPEATED_RUN = 4
"""Bits of a duplicate that directly follows another one."""


Bound = tuple[int, int, int, int]
"""The message at an end of a hole: (source port, publisher id, message id, arrival in us)."""


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
    broken: bool = False
    """Nothing says that these numbers were ever sent: the counter went on elsewhere (a discontinuity)."""
    before: Bound | None = None
    """The message of the number before ``first``; None: not known, or without message id."""
    after: Bound | None = None
    """That of the number after ``last``."""
    step: int = 1
    """Its counter steps by this: of so many numbers one is missing."""

    def width(self) -> int:
        """Returns how many numbers it spans."""
        return ((self.last - self.first) & MASK) + 1


class Moment(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """When and on which flow a number arrived."""

    arrival_us: int
    clock: int
    order: int
    flow: int
    started: bool = False
    """It came with subscription-started."""
    sure: bool = False
    """The publisher's session went on, so that a leap is a loss (``core/loss/session.py``)."""
    before: int = 0
    """Count of the exporter's messages at the flow's last one."""


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


class Stride(msgspec.Struct, array_like=True, gc=False):
    """By how much a counter steps, as far as its periods tell (``core/loss/strides.py``)."""

    step: int = 1
    """The rule; 1: none."""
    size: int = 0
    """The last steps were of this size …"""
    run: int = 0
    """… so many in a row …"""
    since: int = 0
    """… since this message of the exporter."""
    following: int = NONE
    """What was expected after the last of them."""
    first: int = 0
    """The message since which numbers have not gone by one."""
    others: list[int] = []
    """Arrivals of steps that went on no run, us."""
    begun: tuple[int, int] = (0, 0)
    """Number and arrival at which this was begun …"""
    skipped: int = 0
    """… and how many numbers were skipped since."""


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


def step_bits(expected: int, number: int, *, sure: bool = False) -> int:
    """Returns the surprise of ``number`` where ``expected`` was predicted; ``sure``: the session went on."""
    ahead = (number - expected) & MASK
    if ahead == 0:
        return 0
    if ahead < AHEAD or (sure and ahead < HALF):
        return width_bits(ahead)
    behind = (expected - number) & MASK
    if behind <= AHEAD:
        return SURPRISE[Verdict.DUPLICATE] + behind.bit_length()
    return SURPRISE[Verdict.OUT_OF_WINDOW] + number.bit_length()


def begin(line: Line, number: int, moment: Moment) -> None:
    """Starts a line at its first number."""
    line.floor = number
    line.begun = moment.arrival_us
    move(line, number, moment)


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
        move(line, number, moment)
        return (Verdict.IN_ORDER if number else Verdict.WRAP), 0
    if ahead < AHEAD:
        line.gaps.append(gap_before(line.expected, number, moment, line.at))
        move(line, number, moment)
        return Verdict.GAP, width_bits(ahead)
    bits = _late_bits(line, number)
    if fill(line.gaps, number, gone):
        return Verdict.LATE, bits
    return _step_back(line, number, moment)


def _late_bits(line: Line, number: int) -> int:
    if in_leap(line.gaps, number):
        return SURPRISE[Verdict.DUPLICATE] + ((line.expected - number) & MASK).bit_length()
    return SURPRISE[Verdict.LATE]


def in_leap(gaps: list[Gap], number: int) -> bool:
    """Says whether a number is missing in a gap as wide as a leap."""
    return any(gap.width() >= AHEAD and (number - gap.first) & MASK < gap.width() for gap in gaps)


def move(line: Line, number: int, moment: Moment) -> None:
    """Sets a line to a number that it goes on with."""
    line.expected = (number + 1) & MASK
    line.at = moment.arrival_us
    line.back = NONE


def gap_before(first: int, following: int, moment: Moment, before_us: int) -> Gap:
    """Returns the gap that ``following`` shows where ``first`` was expected."""
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
    sent = behind - _missing_since(line, number, behind)
    if behind <= epoch and sent <= AHEAD:
        run = number == ((line.back + 1) & MASK)
        line.back = number
        return Verdict.DUPLICATE, REPEATED_RUN if run else SURPRISE[Verdict.DUPLICATE] + sent.bit_length()
    young = moment.arrival_us - line.begun <= WINDOW_US
    if young and behind - epoch <= EARLY and behind <= AHEAD:
        if behind - epoch > 1:
            line.gaps.append(gap_before((number + 1) & MASK, line.floor, moment, line.at))
        line.floor = number
        return Verdict.LATE, SURPRISE[Verdict.LATE]
    line.back = number
    verdict = Verdict.LEAP if moment.sure and behind > HALF else Verdict.OUT_OF_WINDOW
    return verdict, SURPRISE[Verdict.OUT_OF_WINDOW] + number.bit_length()


def _missing_since(line: Line, number: int, behind: int) -> int:
    """Returns how many of the ``behind`` numbers from ``number`` on are missing: steps that nothing was sent over."""
    if behind <= AHEAD:
        return 0
    return sum(gap.width() for gap in line.gaps if (gap.first - number) & MASK < behind)


def fill(gaps: list[Gap], number: int, gone: list[Gap] | None) -> bool:
    """Takes ``number`` out of the gap it lies in, if any; ``gone`` takes a reported gap that it closed."""
    for index, gap in enumerate(gaps):
        offset = (number - gap.first) & MASK
        width = gap.width()
        if offset >= width:
            continue
        if width == 1:
            del gaps[index]
            if gone is not None and gap.shown is not None:
                gone.append(gap)
        elif offset == 0:
            gap.first, gap.before = (number + 1) & MASK, None
        elif offset == width - 1:
            gap.last, gap.after = (number - 1) & MASK, None
        else:
            right = msgspec.structs.replace(
                gap, name=(number + 1) & MASK, first=(number + 1) & MASK, shown=None, before=None
            )
            gap.after = None
            gap.last = (number - 1) & MASK
            gaps.insert(index + 1, right)
        return True
    return False


def common(gaps: list[Gap], others: list[Gap]) -> list[Gap]:
    """Returns the gaps cut to what is missing in both lists: gaps shown by one message end at the same number."""
    kept = []
    for gap in gaps:
        twin = next((one for one in others if (one.order, one.last) == (gap.order, gap.last)), None)
        if twin is None:
            continue
        if twin.width() < gap.width():
            gap.first, gap.before = twin.first, twin.before
        kept.append(gap)
    return kept


def below(number: int, gaps: list[Gap], since: int, known: list[Gap]) -> list[Gap]:
    """Returns the gaps below a number that messages from ``since`` on showed, but for those that are known."""
    orders = {gap.order for gap in known}
    return [
        gap for gap in gaps if gap.order >= since and 0 < (number - gap.last) & MASK < HALF and gap.order not in orders
    ]

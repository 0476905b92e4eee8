"""Prices a step elsewhere: whether it can be a leap, how old a number would be, what a restart costs."""

from typing import Final

from yangbeam.core.loss.line import AHEAD, EARLY, HALF, MASK, SURPRISE, WINDOW_US, Line, Moment, Verdict, begin

FEW: Final = 8
"""The pace of so few messages tells nothing of when one of them came."""
AGAIN: Final = 6
"""Added to a restart within a window of another: rather a first message came twice."""
FASTEST: Final = 10
"""Messages that one publisher sends in a microsecond, at most: no network card does more."""
BATCH_US: Final = 1_000_000
"""How far arrivals may be off: a socket that overflows is read in one batch."""


def beyond(line: Line, number: int, far: int) -> bool:
    """Says whether a number lies more than ``far`` ahead of a line, and not back in its epoch."""
    behind = (line.expected - number) & MASK
    return (number - line.expected) & MASK > far and behind > EARLY + ((line.expected - line.floor) & MASK)


def is_leap(line: Line, number: int, moment: Moment) -> bool:
    """Says whether all between the line and a number was lost: the session went on, and there was time for it."""
    ahead = (number - line.expected) & MASK
    most = FASTEST * (max(0, moment.arrival_us - line.at) + BATCH_US)
    return moment.sure and AHEAD <= ahead < HALF and ahead <= most


def restart_bits(number: int, *, started: bool) -> int:
    """Returns what a restart at ``number`` costs: little where counters begin."""
    if number > 1:
        return SURPRISE[Verdict.RESTART] + number.bit_length()
    return 2 if started else SURPRISE[Verdict.RESTART]


def again(line: Line, number: int, moment: Moment) -> int:
    """Returns what a restart costs more where the epoch that had the number has just begun."""
    young = line.begun and moment.arrival_us - line.begun <= WINDOW_US
    return AGAIN if young and (number - line.floor) & MASK < (line.expected - line.floor) & MASK else 0


def age_of(line: Line, number: int, moment: Moment) -> int:
    """Returns how long ago, us, a number of the epoch was due, at the epoch's mean pace; 0 where that is not known."""
    expected, at = _before_gaps(line, number)
    behind, span = (expected - number) & MASK, (expected - line.floor) & MASK
    if not line.begun or behind > span or (behind <= FEW and behind != span):
        return 0
    return moment.arrival_us - at + (behind - 1) * (at - line.begun) // max(1, span - 1)


def _before_gaps(line: Line, number: int) -> tuple[int, int]:
    """Returns what was expected, and the last arrival, before the first gap after ``number``: a hole has no pace."""
    behind = (line.expected - number) & MASK
    gap = next((one for one in line.gaps if (one.first - number) & MASK < behind), None)
    return (line.expected, line.at) if gap is None else (gap.first, gap.before_us)


def line_from(number: int, moment: Moment, bits: int) -> Line:
    """Returns a line that begins at ``number`` and has cost ``bits``."""
    line = Line(gaps=[], bits=bits)
    begin(line, number, moment)
    return line

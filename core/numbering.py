"""What the numbers of one subscription say on their own: one may be missing before this, or the count began anew.

One line per (exporter, subscription, source port, publisher of the transport header): whatever a publisher counts by,
numbers rise along it. On a line that rises by ones a hole may hide a subscription-modified that is on its way, so that
what comes behind waits for it, a moment of data time; a hole that stays open shows numbers that others share, or loss,
and the line is not waited for again until it has risen by ones for a while. Numbers that fall behind further than
reordering explains, several in a row, are those of a publisher that restarted.
"""

from enum import Enum
from typing import Final

import msgspec

from yangbeam.core.epochs import HALF, MODULUS, REORDER_NUMBERS, REORDER_US, steps

GAP_WAIT_US: Final = 200_000
"""How long a hole is waited for, data time: reordering on a path is a matter of milliseconds."""
MAX_HOLE: Final = 16
"""Numbers missing at once; a wider hole is loss, or a counter shared with others."""
REARM: Final = -32
"""Steps by one before the next hole is waited for, after one that stayed open."""
PROOF: Final = 3
"""Messages in a row, numbered behind, that prove a restart."""
_RUN_CAP: Final = 1_000

LineKey = tuple[str, int, int, int, bool]
"""exporter, subscription id, source port, publisher id of the header, by sequence number (else message id)."""


class Line(msgspec.Struct, array_like=True, gc=False):
    """The numbers of one line."""

    high: int
    high_us: int
    """When it came."""
    run: int = 0
    """Steps by one in a row; below 1, holes are not waited for."""
    missing: tuple[int, ...] = ()
    """Numbers of holes that are waited for."""
    due_us: int = 0
    """Until when."""
    behind: int = 0
    """Messages in a row numbered behind all reordering, and the last of them."""
    behind_at: int = 0


class Verdict(Enum):
    """What a number says."""

    ORDINARY = "ordinary"
    HOLE = "hole"
    """Numbers before it are missing and worth waiting for."""
    FILLED = "filled"
    """It was the last missing number."""
    RESTART = "restart"
    """The publisher's count began anew."""


def observe(line: Line, number: int, arrival_us: int) -> Verdict:
    """Takes the next number of a line into account."""
    far = (number - line.high + HALF) % MODULUS - HALF  # as epochs.steps, without the call
    if far == 1:
        line.high, line.high_us, line.behind = number, arrival_us, 0
        if line.run < _RUN_CAP and not line.missing:
            line.run += 1
        return Verdict.ORDINARY
    if far > 1:
        if line.run < 1 and not line.missing:  # numbers that others share: the common case beside the one above
            line.high, line.high_us, line.behind, line.run = number, arrival_us, 0, REARM if line.run < 0 else 0
            return Verdict.ORDINARY
        return _jumped(line, number, arrival_us, far)
    return _behind(line, number, arrival_us, far) if far else Verdict.ORDINARY


def give_up_hole(line: Line) -> None:
    """Ends the wait for a hole that stayed open."""
    if line.missing:
        line.missing, line.run = (), REARM


def _jumped(line: Line, number: int, arrival_us: int, far: int) -> Verdict:
    hole = range(number - far + 1, number)
    line.high, line.high_us, line.behind = number, arrival_us, 0
    if line.run < 1 or len(line.missing) + len(hole) > MAX_HOLE:
        give_up_hole(line)
        line.run = REARM if line.run < 0 else 0
        return Verdict.ORDINARY
    line.due_us = line.due_us if line.missing else arrival_us + GAP_WAIT_US
    line.missing += tuple(missing & 0xFFFF_FFFF for missing in hole)
    return Verdict.HOLE


def _behind(line: Line, number: int, arrival_us: int, far: int) -> Verdict:
    if number in line.missing:
        line.missing = tuple(missing for missing in line.missing if missing != number)
        return Verdict.ORDINARY if line.missing else Verdict.FILLED
    if far >= -REORDER_NUMBERS and arrival_us - line.high_us <= REORDER_US:
        return Verdict.ORDINARY
    rising = line.behind and 0 < steps(line.behind_at, number) <= REORDER_NUMBERS
    line.behind, line.behind_at = (line.behind + 1 if rising else 1), number
    if line.behind < PROOF:
        return Verdict.ORDINARY
    line.high, line.high_us, line.run, line.missing, line.behind = number, arrival_us, 0, (), 0
    return Verdict.RESTART

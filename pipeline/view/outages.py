"""What waits for the outside, in words: for views, report, errors and exit code alike."""

from typing import Final

from yangbeam.core.ledger import PENDING
from yangbeam.core.outside import Outside, in_words
from yangbeam.pipeline.view.status import Snapshot

GIVEN_UP: Final = "dead:schema-timeout"
"""Count of messages that waited for their schema in vain."""


def away(snapshot: Snapshot) -> list[Outside]:
    """Returns the outside systems that were last seen failing."""
    return [outside for outside in snapshot.outsides if outside.is_away]


def waiting(snapshot: Snapshot) -> int:
    """Returns how many messages wait: for their schema, in a queue, or at the sink that has the fewest of them."""
    in_flight = max((snapshot.in_flight(sink) for sink in snapshot.sinks), default=0)
    return in_flight + snapshot.counts.get(PENDING, 0)


def outage_lines(snapshot: Snapshot) -> list[str]:
    """Returns a line for each outside system that is away, and one for an end that waits."""
    held = waiting(snapshot)
    lines = [in_words(outside, held) for outside in away(snapshot)]
    if snapshot.ending_s is not None and not snapshot.is_over:
        lines.append(ending_line(snapshot.ending_s, f"{held:,} messages"))
    return lines


def ending_line(left_s: float, what: str) -> str:
    """Returns the countdown of an end that waits."""
    return f"ending: {what} have {left_s:.0f} s left to be written; Ctrl-C again ends at once"


def is_held_up(snapshot: Snapshot) -> bool:
    """Whether messages wait, or were given up, because something outside is away."""
    return bool(away(snapshot)) and (waiting(snapshot) > 0 or snapshot.counts.get(GIVEN_UP, 0) > 0)

"""How many messages are missing on the wire, each once: message ids and sequence numbers show the same hole twice."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from yangbeam.core.elements import LossEvent

COUNTERS: Final = ("transport", "notification")
"""What numbers show; the other counters (patches, silences…) tell of the same messages, or of none."""


class Missing(NamedTuple):
    """What one exporter's confirmed losses come to."""

    exporter: str
    messages: int
    """At least so many: of losses at the same time by different counters the larger number."""
    transport: int
    """Message ids missing."""
    notification: int
    """Sequence numbers missing."""


def missing_by_exporter(events: Iterable[LossEvent]) -> list[Missing]:
    """Returns what is missing of each exporter, most first.

    Two losses are the same hole when the arrivals around them overlap.
    """
    confirmed: dict[str, list[LossEvent]] = {}
    for event in events:
        if event.lost() and event.counter in COUNTERS and event.count:
            confirmed.setdefault(event.exporter, []).append(event)
    found = [_missing(exporter, losses) for exporter, losses in confirmed.items()]
    return sorted(found, key=lambda one: (-one.messages, one.exporter))


def _missing(exporter: str, losses: list[LossEvent]) -> Missing:
    messages = sum(max(_numbers(hole, counter) for counter in COUNTERS) for hole in _holes(losses))
    return Missing(exporter, messages, *(_numbers(losses, counter) for counter in COUNTERS))


def _holes(losses: list[LossEvent]) -> Iterator[list[LossEvent]]:
    """Yields losses whose times overlap, together."""
    hole: list[LossEvent] = []
    end_us = 0
    for event in sorted(losses, key=lambda event: (event.first_us, event.last_us)):
        if hole and event.first_us >= end_us:
            yield hole
            hole = []
        hole.append(event)
        end_us = max(end_us, event.last_us) if len(hole) > 1 else event.last_us
    yield hole


def _numbers(losses: Iterable[LossEvent], counter: str) -> int:
    return sum(event.count for event in losses if event.counter == counter)

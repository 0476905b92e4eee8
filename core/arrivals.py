"""Whether what a collector gave to a shard arrived in the graph: its own count against the first stage's, beat by beat.

A collector's heartbeats say how much it gave; records of one shard keep their order, so that between two heartbeats
both sides count the same, whatever carried them: a pipe, a topic, a disk.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from yangbeam.core.elements import Arrival, Heartbeat, Message, MessageBatch, Refused

MOST_COLLECTORS: Final = 4_096
"""Collectors followed in one shard (some 100 octets each); beyond it the lines of further ones are not checked."""


class Line(msgspec.Struct, array_like=True):
    """How a collector's line in one shard stood at its newest heartbeat."""

    given: int
    clock_us: int
    since: int = 0
    """What arrived behind that heartbeat."""


class Closed(NamedTuple):
    """What lies between two heartbeats: what the collector counted, and what arrived."""

    given: int
    arrived: int


def arrivals_of(batch: MessageBatch) -> list[Arrival]:
    """Returns what a batch holds of each collector, up to each heartbeat and behind the last, in order."""
    found: list[Arrival] = []
    since: Counter[str] = Counter()
    at = 0
    for control in batch.controls:
        if isinstance(control, Refused):
            since[control.collector_id] += 1
        elif isinstance(control, Heartbeat):
            since.update(_owners(batch.messages[at : control.at]))
            at = control.at
            owner = control.collector_id
            found.append(Arrival(owner, since.pop(owner, 0), control.given, control.clock_us))
    since.update(_owners(batch.messages[at:]))
    return found + [Arrival(owner, count) for owner, count in since.items() if owner and count]


def _owners(messages: list[Message]) -> Iterable[str]:
    return [message.collector_id for message in messages]


def follow(lines: dict[str, Line], arrival: Arrival) -> Closed | None:
    """Takes an arrival into a shard's lines; returns what lies between two heartbeats, once the second is there.

    The first heartbeat that is seen of a collector, and of one that began anew, only says where counting begins. What a
    disk gave twice is not counted twice where a heartbeat came twice with it.
    """
    line = lines.get(arrival.collector_id)
    if arrival.given < 0:
        if line is not None:
            line.since += arrival.count
        return None
    if line is None:
        if len(lines) < MOST_COLLECTORS:
            lines[arrival.collector_id] = Line(arrival.given, arrival.clock_us)
        return None
    place, before = (arrival.clock_us, arrival.given), (line.clock_us, line.given)
    if place <= before or arrival.given < line.given:
        line.since = 0  # it comes again, so that what stands between was counted before; or its process began anew
        line.clock_us, line.given = max(place, before)
        return None
    closed = Closed(arrival.given - line.given, line.since + arrival.count)
    line.given, line.clock_us, line.since = arrival.given, arrival.clock_us, 0
    return closed

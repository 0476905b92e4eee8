"""Tells loss on the wire from loss inside: what collect and ingest found by the publishers' numbers, laid side by side.

Both run the same detection. A message that was lost before collect is missing at both ends; one that came to collect
and not to ingest is missing only there, and unless it is among the dead letters it was lost inside. Scopes may be
learned at different moments and gaps be cut differently, so the comparison is number by number, not event by event;
what it costs goes by runs of numbers, for a hole may be millions wide.
Message ids do not travel in the telemetry message; where ingest has none, only sequence numbers are compared.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from yangbeam.core.elements import DeadLetter, LossEvent

MASK: Final = 0xFFFFFFFF
APART_US: Final = 3_600_000_000
"""Two gaps further apart in time are different ones, though their numbers are the same: a counter that began anew."""
NUMBERED: Final = ("transport", "notification")


class Missing(NamedTuple):
    """Messages in a row that a counter shows to be missing, and when."""

    exporter: str
    counter: str
    publisher_id: int | None
    subscription_ids: tuple[int, ...]
    number: int
    """The first of them; a run ends at the wrap."""
    at_us: int
    """Arrival of the message after the gap."""
    identity: str
    """Of the event that shows it."""
    width: int = 1
    """How many."""

    def cut(self, first: int, end: int) -> "list[Missing]":
        """Returns what of it lies from ``first`` up to, not including, ``end``."""
        first, end = max(first, self.number), min(end, self.number + self.width)
        return [self._replace(number=first, width=end - first)] if first < end else []


class Reconciled(NamedTuple):
    """Where messages were lost."""

    wire: list[Missing]
    """Missing at both ends: lost before collect."""
    inside: list[Missing]
    """Missing only at ingest and in no dead letter: lost between the two."""
    dead: list[Missing]
    """Missing only at ingest, for they are dead letters."""
    unseen: list[Missing]
    """Missing only at collect: not yet seen, or seen in another scope, at ingest."""


class DeadNumber(NamedTuple):
    """The numbers of a dead letter, as far as they are known."""

    exporter: str
    message_id: int | None
    sequence_number: int | None
    at_us: int


def dead_number(letter: DeadLetter, sequence_number: int | None = None) -> DeadNumber:
    """Returns the numbers of a dead letter; its sequence number where the caller could read it."""
    return DeadNumber(letter.exporter, letter.message_id, sequence_number, letter.arrival_us)


def standing(events: Iterable[LossEvent]) -> list[LossEvent]:
    """Returns the confirmed losses of numbers: of events with one identity the last one holds."""
    last = {event.identity: event for event in events}
    return [event for event in last.values() if event.lost() and event.counter in NUMBERED]


def reconcile(collect: Iterable[LossEvent], ingest: Iterable[LossEvent], dead: Iterable[DeadNumber] = ()) -> Reconciled:
    """Returns which losses were on the wire and which inside.

    Args:
        collect: All events that collect told, in their order.
        ingest: All events that ingest told, in their order.
        dead: What died between the two.
    """
    at_collect, died = _Pool(), _Pool()
    for missing in _missing(collect):
        at_collect.add(missing)
    for letter in dead:
        for missing in _of_letter(letter):
            died.add(missing)
    found = Reconciled([], [], [], [])
    for missing in _missing(ingest):
        wire, rest = at_collect.take(missing)
        found.wire.extend(wire)
        for one in rest:
            dead_ones, inside = died.take(one)
            found.dead.extend(dead_ones)
            found.inside.extend(inside)
    found.unseen.extend(at_collect.left())
    return found


class _Pool:
    """Runs of missing numbers, each number to be taken once."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[Missing]] = {}
        """By exporter and counter, in order of their numbers."""
        self._widest = 1

    def add(self, missing: Missing) -> None:
        insort(self._waiting.setdefault(missing[:2], []), missing, key=_number)
        self._widest = max(self._widest, missing.width)

    def take(self, wanted: Missing) -> tuple[list[Missing], list[Missing]]:
        """Takes of every number the one nearest in time that fits; returns what was found, and what was not."""
        found, rest, pieces = list[Missing](), list[Missing](), [wanted]
        while pieces:
            one = pieces.pop()
            near = self._nearest(one)
            if near is None:
                rest.append(one)
                continue
            first, end = max(near.number, one.number), min(near.number + near.width, one.number + one.width)
            self._waiting[one[:2]].remove(near)
            for left in (*near.cut(0, first), *near.cut(end, MASK + 1)):
                self.add(left)
            found += one.cut(first, end)
            pieces += [*one.cut(end, MASK + 1), *one.cut(0, first)]
        return sorted(found, key=_number), sorted(rest, key=_number)

    def _nearest(self, wanted: Missing) -> Missing | None:
        waiting = self._waiting.get(wanted[:2], [])
        start = bisect_left(waiting, wanted.number - self._widest + 1, key=_number)
        end = bisect_left(waiting, wanted.number + wanted.width, key=_number)
        fits = [one for one in waiting[start:end] if one.number + one.width > wanted.number and _may_be(one, wanted)]
        return min(fits, key=lambda one: abs(one.at_us - wanted.at_us), default=None)

    def left(self) -> Iterator[Missing]:
        for waiting in self._waiting.values():
            yield from waiting


def _number(missing: Missing) -> int:
    return missing.number


def _may_be(one: Missing, other: Missing) -> bool:
    near = abs(one.at_us - other.at_us) <= APART_US
    publishers = None in (one.publisher_id, other.publisher_id) or one.publisher_id == other.publisher_id
    return near and publishers and _overlap(one.subscription_ids, other.subscription_ids)


def _overlap(some: tuple[int, ...], others: tuple[int, ...]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _missing(events: Iterable[LossEvent]) -> Iterator[Missing]:
    for event in standing(events):
        head = min(event.count, MASK + 1 - event.first)
        for first, count in ((event.first, head), (0, event.count - head)):
            if count:
                yield Missing(
                    event.exporter,
                    event.counter,
                    event.publisher_id,
                    event.subscription_ids,
                    first,
                    event.last_us,
                    event.identity,
                    count,
                )


def _of_letter(letter: DeadNumber) -> Iterator[Missing]:
    for counter, number in zip(NUMBERED, (letter.message_id, letter.sequence_number), strict=True):
        if number is not None:
            yield Missing(letter.exporter, counter, None, (), number, letter.at_us, "")


def summary(found: Reconciled, name: Callable[[Missing], str] = lambda one: one.exporter) -> dict[str, dict[str, int]]:
    """Returns how many messages were lost where, by ``name`` and counter: ``{"192.0.2.7": {"wire:transport": 3}}``."""
    counts: dict[str, dict[str, int]] = {}
    for where in Reconciled._fields:
        for one in getattr(found, where):
            mine = counts.setdefault(name(one), {})
            key = f"{where}:{one.counter}"
            mine[key] = mine.get(key, 0) + one.width
    return counts

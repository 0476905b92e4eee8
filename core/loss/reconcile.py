"""Tells loss on the wire from loss inside: what collect and ingest found by the publishers' numbers, laid side by side.

Both run the same detection. A message that was lost before collect is missing at both ends; one that came to collect
and not to ingest is missing only there, and unless it is among the dead letters it was lost inside. Scopes may be
learned at different moments and gaps be cut differently, so the comparison is number by number, not event by event.
Message ids do not travel in the telemetry message; where ingest has none, only sequence numbers are compared.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from yangbeam.core.elements import DeadLetter, LossEvent

MASK: Final = 0xFFFFFFFF
APART_US: Final = 3_600_000_000
"""Two gaps further apart in time are different ones, though their numbers are the same: a counter that began anew."""
NUMBERED: Final = ("transport", "notification")


class Missing(NamedTuple):
    """One message that a counter shows to be missing, and when."""

    exporter: str
    counter: str
    publisher_id: int | None
    subscription_ids: tuple[int, ...]
    number: int
    at_us: int
    """Arrival of the message after the gap."""
    identity: str
    """Of the event that shows it."""


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
        if at_collect.take(missing):
            found.wire.append(missing)
        elif died.take(missing):
            found.dead.append(missing)
        else:
            found.inside.append(missing)
    found.unseen.extend(at_collect.left())
    return found


class _Pool:
    """Missing numbers, each to be taken once."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str, int], list[Missing]] = {}

    def add(self, missing: Missing) -> None:
        self._waiting.setdefault((missing.exporter, missing.counter, missing.number), []).append(missing)

    def take(self, wanted: Missing) -> bool:
        """Takes the one nearest in time of the same number, if any fits."""
        waiting = self._waiting.get((wanted.exporter, wanted.counter, wanted.number), [])
        fits = [one for one in waiting if _may_be(one, wanted)]
        if not fits:
            return False
        waiting.remove(min(fits, key=lambda one: abs(one.at_us - wanted.at_us)))
        return True

    def left(self) -> Iterator[Missing]:
        for waiting in self._waiting.values():
            yield from waiting


def _may_be(one: Missing, other: Missing) -> bool:
    near = abs(one.at_us - other.at_us) <= APART_US
    publishers = None in (one.publisher_id, other.publisher_id) or one.publisher_id == other.publisher_id
    return near and publishers and _overlap(one.subscription_ids, other.subscription_ids)


def _overlap(some: tuple[int, ...], others: tuple[int, ...]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _missing(events: Iterable[LossEvent]) -> Iterator[Missing]:
    for event in standing(events):
        for offset in range(event.count):
            yield Missing(
                event.exporter,
                event.counter,
                event.publisher_id,
                event.subscription_ids,
                (event.first + offset) & MASK,
                event.last_us,
                event.identity,
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
            mine[key] = mine.get(key, 0) + 1
    return counts

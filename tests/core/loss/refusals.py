"""Messages that arrive and come to nothing: when a receiver refuses them, and what their headers tell of the others.

Nothing here knows the detector. An unreadable message is refused when it comes; one that lacks a segment ten seconds
after, or when the input ends.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from yangbeam.core.elements import Refused
from yangbeam.core.loss.facts import Facts

WAIT_US = 10_000_000
MODULUS = 2**32
AHEAD = 1000
"""A header further ahead proves nothing."""


class Place(NamedTuple):
    """A message that was sent."""

    facts: Facts
    transport: tuple[object, ...]
    notification: tuple[object, ...]
    """What counts its numbers, and the epoch."""
    fate: str
    came: int
    """When it arrived, us; -1: it did not."""


class Refusals:
    """Writes refusals between the messages received.

    Args:
        written: Takes them.
    """

    def __init__(self, written: list[Refused]) -> None:
        self._written = written
        self._waiting: list[tuple[int, Facts]] = []

    def before(self, now_us: int, at: int) -> None:
        """Gives up the incomplete messages whose time is over."""
        while self._waiting and self._waiting[0][0] + WAIT_US <= now_us:
            arrival_us, facts = self._waiting.pop(0)
            self._written.append(_refused(facts, "incomplete", arrival_us, at))

    def add(self, facts: Facts, fate: str, arrival_us: int, at: int) -> None:
        """Takes a message that is refused, now or later."""
        if fate == "incomplete":
            self._waiting.append((arrival_us, facts))
        else:
            self._written.append(_refused(facts, "not-json", arrival_us, at))

    def end(self, at: int) -> None:
        """Gives up the rest."""
        for arrival_us, facts in self._waiting:
            self._written.append(_refused(facts, "incomplete", arrival_us, at))


def _refused(facts: Facts, reason: str, arrival_us: int, at: int) -> Refused:
    return Refused(
        at,
        reason,
        f"{facts.subscription_id} at {facts.arrival_us}",
        facts.exporter,
        facts.port,
        arrival_us,
        b"",
        facts.publisher_id,
        facts.message_id,
    )


def _by(counter: str, places: Iterable[Place]) -> list[list[Place]]:
    found: dict[tuple[object, ...], list[Place]] = {}
    for one in places:
        found.setdefault(getattr(one, counter), []).append(one)
    return list(found.values())


def proved(places: list[Place]) -> Counter[int]:
    """Returns the message ids that only the headers of refused messages prove to be lost.

    These are the ids between the last message of an epoch that was received and one that was refused after it, where
    all that came from its socket and publisher was counted by this counter. That the publisher begins anew soon after
    changes nothing: the header's id goes on with the old epoch, and the new one is nowhere near.
    """
    lost: Counter[int] = Counter()
    counters: dict[tuple[int, int], set[object]] = {}
    for one in places:
        if one.fate == "received":
            counters.setdefault((one.facts.port, one.facts.publisher_id), set()).add(one.transport[:2])
    for messages in _by("transport", places):
        came = [at for at, one in enumerate(messages) if one.fate == "received"]
        if not came:
            continue
        tail = messages[came[-1] + 1 :]
        headers = [
            at
            for at, one in enumerate(tail)
            if one.fate in ("unreadable", "incomplete")
            and at < AHEAD - 1
            and len(counters.get((one.facts.port, one.facts.publisher_id), ())) == 1
        ]
        if headers:
            lost.update(
                one.facts.message_id for one in tail[: headers[-1] + 1] if one.fate in ("dropped", "incomplete")
            )
    return lost


class _Hole(NamedTuple):
    source: tuple[object, ...]
    """Port, publisher and epoch."""
    first: int
    last: int
    """Message ids of its ends."""
    width: int
    which: tuple[object, ...]
    """Counter and first number."""


class Filled(NamedTuple):
    """How many missing sequence numbers belong to messages that arrived and could not be read."""

    least: int = 0
    """Those of which nobody can doubt it."""
    most: int = 0
    """As many as there are ways to doubt it."""


def filled(places: list[Place]) -> Filled:
    """Returns how many holes in sequence numbers are filled by messages that could not be read.

    A message fills a hole where its id lies between those of the hole's ends, and all came from one socket and
    publisher; each one hole, each hole as often as it is wide. So do incomplete messages, which are lost.
    """
    holes = sorted(_holes(places), key=lambda hole: hole.last)
    fitting = {
        at: [hole for hole in holes if _fits(one, hole)]
        for at, one in enumerate(places)
        if one.fate in ("unreadable", "incomplete")
    }
    wanted = Counter(hole for each in fitting.values() for hole in each)
    unreadable = [each for at, each in fitting.items() if places[at].fate == "unreadable"]
    least = sum(len(each) == 1 and wanted[each[0]] <= each[0].width for each in unreadable)
    held: dict[tuple[_Hole, int], list[_Hole]] = {}
    return Filled(least, sum(_take(each, held, set()) for each in unreadable))


def _take(holes: list[_Hole], held: dict[tuple[_Hole, int], list[_Hole]], tried: set[tuple[_Hole, int]]) -> bool:
    """Finds a place in one of the holes, moving others to other holes where that helps (bipartite matching)."""
    for place in [(hole, number) for hole in holes for number in range(hole.width)]:
        if place in tried:
            continue
        tried.add(place)
        if place not in held or _take(held[place], held, tried):
            held[place] = holes
            return True
    return False


def _fits(one: Place, hole: _Hole) -> bool:
    number = one.facts.message_id or 0
    source = (one.facts.port, one.facts.publisher_id, one.transport[2])
    inside = 0 < (number - hole.first) % MODULUS < (hole.last - hole.first) % MODULUS
    return source == hole.source and inside


def unplaced(places: list[Place]) -> Counter[int]:
    """Returns the ids of unreadable messages that may be of several counters: each may be taken for a lost one."""
    counters: dict[tuple[int, int], set[object]] = {}
    for one in places:
        counters.setdefault((one.facts.port, one.facts.publisher_id), set()).add(one.transport[:2])
    return Counter(
        one.facts.message_id or 0
        for one in places
        if one.fate in ("unreadable", "incomplete") and len(counters[one.facts.port, one.facts.publisher_id]) > 1
    )


def _holes(places: list[Place]) -> Iterator[_Hole]:
    for messages in _by("notification", places):
        came = [at for at, one in enumerate(messages) if one.fate == "received"]
        for one, other in pairwise(came):
            before, after = messages[one].facts, messages[other].facts
            source = (before.port, before.publisher_id, messages[one].transport[2])
            if other - one > 1 and source[:2] == (after.port, after.publisher_id):
                ends = before.message_id or 0, after.message_id or 0
                yield _Hole(source, *ends, other - one - 1, (*messages[one].notification, before.sequence_number))

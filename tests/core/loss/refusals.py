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


def refusal(facts: Facts, fate: str, arrival_us: int) -> tuple[int, Refused]:
    """Returns when a message is refused, and the refusal."""
    if fate == "incomplete":
        return arrival_us + WAIT_US, _refused(facts, "incomplete", arrival_us, 0)
    return arrival_us, _refused(facts, "not-json", arrival_us, 0)


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
    for last, headers in tails(places).values():
        arrived = {one.facts.message_id for one in headers if one.fate == "unreadable"}
        width = ((headers[-1].facts.message_id or 0) - last) % MODULUS
        lost.update({(last + 1 + offset) % MODULUS for offset in range(width)} - arrived)
    return lost


def tails(places: list[Place]) -> dict[tuple[object, ...], tuple[int, list[Place]]]:
    """Returns by counter and epoch the last message id that was received, and the refused messages after it."""
    found: dict[tuple[object, ...], tuple[int, list[Place]]] = {}
    counters: dict[tuple[int, int], set[object]] = {}
    for one in places:
        if one.fate == "received":
            counters.setdefault((one.facts.port, one.facts.publisher_id), set()).add(one.transport[:2])
    for messages in _by("transport", places):
        came = [at for at, one in enumerate(messages) if one.fate == "received"]
        if not came:
            continue
        last = proven = messages[came[-1]].facts.message_id or 0
        headers: list[Place] = []
        for one in messages[came[-1] + 1 :]:
            source = one.facts.port, one.facts.publisher_id
            number = one.facts.message_id or 0
            near = (number - proven) % MODULUS < AHEAD
            if one.fate in ("unreadable", "incomplete") and near and len(counters.get(source, ())) == 1:
                headers.append(one)
                proven = number
        if headers:
            found[messages[0].transport] = last, headers
    return found


class _Hole(NamedTuple):
    source: tuple[object, ...]
    """Port and publisher; of which epoch a refused message is nobody can see."""
    first: int
    last: int
    """Message ids of its ends."""
    width: int
    which: tuple[object, ...]
    """Counter and first number."""
    came: tuple[int, int]
    """When its ends arrived, us."""


class Filled(NamedTuple):
    """How many missing sequence numbers belong to messages that arrived and could not be read."""

    least: int = 0
    """Those of which nobody can doubt it."""
    most: int = 0
    """As many as there are ways to doubt it."""


def filled(places: list[Place]) -> Filled:
    """Returns how many holes in sequence numbers are filled by messages that could not be read.

    A message fills a hole where its id lies between those of the hole's ends, all came from one socket and publisher,
    and it came no longer before or after them than a network keeps messages; each one hole, each hole as often as it is
    wide. So do incomplete messages, which are lost.
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
    for place in [(hole, number) for hole in holes for number in range(min(hole.width, len(held) + 1))]:
        if place in tried:
            continue
        tried.add(place)
        if place not in held or _take(held[place], held, tried):
            held[place] = holes
            return True
    return False


def _fits(one: Place, hole: _Hole) -> bool:
    number = one.facts.message_id or 0
    source = (one.facts.port, one.facts.publisher_id)
    inside = 0 < (number - hole.first) % MODULUS < (hole.last - hole.first) % MODULUS
    in_time = hole.came[0] - WAIT_US <= one.came <= hole.came[1] + WAIT_US
    return source == hole.source and inside and in_time


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
        came = [one for one in messages if one.fate == "received"]
        for one, other in pairwise(came):
            before, after = one.facts, other.facts
            source = (before.port, before.publisher_id)
            width = ((after.sequence_number or 0) - (before.sequence_number or 0) - 1) % MODULUS
            if width and source == (after.port, after.publisher_id):
                ends = before.message_id or 0, after.message_id or 0
                yield _Hole(source, *ends, width, (*one.notification, before.sequence_number), (one.came, other.came))

"""Several publishers over a network that does worse: wide holes, long reordering, and counters that jump elsewhere.

The truth is computed from what was sent, dropped and received alone. A hole is as many messages as its width, spread
over the publisher's subscriptions; each counter misses its share. A jump sets every counter elsewhere: what lies
between was never sent, so it is no loss but a discontinuity of each counter that is heard before and after.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import pairwise
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from tests.core.loss.numbers import MODULUS, Numbers
from tests.core.loss.oracle import HABITS, SECOND, START_US, Habit, Key
from tests.core.loss.refusals import Filled, Place, filled, proved, refusal, tails, unplaced
from yangbeam.core.elements import Refused
from yangbeam.core.loss.facts import STARTED, Facts

COUNTERS = ("transport", "notification")
Break = tuple[str, str, int, int]
"""(exporter, counter, last seen, next seen)."""

WRAP_MARGIN = 3000
"""A hole that ends so soon after the wrap looks like a publisher that began anew."""
MOST_JUMPING = 6
"""Subscriptions of a publisher whose counters may jump, where none arrives in vain; else any may."""
MANY = 1 << 30
PER_US = 10
"""More messages in a microsecond nobody sends."""


@dataclass(frozen=True)
class Weather:
    """What happens to one publisher's messages."""

    drop: float
    burst: int
    duplicate: float
    reorder: float
    displacement: int
    holes: int
    jumps: int
    restarts: int


@dataclass
class Sent:
    """One message, or (``facts`` None) the numbers that a hole took of each counter."""

    facts: Facts | None
    at_us: int
    epoch: int
    keys: tuple[Key, Key]
    taken: dict[tuple[int, Key], tuple[int, int]]
    """Its numbers, (first, how many), by counter (0 transport, 1 notification) and key."""
    fate: str = "dropped"
    """received, dropped, unreadable or incomplete."""
    may_fail: bool = False
    """It is not one of the first of its counters and socket, which always come."""
    came: int = -1
    """Place in the order of arrival."""
    came_us: int = -1

    @property
    def comes(self) -> bool:
        """Whether it is received."""
        return self.fate == "received"


class Counted(NamedTuple):
    """Numbers of one counter that left together."""

    first: int
    count: int
    sent: Sent


@dataclass
class Fleet:
    """What was sent and what came of several publishers."""

    received: list[Facts]
    lost: dict[str, Numbers]
    breaks: Counter[Break]
    perhaps: Counter[Break] = field(default_factory=Counter)
    """Discontinuities of which one number came, and no more: it may be a stray."""
    habits: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    arrived: Filled = field(default_factory=Filled)
    """Sequence numbers that are missing and not lost: their messages arrived and could not be read."""
    doubtful: Numbers = field(default_factory=Numbers)
    """Message ids of such messages that may be taken for others."""


def fleet(rng: Random, refusing: Random | None = None) -> Fleet:
    """Makes publishers of random habits; the same generator state gives the same ones.

    Args:
        rng: Draws what is sent and dropped.
        refusing: Draws which messages arrive in vain; None: none do, and of many subscriptions no counters jump.
    """
    made = Fleet([], {name: Numbers() for name in COUNTERS}, Counter())
    streams = []
    for index in range(rng.choice((1, 1, 1, 2, 3))):
        habit, weather = rng.choice(HABITS), _weather(rng)
        publisher = Publisher(rng, habit, weather, f"192.0.2.{7 + index}", MOST_JUMPING if refusing is None else MANY)
        sent = _sent(publisher, refusing)
        while any(_ambiguous(epochs) for _, epochs in _counters(sent)):
            sent = _sent(publisher, refusing)
        streams.append(_arrivals(rng, sent, weather))
        made.habits.append(habit.name)
        made.sent += sent
        _judge(made, publisher.address, sent)
    for _, one in merge(*streams, key=lambda pair: pair[0]):
        if isinstance(one, Facts):
            made.received.append(one)
        else:
            made.refused.append(replace(one, at=len(made.received)))
    return made


def _sent(publisher: "Publisher", refusing: Random | None) -> list[Sent]:
    sent = publisher.sent()
    if refusing is not None:
        _refuse(refusing, sent)
    return sent


def _judge(made: Fleet, address: str, sent: list[Sent]) -> None:
    """Adds what numbers and headers show of one publisher."""
    places = [
        Place(one.facts, (0, one.keys[0], one.epoch), (1, one.keys[1], one.epoch), one.fate, one.came_us)
        for one in sent
        if one.facts is not None
    ]
    proven = tails(places)
    for which, epochs in _counters(sent):
        for run in _missing(epochs, arrived="unreadable" if which == 0 else ""):
            made.lost[COUNTERS[which]].add(*run)
        for *ends, often in _jumps(epochs, which, proven):
            breaks = made.breaks if often > 1 else made.perhaps
            breaks[address, COUNTERS[which], *ends] += 1
    for number in proved(places).elements():
        made.lost["transport"].add(number)
    for number in unplaced(places).elements():
        made.doubtful.add(number)
    made.arrived = Filled(*(one + other for one, other in zip(made.arrived, filled(places), strict=True)))


def _refuse(rng: Random, sent: list[Sent]) -> None:
    """Makes some of the messages that were not dropped unreadable or incomplete."""
    share = rng.choice((0.0, 0.02, 0.1, 0.3))
    for one in sent:
        if one.may_fail and one.comes and rng.random() < share:
            one.fate = rng.choice(("unreadable", "incomplete"))


def _weather(rng: Random) -> Weather:
    return Weather(
        drop=rng.choice((0.0, 0.01, 0.05, 0.15)),
        burst=rng.choice((1, 1, 3, 10)),
        duplicate=rng.choice((0.0, 0.0, 0.02)),
        reorder=rng.choice((0.0, 0.0, 0.02, 0.1)),
        displacement=rng.choice((4, 4, 40, 300)),
        holes=rng.choice((0, 1, 1, 2, 3)),
        jumps=rng.choice((0, 0, 1)),
        restarts=rng.choice((0, 0, 0, 1)),
    )


class Publisher:
    """Sends; each call of ``sent`` anew."""

    def __init__(self, rng: Random, habit: Habit, weather: Weather, address: str, most_jumping: int) -> None:
        self._rng, self._habit, self._weather = rng, habit, weather
        self.address, self._most_jumping = address, most_jumping
        wanted = max(len(habit.publishers), rng.choice((1, 2, 2, 3, 3, 6, 12, 24)))
        self._publisher_of = {sub: habit.publishers[sub % len(habit.publishers)] for sub in range(1, wanted + 1)}
        self._messages = rng.randint(30, 50) if wanted < 12 else rng.randint(16, 24)

    def sent(self) -> list[Sent]:
        """Returns what it sends, with the holes and drops of the network."""
        rng, weather = self._rng, self._weather
        self._now, self._epoch, self._base = START_US, 0, 40000 + rng.randrange(1000)
        self._start = rng.choice(self._habit.starts)
        self._counters: list[dict[Key, int]] = [{}, {}]
        sent: list[Sent] = []
        jumps = weather.jumps if len(self._publisher_of) <= self._most_jumping else 0
        parts = ["restart"] * weather.restarts + ["jump"] * jumps + ["hole"] * weather.holes
        rng.shuffle(parts)
        for part in ["", *parts]:
            if part == "restart":
                self._restart()
            elif part == "jump":
                self._jump()
            elif part == "hole":
                sent.append(self._hole())
            sent += self._messages_of(announced=part == "restart" or (part == "" and rng.random() < 0.7), part=part)
        _drop(rng, sent, weather)
        return sent

    def _flow(self, sub: int) -> tuple[int, int, int]:
        habit, publisher = self._habit, self._publisher_of[sub]
        port = self._base + (sub if habit.socket_per_subscription else 0)
        return port + (publisher % 97 if habit.socket_per_publisher else 0), publisher, sub

    def _messages_of(self, *, announced: bool, part: str) -> Iterator[Sent]:
        subs = list(self._publisher_of)
        count = self._messages if part in ("", "restart") else self._rng.randint(3, self._messages)
        lockstep = self._rng.random() < 0.5
        order = subs * count if lockstep else [self._rng.choice(subs) for _ in range(count * len(subs))]
        # Every socket is heard before anything happens.
        order = (subs if announced or part == "" else []) + order
        for place, sub in enumerate(order):
            self._now += self._rng.choice((200, 5000, 5000, 100_000, 400_000, 3 * SECOND))
            kind = STARTED if announced and place < len(subs) else 0
            flow = self._flow(sub)
            keys = (self._habit.transport(*flow), self._habit.notification(*flow))
            numbers = [self._next(which, key, 1) for which, key in enumerate(keys)]
            facts = Facts(self.address, *flow, *numbers, self._now, kind, None, "router")
            taken = {(which, key): (numbers[which], 1) for which, key in enumerate(keys)}
            yield Sent(facts, self._now, self._epoch, keys, taken)

    def _next(self, which: int, key: Key, count: int) -> int:
        first = self._start if which == 0 or self._habit.same else min(self._start, 1)
        first += sum(key) * 7919 if self._start > 1 else 0
        number = self._counters[which].get(key, first % MODULUS)
        self._counters[which][key] = (number + count) % MODULUS
        return number

    def _restart(self) -> None:
        self._now += 25 * SECOND
        self._epoch += 1
        self._start, self._counters = 0, [{}, {}]

    def _jump(self) -> None:
        """Sets the counters back, or further ahead than anyone could have sent meanwhile."""
        self._now += self._rng.choice((SECOND, 5 * SECOND))
        self._epoch += 1
        back = self._rng.random() < 0.5 and min(self._counters[0].values()) > 10_000
        places: dict[Key, int] = {}
        for counter in self._counters:
            for key, number in counter.items():
                far = self._rng.randint(2_000, number - 2_000) if back and number > 10_000 else self._far(number)
                far = places.setdefault(key, far) if self._habit.same else far
                counter[key] = far % MODULUS

    def _far(self, number: int) -> int:
        return number + self._rng.randint(2**30, 2**31 - 2**20)

    def _hole(self) -> Sent:
        rng = self._rng
        width = rng.choice((rng.randint(900, 1100), int(10 ** rng.uniform(3, 6)), int(10 ** rng.uniform(3, 6)), 10**6))
        self._now += rng.choice((1000, SECOND, 4 * SECOND, 31 * SECOND))
        subs = list(self._publisher_of)
        share, rest = divmod(width, len(subs))
        taken: dict[tuple[int, Key], tuple[int, int]] = {}
        for place, sub in enumerate(subs):
            flow = self._flow(sub)
            mine = share + (place < rest)
            for which, key in enumerate((self._habit.transport(*flow), self._habit.notification(*flow))):
                first = self._next(which, key, mine)
                begun, before = taken.get((which, key), (first, 0))
                taken[which, key] = begun, before + mine
        return Sent(None, self._now, self._epoch, ((), ()), taken)


def _drop(rng: Random, sent: list[Sent], weather: Weather) -> None:
    """Decides what comes; the first of each socket, and of each counter of an epoch, always do."""
    seen: Counter[object] = Counter()
    left = 0
    for one in sent:
        if one.facts is None:
            continue
        kept = False
        counters = [(which, key, one.epoch) for which, key in enumerate(one.keys)]
        for known in (*counters, (one.facts.port, one.facts.publisher_id)):
            seen[known] += 1
            kept = kept or seen[known] <= 4
        if left == 0 and rng.random() < 2 * weather.drop / (1 + weather.burst):
            left = rng.randint(1, weather.burst)
        one.fate = "received" if kept or not left else "dropped"
        one.may_fail = not kept
        left -= left > 0


def _arrivals(rng: Random, sent: list[Sent], weather: Weather) -> list[tuple[int, Facts | Refused]]:
    """Returns what a receiver takes or refuses, and when."""
    arriving: list[tuple[float, Sent]] = []
    for place, one in enumerate(sent):
        if one.fate == "dropped":
            continue
        at = float(place)
        if rng.random() < weather.reorder and _calm(sent, place, weather.displacement):
            at += rng.randint(1, weather.displacement) + 0.5
        arriving.append((at, one))
        if rng.random() < weather.duplicate and _calm(sent, place, 2):
            arriving.append((place + rng.choice((0.1, 1.6, 2.6)), one))
    arriving.sort(key=lambda pair: pair[0])
    received: list[tuple[int, Facts | Refused]] = []
    newest = 0
    for place, (_, one) in enumerate(arriving):
        facts = one.facts
        assert facts is not None
        newest = max(newest, one.at_us)
        if one.came < 0:
            one.came, one.came_us = place, newest
        flow = (facts.exporter, facts.port, facts.publisher_id, facts.subscription_id)
        came = Facts(*flow, facts.message_id, facts.sequence_number, newest, facts.kind, None, facts.node)
        received.append((newest, came) if one.comes else refusal(facts, one.fate, newest))
    return sorted(received, key=lambda pair: pair[0])


def _calm(sent: list[Sent], place: int, distance: int) -> bool:
    """Whether the next messages follow within seconds and in the same epoch: a network keeps nothing for long."""
    end = place + distance + 1
    if end >= len(sent):
        return False
    return sent[end].at_us - sent[place].at_us < 9 * SECOND and sent[end].epoch == sent[place].epoch


def _counters(sent: list[Sent]) -> list[tuple[int, list[list[Counted]]]]:
    """Returns (which, runs by epoch) of each counter."""
    counters: dict[tuple[int, Key], dict[int, list[Counted]]] = {}
    for one in sent:
        for counter, (first, count) in one.taken.items():
            counters.setdefault(counter, {}).setdefault(one.epoch, []).append(Counted(first, count, one))
    return [(which, list(epochs.values())) for (which, _), epochs in counters.items()]


def _came(epoch: list[Counted]) -> list[int]:
    return [place for place, one in enumerate(epoch) if one.sent.comes]


def _missing(epochs: list[list[Counted]], arrived: str = "") -> Iterator[tuple[int, int]]:
    """Yields the runs that were lost between two messages that came, of one counter and epoch."""
    for epoch in epochs:
        came = _came(epoch)
        if came:
            between = epoch[came[0] : came[-1]]
            yield from ((one.first, one.count) for one in between if one.sent.fate not in ("received", arrived))


def _jumps(
    epochs: list[list[Counted]], which: int, proven: dict[tuple[object, ...], tuple[int, list[Place]]]
) -> Iterator[tuple[int, int, int]]:
    """Yields (last seen, next seen, how many came then) where a counter goes on, but not where counters begin."""
    heard = [epoch for epoch in epochs if _came(epoch)]
    for before, after in pairwise(heard):
        last = before[_came(before)[-1]]
        following = min((after[place] for place in _came(after)), key=lambda one: one.sent.came)
        tail = proven.get((0, last.sent.keys[0], last.sent.epoch)) if which == 0 else None
        seen = last.first if tail is None else tail[1][-1].facts.message_id or 0
        if after[0].first > 0:
            yield seen, following.first, len(_came(after))


def _ambiguous(epochs: list[list[Counted]]) -> bool:
    """Says whether a hole cannot be told from a new count, or a jump from a hole, by anyone."""
    for epoch in epochs:
        came = _came(epoch)
        for before, after in pairwise(came):
            width = (epoch[after].first - epoch[before].first) % MODULUS
            if width >= 1000 and epoch[after].first < WRAP_MARGIN and epoch[after].first < epoch[before].first:
                return True  # a new count
    for one, other in pairwise([epoch for epoch in epochs if _came(epoch)]):
        last, following = one[_came(one)[-1]], other[_came(other)[0]]
        width = (following.first - last.first) % MODULUS
        slack = following.sent.at_us - last.sent.at_us + 60 * SECOND
        if following.first >= 16 and width < MODULUS // 2 and width <= PER_US * slack:
            return True
        if any((following.first - lost) % MODULUS < count for lost, count in _missing([one])):
            return True
    return False

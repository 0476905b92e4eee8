"""Publishers of every known habit, the faults of a network, and the truth about what numbers can show of them.

Nothing here knows the detector: the truth is computed from what was sent, dropped and received alone. Detectable is a
message that was dropped between two received messages of the same counter and the same epoch, or before one that was
refused and nothing followed it in its epoch (``refusals.py``).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.core.loss.refusals import Filled, Place, Refusals, filled, proved, unplaced
from yangbeam.core.elements import Refused
from yangbeam.core.loss.facts import STARTED, Facts

SECOND = 1_000_000
MODULUS = 2**32
EXPORTER = "192.0.2.7"
START_US = 1_795_168_810_000_000

STEP = 1002
"""A step forward of less is a gap to a receiver (1000, and the reordering at both ends)."""
SPAN = 16
"""Numbers so few steps back are disorder to a receiver."""

Key = tuple[int, ...]
Scope = Callable[[int, int, int], Key]
"""(port, publisher, subscription) to what counts together."""


def node(_port: int, _publisher: int, _subscription: int) -> Key:
    return ()


def publisher(_port: int, publisher_id: int, _subscription: int) -> Key:
    return (publisher_id,)


def socket(port: int, _publisher: int, _subscription: int) -> Key:
    return (port,)


def publisher_subscription(_port: int, publisher_id: int, subscription: int) -> Key:
    return (publisher_id, subscription)


@dataclass(frozen=True)
class Habit:
    """How a kind of publisher counts, and over which sockets it sends."""

    name: str
    transport: Scope
    notification: Scope
    publishers: tuple[int, ...] = (1,)
    socket_per_subscription: bool = False
    socket_per_publisher: bool = False
    starts: tuple[int, ...] = (0,)
    """First numbers to choose from; a capture may begin anywhere."""
    same: bool = True
    """The sequence number equals the message id."""


ANYWHERE = (0, 1, 36, 5000, 285906, MODULUS - 30)

HABITS = (
    Habit("6wind", node, node, publishers=(0,), socket_per_subscription=True, starts=ANYWHERE),
    Habit("cisco-xr", socket, socket, publishers=(0,), socket_per_subscription=True, starts=(0,)),
    Habit("cisco-xr-running", socket, socket, publishers=(3244032291,), socket_per_subscription=True, starts=ANYWHERE),
    Habit("huawei-ne", publisher_subscription, publisher_subscription, publishers=(16974839,)),
    Habit("huawei-ne8000", publisher_subscription, publisher_subscription, starts=ANYWHERE),
    Habit(
        "huawei-ma5800", publisher, publisher_subscription, publishers=(3021116856, 3021116848, 3021116849), same=False
    ),
    Habit("by-the-text", publisher, publisher, starts=(1, 3000000000, MODULUS - 20), same=False),
    Habit("distributed", publisher, publisher, publishers=(1, 2, 3), socket_per_publisher=True, starts=(1,)),
)


@dataclass
class Sent:
    """One message as it left the publisher."""

    facts: Facts
    keys: tuple[Key, Key]
    epoch: int
    fate: str = "received"
    """received, dropped, unreadable or incomplete."""
    came: int = -1
    """When it arrived, us; -1: it did not."""


@dataclass
class Scenario:
    """What was sent, what came, in which order, and what of the rest numbers can show."""

    habit: Habit
    sent: list[Sent]
    received: list[Facts] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    lost: dict[str, Counter[int]] = field(default_factory=dict)
    arrived: Filled = field(default_factory=Filled)
    """Sequence numbers that are missing and not lost: their messages arrived and could not be read."""
    doubtful: Counter[int] = field(default_factory=Counter)
    """Message ids of such messages that may be taken for others."""
    injected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Faults:
    """How bad the network is."""

    drop: float = 0.0
    """Share of messages dropped, about."""
    burst: int = 1
    """Longest run of drops."""
    duplicate: float = 0.0
    reorder: float = 0.0
    displacement: int = 4
    """Places a late message falls behind: real ones 1 to 4."""
    restarts: int = 0
    refused: float = 0.0
    """Share of messages that arrive and cannot be read, or lack a segment."""
    refused_seed: int = 0
    """Which they are is drawn by itself, so that a scenario is the same without them."""
    rough: bool = False
    """Restarts take seconds, lose the first messages of the new epoch, and mix with the last of the old one."""


def scenario(rng: Random, habit: Habit, faults: Faults, *, subscriptions: int, messages: int) -> Scenario:
    """Makes a scenario; the same generator state gives the same one."""
    sent = _publish(rng, habit, faults, subscriptions, messages)
    while faults.rough and _at_the_wrap(sent):
        sent = _publish(rng, habit, faults, subscriptions, messages)
    made = Scenario(habit, sent)
    _drop(rng, sent, faults, made)
    _refuse(Random(faults.refused_seed), sent, faults, made)
    made.received = _deliver(rng, sent, faults, made)
    made.lost = {name: _detectable(sent, which) for which, name in enumerate(("transport", "notification"))}
    made.lost["transport"].update(proved(_places(sent)))
    made.arrived, made.doubtful = filled(_places(sent)), unplaced(_places(sent))
    return made


def _publish(rng: Random, habit: Habit, faults: Faults, subscriptions: int, messages: int) -> list[Sent]:
    publisher_of = {sub: habit.publishers[sub % len(habit.publishers)] for sub in range(1, subscriptions + 1)}
    if len(habit.publishers) > 1:
        subscriptions = max(subscriptions, len(habit.publishers))
        publisher_of = {sub: habit.publishers[sub % len(habit.publishers)] for sub in range(1, subscriptions + 1)}
    sent: list[Sent] = []
    now = START_US
    base = 40000 + rng.randrange(1000)
    for epoch in range(faults.restarts + 1):
        counters: list[dict[Key, int]] = [{}, {}]
        start = rng.choice(habit.starts) if epoch == 0 else 0
        order = _order(rng, list(publisher_of), messages)
        announced = epoch > 0 or rng.random() < 0.7
        if announced:
            order = list(publisher_of) + order
        for place, sub in enumerate(order):
            now += rng.choice((200, 5000, 400_000, 3 * SECOND, 31 * SECOND))
            kind = STARTED if announced and place < len(publisher_of) else 0
            port = base + (sub if habit.socket_per_subscription else 0)
            port += publisher_of[sub] % 97 if habit.socket_per_publisher else 0
            sent.append(_message(habit, counters, (port, publisher_of[sub], sub), start, now, kind, epoch))
        now += rng.choice((SECOND, 4 * SECOND, 25 * SECOND)) if faults.rough else 25 * SECOND
    return sent


def _order(rng: Random, subscriptions: list[int], messages: int) -> list[int]:
    if rng.random() < 0.5:  # in lockstep: every period all of them
        return [sub for _ in range(messages) for sub in subscriptions]
    return [rng.choice(subscriptions) for _ in range(messages * len(subscriptions))]


def _message(
    habit: Habit,
    counters: list[dict[Key, int]],
    flow: tuple[int, int, int],
    start: int,
    now: int,
    kind: int,
    epoch: int,
) -> Sent:
    keys = (habit.transport(*flow), habit.notification(*flow))
    numbers = []
    for which, key in enumerate(keys):
        # Counters that run on stand at different numbers.
        first = start if which == 0 or habit.same else min(start, 1)
        number = counters[which].get(key, (first + (sum(key) * 7919 if start > 1 else 0)) % MODULUS)
        counters[which][key] = (number + 1) % MODULUS
        numbers.append(number)
    facts = Facts(EXPORTER, *flow, numbers[0], numbers[1], now, kind, None, "router")
    return Sent(facts, keys, epoch)


def _drop(rng: Random, sent: list[Sent], faults: Faults, made: Scenario) -> None:
    seen: Counter[tuple[int, Key, int]] = Counter()
    left = 0
    for one in sent:
        kept = False
        for which in (0, 1):
            counted = (which, one.keys[which], one.epoch)
            seen[counted] += 1
            # Where an epoch begins is known only when its beginning comes.
            kept = kept or (seen[counted] <= 4 and one.epoch > 0 and not faults.rough)
        if left == 0 and rng.random() < 2 * faults.drop / (1 + faults.burst):
            left = rng.randint(1, faults.burst)
        if left:
            left -= 1
            if not kept:
                one.fate = "dropped"
                made.injected["dropped"] += 1


def _refuse(rng: Random, sent: list[Sent], faults: Faults, made: Scenario) -> None:
    """Makes some of the messages that were not dropped unreadable or incomplete, but for the first of each counter."""
    seen: Counter[tuple[int, Key, int]] = Counter()
    for one in sent:
        counters = [(which, one.keys[which], one.epoch) for which in (0, 1)]
        seen.update(counters)
        if one.fate == "received" and min(seen[counter] for counter in counters) > 4 and rng.random() < faults.refused:
            one.fate = rng.choice(("unreadable", "incomplete"))
            made.injected[one.fate] += 1


def _places(sent: list[Sent]) -> list[Place]:
    return [
        Place(one.facts, (0, one.keys[0], one.epoch), (1, one.keys[1], one.epoch), one.fate, one.came) for one in sent
    ]


def _at_the_wrap(sent: list[Sent]) -> bool:
    """Whether a counter began anew where it stood just before or after its wrap.

    A publisher that restarts there, and whose first messages are lost, shows a step forward: no receiver can tell that
    from loss.
    """
    last: dict[tuple[int, Key], Sent] = {}
    for one in sent:
        for which in (0, 1):
            before = last.get((which, one.keys[which]))
            anew = before is not None and before.epoch != one.epoch
            if anew and (_number(one, which) - _number(before, which) + SPAN) % MODULUS < SPAN + STEP:
                return True
            last[which, one.keys[which]] = one
    return False


def _deliver(rng: Random, sent: list[Sent], faults: Faults, made: Scenario) -> list[Facts]:
    arriving: list[tuple[float, Sent]] = []
    for place, one in enumerate(sent):
        if one.fate == "dropped":
            continue
        at = float(place)
        if rng.random() < faults.reorder and _calm(sent, place, faults.displacement, faults):
            at += rng.randint(1, faults.displacement) + 0.5
            made.injected["reordered"] += 1
        arriving.append((at, one))
        if rng.random() < faults.duplicate and _calm(sent, place, 2, faults):
            arriving.append((place + rng.choice((0.1, 1.6, 2.6)), one))
            made.injected["duplicated"] += 1
    received: list[Facts] = []
    refusals = Refusals(made.refused)
    arriving.sort(key=lambda pair: pair[0])
    newest = 0
    for _, one in arriving:
        newest = max(newest, one.facts.arrival_us)
        one.came = newest if one.came < 0 else one.came
        facts = one.facts
        refusals.before(newest, len(received))
        if one.fate != "received":
            refusals.add(facts, one.fate, newest, len(received))
            continue
        received.append(
            Facts(
                facts.exporter,
                facts.port,
                facts.publisher_id,
                facts.subscription_id,
                facts.message_id,
                facts.sequence_number,
                newest,
                facts.kind,
                None,
                facts.node,
            )
        )
    refusals.end(len(received))
    return received


def _calm(sent: list[Sent], place: int, distance: int, faults: Faults) -> bool:
    """Whether the next messages follow within seconds and in the same epoch: a network keeps nothing for long."""
    end = place + distance
    if end + 1 >= len(sent):
        return False
    last = sent[end + 1]
    near = last.facts.arrival_us - sent[place].facts.arrival_us < 9 * SECOND
    return near and (faults.rough or last.epoch == sent[place].epoch)


def _detectable(sent: list[Sent], which: int) -> Counter[int]:
    counters: dict[tuple[Key, int], list[Sent]] = {}
    for one in sent:
        counters.setdefault((one.keys[which], one.epoch), []).append(one)
    lost: Counter[int] = Counter()
    for messages in counters.values():
        came = [place for place, one in enumerate(messages) if one.fate == "received"]
        if came:
            between = messages[came[0] : came[-1] + 1]
            missing = ("dropped", "incomplete") if which == 0 else ("dropped", "incomplete", "unreadable")
            lost.update(_number(one, which) for one in between if one.fate in missing)
    return lost


def _number(one: Sent, which: int) -> int:
    number = one.facts.sequence_number if which else one.facts.message_id
    assert number is not None
    return number

"""Runs the loss detector against thousands of seeded scenarios and counts what it missed or made up.

./dev prove loss --scenarios 100000 --seed 1

``plain`` and ``rough`` (hard restarts) are one publisher each; ``wide`` are several, with holes of up to a million
numbers, long reordering, up to 24 subscriptions, and counters that jump elsewhere. In all of them some messages arrive
and cannot be read, or lack a segment.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.core.loss.fleet import COUNTERS, Fleet, fleet
from tests.core.loss.numbers import Numbers
from tests.core.loss.oracle import HABITS, Faults, Scenario, scenario
from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.lost import DISCONTINUITY

KINDS = ("plain", "rough", "wide")


def random_scenario(seed: int, *, rough: bool = False, refused: bool = False) -> Scenario:
    """Makes the scenario of a seed: any habit, any mixture of faults; ``refused``: some arrive in vain."""
    rng, own = Random(seed), Random(-1 - seed)
    faults = Faults(
        drop=rng.choice((0.0, 0.01, 0.05, 0.2)),
        burst=rng.choice((1, 1, 3, 10)),
        duplicate=rng.choice((0.0, 0.0, 0.02, 0.1)),
        reorder=rng.choice((0.0, 0.0, 0.02, 0.1)),
        refused=own.choice((0.0, 0.02, 0.1, 0.3)) if refused else 0.0,
        refused_seed=own.getrandbits(32),
        restarts=rng.choice((1, 2) if rough else (0, 0, 1, 2)),
        rough=rough,
    )
    return scenario(rng, rng.choice(HABITS), faults, subscriptions=rng.randint(1, 6), messages=rng.randint(30, 60))


def confirmed(events: list[LossEvent]) -> dict[str, Counter[int]]:
    """Returns the numbers that stand confirmed, by counter; a later event of one identity replaces the earlier."""
    standing = {event.identity: event for event in events if event.counter in ("transport", "notification")}
    found: dict[str, Counter[int]] = {"transport": Counter(), "notification": Counter()}
    for event in standing.values():
        assert event.state != "open", event
        if event.state == "confirmed":
            found[event.counter].update((event.first + offset) % 2**32 for offset in range(event.count))
    return found


def detect(made: Scenario, detector: Detector | None = None) -> list[LossEvent]:
    """Returns all events of a scenario, to the end of input."""
    detector = detector or Detector()
    end = EndOfInput(len(made.received), 0)
    return detector.observe(made.received, [*made.refused, end], Tallies("loss"))


def difference(made: Scenario) -> tuple[int, int]:
    """Returns (false, missed) numbers.

    Of sequence numbers that are missing it is known how many arrived, not always which; of message ids that are counted
    by subscription not whose a refused one is.
    """
    found, lost = confirmed(detect(made)), made.lost
    ids, more = lost["transport"] - found["transport"], found["transport"] - lost["transport"]
    arrived = (lost["notification"] - found["notification"]).total()
    false = (more - made.doubtful).total() + (found["notification"] - lost["notification"]).total()
    missed = (ids - made.doubtful).total() + max(0, arrived - made.arrived.most)
    return false + max(0, made.arrived.least - arrived), missed


def fleet_difference(made: Fleet) -> tuple[int, int]:
    """Returns (false, missed): numbers, and discontinuities; what is known of refused messages is as above."""
    end = EndOfInput(len(made.received), 0)
    events = Detector().observe(made.received, [*made.refused, end], Tallies("loss"))
    standing = {event.identity: event for event in events if event.counter in COUNTERS}.values()
    assert not any(event.state == "open" for event in standing)
    found = {
        name: Numbers.of((event.first, event.count) for event in standing if event.counter == name and event.lost())
        for name in COUNTERS
    }
    ids, numbers = made.lost["transport"], made.lost["notification"]
    arrived = numbers.surplus(found["notification"])
    false = found["transport"].surplus(ids.plus(made.doubtful)) + found["notification"].surplus(numbers)
    false += max(0, made.arrived.least - arrived)
    missed = ids.surplus(found["transport"].plus(made.doubtful)) + max(0, arrived - made.arrived.most)
    breaks = Counter(
        (event.exporter, event.counter, event.first, event.last)
        for event in standing
        if event.cause == DISCONTINUITY and event.state == "confirmed"
    )
    return false + (breaks - made.breaks - made.perhaps).total(), missed + (made.breaks - breaks).total()


def wide_scenario(seed: int, *, refused: bool = False) -> Fleet:
    """Makes the fleet of a seed; ``refused``: some messages arrive in vain, and any number of counters may jump."""
    return fleet(Random(seed), Random(-1 - seed) if refused else None)


def _outcome(kind: str, seed: int) -> Counter[str]:
    """Runs one scenario; returns what was in it and what came of it."""
    if kind == "wide":
        made = wide_scenario(seed, refused=True)
        false, missed = fleet_difference(made)
        found = Counter(
            messages=len(made.sent),
            holes=sum(one.facts is None for one in made.sent),
            discontinuities=made.breaks.total(),
            unreadable=sum(one.fate == "unreadable" for one in made.sent),
            incomplete=sum(one.fate == "incomplete" for one in made.sent),
            detectable=sum(lost.total() for lost in made.lost.values()),
        )
        habits = ", ".join(made.habits)
    else:
        plain = random_scenario(seed, rough=kind == "rough", refused=True)
        false, missed = difference(plain)
        found = plain.injected + Counter(
            messages=len(plain.sent), detectable=sum(lost.total() for lost in plain.lost.values())
        )
        habits = plain.habit.name
    if false or missed:
        sys.stdout.write(f"{kind} seed {seed} {habits}: {false} false, {missed} missed\n")
    found.update(scenarios=1, false=false, missed=missed, bad=bool(false or missed))
    return found


def main() -> int:
    """Runs the scenarios; returns 0 when nothing was missed and nothing made up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=(*KINDS, "all"), default="all")
    asked = parser.parse_args()
    bad = False
    for kind in KINDS if asked.kind == "all" else (asked.kind,):
        began = time.process_time()
        total: Counter[str] = Counter()
        for seed in range(asked.seed, asked.seed + asked.scenarios):
            total.update(_outcome(kind, seed))
        bad = bad or total["bad"] > 0
        sys.stdout.write(f"{kind}: {dict(sorted(total.items()))}, {time.process_time() - began:.0f} CPU-s\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the loss detector against thousands of seeded scenarios and counts what it missed or made up.

python tests/core/loss/prove.py --scenarios 100000 --seed 1
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.core.loss.oracle import HABITS, Faults, Scenario, scenario
from yangbeam.core.elements import EndOfInput, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector


def random_scenario(seed: int, *, rough: bool = False) -> Scenario:
    """Makes the scenario of a seed: any habit, any mixture of faults."""
    rng = Random(seed)
    faults = Faults(
        drop=rng.choice((0.0, 0.01, 0.05, 0.2)),
        burst=rng.choice((1, 1, 3, 10)),
        duplicate=rng.choice((0.0, 0.0, 0.02, 0.1)),
        reorder=rng.choice((0.0, 0.0, 0.02, 0.1)),
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
    return detector.observe(made.received, [end], Tallies("loss"))


def difference(made: Scenario) -> tuple[int, int]:
    """Returns (false, missed) numbers."""
    found = confirmed(detect(made))
    false = sum((found[name] - made.lost[name]).total() for name in found)
    missed = sum((made.lost[name] - found[name]).total() for name in found)
    return false, missed


def main() -> int:
    """Runs the scenarios; returns 0 when nothing was missed and nothing made up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="failing scenarios to name")
    parser.add_argument("--kind", choices=("plain", "rough", "both"), default="both", help="rough: hard restarts")
    asked = parser.parse_args()
    began = time.process_time()
    total: Counter[str] = Counter()
    for kind in ("plain", "rough") if asked.kind == "both" else (asked.kind,):
        for seed in range(asked.seed, asked.seed + asked.scenarios):
            made = random_scenario(seed, rough=kind == "rough")
            false, missed = difference(made)
            total.update(made.injected)
            total.update(
                scenarios=1,
                messages=len(made.sent),
                detectable=sum(lost.total() for lost in made.lost.values()),
                false=false,
                missed=missed,
                bad=bool(false or missed),
            )
            if (false or missed) and total["bad"] <= asked.show:
                sys.stdout.write(f"{kind} seed {seed} {made.habit.name}: {false} false, {missed} missed\n")
    sys.stdout.write(f"{dict(total)}, {time.process_time() - began:.0f} CPU-s\n")
    return 1 if total["bad"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Numbers that no rule makes: whoever sends them costs the others nothing, and the detector raises nothing."""

from collections import Counter
from random import Random

import pytest

from tests.core.loss.test_detector import beat, end, facts, run
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import Facts
from yangbeam.core.loss.track import Track, give_up

AT_ONCE = 7
"""Messages of a batch."""
HABITS = ("mixed", "shared", "own", "random", "constant", "backward")


def hostile(seed: int) -> list[tuple[float, Facts]]:
    """An exporter's messages and their times, in seconds: it counts by one habit for a while, and then by another."""
    random = Random(seed)
    flows = [(50_000 + random.randrange(2), random.randrange(1, 3), random.randrange(7, 10)) for _ in range(4)]
    shared, own, at_s, habit = 0, Counter[tuple[int, int, int]](), 0.0, random.choice(HABITS)
    sent: list[tuple[float, Facts]] = []
    for _ in range(random.randrange(50, 300)):
        habit = random.choice(HABITS) if random.random() < 0.01 else habit
        flow, at_s = random.choice(flows), at_s + random.choice([0.001, 0.1, 1, 5])
        shared = random.randrange(100) if random.random() < 0.01 else shared + 1
        own[flow] += 1
        number = {
            "mixed": random.choice([shared, own[flow]]),
            "shared": shared,
            "own": own[flow],
            "random": random.randrange(1 << random.choice([4, 8, 16, 32])),
            "constant": 5,
            "backward": 5_000 - own[flow],
        }[habit] + (random.randrange(2_000) if random.random() < 0.02 else 0)
        sequence = random.choice([number, own[flow], None]) if habit == "mixed" else number
        port, publisher, subscription = flow
        where = {"port": port, "publisher_id": publisher, "subscription_id": subscription}
        sent.append((at_s, facts(number, at_s, sequence_number=sequence, **where)))
    return sent


@pytest.mark.parametrize("seed", range(30))
def test_no_numbers_whatever_end_the_detector(seed: int) -> None:
    detector, sent = Detector(), hostile(seed)
    for first in range(0, len(sent), AT_ONCE):
        batch = sent[first : first + AT_ONCE]
        run(detector, [each for _, each in batch], beat(len(batch), batch[-1][0]))
        run(Detector().decode_state(detector.snapshot(), []), [each for _, each in batch[:1]])
    run(detector, [], end())


def test_a_counter_that_is_given_up_in_a_contest_has_no_explanation_left() -> None:
    track = Track(counter=0, incumbent=True)
    assert track.known is None, "as saved by a release that left it so"
    give_up(track, 10)
    assert not track.incumbent

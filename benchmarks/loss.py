"""Measures loss detection alone: messages per CPU-second of one process, and memory for many sequences at once.

    python benchmarks/loss.py [--messages N] [--sequences N]

A sequence is one followed counter. Goals: 1,000,000 messages per CPU-second in order; 100,000 concurrent sequences in
100 MB, as Python counts it, with the state decoded and each subscription watched for its period.
"""

import argparse
import gc
import sys
import time
import tracemalloc

from yangbeam.core.elements import Heartbeat, LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import FULL, STARTED, Facts

GOAL_RATE = 1_000_000
GOAL_MEGABYTES = 100
SUBSCRIPTIONS = 50
BATCH = 1000
START_US = 1_795_168_810_000_000
SECOND = 1_000_000


def fact(exporter: int, subscription: int, number: int, arrival_us: int, kind: int = FULL) -> Facts:
    """Returns one message of a publisher that counts by subscription on one socket: a sequence for each counter."""
    return Facts(
        f"10.{exporter >> 16}.{exporter >> 8 & 255}.{exporter & 255}",
        50000,
        16974839,
        subscription,
        number,
        number,
        arrival_us,
        kind,
        None,
        "router",
        10 * SECOND if kind == STARTED else 0,
    )


def batches(exporters: int, messages: int, drop: int = 0) -> list[tuple[list[Facts], list[Heartbeat]]]:
    """Returns messages in order of arrival, all subscriptions in turn; each ``drop``-th is missing."""
    made: list[Facts] = []
    place = 0
    while len(made) < messages:
        number, one = divmod(place, exporters * SUBSCRIPTIONS)
        exporter, subscription = divmod(one, SUBSCRIPTIONS)
        if not drop or place % drop != drop // 2:
            made.append(fact(exporter, subscription, number, START_US + place * 100))
        place += 1
    return [
        (some, [Heartbeat(0, "c", some[0].arrival_us, {})])
        for start in range(0, len(made), BATCH)
        if (some := made[start : start + BATCH])
    ]


def rate(exporters: int, messages: int, drop: int = 0) -> tuple[float, int]:
    """Returns messages per CPU-second, and how many events that made; scopes are learned before the clock starts."""
    detector = Detector()
    made = batches(exporters, messages, drop)
    learning = min(len(made) // 3, 2 + 40 * exporters * SUBSCRIPTIONS // BATCH)
    for facts, controls in made[:learning]:
        detector.observe(facts, controls, Tallies("loss"), "c")
    measured = made[learning:]
    events: list[LossEvent] = []
    gc.collect()
    began = time.process_time()
    for facts, controls in measured:
        events += detector.observe(facts, controls, Tallies("loss"), "c")
    used = time.process_time() - began
    return sum(len(facts) for facts, _ in measured) / used, len(events)


def memory(sequences: int) -> tuple[float, float, float]:
    """Returns megabytes as Python counts them and of the state as bytes, and bytes of state per sequence."""
    exporters = sequences // SUBSCRIPTIONS // 2
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    detector = Detector()
    for number in range(60):
        for exporter in range(exporters):
            now = START_US + number * SECOND + exporter * 10
            kind = STARTED if number == 0 else FULL
            some = [fact(exporter, subscription, number, now, kind) for subscription in range(SUBSCRIPTIONS)]
            detector.observe(some, [], Tallies("loss"), "c")
    detector.observe([], [Heartbeat(0, "c", START_US + 60 * SECOND, {})], Tallies("loss"), "c")
    gc.collect()
    counted = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    followed = sum(one.counters for one in detector.explain())
    if followed != sequences:
        raise SystemExit(f"{followed} sequences are followed, not {sequences}")
    octets = len(detector.encode_state())
    return counted / 1e6, octets / 1e6, octets / sequences


def main() -> int:
    """Prints the figures; returns 0 when both goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=400_000)
    parser.add_argument("--sequences", type=int, default=100_000)
    asked = parser.parse_args()
    counted, state, each = memory(asked.sequences)
    print(f"{asked.sequences:,} sequences: {counted:.0f} MB, state {state:.1f} MB, {each:.0f} octets each")
    best = max(rate(10, asked.messages)[0] for _ in range(3))
    print(f"in order, 1,000 sequences: {best:,.0f} messages per CPU-second")
    lossy, events = rate(10, asked.messages, 97)
    print(f"one in 97 lost: {lossy:,.0f} messages per CPU-second, {events} events")
    return 0 if best >= GOAL_RATE and counted <= GOAL_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())

"""Fuzzes every decoder of foreign octets, each for some minutes: what leaves it, how much memory it takes, how long.

./dev prove fuzz --minutes 10 --only pcap --seed 1

A fault is printed with its octets, and the run goes on. Memory is bounded by the octets that were given. So is time: an
input that takes longer is tried twice more, and counts by the fastest, so that a busy machine makes no fault.
"""

import argparse
import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.prove.targets import FIXED, TARGETS, Target, guard

LONGEST: Final = 20_000
"""Octets of an input."""
WEIGHED_ONE_IN: Final = 10
"""Inputs whose memory is measured, as that takes several times as long."""
SLOW: Final = {"yang": (90.0, 0.0)}
"""Seconds that an input may take, and for each octet; of the guard its own limits, twice: it names the module, too."""
SLOW_OTHERWISE: Final = (0.5, 1e-4)
MOST_FAULTS: Final = 20


@dataclass(slots=True)
class Outcome:
    """What came of a target."""

    inputs: int = 0
    accepted: int = 0
    most_memory: float = 0.0
    """Octets beyond FIXED for each octet of input."""
    slowest_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def inputs(target: Target, chance: random.Random) -> Iterator[bytes]:
    """Yields the seeds, then changed ones without end."""
    seeds = list(target.seeds())
    yield from seeds
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 5, 9))):
            _change(data, chance, target.tokens, seeds)
        yield bytes(data[:LONGEST])


def _change(data: bytearray, chance: random.Random, tokens: tuple[bytes, ...], seeds: list[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    match chance.randrange(7):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at : at + chance.randrange(1, 40)]
        case 2 if tokens:
            data[at:at] = chance.choice(tokens) * chance.choice((1, 1, 1, 3, 200))
        case 3:
            data[at:at] = data[at : at + chance.randrange(1, 400)]
        case 4:
            other = chance.choice(seeds)
            data[at:] = other[chance.randrange(len(other) + 1) :]
        case 5:
            size = chance.choice((1, 2, 4, 8))
            data[at : at + size] = chance.choice((b"\0", b"\x7f", b"\x80", b"\xff")) * size
        case _:
            data[at:at] = chance.randbytes(chance.randrange(1, 9))


def weigh(target: Target, octets: bytes) -> float:
    """Returns how many octets of memory beside FIXED an input takes at most, for each of its own."""
    tracemalloc.start()
    try:
        target.take(octets)
        return max(tracemalloc.get_traced_memory()[1] - FIXED, 0) / max(len(octets), 1)
    finally:
        tracemalloc.stop()


def fuzz(
    name: str, seed: int, *, seconds: float = float("inf"), most: int = sys.maxsize, timed: bool = True
) -> Outcome:
    """Fuzzes a target until time is over or so many inputs were tried; ``timed``: what takes too long is a fault."""
    target, found, chance = TARGETS[name], Outcome(), random.Random(f"{name}/{seed}")
    until = time.monotonic() + seconds
    for octets in inputs(target, chance):
        if time.monotonic() >= until or found.inputs >= most or len(found.faults) >= MOST_FAULTS:
            break
        found.inputs += 1
        try:
            took_s = _try(target, octets, found)
            if found.inputs % WEIGHED_ONE_IN == 1:
                _judge_memory(name, octets, found)
        except Exception as error:  # noqa: BLE001 # whatever it is, it is a fault
            found.faults.append(f"{type(error).__name__}: {error!s:.300}: {octets.hex()}")
            continue
        if timed:
            _judge_time(name, octets, took_s, found)
    gc.collect()
    return found


def _try(target: Target, octets: bytes, found: Outcome) -> float:
    began = time.perf_counter()
    found.accepted += bool(target.take(octets))
    return time.perf_counter() - began


def _judge_memory(name: str, octets: bytes, found: Outcome) -> None:
    target = TARGETS[name]
    taken = weigh(target, octets)
    found.most_memory = max(found.most_memory, taken)
    if taken > target.memory:
        found.faults.append(f"{taken:.0f} octets of memory for each of {len(octets)}: {octets.hex()}")


def _judge_time(name: str, octets: bytes, took_s: float, found: Outcome) -> None:
    fixed, each = SLOW.get(name, SLOW_OTHERWISE)
    most_s = fixed + each * len(octets)
    if took_s > most_s:
        took_s = min(took_s, *(_try(TARGETS[name], octets, Outcome()) for _ in range(2)))
    found.slowest_s = max(found.slowest_s, took_s)
    if took_s > most_s:
        found.faults.append(f"{took_s:.2f} s for {len(octets)} octets: {octets.hex()}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0, help="of each target")
    arguments.add_argument("--only", choices=list(TARGETS), action="append", help="may be repeated; all")
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    failed = False
    for name in chosen.only or TARGETS:
        found = fuzz(name, chosen.seed, seconds=chosen.minutes * 60)
        failed |= bool(found.faults)
        for fault in found.faults:
            print(f"{name}, seed {chosen.seed}: {fault}", flush=True)  # noqa: T201 - the finding
        print(  # noqa: T201 - its result
            f"{name:13} {found.inputs:>9,} inputs, {found.accepted:>9,} accepted in part, "
            f"memory x{found.most_memory:.0f} at most, {found.slowest_s * 1000:,.0f} ms the slowest, "
            f"{len(found.faults)} faults",
            flush=True,
        )
    guard().close()
    sys.exit(failed)


if __name__ == "__main__":
    main()

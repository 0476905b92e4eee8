"""Refuses messages of every reason of every stage, a million in all, and measures what they leave behind.

./dev prove refused --messages 1000000

It holds when the process grows by MOST at most, from the warm-up on, however many there are.
"""

import argparse
import gc
import itertools
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.core.yang.schemas import loaded, notification_set
from tests.prove.stages import refusals, rounds
from yangbeam.io.yang_directories import bundled
from yangbeam.runners.soak.watching import MEBIBYTE, sample

WARM = 0.1
"""Part of the messages before the first measurement: caches fill, allocators settle."""
MOST = 5.0
"""Mebibytes."""


def held() -> float:
    """Returns the mebibytes that this process has."""
    gc.collect()
    return sample(0.0, ["self"]).octets / MEBIBYTE


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=1_000_000)
    chosen = arguments.parse_args()
    counted: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as cache, loaded(notification_set(bundled()), Path(cache)) as schema:
        messages = rounds(schema)
        warm = max(int(chosen.messages * WARM), 2 * len(refusals(schema)))
        counted.update(stage for (stage, _), _ in itertools.islice(messages, warm))
        before = held()
        counted.update(stage for (stage, _), _ in itertools.islice(messages, chosen.messages - warm))
        grown = held() - before
    each = ", ".join(f"{count:,} at {stage}" for stage, count in counted.items())
    print(f"{counted.total():,} refused: {each}; {time.monotonic() - began:.0f} s")  # noqa: T201 - its result
    print(f"{before:.1f} MB after the warm-up, {grown:+.1f} MB at the end; at most {MOST:+.1f} MB")  # noqa: T201
    sys.exit(grown > MOST)


if __name__ == "__main__":
    main()

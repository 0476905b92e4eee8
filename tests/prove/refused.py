"""Refuses messages of every reason of every stage and sink, a million in all, and measures what they leave behind.

./dev prove refused --messages 1000000

It holds when the process grows by MOST at most, from the warm-up on, however many there are.
"""

import argparse
import gc
import itertools
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.core.yang.schemas import loaded, notification_set
from tests.prove.sinks import Refused, sinks
from tests.prove.stages import SIZE, refusals, rounds
from yangbeam.core.yang.schema import Schema
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


def all_rounds(schema: Schema, refused: Mapping[tuple[str, str], Refused]) -> Iterator[str]:
    """Refuses without end: a round of the stages, a round of the sinks; yields who refused."""
    at_stages, number = rounds(schema), 0
    while True:
        yield from (stage for (stage, _), _ in itertools.islice(at_stages, len(refusals(schema))))
        for (sink, reason), refuse in refused.items():
            number += 1
            assert refuse(number) == reason
            yield sink


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=1_000_000)
    chosen = arguments.parse_args()
    counted: Counter[str] = Counter()
    began = time.monotonic()
    logging.disable(logging.CRITICAL)  # a line for each would be all there is to see
    with (
        tempfile.TemporaryDirectory() as folder,
        loaded(notification_set(bundled()), Path(folder)) as schema,
        sinks(Path(folder), SIZE) as refused,
    ):
        messages = all_rounds(schema, refused)
        warm = max(int(chosen.messages * WARM), 2 * (len(refusals(schema)) + len(refused)))
        counted.update(itertools.islice(messages, warm))
        before = held()
        counted.update(itertools.islice(messages, chosen.messages - warm))
        grown = held() - before
    each = ", ".join(f"{count:,} at {stage}" for stage, count in counted.items())
    print(f"{counted.total():,} refused: {each}; {time.monotonic() - began:.0f} s")  # noqa: T201 - its result
    print(f"{before:.1f} MB after the warm-up, {grown:+.1f} MB at the end; at most {MOST:+.1f} MB")  # noqa: T201
    sys.exit(grown > MOST)


if __name__ == "__main__":
    main()

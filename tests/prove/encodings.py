"""Compares JSON, XML and CBOR of broken instances with each other and with what their maker knows, for long.

./dev prove encodings --cases 100000 --seed 1
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.core.judging.encodings import compare, schema_of_types

STEP = 1_000
"""Cases between two lines."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    total: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, schema_of_types(Path(folder)) as schema:
        for number in range(0, chosen.cases, STEP):
            counted, differs = compare(schema, chosen.seed + number, min(STEP, chosen.cases - number))
            total = {name: total.get(name, 0) + counted.get(name, 0) for name in total | counted}
            print(f"{sum(total.values()):,}: {total}", flush=True)  # noqa: T201 - its progress
            if differs:
                sys.exit(differs)


if __name__ == "__main__":
    main()

"""Invariant: what the compiled judge accepts, libyang accepts, whatever the schema and the text.

Run for long: ``./dev fuzz validator --cases 1000000 --seed 7``, of all sets, or of those named by ``--set``. Contents
are judged, and values of edits, one for five contents. A text that breaks it is printed; the verdicts are counted.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.core.yang.compiled.differential import Outcome, compare, compare_edits  # noqa: E402 - the path comes first
from tests.core.yang.compiled.sets import SETS  # noqa: E402
from tests.core.yang.schemas import loaded  # noqa: E402

CHUNK = 20_000
"""Cases after which everything starts anew: judge, generator and libyang's context."""


def fuzz(name: str, cases: int, seed: int, cache: Path) -> Outcome:
    """Judges that many cases of one set by both; each chunk has a seed of its own, ``seed`` plus its number."""
    total = Outcome()
    for number, done in enumerate(range(0, cases, CHUNK)):
        with loaded(SETS[name](), cache) as schema:
            chunk = min(CHUNK, cases - done)
            for what, found in (
                ("contents", compare(schema, chunk, seed + number)),
                ("edits", compare_edits(schema, chunk // 5, seed + number)),
            ):
                for text in found.wrong:
                    print(f"{name}, {what}, seed {seed + number}: {text!r}", flush=True)  # noqa: T201 - the finding
                total.add(found)
    return total


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=100_000, help="of each set")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--set", action="append", choices=list(SETS), help="may be repeated; all")
    chosen = arguments.parse_args()
    total, start = Outcome(), time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        for name in chosen.set or SETS:
            found = fuzz(name, chosen.cases, chosen.seed, Path(cache))
            print(f"{name:22} {found}", flush=True)  # noqa: T201 - its result
            total.add(found)
    print(f"{'all':22} {total}; {time.monotonic() - start:.0f} s")  # noqa: T201 - its result
    sys.exit(bool(total.wrong))


if __name__ == "__main__":
    main()

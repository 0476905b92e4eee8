"""Makes module sets as vendors ship them, and has each read a message that needs its good part alone.

./dev prove schemas --sets 10000

It holds when no message is lost, whatever else is in a set, and nothing but damage is left out.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.registry.vendor_sets import lost, made
from yangbeam.io.temporary_folders import temporary_folder


def main() -> int:
    """Makes sets from consecutive seeds, and prints each that loses its message."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--sets", type=int, default=10_000)
    arguments.add_argument("--first", type=int, default=0, help="the first seed")
    arguments.add_argument("--seconds", type=float, default=float("inf"), help="no further set after so long")
    chosen = arguments.parse_args()
    until, failed, count = time.monotonic() + chosen.seconds, 0, 0
    for seed in range(chosen.first, chosen.first + chosen.sets):
        if time.monotonic() > until:
            break
        with temporary_folder() as folder:
            why = lost(made(seed), folder)
        count += 1
        if why:
            failed += 1
            sys.stdout.write(f"seed {seed}: {why}\n")
    sys.stdout.write(f"{count:,} sets, {failed} of them lose their message\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

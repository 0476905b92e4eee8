"""`./dev soak`: good and hostile traffic for some minutes, against one process and against production."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from yangbeam.core.errors import YangbeamError
from yangbeam.pipeline.cli.console import fail, output
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.runners.soak import one_process, three_processes
from yangbeam.runners.soak.settings import Asked
from yangbeam.runners.soak.verdict import Verdict, show

QUIET_PART: Final = 0.1
"""Of a soak's time, first without attackers: what the lateness of good messages is compared with."""
LEAST_QUIET_S: Final = 30.0
COMPARED_S: Final = 120.0
"""From so long a soak on lateness is compared; it is judged, as slopes are, from half an hour on."""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 only if every soak that was asked for holds."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="how long traffic flows, of each soak")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--good", type=float, default=100.0, help="good messages a second")
    parser.add_argument("--hostile", type=float, default=60.0, help="hostile messages a second")
    parser.add_argument("--only", choices=("run", "production"), help="one of the two")
    parser.add_argument("--out", type=Path, default=Path("soak-out"), help="a new folder for what they write")
    given = parser.parse_args(arguments)
    asked = Asked(given.minutes * 60, given.seed, given.good, given.hostile, given.out.absolute())
    try:
        verdicts = [soak(asked) for name, soak in _SOAKS.items() if given.only in {None, name}]
    except YangbeamError as error:
        fail(str(error))
        return ExitCode.ENVIRONMENT
    return ExitCode.OK if all(verdict.holds for verdict in verdicts) else ExitCode.FAILED


def _run(asked: Asked) -> Verdict:
    verdict = one_process.soak(replace(asked, out=asked.out / "run"))
    show("yangbeam run", verdict, output())
    return verdict


def _production(asked: Asked) -> Verdict:
    quiet_ms = 0.0
    if asked.seconds >= COMPARED_S:
        seconds = max(asked.seconds * QUIET_PART, LEAST_QUIET_S)
        quiet_ms = three_processes.soak(replace(asked, seconds=seconds, hostile=0.0, out=asked.out / "quiet")).p99_ms
    verdict = three_processes.soak(replace(asked, out=asked.out / "production"))
    verdict.quiet_p99_ms = quiet_ms
    show("receive → Kafka → collect → Kafka → ingest", verdict, output())
    return verdict


_SOAKS: Final = {"run": _run, "production": _production}


if __name__ == "__main__":
    sys.exit(main())

"""Composes the command line with the runners: the one place that knows both."""

import sys

from yangbeam.pipeline.cli import main as run_command
from yangbeam.pipeline.launching import Job, Launchers


def _bounded(job: Job) -> None:
    # Imported only now: Beam takes longer to load than most commands take to run.
    from yangbeam.runners.direct import run_bounded  # noqa: PLC0415

    run_bounded(job)


def _live(job: Job) -> None:
    from yangbeam.runners.direct import run_live  # noqa: PLC0415 # as above

    run_live(job)


def main() -> int:
    """The console script ``yangbeam``; returns the exit code."""
    return run_command(sys.argv[1:], Launchers(bounded=_bounded, live=_live))

"""Composes the command line with the runners: the one place that knows both."""

import sys
from functools import partial

from yangbeam.pipeline.cli import main as run_command
from yangbeam.pipeline.launching import Job, Launchers


def _launch(job: Job, *, live: bool) -> None:
    # Imported only now: Beam takes longer to load than most commands take to run.
    from yangbeam.runners.jobs import run_job  # noqa: PLC0415

    run_job(job, live=live)


def main() -> int:
    """The console script ``yangbeam``; returns the exit code."""
    return run_command(sys.argv[1:], Launchers(bounded=partial(_launch, live=False), live=partial(_launch, live=True)))

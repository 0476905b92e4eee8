"""Composes the command line with the runners: the one place that knows both."""

import sys
from collections.abc import Sequence
from functools import partial

from yangbeam.core.reader import Reader
from yangbeam.pipeline.cli import main as run_command
from yangbeam.pipeline.console import messages
from yangbeam.pipeline.launching import Job, Launchers


def _launch(job: Job, *, live: bool) -> None:
    # Imported only now: Beam takes longer to load than most commands take to run.
    from yangbeam.runners.jobs import run_job  # noqa: PLC0415

    run_job(job, live=live, began=_announce)


def _announce(readers: list[Reader], _handoff: object) -> None:
    """Says where sockets listen, ports chosen, and what the kernel did not grant."""
    for reader in readers:
        for host, port in getattr(reader, "addresses", ()):
            messages().print(f"listening on {host} port {port}")
        for warning in getattr(reader, "warnings", ()):
            messages().print(f"warning: {warning}", style="yellow", markup=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script ``yangbeam``; returns the exit code. Without arguments: the process's own."""
    given = sys.argv[1:] if arguments is None else arguments
    return run_command(given, Launchers(bounded=partial(_launch, live=False), live=partial(_launch, live=True)))


if __name__ == "__main__":
    sys.exit(main())

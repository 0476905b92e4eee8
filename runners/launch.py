"""Composes the command line with the runners: the one place that knows both."""

import os
import sys
from collections.abc import Sequence
from functools import partial

from yangbeam.core.reader import Reader
from yangbeam.pipeline.cli.app import main as run_command
from yangbeam.pipeline.cli.console import say, warn
from yangbeam.pipeline.launching import FlinkStart, Job, Launchers, registry_warning
from yangbeam.pipeline.logs import chosen, quiet_process
from yangbeam.runners.privacy import keep_private


def _launch(job: Job, *, live: bool) -> None:
    # Imported only now: Beam takes longer to load than most commands take to run.
    from yangbeam.runners.jobs import run_job  # noqa: PLC0415

    run_job(job, live=live, began=_announce)


def _launch_on_flink(job: Job, start: FlinkStart) -> str:
    from yangbeam.pipeline.collect import collect_graph  # noqa: PLC0415 # as above
    from yangbeam.pipeline.listening import listening_graph  # noqa: PLC0415
    from yangbeam.pipeline.topic_checks import check_topics  # noqa: PLC0415
    from yangbeam.runners.flink import launch  # noqa: PLC0415

    warning = registry_warning(job.config)
    if warning and start.jar is not None:
        warn(warning)
    if start.jar is None:  # a jar may be made where no broker is
        check_topics(job.config.into_topics("run") if job.kind == "run" else job.config)
    graph = listening_graph if job.kind == "run" else collect_graph
    return launch(job.config.flink, graph(job.config), start, job.beam_options)


def _announce(readers: list[Reader], _handoff: object) -> None:
    """Says where sockets listen, ports chosen, and what the kernel did not grant."""
    for reader in readers:
        for host, port in getattr(reader, "addresses", ()):
            say(f"listening on {host} port {port}")
        for warning in getattr(reader, "warnings", ()):
            warn(warning)


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script ``yangbeam``; returns the exit code. Without arguments: the process's own."""
    given = sys.argv[1:] if arguments is None else arguments
    if arguments is None:
        keep_private()
        quiet_process(debug="--debug" in given or chosen().debug)
    local = partial(_launch, live=False), partial(_launch, live=True)
    code = run_command(given, Launchers(*local, flink=_launch_on_flink))
    if arguments is None:
        _leave(code)
    return code


def _leave(code: int) -> None:
    """Ends the process at once where threads hang in calls that never return: Python would wait for them."""
    stop = sys.modules.get("yangbeam.runners.hard_stop")
    if stop is not None and stop.LEFT_BEHIND.is_set():
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())

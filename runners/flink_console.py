"""``./dev flink list|checkpoints|failures|stop|cancel [JOB] [--url URL]``: a cluster's jobs, from a shell."""

import argparse
import sys
from collections.abc import Sequence

from yangbeam.core.errors import YangbeamError
from yangbeam.pipeline.cli.console import fail, output
from yangbeam.runners.flink_rest import DONE, Flink
from yangbeam.runners.servers.__main__ import flink as development_cluster


def _list(flink: Flink, _job: str, _folder: str) -> list[str]:
    return [f"{job.id} {job.state:<10} {job.name}" for job in flink.jobs()]


def _checkpoints(flink: Flink, job: str, _folder: str) -> list[str]:
    told = flink.checkpoints(job)
    newest = f"the newest of {told.octets} octets in {told.milliseconds} ms"
    return [f"{told.completed} complete, {told.failed} failed, {newest}; restored {told.restored} time(s)"]


def _failures(flink: Flink, job: str, _folder: str) -> list[str]:
    return flink.failures(job)


def _stop(flink: Flink, job: str, folder: str) -> list[str]:
    return [f"savepoint {flink.stop(job, folder)}"]


def _cancel(flink: Flink, job: str, _folder: str) -> list[str]:
    flink.cancel(job)
    return [f"{job} has ended"]


COMMANDS = {"list": _list, "checkpoints": _checkpoints, "failures": _failures, "stop": _stop, "cancel": _cancel}


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line asks; returns the exit code."""
    parser = argparse.ArgumentParser(prog="./dev flink", description="The jobs of a Flink cluster.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("job", nargs="?", help="its id; the only one that runs, when left out")
    parser.add_argument("--url", help="of the cluster; of `./dev up flink`, when left out")
    parser.add_argument("--savepoints", help="where `stop` leaves the savepoint")
    given = parser.parse_args(arguments)
    try:
        cluster = development_cluster()
        flink = Flink(given.url or cluster.url)
        job = given.job or (_only(flink) if given.command != "list" else "")
        for line in COMMANDS[given.command](flink, job, given.savepoints or str(cluster.savepoints)):
            output().print(line, soft_wrap=True)
    except YangbeamError as error:
        fail(str(error))
        return 3
    return 0


def _only(flink: Flink) -> str:
    alive = [job.id for job in flink.jobs() if job.state not in DONE]
    if len(alive) != 1:
        raise SystemExit(f"{len(alive)} jobs run; write which")
    return alive[0]


if __name__ == "__main__":
    sys.exit(main())

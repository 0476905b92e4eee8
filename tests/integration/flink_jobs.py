"""One job on the shared cluster: submitted, watched, broken, and cancelled whatever happens."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam

from tests.waiting import until
from yangbeam.runners.flink_job import make_jar
from yangbeam.runners.flink_options import options_of
from yangbeam.runners.flink_rest import DONE, Flink, FlinkError, RunningJob
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer

QUICK = {"checkpointing_interval": 1000, "min_pause_between_checkpoints": 200}
"""Checkpoints often enough for a test of some seconds."""


class Running:
    """A job that was submitted."""

    def __init__(self, cluster: FlinkCluster, job: str) -> None:
        self.cluster = cluster
        self.rest = Flink(cluster.url)
        self.job = job

    def until_running(self) -> None:
        """Waits until every subtask runs."""
        until(lambda: self.rest.is_running(self.job), f"job {self.job} does not run")

    def until_checkpoint(self, more: int = 1) -> None:
        """Waits until ``more`` checkpoints are complete beyond those there are."""

        def completed() -> int:
            return self.rest.checkpoints(self.job).completed

        wanted = completed() + more
        until(lambda: completed() >= wanted, f"no {more} checkpoints", completed)

    def until_restored(self, times: int = 1) -> None:
        """Waits until the job went back to a checkpoint and runs again."""
        restored = f"not restored {times} time(s)"
        until(lambda: self.rest.checkpoints(self.job).restored >= times, restored)
        self.until_running()

    def stop(self) -> str:
        """Ends it with a savepoint and returns where that is."""
        return self.rest.stop(self.job, self.cluster.savepoints)


@contextmanager
def submitted(
    cluster: FlinkCluster,
    runner: JobServer,
    folder: Path,
    build: Callable[[beam.Pipeline], object],
    *,
    parallelism: int = 2,
    savepoint: str | None = None,
    options: dict[str, Any] | None = None,
) -> Iterator[Running]:
    """Submits a graph; cancels it in the end, unless it has ended."""
    jar = make_jar(runner.jar, folder / "job.jar", "test", options_of({**QUICK, **(options or {})}), build)
    cluster.start()  # what an earlier test has killed
    rest = Flink(cluster.url)
    job = rest.submit(jar, parallelism=parallelism, savepoint=savepoint)
    jar.unlink()
    running = Running(cluster, job)
    try:
        running.until_running()
        yield running
    finally:
        # A JobManager that was killed and begun anew knows nothing of it.
        if any(known.id == job and known.state not in DONE for known in _jobs(rest)):
            rest.cancel(job)


def _jobs(rest: Flink) -> list[RunningJob]:
    try:
        return rest.jobs()
    except FlinkError:
        return []


def workers_of(cluster: FlinkCluster) -> list[int]:
    """Returns the pids of the Python workers that the cluster's TaskManagers started."""
    parents = {process.pid() for process in cluster.task_managers}
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent in parents and b"sdk_worker_main" in command:
                found.append(int(entry.name))
    return found


def kill_worker(cluster: FlinkCluster) -> None:
    """Ends one Python worker at once."""
    os.kill(workers_of(cluster)[0], signal.SIGKILL)

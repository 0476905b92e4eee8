"""A Flink cluster over its REST interface: submit, list, stop with a savepoint, cancel, and watch checkpoints."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.runners.flink_job import ENTRY_CLASS

POLL_S: Final = 0.2
ANSWER_S: Final = 120.0
"""A submission is answered once the job's graph is made: longest of all."""
DONE: Final = frozenset({"FINISHED", "CANCELED", "FAILED"})
"""States of a job that nothing leaves."""


class FlinkError(YangbeamError):
    """The cluster is out of reach, or refused what was asked of it."""

    fault = Fault.ENVIRONMENT


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job as the cluster lists it."""

    id: str
    name: str
    state: str
    """Flink's word: RUNNING, RESTARTING, FAILED, …; RUNNING may still be deploying, see ``Flink.is_running``."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What became of a job's checkpoints.

    Attributes:
        completed: How many since the job was started.
        failed: How many.
        octets: Of the newest complete one.
        milliseconds: It took.
        restored: How often the job went back to one.
        path: Of the newest complete one; resumes a job as a savepoint does.
    """

    completed: int
    failed: int
    octets: int
    milliseconds: int
    restored: int
    path: str = ""


class Flink:
    """A client of one cluster.

    Args:
        url: Of its REST interface.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def submit(self, jar: Path, *, parallelism: int, savepoint: str | None = None, lose_state: bool = False) -> str:
        """Uploads an executable jar, starts it and deletes the upload; returns the job's id.

        Args:
            jar: Of ``flink_job.make_jar``.
            parallelism: Subtasks of each stage.
            savepoint: What to resume from.
            lose_state: Accept that state of the savepoint has no stage in this graph any more.

        Raises:
            FlinkError: The cluster is out of reach, the jar does not run, or the savepoint does not fit.
        """
        with jar.open("rb") as content:
            uploaded = self._ask("POST", "jars/upload", files={"jarfile": (jar.name, content)})
        name = Path(uploaded["filename"]).name
        wanted: dict[str, Any] = {"entryClass": ENTRY_CLASS, "parallelism": parallelism}
        if savepoint is not None:
            wanted |= {"savepointPath": savepoint, "allowNonRestoredState": lose_state}
        try:
            return self._ask("POST", f"jars/{name}/run", json=wanted)["jobid"]
        finally:
            self._ask("DELETE", f"jars/{name}")

    def jobs(self) -> list[RunningJob]:
        """Returns every job that the cluster remembers."""
        return [RunningJob(job["jid"], job["name"], job["state"]) for job in self._ask("GET", "jobs/overview")["jobs"]]

    def state(self, job: str) -> str:
        """Returns a job's state, in Flink's word."""
        return self._ask("GET", f"jobs/{job}")["state"]

    def is_running(self, job: str) -> bool:
        """Whether every subtask runs: a job's own state says RUNNING before."""
        told = self._ask("GET", f"jobs/{job}")
        return told["state"] == "RUNNING" and all(vertex["status"] == "RUNNING" for vertex in told["vertices"])

    def stop(self, job: str, folder: Path | str, deadline_s: float = 120.0) -> str:
        """Ends a job with a savepoint and returns where that is.

        Never drains: a drained source tells the stages that its input has ended, which is not true of a job that will
        be resumed, and Beam's graphs do not finish draining.

        Raises:
            FlinkError: The savepoint failed; the job may run on.
        """
        wanted = {"targetDirectory": str(folder), "drain": False}
        found = self._savepoint(job, "stop", wanted, deadline_s)
        self._until_done(job, deadline_s)  # the savepoint is there a moment before the slots are free
        return found

    def savepoint(self, job: str, folder: Path | str, deadline_s: float = 120.0) -> str:
        """Takes a savepoint of a job that runs on, and returns where it is; raises as ``stop``."""
        wanted = {"target-directory": str(folder), "cancel-job": False}
        return self._savepoint(job, "savepoints", wanted, deadline_s)

    def _savepoint(self, job: str, how: str, wanted: dict[str, Any], deadline_s: float) -> str:
        request = self._ask("POST", f"jobs/{job}/{how}", json=wanted)["request-id"]
        until = time.monotonic() + deadline_s
        while True:
            told = self._ask("GET", f"jobs/{job}/savepoints/{request}")
            if told["status"]["id"] == "COMPLETED":
                break
            if time.monotonic() > until:
                raise FlinkError("savepoint", f"job {job}: no savepoint within {deadline_s:.0f} s; it may run on")
            time.sleep(POLL_S)
        operation = told["operation"]
        if "location" not in operation:
            why = operation["failure-cause"]["stack-trace"].splitlines()[0]
            raise FlinkError("savepoint", f"job {job}: the savepoint failed, the job may run on: {why}")
        return operation["location"]

    def cancel(self, job: str, deadline_s: float = 60.0) -> None:
        """Ends a job without a savepoint and waits until its slots are free; nothing when it has ended.

        Raises:
            FlinkError: It has not ended within ``deadline_s`` seconds.
        """
        if self.state(job) in DONE:
            return
        try:
            self._ask("PATCH", f"jobs/{job}", params={"mode": "cancel"})
        except FlinkError:
            if self.state(job) not in DONE:  # else it has ended by itself meanwhile
                raise
        self._until_done(job, deadline_s)

    def _until_done(self, job: str, deadline_s: float) -> None:
        until = time.monotonic() + deadline_s
        while self.state(job) not in DONE:
            if time.monotonic() > until:
                raise FlinkError("ending", f"job {job} has not ended {deadline_s:.0f} s after it was told to")
            time.sleep(POLL_S)

    def checkpoints(self, job: str) -> Checkpoints:
        """Returns what became of a job's checkpoints."""
        told = self._ask("GET", f"jobs/{job}/checkpoints")
        newest = told["latest"]["completed"] or {}
        return Checkpoints(
            completed=told["counts"]["completed"],
            failed=told["counts"]["failed"],
            octets=newest.get("state_size", 0),
            milliseconds=newest.get("end_to_end_duration", 0),
            restored=told["counts"]["restored"],
            path=newest.get("external_path", ""),
        )

    def failures(self, job: str) -> list[str]:
        """Returns why the job failed and was restarted, newest first: the root cause's own lines."""
        told = self._ask("GET", f"jobs/{job}/exceptions")
        return [entry["stacktrace"] for entry in told.get("exceptionHistory", {}).get("entries", ())]

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = httpx.request(method, f"{self.url}/v1/{path}", timeout=ANSWER_S, **arguments)
        except httpx.HTTPError as error:
            raise FlinkError("unreachable", f"no Flink answers at {self.url}: {error}; is it up?") from error
        if answer.is_error:
            raise FlinkError("refused", f"Flink refuses {method} {path}: {_why(answer)}")
        return answer.json() if answer.content else {}


def _why(answer: httpx.Response) -> str:
    try:
        told: Sequence[str] = answer.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:300]}"
    # A stack trace of many pages: its causes, each in its first line.
    lines = [line.strip() for entry in told for line in entry.splitlines()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return causes[-1] if causes else next(iter(lines), str(answer.status_code))

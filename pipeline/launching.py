"""What the command line asks of a runner, so that it needs to import none."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.config.file import Config


@dataclass(frozen=True, slots=True)
class Job:
    """One run.

    Attributes:
        config: What to do.
        beam_options: Beam's own options, as written after ``--``.
        duration_s: When to end it in order: input ends there, and everything is flushed; None: at its own end, or at
            Ctrl-C.
        kind: Which graph: ``run`` and ``collect`` share one, ``ingest`` has its own.
    """

    config: Config
    beam_options: tuple[str, ...] = ()
    duration_s: float | None = None
    kind: Literal["run", "collect", "ingest"] = "run"


Launcher = Callable[[Job], None]
"""Runs a job to its end, in this process, and reports into ``yangbeam.pipeline.view.status``.

Ends in order on the first SIGINT or SIGTERM, and with KeyboardInterrupt on the second.

Raises:
    YangbeamError: What ended the run; its fault decides the exit code.
"""


@dataclass(frozen=True, slots=True)
class FlinkStart:
    """How a job begins on Flink.

    Attributes:
        savepoint: What to resume from, a savepoint or a kept checkpoint; None: with empty state.
        lose_state: Accept that some of the savepoint's state has no stage any more.
        jar: Where to leave the executable jar instead of submitting it; None: it is submitted and deleted.
    """

    savepoint: str | None = None
    lose_state: bool = False
    jar: Path | None = None


def registry_warning(config: Config) -> str:
    """Returns what to tell an operator of a job whose workers must be on one machine; empty: they need not.

    Raises:
        ConfigurationError: They are not: each machine would give the same id to other schemas.
    """
    if config.registry.kind != "embedded":
        return ""
    what = "the registry is embedded, so that each machine counts schema ids of its own"
    cure = '[registry] kind = "http" with the url of a `yangbeam registry`'
    host = urlsplit(config.flink.url).hostname or ""
    if host != "localhost" and not _is_loopback(host):
        raise ConfigurationError("registry-shared", f"{what}, and the cluster is at {host}: write {cure}")
    return f"{what}: for a cluster on several write {cure}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


FlinkLauncher = Callable[[Job, FlinkStart], str]
"""Submits a job to a cluster, where it goes on without this process; returns what to tell the operator."""


def no_flink(_job: Job, _start: FlinkStart) -> str:
    """Refuses: this process has no launcher for Flink.

    Raises:
        ConfigurationError: Always.
    """
    raise ConfigurationError("no-flink", "this command line was built without Flink; use the one that is installed")


@dataclass(frozen=True, slots=True)
class Launchers:
    """How jobs are launched: those whose input ends, those that run until they are stopped, and those on a cluster."""

    bounded: Launcher
    live: Launcher
    flink: FlinkLauncher = no_flink

    def of(self, config: Config) -> Launcher:
        """Returns the launcher for a configuration's sources."""
        return self.bounded if config.is_bounded else self.live

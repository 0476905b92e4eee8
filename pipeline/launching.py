"""What the command line asks of a runner, so that it needs to import none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from yangbeam.pipeline.config import Config


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
"""Runs a job to its end, in this process, and reports into ``yangbeam.pipeline.status``.

Ends in order on the first SIGINT or SIGTERM, and with KeyboardInterrupt on the second.

Raises:
    YangbeamError: What ended the run; its fault decides the exit code.
"""


@dataclass(frozen=True, slots=True)
class Launchers:
    """How jobs are launched: those whose input ends, and those that run until they are stopped."""

    bounded: Launcher
    live: Launcher

    def of(self, config: Config) -> Launcher:
        """Returns the launcher for a configuration's sources."""
        return self.bounded if config.is_bounded else self.live

"""yangbeam's commands as processes: started with a log, watched, and ended as an operator ends them."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yangbeam.runners.servers.processes import ServerError, wait_until
from yangbeam.runners.soak.watching import Watched

PATIENCE_S: Final = 300.0
"""How long nothing may move before a soak gives up."""


@dataclass(slots=True)
class Command:
    """A command that runs.

    Attributes:
        name: ``run``, ``receive``, ``collect`` or ``ingest``.
        log: What it prints.
        process: The process.
        watched: What it holds, over time.
    """

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    watched: Watched

    def wait_for(self, line: str) -> None:
        """Waits until its log contains a text.

        Raises:
            ServerError: It ended before, or did not print it in time.
        """
        what = f"{self.name} does not print {line!r}"
        wait_until(lambda: line in self.log.read_text() or self.process.poll() is not None, PATIENCE_S, what)
        if self.process.poll() is not None:
            raise ServerError(self.name, f"{self.name} ended with {self.process.returncode}:\n{self.log.read_text()}")

    def end(self) -> int:
        """Ends it by one Ctrl-C; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def running(name: str, config: Path, *arguments: str) -> Iterator[Command]:
    """Runs a command with a configuration while it is entered; kills it at the end if it has not ended by then."""
    log = config.parent / f"{name}.log"
    command = [sys.executable, "-m", "yangbeam.runners.launch", name, "--config", str(config), *arguments]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603 # our own
    try:
        with Watched(process.pid) as watched:
            yield Command(name, log, process, watched)
    finally:
        process.kill()
        process.wait()

"""A command in a process of its own, as an operator runs it: what it said, its metrics, its end and its report."""

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.waiting import PATIENCE_S, until


class Command:
    """`run`, `collect` or `ingest` with plain view and metrics.

    Args:
        name: The command.
        configuration: Its file; the report is expected in the folder ``out`` beside it.
    """

    def __init__(self, name: str, configuration: Path) -> None:
        self.name = name
        self._folder = configuration.parent
        self._errors = self._folder / f"errors-{name}"
        arguments = ["--config", str(configuration), "--view", "plain"]
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yangbeam.runners.launch", name, *arguments],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    @property
    def said(self) -> str:
        """Everything on standard error."""
        return self._errors.read_text()

    def until(self, condition: Callable[[], Any]) -> Any:
        """Waits for a condition while the command runs."""

        def holds() -> Any:
            assert self.process.poll() is None, self.said
            return condition()

        return until(holds, "it does not come to it", lambda: self.said)

    def until_said(self, pattern: str) -> re.Match[str]:
        """Waits until it says something, and returns that."""
        found: re.Match[str] = self.until(lambda: re.search(pattern, self.said))
        return found

    def metrics(self) -> str:
        """Returns its metrics as Prometheus would get them."""
        url = self.until_said(r"metrics at (http://\S+)")[1]
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def until_metric(self, name: str, value: float) -> None:
        """Waits until a metric, labels included, has a value."""
        line = re.compile(rf"^{re.escape(name)} (\S+)$", re.MULTILINE)
        self.until(lambda: (found := line.search(self.metrics())) and float(found[1]) == value)

    def end(self) -> int:
        """Ends it as one Ctrl-C does, and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)

    def report(self) -> dict[str, Any]:
        """Returns the report that it wrote at its end."""
        name = "report.json" if self.name == "run" else f"report-{self.name}.json"
        report: dict[str, Any] = orjson.loads((self._folder / "out" / name).read_bytes())
        return report

    def kill(self) -> None:
        """Leaves no process behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)

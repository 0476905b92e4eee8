"""The checks, in the order in which they are reported; all look at the same time, and none longer than it may."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.errors import Fault
from yangbeam.pipeline.checking import brokers, clock, folders, identities, modules, nodes, ports, stores
from yangbeam.pipeline.checking.finding import Finding, failed, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.exit_codes import OF_FAULT, ExitCode

LIMIT_S: Final = 30.0
"""For all checks together."""

Look = Callable[[Config], Iterable[Finding]]

CHECKS: Final[dict[str, Look]] = {
    "folders": folders.writable,
    "ports": ports.free,
    "socket buffers": ports.buffers,
    "kafka": brokers.topics,
    "registry": stores.registry,
    "schema ids": identities.shared,
    "database": stores.database,
    "modules": modules.compile_,
    "nodes": nodes.reachable,
    "clock": clock.sane,
}
"""By name."""


@dataclass(slots=True)
class _Looking:
    """One check under way; findings may be read while it goes on."""

    name: str
    look: Look
    found: list[Finding] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self, config: Config) -> None:
        # A daemon: what does not answer must not keep the process from ending.
        self.thread = threading.Thread(target=self._run, args=(config,), name=f"check {self.name}", daemon=True)
        self.thread.start()

    def _run(self, config: Config) -> None:
        try:
            for each in self.look(config):
                self.found.append(each)
        except Exception as error:  # noqa: BLE001 # whatever it is, the other checks go on
            self.found.append(failed(self.name, error))

    def findings(self, until: float, limit_s: float) -> list[Finding]:
        assert self.thread is not None  # noqa: S101 # started before
        self.thread.join(max(until - time.monotonic(), 0.0))
        if not self.thread.is_alive():
            return self.found
        what = f"does not come to an end within {limit_s:g} s"
        return [*self.found, problem(self.name, what, "see why it is slow, or give it more time with --limit")]


def look(config: Config, limit_s: float = LIMIT_S, checks: dict[str, Look] | None = None) -> Iterator[Finding]:
    """Yields what the checks find, in the order of their table.

    Args:
        config: What is checked.
        limit_s: Seconds for all of them together; what has not ended by then is reported as a problem.
        checks: By name; all by default.
    """
    under_way = [_Looking(name, each) for name, each in (CHECKS if checks is None else checks).items()]
    until = time.monotonic() + limit_s
    for each in under_way:
        each.start(config)
    for each in under_way:
        yield from each.findings(until, limit_s)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Returns the code of the worst problem: what the operator wrote first, then what is outside."""
    faults = {finding.fault for finding in findings if finding.fault is not None}
    order = (Fault.CONFIGURATION, Fault.ENVIRONMENT, Fault.DEVICE, Fault.COLLECTOR)
    return next((OF_FAULT[fault] for fault in order if fault in faults), ExitCode.OK)

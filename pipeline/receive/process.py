"""One receiving process as its parent sees it: started, listened to, started anew when it crashed."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from typing import IO, Final

import msgspec

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.pipeline.receive.order import ENCODER, FATAL, HURRY, REPORT, WorkerOrder, WorkerReport

BACKOFF_S: Final = (0.0, 1.0, 2.0, 5.0, 10.0)
"""From a crash to the next start, by how many crashes were near each other; the last one from then on."""
NEAR_S: Final = 60.0
"""A process that ran this long had not crashed at once."""


class ReceiveEndedError(YangbeamError):
    """A receiving process can do nothing more, and said why."""

    fault = Fault.ENVIRONMENT


class Receiver:
    """One receiving process, over its restarts.

    Args:
        module: What runs.
        order: What it is told; its counters are what the one before it reported.
        sockets: The parent's, inherited.
    """

    def __init__(self, module: str, order: WorkerOrder, sockets: list[socket.socket]) -> None:
        self._module = module
        self._order = order
        self._sockets = sockets
        self.name = order.name
        self.report = WorkerReport({}, 0, 0)
        self.restarts = 0
        self.start_at = 0.0
        """When it is to be started; monotonic."""
        self._near = 0
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._line = b""

    def adopt(self, folders: tuple[str, ...]) -> None:
        """Gives it the spools of others, before its first start."""
        self._order = msgspec.structs.replace(
            self._order, spool=msgspec.structs.replace(self._order.spool, adopted=folders)
        )

    @property
    def pid(self) -> int:
        """Of the process; 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self, lock: int) -> None:
        """Starts the process; it holds the spool's lock, too, so that nobody takes the spool while it flushes."""
        self._process = subprocess.Popen(  # noqa: S603 # this interpreter and a module of ours
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[lock, *(each.fileno() for each in self._sockets)],
            bufsize=0,
        )
        self._started = time.monotonic()
        self._line = b""
        counters = self.report.counters
        order = msgspec.structs.replace(self._order, counters=counters)
        with contextlib.suppress(BrokenPipeError):  # it is dead already; its exit code will say so
            _pipe(self._process.stdin).write(ENCODER.encode(order) + b"\n")

    def fileno(self) -> int:
        """Returns the pipe of its reports, for select."""
        assert self._process is not None  # noqa: S101 # asked of running ones only
        return _pipe(self._process.stdout).fileno()

    def read(self) -> bool:
        """Takes in what it reported; returns False when it has ended."""
        octets = os.read(self.fileno(), 1 << 20)
        *lines, self._line = (self._line + octets).split(b"\n")
        for line in lines:
            report = REPORT.decode(line)
            self.report = report if report.ended is None else msgspec.structs.replace(self.report, ended=report.ended)
        return bool(octets)

    def ended(self) -> None:
        """Notes that it has ended, and when to start it anew.

        Raises:
            ReceiveEndedError: Another start would not mend it.
        """
        if self._process is None:
            return
        code = self._process.wait()
        self._forget()
        if code == FATAL:
            raise self._why()
        self._near = self._near + 1 if time.monotonic() - self._started < NEAR_S else 0
        self.restarts += 1
        self.start_at = time.monotonic() + BACKOFF_S[min(self._near, len(BACKOFF_S) - 1)]

    def _why(self) -> "ReceiveEndedError":
        if self.report.ended is None:
            return ReceiveEndedError("receiver-ended", f"receiver {self.name} can do nothing more; see its message")
        reason, detail, fault = self.report.ended
        error = ReceiveEndedError(reason, f"receiver {self.name}: {detail}")
        error.fault = Fault(fault)
        return error

    def stop(self) -> None:
        """Closes its standard input, which is its sign to end."""
        if self._process is not None:
            _pipe(self._process.stdin).close()

    def hurry(self) -> None:
        """Lets it wait for Kafka no longer: the rest stays on disk."""
        if self._process is not None:
            self._process.send_signal(HURRY)

    def wait(self, deadline: float) -> int:
        """Reads its last reports and waits until it has ended; kills it at the deadline. Returns its exit code."""
        if self._process is None:
            return 0
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self], [], [], left)[0] and not self.read():
                break
        else:
            self._process.kill()
        code = self._process.wait()
        self._forget()
        return code

    def _forget(self) -> None:
        if self._process is not None:
            _pipe(self._process.stdout).close()
            _pipe(self._process.stdin).close()
            self._process = None

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 # opened above
    return pipe

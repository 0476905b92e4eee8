"""A server process of ours: started in a session of its own, waited for, and ended by its pid and nobody else's."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

from yangbeam.core.errors import Fault, YangbeamError

HOST: Final = "127.0.0.1"
POLL_S: Final = 0.1
GRACE_S: Final = 15.0
"""From SIGTERM to SIGKILL."""
SERVER_PORTS: Final = range(20_000, 32_768)
"""Below those that Linux gives to clients: a client's may be one that a server wants back when it starts again."""
_TAIL: Final = 12
"""Lines of the log that an error shows."""


Found = TypeVar("Found")


class ServerError(YangbeamError):
    """A server of the development set could not be had, or did not do as asked."""

    fault = Fault.ENVIRONMENT


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Returns ports that nobody is bound to now, and that no client is given while their server is away."""
    found: list[int] = []
    for port in random.SystemRandom().sample(SERVER_PORTS, len(SERVER_PORTS)):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as probe:
            probe.bind((HOST, port))
            found.append(port)
        if len(found) == count:
            return found
    raise ServerError(
        "ports", f"no {count} ports are free on {HOST} from {SERVER_PORTS.start} to {SERVER_PORTS.stop - 1}"
    )


def wait_until(
    ready: Callable[[], Found],
    patience_s: float,
    what: str,
    *,
    progress: Callable[[], object] = lambda: None,
    poll_s: float = POLL_S,
) -> Found:
    """Polls until ``ready`` returns something true, and returns that.

    Args:
        ready: The condition.
        patience_s: How long nothing may move, in seconds; as long as ``progress`` changes, it waits on.
        what: What is missing meanwhile; the error says it.
        progress: Anything that changes while things move; by default nothing ever moves.
        poll_s: Pause between two looks, in seconds.

    Raises:
        ServerError: Nothing moved for ``patience_s`` seconds.
    """
    moved, since = progress(), time.monotonic()
    while not (found := ready()):
        if (now := progress()) != moved:
            moved, since = now, time.monotonic()
        if time.monotonic() - since > patience_s:
            raise ServerError("timeout", f"{what}: nothing moved for {patience_s:.0f} s")
        time.sleep(poll_s)
    return found


def accepts(port: int) -> bool:
    """Whether somebody accepts connections on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1.0):
        return True
    return False


def _born(pid: int) -> str:
    """When a process started, in the kernel's ticks: with the pid it names one process for ever; empty: none alive."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


class Process:
    """One server process, which a pid file outlives.

    Args:
        name: For messages and the names of its files.
        folder: Where ``NAME.pid`` and ``NAME.log`` stand.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Self:
        """Starts it; its output goes to the end of its log.

        Raises:
            ServerError: It runs already, or its program is missing.
        """
        if self.alive():
            raise ServerError("running", f"{self.name} runs already as process {self.pid()}")
        if self._child is not None:
            self._child.wait()  # it was killed
        self.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("ab") as log:
                self._child = subprocess.Popen(  # noqa: S603 # our own command line
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            raise ServerError("program", f"{self.name} needs {command[0]}, which is not installed") from error
        self._pid_file.write_text(f"{self._child.pid} {_born(self._child.pid)}\n")
        return self

    def pid(self) -> int | None:
        """Returns the pid of the running process that we started, here or in an earlier run; None: it is gone."""
        try:
            pid, _, born = self._pid_file.read_text().strip().partition(" ")
        except OSError:
            return None
        return int(pid) if born and _born(int(pid)) == born else None

    def alive(self) -> bool:
        """Whether it runs."""
        return self.pid() is not None

    def wait_for(self, ready: Callable[[], bool], deadline_s: float) -> None:
        """Waits until it is ready.

        Raises:
            ServerError: It ended before, or was not in time; with the end of its log.
        """

        def ended_or_ready() -> bool:
            if not self.alive():
                raise ServerError("ended", f"{self.name} ended while starting:\n{self.tail()}")
            return ready()

        try:
            wait_until(ended_or_ready, deadline_s, f"{self.name} is not ready")
        except ServerError as error:
            if error.reason == "timeout":
                raise ServerError("timeout", f"{error}\n{self.tail()}") from error
            raise

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal, and only it; nothing when it is gone."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Ends it as a power cut would, without its children, and returns when it is gone."""
        self.signal(signal.SIGKILL)
        self._gone(GRACE_S)

    def stop(self) -> None:
        """Ends it and its children: politely, then for good."""
        group = self.pid()
        self.signal(signal.SIGTERM)
        if not self._gone(GRACE_S):
            self.kill()
        # The leader of our own child is kept as a zombie until here, so that its group's number is still ours.
        group = group or (self._child.pid if self._child is not None and self._child.returncode is None else None)
        if group is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        if self._child is not None:
            self._child.wait()
        self._pid_file.unlink(missing_ok=True)

    def _gone(self, within_s: float) -> bool:
        until = time.monotonic() + within_s
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(POLL_S)
        return True

    def tail(self) -> str:
        """Returns the end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])
        except OSError:
            return ""

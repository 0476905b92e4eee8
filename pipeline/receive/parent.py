"""The parent of the receiving processes: holds their sockets, starts them anew when they crash; no message passes it.

The sockets are the parent's: what the kernel holds for a process that crashed waits for the next one.
"""

import contextlib
import fcntl
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from yangbeam.core.errors import ConfigurationError, YangbeamError
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io import udp_sockets
from yangbeam.io.https import https_notif
from yangbeam.pipeline.receive.order import KafkaOrder, SpoolOrder, WorkerOrder
from yangbeam.pipeline.receive.process import Receiver
from yangbeam.transforms.outsides import OUTSIDES

UDP: Final = "yangbeam.pipeline.receive.udp"
HTTPS: Final = "yangbeam.pipeline.receive.https"

TURN_S: Final = 0.2
"""Longest time until a receiver that crashed is started anew."""
GRACE_S: Final = 10.0
"""For a process to end, beyond what it may take to flush."""


@dataclass(frozen=True, slots=True)
class ReceivePlan:
    """Everything that is received, and where it goes.

    Attributes:
        udp: One for each UDP-notif source.
        https: One for each HTTPS-notif source.
        kafka: Where records go.
        spool: Folder of the receivers' spools; one receiver's is below it, by its name.
        spool_bytes: Of each receiver.
    """

    udp: tuple[UdpSettings, ...]
    https: tuple[HttpsSettings, ...]
    kafka: KafkaOrder
    spool: Path
    spool_bytes: int


@dataclass(slots=True)
class Receive:
    """All receiving processes of one plan.

    Args:
        plan: What to receive.
        say: Told what the operator should know.

    Attributes:
        addresses: Where it listens, ports chosen, in the order of the plan: UDP first.
        receivers: One for each process.
    """

    plan: ReceivePlan
    say: Callable[[str], None]
    addresses: list[tuple[str, int]] = field(default_factory=list)
    receivers: list[Receiver] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)
    _stop: bool = False

    def open(self) -> None:
        """Binds the sockets.

        Raises:
            ConfigurationError: One cannot be bound, or a certificate cannot be used; none is open then.
        """
        try:
            self._bind()
        except YangbeamError:
            self._close()
            raise
        self._adopt()

    def _bind(self) -> None:
        for settings in self.plan.udp:
            bound = udp_sockets.bind(settings)
            self.addresses += bound.addresses
            for warning in bound.warnings:
                self.say(warning)
            for index, own in enumerate(bound.sockets):
                self._sockets += own
                self._add(UDP, f"{settings.collector_id}/{index}", own, udp=settings)
        for secure in self.plan.https:
            https_notif.context_of(secure)
            shared = https_notif.bind(secure)
            self._sockets.append(shared)
            self.addresses.append(shared.getsockname()[:2])
            for index in range(secure.processes):
                self._add(HTTPS, f"{secure.collector_id}/{index}", [shared], https=secure)

    def _add(self, module: str, name: str, sockets: list[socket.socket], **settings: Any) -> None:
        folder = self.plan.spool / name.replace("/", "-")
        order = WorkerOrder(
            name,
            [each.fileno() for each in sockets],
            self.plan.kafka,
            SpoolOrder(str(folder), self.plan.spool_bytes),
            {},
            **settings,
        )
        self.receivers.append(Receiver(module, order, sockets))

    def _adopt(self) -> None:
        """Gives the spools of receivers that are no more to the first one."""
        own = {receiver.name.replace("/", "-") for receiver in self.receivers}
        found = self.plan.spool.iterdir() if self.plan.spool.is_dir() else iter(())
        adopted = tuple(str(each) for each in sorted(found) if each.is_dir() and each.name not in own)
        if adopted and self.receivers:
            self.receivers[0].adopt(adopted)

    def run(self) -> None:
        """Receives until SIGTERM or SIGINT, then lets the processes flush.

        Raises:
            ReceiveEndedError: A process can do nothing more; the others were ended in order.
        """
        try:
            with _locked(self.plan.spool) as lock, self._signals() as wake:
                try:
                    while not self._stop:
                        self._turn(wake, lock)
                finally:
                    self._end()
        finally:
            self._close()

    def stop(self) -> None:
        """Asks for the end; asked again, for the end at once: what Kafka did not take stays on disk."""
        if self._stop:
            OUTSIDES.end_within(0.0)
            for receiver in self.receivers:
                receiver.hurry()
        self._stop = True
        OUTSIDES.end_within(self.plan.kafka.flush_s)

    def _turn(self, wake: int, lock: int) -> None:
        now = time.monotonic()
        for receiver in self.receivers:
            if not receiver.is_running and now >= receiver.start_at:
                receiver.start(lock)
        running = [receiver for receiver in self.receivers if receiver.is_running]
        watched: list[Any] = [*running, *([wake] if wake >= 0 else [])]
        ready, _, _ = select.select(watched, [], [], TURN_S)
        if wake in ready:
            os.read(wake, 1024)
        for receiver in running:
            if receiver in ready and not receiver.read():
                receiver.ended()
                self.say(f"receiver {receiver.name} ended by itself, and is started anew; what it held is lost")

    def _end(self) -> None:
        for receiver in self.receivers:
            receiver.stop()
        deadline = time.monotonic() + self.plan.kafka.flush_s + GRACE_S
        for receiver in self.receivers:
            code = receiver.wait(deadline)
            if code:
                self.say(f"receiver {receiver.name} ended with exit code {code}")

    def _close(self) -> None:
        for each in self._sockets:
            each.close()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        """Lets SIGTERM and SIGINT ask for the end, and wake the loop; yields what wakes it."""
        if threading.current_thread() is not threading.main_thread():  # only the main one gets signals
            yield -1
            return
        ours, theirs = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        old = signal.set_wakeup_fd(theirs)
        try:
            for number in before:
                signal.signal(number, lambda *_: self.stop())
            yield ours
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(old)
            os.close(ours)
            os.close(theirs)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Holds the spool's folder against another process; yields the lock's descriptor.

    Raises:
        ConfigurationError: Another one has it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("wb")
    except OSError as error:
        raise ConfigurationError("spool", f"{folder} cannot be used: {error.strerror}; set receive.spool") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                "spool", f"{folder} is in use by another process: give each receive a spool folder of its own"
            ) from None
        yield file.fileno()

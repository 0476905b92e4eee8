"""Receives UDP-notif on sockets, in processes of their own, and gives batches of whole messages.

Promise: at most once, as UDP is. Every datagram that a socket took ends in a message, in a refusal or in a counter: a
receiver whose reader is slow stops reading, so that the kernel's buffer absorbs the burst, and what the kernel then
drops is counted by it and told by the next heartbeat.
"""

import fcntl
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec

from yangbeam.core.elements import MessageBatch, Refused
from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.core.input_end import InputEnd
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.core.udp_receiving import LENGTH, Order, UdpSettings

SO_RCVBUFFORCE: Final = 33
"""Linux socket(7) option that Python does not name: a buffer beyond net.core.rmem_max, for CAP_NET_ADMIN."""
PIPE_OCTETS: Final = 1 << 20
CLOSE_S: Final = 5.0
"""How long a receiver that was told to end may take."""

_DECODER: Final = msgspec.msgpack.Decoder(MessageBatch)


class ReceiverDiedError(YangbeamError):
    """A receiver process ended without saying so; nothing arrives any more."""

    fault = Fault.COLLECTOR


class UdpReader:
    """Reads batches from receiver processes; a Reader that can be stopped.

    The sockets are bound when it is made, so that a wrong address is an error at once and a chosen port is known.

    Args:
        settings: What to receive and how.

    Attributes:
        warnings: What the operator should know: kernel buffers that were capped.
        addresses: Where it listens, ports chosen.

    Raises:
        ConfigurationError: An address cannot be bound.
    """

    def __init__(self, settings: UdpSettings) -> None:
        self._given = 0
        self._end = InputEnd()
        self._last: deque[MessageBatch] | None = None
        bound = bind(settings)
        self.warnings, self.addresses = bound.warnings, bound.addresses
        try:
            self._receivers = [_Receiver(settings, index, own) for index, own in enumerate(bound.sockets)]
        finally:
            bound.close()
        self._turn = 0

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns the next batch, of at most ``settings.batch_bytes`` whatever ``max_bytes`` is.

        Raises:
            ReceiverDiedError: A receiver ended before it was asked to.
        """
        del max_bytes  # the receivers cut their batches before they know who reads
        batch = self._buffered()
        if batch is None and self._last is None:
            self._wait(max_wait_s)
            batch = self._buffered()
        if batch is not None:
            self._note(batch)
            return self._end.hold(batch)
        return self._after_end()

    def _buffered(self) -> MessageBatch | None:
        """Returns a batch that has come whole; the receivers take turns."""
        count = len(self._receivers)
        for step in range(1, count + 1):
            batch = self._receivers[(self._turn + step) % count].next()
            if batch is not None:
                self._turn = (self._turn + step) % count
                return batch
        return None

    def _wait(self, max_wait_s: float) -> None:
        """Reads from the receivers until one has a whole batch, all have ended or the time is over."""
        deadline = time.monotonic() + max_wait_s
        while True:
            open_ = [receiver for receiver in self._receivers if not receiver.ended]
            left = max(deadline - time.monotonic(), 0.0)
            ready, _, _ = select.select(open_, [], [], left) if open_ else ([], [], [])
            for receiver in ready:
                receiver.read()
            if not ready or any(receiver.has_batch() for receiver in ready):
                return

    def _after_end(self) -> MessageBatch | Poll:
        if self._last is None:
            if not all(receiver.ended for receiver in self._receivers):
                return NOTHING
            # Each receiver said its end; the reader says one for all of them.
            self._last = deque(self._end.batches())
        return self._last.popleft() if self._last else END

    def _note(self, batch: MessageBatch) -> None:
        self._given += len(batch.messages)

    def position(self) -> int:
        """Returns how many messages it has given."""
        return self._given

    def received(self) -> int:
        """Returns how many messages the receivers handed over, whole or refused."""
        return sum(receiver.received for receiver in self._receivers)

    def stop(self) -> None:
        """Lets the receivers read what their sockets hold, flush and end; ``poll`` gives that, then ``END``."""
        for receiver in self._receivers:
            receiver.stop()

    def close(self) -> None:
        """Ends the receivers; what was not polled is lost."""
        self.stop()
        for receiver in self._receivers:
            receiver.close()


class _Receiver:
    """One receiver process and the pipe from it."""

    def __init__(self, settings: UdpSettings, index: int, sockets: list[socket.socket]) -> None:
        self.ended = False
        self.received = 0
        """Messages and refusals that came whole through the pipe."""
        self._stopped = False
        self._name = f"{settings.collector_id}/{index}"
        self._buffer = bytearray()
        self._pipe, theirs = os.pipe()
        _widen(theirs)
        order = Order(settings, self._name, theirs, [each.fileno() for each in sockets])
        self._process = subprocess.Popen(  # noqa: S603 # this interpreter and a module of ours
            [sys.executable, "-P", "-m", "yangbeam.io.udp_receiver", msgspec.json.encode(order).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs, *order.sockets),
        )
        os.close(theirs)

    def fileno(self) -> int:
        """Returns the pipe, for select."""
        return self._pipe

    def read(self) -> None:
        """Takes in what the pipe holds.

        Raises:
            ReceiverDiedError: The pipe ended and the process did not end well.
        """
        octets = os.read(self._pipe, PIPE_OCTETS)
        if octets:
            self._buffer += octets
            return
        self.ended = True
        code = self._process.wait(CLOSE_S)
        if code or not self._stopped:
            raise ReceiverDiedError("receiver-died", f"receiver {self._name} ended with exit code {code}; see its log")

    def has_batch(self) -> bool:
        """Says whether a whole batch has come."""
        return len(self._buffer) >= LENGTH.size and len(self._buffer) >= LENGTH.size + self._length()

    def next(self) -> MessageBatch | None:
        """Returns the oldest whole batch, None if there is none."""
        if not self.has_batch():
            return None
        end = LENGTH.size + self._length()
        with memoryview(self._buffer) as view:
            batch = _DECODER.decode(view[LENGTH.size : end])
        del self._buffer[:end]
        self.received += len(batch.messages) + sum(isinstance(each, Refused) for each in batch.controls)
        return batch

    def _length(self) -> int:
        length: int = LENGTH.unpack_from(self._buffer)[0]
        return length

    def stop(self) -> None:
        """Closes the process's standard input, which is its sign to end."""
        self._stopped = True
        if self._process.stdin is not None:
            self._process.stdin.close()

    def close(self) -> None:
        """Closes the pipe, which ends a process that writes, and kills one that does not end."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
            self.ended = True
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Bound:
    """Sockets that are bound, by receiver.

    Attributes:
        sockets: For each receiver, one of every address.
        addresses: Ports chosen.
        warnings: Kernel buffers that were capped.
    """

    sockets: list[list[socket.socket]]
    addresses: list[tuple[str, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Closes them in this process; those who inherited them keep them."""
        for own in self.sockets:
            for each in own:
                each.close()


def bind(settings: UdpSettings) -> Bound:
    """Binds a socket of every address for each receiver.

    Raises:
        ConfigurationError: An address cannot be bound.
    """
    bound = Bound([[] for _ in range(settings.processes)])
    try:
        _bind_all(bound, settings)
    except ConfigurationError:
        bound.close()
        raise
    return bound


def _bind_all(bound: Bound, settings: UdpSettings) -> None:
    for listen in settings.listen:
        port = listen.port
        granted = settings.receive_buffer_bytes
        for own in bound.sockets:
            each = _bound(listen.host, port)
            port = each.getsockname()[1]
            own.append(each)
            granted = min(granted, _receive_buffer(each, settings.receive_buffer_bytes))
        bound.addresses.append((listen.host, port))
        if granted < settings.receive_buffer_bytes:
            bound.warnings.append(
                f"{listen.host}:{port}: the kernel grants a receive buffer of {granted} of the "
                f"{settings.receive_buffer_bytes} octets wanted, bursts may be lost; raise net.core.rmem_max or grant "
                "CAP_NET_ADMIN"
            )


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigurationError("bind", f"cannot listen on {host} port {port}: {error.strerror}") from error
    bound.setblocking(False)  # noqa: FBT003 # the method's own signature
    return bound


def _receive_buffer(bound: socket.socket, wanted: int) -> int:
    """Asks for a receive buffer, beyond the system's limit where that is allowed; returns what was granted."""
    for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            bound.setsockopt(socket.SOL_SOCKET, option, wanted)
        except PermissionError:
            continue
        break
    # The kernel doubles the value for its own overhead, and tells the double (socket(7)).
    return bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
    except PermissionError:
        return  # the system's limit is smaller: more wake-ups, nothing else

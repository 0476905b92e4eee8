"""A process of its own that receives UDP-notif: sockets in, encoded batches out on a pipe, one thread.

Run by name by ``yangbeam.io.udp_sockets``: a receiving thread beside a busy one starves (Python's lock). It imports
neither Beam nor any client, and ends when its standard input does: at ``stop()``, or when its parent dies.
"""

import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from yangbeam.core.collector import MAX_RECORDS, Collector
from yangbeam.core.failure import failure_of
from yangbeam.core.log_line import DEBUG_CHOSEN, ERROR, JSON_CHOSEN, log_line
from yangbeam.core.udp_receiving import LENGTH, Door, Order, UdpSettings
from yangbeam.core.unheard import Admission

SO_MEMINFO: Final = 55
"""Linux socket(7) option that Python does not name: nine 32-bit numbers, the last one the datagrams dropped."""
MEMINFO: Final = struct.Struct("9I")

DATAGRAM_OCTETS: Final = 65_535
BURST: Final = 256
"""Datagrams read from one socket before its neighbours, the pipe and the clock get their turn."""
DRAIN_S: Final = 1.0
"""How long the sockets are read after the end was asked for: what they hold takes less, what still comes may not."""
STDIN: Final = 0

_ENCODER: Final = msgspec.msgpack.Encoder()


class Intake:
    """The sockets of one receiver and the collector behind them.

    Args:
        settings: Who may send, and what is done with it.
        name: The receiver's; its collector id, and the source of its batches.
        numbers: Descriptors of bound, non-blocking sockets; they are this process's from here on.

    Attributes:
        collector: What the datagrams come to.
        sockets: With the address each is bound to.
    """

    def __init__(self, settings: UdpSettings, name: str, numbers: Sequence[int]) -> None:
        opened = [socket.socket(fileno=number) for number in numbers]
        self.sockets = {each: each.getsockname()[:2] for each in opened}
        self._door = Door(settings.allow)
        self.collector = Collector(
            name,
            shards=settings.shards,
            source=name,
            settings=settings.udp_notif,
            limits=settings.limits,
            admission=Admission(settings.unheard_per_s),
        )
        self.collector.counters |= {"taken": 0, "not_allowed": 0}

    def receive(self, each: socket.socket) -> bool:
        """Reads a burst of datagrams; returns False when the socket held no more."""
        collector, door, counters = self.collector.datagram, self._door.exporter, self.collector.counters
        host, port = self.sockets[each]
        for taken in range(BURST):
            try:
                data, peer = each.recvfrom(DATAGRAM_OCTETS)
            except BlockingIOError:
                counters["taken"] += taken
                return False
            exporter = door(peer[0])
            if exporter:
                collector(data, exporter, peer[1], host, port, time.time_ns() // 1000)
            else:
                counters["not_allowed"] += 1
        counters["taken"] += BURST
        return True

    def beat(self) -> None:
        """Writes a heartbeat to every shard."""
        self.collector.heartbeat(time.time_ns() // 1000, self.kernel_drops())

    def kernel_drops(self) -> int:
        """Returns how many datagrams the kernel dropped since the sockets were opened."""
        return sum(
            MEMINFO.unpack(each.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))[8] for each in self.sockets
        )

    def close(self) -> None:
        """Closes this process's descriptors; whoever bound the sockets still has them."""
        for each in self.sockets:
            each.close()

    def drain(self, between: Callable[[], None]) -> None:
        """Reads what the sockets hold, DRAIN_S seconds at most; ``between`` runs after each burst."""
        deadline = time.monotonic() + DRAIN_S
        for each in self.sockets:
            while self.receive(each) and time.monotonic() < deadline:
                between()
            between()


class _Loop:
    """The receiver's loop: sockets in, batches out, a clock between."""

    def __init__(self, order: Order) -> None:
        self._settings = order.settings
        self._intake = Intake(order.settings, order.name, order.sockets)
        self._pipe = order.pipe
        self._collector = self._intake.collector
        self._out: deque[memoryview] = deque()
        self._waiting = 0
        """Octets in ``_out``."""
        self._oldest_s: float | None = None
        """When the first of the records that wait for a batch came."""
        self._beat_s = 0.0

    def run(self) -> None:
        """Receives until standard input ends, then reads what the sockets hold, and writes everything out."""
        os.set_blocking(self._pipe, False)
        self._beat()  # before anything came: what is counted begins here
        while not self._turn():
            pass
        self._intake.drain(lambda: self._cut(everything=False))
        self._collector.counters["kernel_drops"] = self._intake.kernel_drops()
        self._collector.end(time.time_ns() // 1000)
        self._cut(everything=True)
        os.set_blocking(self._pipe, True)
        while self._out:
            self._write()

    def _turn(self) -> bool:
        """Waits for something to do and does it; returns True when standard input has ended."""
        # A reader that is slow makes the ring full: then the kernel's buffer takes over, and its counter.
        sources: list[int | socket.socket] = [STDIN]
        if self._waiting < self._settings.ring_bytes:
            sources += self._intake.sockets
        ready, writable, _ = select.select(sources, [self._pipe] if self._out else [], [], self._patience_s())
        for each in self._intake.sockets:
            if each in ready:
                self._oldest_s = self._oldest_s or time.monotonic()
                self._intake.receive(each)
        if writable:
            self._write()
        self._beat()
        self._cut(everything=False)
        return STDIN in ready

    def _patience_s(self) -> float:
        now = time.monotonic()
        until = self._beat_s
        if self._oldest_s is not None and not self._out:
            until = min(until, self._oldest_s + self._settings.linger_ms / 1000)
        return max(until - now, 0.0)

    def _beat(self) -> None:
        if time.monotonic() < self._beat_s:
            return
        self._beat_s = time.monotonic() + self._settings.heartbeat_ms / 1000
        self._intake.beat()
        self._oldest_s = self._oldest_s or time.monotonic()

    def _cut(self, *, everything: bool) -> None:
        """Cuts batches: full ones at once, the rest after the linger, or later while the pipe is busy."""
        due = self._oldest_s is not None and time.monotonic() >= self._oldest_s + self._settings.linger_ms / 1000
        everything = everything or (due and not self._out)
        for shard in range(self._settings.shards):
            while everything or self._is_full(shard):
                batch = self._collector.take(shard, self._settings.batch_bytes)
                if batch is None:
                    break
                self._push(_ENCODER.encode(batch))
        if everything:
            self._oldest_s = None

    def _is_full(self, shard: int) -> bool:
        return (
            self._collector.octets(shard) >= self._settings.batch_bytes or self._collector.records(shard) >= MAX_RECORDS
        )

    def _push(self, encoded: bytes) -> None:
        self._out.append(memoryview(LENGTH.pack(len(encoded))))
        self._out.append(memoryview(encoded))
        self._waiting += LENGTH.size + len(encoded)

    def _write(self) -> None:
        """Writes as much as the pipe takes."""
        while self._out:
            try:
                written = os.write(self._pipe, self._out[0])
            except BlockingIOError:
                return
            self._waiting -= written
            if written == len(self._out[0]):
                self._out.popleft()
            else:
                self._out[0] = self._out[0][written:]


def main(order: str) -> int:
    """Runs a receiver; its parent alone decides when it ends, not the terminal's or the service manager's signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        _Loop(msgspec.json.decode(order, type=Order)).run()
    except BrokenPipeError:
        return 0  # the reader was closed and wants nothing more
    except Exception as error:  # noqa: BLE001 # whatever it is: its reader says that it died, this says why
        sys.stderr.write(_last_words(error) + "\n")
        return 1
    return 0


def _last_words(error: Exception) -> str:
    told = "".join(traceback.format_exception(error)) if os.environ.get(DEBUG_CHOSEN) else ""
    as_json = os.environ.get(JSON_CHOSEN) == "json"
    return log_line(time.time(), ERROR, "receiver", failure_of(error).text, as_json=as_json, traceback=told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

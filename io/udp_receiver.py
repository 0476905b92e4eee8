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
from collections import deque
from typing import Final

import msgspec

from yangbeam.core.collector import MAX_RECORDS, Collector
from yangbeam.core.udp_receiving import LENGTH, Door, Order

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


class _Loop:
    """The receiver's loop: sockets in, batches out, a clock between."""

    def __init__(self, order: Order) -> None:
        settings = order.settings
        self._settings = settings
        self._sockets = [socket.socket(fileno=number) for number in order.sockets]
        self._names = [each.getsockname()[:2] for each in self._sockets]
        self._pipe = order.pipe
        self._door = Door(settings.allow)
        self._collector = Collector(
            order.name, shards=settings.shards, source=order.name, settings=settings.udp_notif, limits=settings.limits
        )
        self._collector.counters["not_allowed"] = 0
        self._out: deque[memoryview] = deque()
        self._waiting = 0
        """Octets in ``_out``."""
        self._oldest_s: float | None = None
        """When the first of the records that wait for a batch came."""
        self._beat_s = 0.0

    def run(self) -> None:
        """Receives until standard input ends, then reads what the sockets hold, and writes everything out."""
        os.set_blocking(self._pipe, False)
        while not self._turn():
            pass
        deadline = time.monotonic() + DRAIN_S
        for each, name in zip(self._sockets, self._names, strict=True):
            while self._receive(each, name) and time.monotonic() < deadline:
                self._cut(everything=False)
        self._collector.counters["kernel_drops"] = self._kernel_drops()
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
            sources += self._sockets
        ready, writable, _ = select.select(sources, [self._pipe] if self._out else [], [], self._patience_s())
        for each, name in zip(self._sockets, self._names, strict=True):
            if each in ready:
                self._receive(each, name)
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

    def _receive(self, each: socket.socket, name: tuple[str, int]) -> bool:
        """Reads a burst of datagrams; returns False when the socket held no more."""
        collector, door, counters = self._collector.datagram, self._door.exporter, self._collector.counters
        host, port = name
        if self._oldest_s is None:
            self._oldest_s = time.monotonic()
        for _ in range(BURST):
            try:
                data, peer = each.recvfrom(DATAGRAM_OCTETS)
            except BlockingIOError:
                return False
            exporter = door(peer[0])
            if exporter:
                collector(data, exporter, peer[1], host, port, time.time_ns() // 1000)
            else:
                counters["not_allowed"] += 1
        return True

    def _beat(self) -> None:
        if time.monotonic() < self._beat_s:
            return
        self._beat_s = time.monotonic() + self._settings.heartbeat_ms / 1000
        self._collector.heartbeat(time.time_ns() // 1000, self._kernel_drops())
        self._oldest_s = self._oldest_s or time.monotonic()

    def _kernel_drops(self) -> int:
        return sum(
            MEMINFO.unpack(each.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))[8] for each in self._sockets
        )

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
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

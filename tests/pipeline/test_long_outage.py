"""An outage of any length: `receive` keeps one producer, and with it the threads and descriptors that it had."""

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.io.kafka.clusters import bootstrap, new_topic
from tests.waiting import PATIENCE_S, until
from yangbeam.io.kafka.raw_producer import RawProducer
from yangbeam.pipeline.receive.outlet import Outlet
from yangbeam.pipeline.receive.producing import OutletLimits
from yangbeam.pipeline.receive.spool import Spool

STALLS = 200
STALL_S = 10.0
LEEWAY = 4
"""A connection that is just being tried, or given up; a producer more would be three threads and four descriptors."""


class Door:
    """An address on which nobody answers until it is opened; then it leads to another one."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._listener.close()
        self._there = ""

    def open(self, there: str) -> None:
        host, port = self.address.split(":")
        self._there = there
        self._listener = socket.create_server((host, int(port)))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        host, port = self._there.split(":")
        with suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                theirs = socket.create_connection((host, int(port)))
                for one, other in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def close(self) -> None:
        self._listener.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while octets := one.recv(65_536):
            other.sendall(octets)
    other.close()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


@pytest.fixture
def without_gc() -> Iterator[None]:
    """As the receiving processes run: cycles are as good as never looked for."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def held() -> tuple[int, int]:
    """Descriptors and threads of this process, librdkafka's own among them."""
    own = Path("/proc/self")
    return len(list((own / "fd").iterdir())), len(list((own / "task").iterdir()))


@pytest.mark.usefixtures("without_gc")
def test_after_two_hundred_stalls_it_holds_what_it_held_before_and_recovers(tmp_path: Path, door: Door) -> None:
    counters: dict[str, int] = {}
    skipped_s = 0.0
    topic, cluster = new_topic(), bootstrap()

    def clock() -> float:
        return time.monotonic() + skipped_s

    properties = {"bootstrap.servers": door.address, "log_level": "0"}
    outlet = Outlet(
        RawProducer(topic, properties, queue_bytes=1 << 20, record_bytes=1 << 20),
        Spool(tmp_path, 1 << 30),
        counters,
        lambda _record, why: pytest.fail(why),
        limits=OutletLimits(stall_s=STALL_S, retry_s=1.0),
        clock=clock,
    )
    put = 0
    before = (0, 0)
    while counters["stalls"] < STALLS:
        if counters["stalls"] == 1:
            before = held()
        if outlet.waiting == 0:  # else a chunk, or the record itself, waits in the producer
            outlet.put(0, b"k", b"%d" % put, [], put)
            put += 1
        skipped_s += STALL_S / 2
        outlet.turn()
    assert all(now <= then + LEEWAY for now, then in zip(held(), before, strict=True))
    door.open(cluster)

    def is_through() -> bool:
        outlet.turn()
        return counters["acknowledged"] == put and outlet.spool_octets == 0

    until(is_through, "it does not recover", lambda: counters["acknowledged"])
    assert counters["spool_drops"] == 0
    outlet.close(PATIENCE_S)

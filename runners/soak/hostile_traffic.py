"""Sends the simulator's attacks in a process of its own, from many addresses of loopback, and counts what it sent."""

import multiprocessing
import socket
import time
from collections import Counter
from contextlib import suppress
from ipaddress import IPv4Address
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Final, NamedTuple

from yangbeam.simulator.hostile import attacker, attacks

FIRST: Final = IPv4Address("127.0.66.1")
ATTACKERS: Final = 8
SPOOFED: Final = IPv4Address("127.1.0.1")
"""Every sixteenth message comes from another one of so many addresses, counted up from here, until all were used."""
SPOOFS: Final = 1_000
SPOOF_EVERY: Final = 16
DATAGRAMS: Final = "datagrams"
"""Under this name the datagrams of all attacks are counted, that the kernel took."""


class Hostility(NamedTuple):
    """What is sent where."""

    host: str
    port: int
    rate: float
    seed: int


class HostileTraffic:
    """A process of attackers, from ``start`` until ``stop``."""

    def __init__(self, hostility: Hostility) -> None:
        context = multiprocessing.get_context("spawn")
        self._over: Event = context.Event()
        self._sent: Queue[Counter[str]] = context.Queue()
        self._process: SpawnProcess = context.Process(
            target=_send, args=(hostility, self._over, self._sent), name="attackers", daemon=True
        )

    def start(self) -> None:
        """Begins."""
        self._process.start()

    def stop(self) -> Counter[str]:
        """Ends it, and returns how many messages of each attack were sent."""
        self._over.set()
        sent = self._sent.get(timeout=30)
        self._process.join()
        return sent


def is_hostile(exporter: str) -> bool:
    """Whether an address is an attacker's."""
    return exporter.startswith(("127.0.66.", "127.1.", "127.2.", "127.3."))


def _send(hostility: Hostility, over: Event, sent: "Queue[Counter[str]]") -> None:
    step_us, now_us = int(1e6 / hostility.rate * ATTACKERS), time.time_ns() // 1000
    streams = [attacks(attacker(f"{hostility.seed}/{at}", now_us), step_us) for at in range(ATTACKERS)]
    sockets = [_bound(str(FIRST + at)) for at in range(ATTACKERS)]
    counts: Counter[str] = Counter()
    began, number, target = time.monotonic(), 0, (hostility.host, hostility.port)
    while not over.wait(max(0.0, began + number / hostility.rate - time.monotonic())):
        at = number % ATTACKERS
        name, datagrams = next(streams[at])
        spoofed = number % SPOOF_EVERY == SPOOF_EVERY - 1 and name != "announcement"
        source = _bound(str(SPOOFED + number // SPOOF_EVERY % SPOOFS)) if spoofed else sockets[at]
        for datagram in datagrams:
            with suppress(OSError):  # a full send buffer loses an attack, and nothing else
                source.sendto(datagram, target)
                counts[DATAGRAMS] += 1
        if spoofed:
            source.close()
        counts[name] += 1
        number += 1
    for each in sockets:
        each.close()
    sent.put(counts)


def _bound(address: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, 0))
    return opened

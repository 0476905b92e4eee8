"""Simulated NETCONF servers in a process of their own, as routers are: their work costs the collector nothing."""

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from yangbeam.simulator.netconf.equipment import Equipment
from yangbeam.simulator.netconf.server import NetconfOptions, NetconfServers


@dataclass(slots=True)
class Served:
    """Servers that run elsewhere.

    Attributes:
        port: Where they listen.
        known_hosts: What a client's file of known hosts needs.
    """

    port: int
    known_hosts: str
    _line: Connection

    def asked(self) -> int:
        """Returns how many get-schema were asked so far."""
        self._line.send("asked")
        return int(self._line.recv())


@contextmanager
def served(routers: Mapping[str, Equipment], options: NetconfOptions | None = None) -> Iterator[Served]:
    """Serves routers in another process until it is left.

    Raises:
        ConfigurationError: An address or port cannot be used.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(dict(routers), options, theirs), name="netconf", daemon=True)
    process.start()
    theirs.close()
    try:
        told = ours.recv()
        if isinstance(told, Exception):
            raise told
        yield Served(told[0], told[1], ours)
    finally:
        ours.close()
        process.join(10)
        process.terminate()


def _serve(routers: dict[str, Equipment], options: NetconfOptions | None, line: Connection) -> None:
    try:
        servers = NetconfServers(routers, options)
    except Exception as error:  # noqa: BLE001 - raised again where it can be acted on
        line.send(error)
        return
    line.send((servers.port, servers.known_hosts()))
    try:
        while line.recv():
            line.send(servers.asked)
    except EOFError:
        servers.close()

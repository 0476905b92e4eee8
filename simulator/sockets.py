"""The UDP sockets of simulated routers: each router its own address, each source port its own socket.

Promise: at most once, as UDP is; the truth says what was handed to the kernel.
"""

import socket

from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.options import SimulateOptions

BUFFER_OCTETS = 4 << 20
"""Send buffer wanted; the kernel gives what it allows."""


class RouterSockets:
    """Opens a router's socket when it is first used, and keeps it.

    Args:
        options: Target and source addresses.
    """

    def __init__(self, options: SimulateOptions) -> None:
        address, port = options.destination
        self._options = options
        self._family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        self._loopback = address.is_loopback
        self.destination = (str(address), port)
        self._open: dict[tuple[int, int], tuple[socket.socket, str, int]] = {}

    def of(self, router: int, number: int, planned_port: int) -> tuple[socket.socket, str, int]:
        """Returns socket, source address and source port; another port than planned when that one is taken.

        Raises:
            ConfigurationError: The address cannot be used, or there are no more sockets.
        """
        key = (router, number)
        if key not in self._open:
            self._open[key] = self._bind(router, planned_port)
        return self._open[key]

    def _bind(self, router: int, planned_port: int) -> tuple[socket.socket, str, int]:
        source = self._options.exporter(router) if self._loopback else self._own_address()
        for port in (planned_port, 0):
            opened = socket.socket(self._family, socket.SOCK_DGRAM)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_OCTETS)
            try:
                opened.bind((source, port))
            except OSError as error:
                opened.close()
                if port == 0:
                    raise ConfigurationError("source_address", f"cannot bind {source}: {error}") from error
                continue
            return opened, source, opened.getsockname()[1]
        raise AssertionError  # the loop returns or raises

    def _own_address(self) -> str:
        """Returns the address from which this machine reaches the target."""
        with socket.socket(self._family, socket.SOCK_DGRAM) as probe:
            probe.connect(self.destination)
            return str(probe.getsockname()[0])

    def close(self) -> None:
        """Closes all sockets; safe to call twice."""
        for opened, _, _ in self._open.values():
            opened.close()
        self._open.clear()

"""Serves Prometheus metrics on loopback: one collector, for as long as it is entered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

from yangbeam.core.errors import ConfigurationError

LOOPBACK: Final = "127.0.0.1"


@contextmanager
def served(port: int | None, collector: Collector, setting: str) -> Iterator[int | None]:
    """Serves what a collector makes; yields the port, None when there is none.

    Args:
        port: 0 takes a free one; None: nothing is served.
        collector: Asked at each scrape.
        setting: Name of the setting that chose the port, for the error.

    Raises:
        ConfigurationError: The port is taken.
    """
    if port is None:
        yield None
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    try:
        server, thread = start_http_server(port, LOOPBACK, registry)
    except OSError as error:
        raise ConfigurationError(
            "bind", f"cannot serve metrics on {LOOPBACK} port {port}: {error.strerror}; set {setting}"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

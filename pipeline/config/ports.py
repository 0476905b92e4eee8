"""Which ports a configuration takes, and where one is taken twice."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

LOOPBACK = "127.0.0.1"


class Taken(NamedTuple):
    """A port that a command listens on.

    Attributes:
        command: Whose it is; commands may run on different machines.
        setting: What says so, like ``sources[0].port``.
        protocol: ``udp`` or ``tcp``.
        host: The address.
        port: Its number; never 0, which takes a free one.
    """

    command: str
    setting: str
    protocol: str
    host: str
    port: int

    def meets(self, other: "Taken") -> bool:
        """Whether both would be bound to the same place."""
        return (self.protocol, self.port) == (other.protocol, other.port) and _overlap(self.host, other.host)


def _overlap(one: str, other: str) -> bool:
    addresses = ip_address(one), ip_address(other)
    if addresses[0] == addresses[1]:
        return True
    # "::" takes IPv4 as well (ipv6(7), IPV6_V6ONLY is off).
    everything = {str(each) for each in addresses if each.is_unspecified}
    return "::" in everything or (bool(everything) and addresses[0].version == addresses[1].version)


def taken_by(config: Any) -> list[Taken]:
    """Returns every port that the commands of a configuration listen on.

    Args:
        config: The whole configuration (``config.file.Config``).
    """
    return of_sources(config.sources) + [taken for taken in _beside_sources(config) if taken.port]


def of_sources(sources: Iterable[Any]) -> list[Taken]:
    """Returns every port that messages are received on; by `run` or by `receive`."""
    return [
        Taken(command, f"sources[{number}].port", _PROTOCOLS[source.kind], source.host, source.port)
        for number, source in enumerate(sources)
        if source.kind in _PROTOCOLS and source.port
        for command in ("run", "receive")
    ]


_PROTOCOLS: Final = {"udp-notif": "udp", "https-notif": "tcp"}


def _beside_sources(config: Any) -> Iterator[Taken]:
    for command, section in (
        ("run", "status"),
        ("receive", "receive"),
        ("collect", "collect"),
        ("ingest", "ingest"),
    ):
        port = getattr(config, section).metrics_port
        yield Taken(command, f"{section}.metrics_port", "tcp", LOOPBACK, port or 0)
    server = config.registry_server
    yield Taken("registry", "registry_server.port", "tcp", _address(server.host), server.port)


def _address(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:  # a name; which address it has is not known here
        return LOOPBACK


def twice_in_one(taken: list[Taken]) -> tuple[Taken, Taken] | None:
    """Returns two settings of one command that take the same port."""
    return next((pair for pair in _pairs(taken) if pair[0].command == pair[1].command), None)


def twice_on_one_machine(taken: list[Taken]) -> list[tuple[Taken, Taken]]:
    """Returns the settings of different commands that take the same port: they cannot run on one machine."""
    # Sockets of run and receive are the same by intention: one of the two runs.
    return [
        pair
        for pair in _pairs(taken)
        if pair[0].command != pair[1].command and {pair[0].command, pair[1].command} != {"run", "receive"}
    ]


def _pairs(taken: list[Taken]) -> Iterator[tuple[Taken, Taken]]:
    for at, one in enumerate(taken):
        for other in taken[at + 1 :]:
            if one.meets(other):
                yield one, other

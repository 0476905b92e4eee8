"""Decides what UDP receivers may be told: where to listen, who may send, and how much they may hold."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import msgspec

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import UdpNotifSettings
from yangbeam.core.unheard import UNHEARD_PER_S

LENGTH: Final = struct.Struct(">I")
"""Before each batch on a receiver's pipe: its octets."""
LEAST: Final = {
    **dict.fromkeys(("processes", "unheard_per_s", "shards", "ring_bytes", "batch_bytes", "heartbeat_ms"), 1),
    "linger_ms": 0,
}
"""Smallest value of each setting that is a number."""
PEERS: Final = 65_536
"""Addresses whose permission is remembered; a flood of forged ones only makes it be computed again."""


@dataclass(frozen=True, slots=True)
class Listen:
    """An address to receive on; port 0 lets the system choose."""

    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class UdpSettings:
    """How sockets are received."""

    listen: tuple[Listen, ...] = (Listen(),)
    allow: tuple[str, ...] = ()
    """Prefixes that may send; empty: everyone, on loopback addresses only."""
    processes: int = 1
    """Receivers; each has a socket of every address (SO_REUSEPORT), the kernel spreads the exporters."""
    receive_buffer_bytes: int = 32 << 20
    """Kernel buffer per socket: 160,000 datagrams of 200 octets, half a second of the fastest a receiver reads."""
    ring_bytes: int = 64 << 20
    """Encoded batches that a receiver keeps while its reader is slow; beyond, it stops reading its sockets."""
    batch_bytes: int = 1 << 20
    """Payload of a batch at most; a larger message travels alone."""
    linger_ms: int = 20
    """How long the first message of a batch waits for more."""
    heartbeat_ms: int = 1000
    shards: int = 1
    collector_id: str = "collector"
    """Each receiver appends its number."""
    unheard_per_s: int = UNHEARD_PER_S
    """Exporters that were never heard before and are let in, a second, by each receiver; START more at once."""
    udp_notif: UdpNotifSettings = field(default_factory=UdpNotifSettings)
    limits: ReassemblyLimits = field(default_factory=ReassemblyLimits)

    def __post_init__(self) -> None:
        """Refuses what cannot work, and an open door."""
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ConfigurationError("setting", f"{name} must be >= {least}, got {getattr(self, name)}")
        networks(self.allow)
        for listen in self.listen:
            if not self.allow and not is_loopback(listen.host):
                raise ConfigurationError(
                    "allow-list",
                    f"listening on {listen.host} without an allow list would let anyone write: name the prefixes of "
                    "the exporters in allow, or listen on a loopback address",
                )


def networks(prefixes: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    """Returns the prefixes as networks.

    Raises:
        ConfigurationError: One is no prefix, or has host bits.
    """
    try:
        return [ip_network(prefix) for prefix in prefixes]
    except ValueError as error:
        raise ConfigurationError("setting", f"allow: {error}") from error


def is_loopback(host: str) -> bool:
    """Says whether an address is this machine's own.

    Raises:
        ConfigurationError: It is no address.
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError as error:
        raise ConfigurationError("setting", f"listen: host must be an address, got {host!r}") from error


class Order(msgspec.Struct):
    """What a receiver is started with; the descriptors are inherited."""

    settings: UdpSettings
    name: str
    pipe: int
    sockets: list[int]


class Door:
    """Who may send: textual source addresses to exporter names."""

    def __init__(self, allow: Sequence[str]) -> None:
        self._networks = networks(allow)
        self._known: dict[str, str] = {}

    def exporter(self, host: str) -> str:
        """Returns the exporter's address, an IPv4 one as such; empty if it may not send."""
        known = self._known.get(host)
        if known is None:
            if len(self._known) >= PEERS:
                self._known.clear()
            known = self._known[host] = self._judge(host)
        return known

    def _judge(self, host: str) -> str:
        address = ip_address(host)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        # A network holds no address of the other version.
        allowed = not self._networks or any(address in network for network in self._networks)
        return str(address) if allowed else ""

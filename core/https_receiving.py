"""Decides what an HTTPS-notif receiver may be told: where to listen, whom to trust, and how much it may hold."""

from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_receiving import Listen, is_loopback, networks

LEAST: Final = {
    "max_body_bytes": 1,
    "max_buffered_bytes": 1,
    "max_connections": 1,
    "processes": 1,
    "shards": 1,
    "heartbeat_ms": 1,
}
"""Smallest value of each setting that is a number."""


@dataclass(frozen=True, slots=True)
class HttpsSettings:
    """How notifications are taken over HTTPS."""

    listen: Listen = field(default_factory=Listen)
    path: str = ""
    """Before ``/capabilities`` and ``/relay-notification``; empty, or absolute without a slash at its end."""
    allow: tuple[str, ...] = ()
    """Prefixes that may send; empty: everyone, on loopback addresses only."""
    certificate_file: str = ""
    """The receiver's, PEM, with the chain."""
    key_file: str = ""
    client_ca_file: str = ""
    """Certificates (PEM) that sign the publishers'; then a publisher must show one. Empty: none is asked for."""
    identify: bool = False
    """Take the publisher id from the name in its certificate: tells publishers behind one address apart."""
    max_body_bytes: int = 16 << 20
    max_buffered_bytes: int = 128 << 20
    """Bodies that were not handed on yet, in all; beyond it publishers are asked to come again."""
    max_connections: int = 1_000
    timeout_s: float = 30.0
    """For a request to arrive whole, and for a connection without one."""
    hand_over_s: float = 15.0
    """For a request to be safe elsewhere, before the publisher is asked to send it again."""
    processes: int = 1
    shards: int = 1
    collector_id: str = "collector"
    heartbeat_ms: int = 1000

    def __post_init__(self) -> None:
        """Refuses what cannot work, and an open door."""
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ConfigurationError("setting", f"{name} must be >= {least}, got {getattr(self, name)}")
        networks(self.allow)
        if not self.allow and not is_loopback(self.listen.host):
            raise ConfigurationError(
                "allow-list",
                f"listening on {self.listen.host} without an allow list would let anyone write: name the prefixes of "
                "the exporters in allow, or listen on a loopback address",
            )
        if self.identify and not self.client_ca_file:
            raise ConfigurationError(
                "setting", "publishers cannot be told by certificates that are not asked for: set client_ca_file"
            )
        if self.path and (not self.path.startswith("/") or self.path.endswith("/")):
            raise ConfigurationError("setting", f'path must begin with "/" and not end with it, got {self.path!r}')

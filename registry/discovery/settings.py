"""How nodes are asked for their YANG, as an operator writes it; hashable and picklable, secrets by reference only."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from yangbeam.core.secret_source import SecretSource, clear
from yangbeam.io.netconf import PORT, NetconfTarget
from yangbeam.registry.discovery.fetching import FetchLimits

Sharing = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """How the nodes of one prefix are reached.

    Attributes:
        exporter: Prefix of the addresses their messages come from.
        address: Address for management; empty: the one the messages come from.
        port: TCP port.
        username: Login; empty: that of this process.
        key_file: Private key; empty: the password, else the user's agent and keys.
        password: Of the login, or of the key.
        known_hosts: File of host keys; empty: the user's own.
        netconf: They are asked at all; False: only directories serve this prefix.
        skip: Modules that are never asked for: there are nodes that break over one of theirs.
    """

    exporter: str
    address: str = ""
    port: int = PORT
    username: str = ""
    key_file: str = ""
    password: SecretSource | None = None
    known_hosts: str = ""
    netconf: bool = True
    skip: tuple[str, ...] = ()

    def serves(self, exporter: str) -> int:
        """Returns the length of the prefix plus one; 0: it is another's."""
        network, address = ip_network(self.exporter), ip_address(exporter)
        return network.prefixlen + 1 if address.version == network.version and address in network else 0


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """How all nodes are asked.

    Attributes:
        cache: Folder of what they gave.
        nodes: Who may be asked, and how; the longest prefix wins.
        sharing: Whether a content-id means the same on other nodes: ``auto``: if it looks like a hash.
        everything: Fetch every module of a library, even if it tells what augments what: identities are not told.
        attempts: Tries before a node is given up for ``retry_after_s``.
        backoff_s: Seconds after the first failure, give or take a half; doubled after each further one.
        retry_after_s: Seconds until a node that was given up is tried again, and a refused module asked for again.
        recheck_s: Seconds until a node that announces no content-id is asked for its library again.
        workers: Nodes that are asked at a time.
        connect_s: Seconds until a session stands.
        reply_s: Seconds until a request is answered.
        limits: How much is asked of one node.
    """

    cache: Path
    nodes: tuple[NodeAccess, ...] = ()
    sharing: Sharing = "auto"
    everything: bool = True
    attempts: int = 4
    backoff_s: float = 2.0
    retry_after_s: float = 300.0
    recheck_s: float = 3600.0
    workers: int = 64
    connect_s: float = 10.0
    reply_s: float = 30.0
    limits: FetchLimits = field(default_factory=FetchLimits)

    def access(self, exporter: str) -> NodeAccess | None:
        """Returns how an exporter is reached; None: it is not to be asked."""
        best = max(self.nodes, key=lambda node: node.serves(exporter), default=None)
        return best if best is not None and best.serves(exporter) and best.netconf else None

    def target(self, access: NodeAccess, exporter: str) -> NetconfTarget:
        """Returns where an exporter's NETCONF server is; reveals its password.

        Raises:
            ConfigurationError: The password is not where it should be.
        """
        return NetconfTarget(
            access.address or exporter,
            access.port,
            access.username,
            access.known_hosts,
            access.key_file,
            clear(access.password) if access.password is not None else "",
            self.connect_s,
            self.reply_s,
        )

    def shares(self, content_id: str) -> bool:
        """Whether a content-id means the same on every node.

        RFC 8525 makes it unique within a node only. In practice it is a hash of the library, or a counter: one that is
        short, or has nothing but digits, is taken for a counter.

        >>> [DiscoverySettings(Path()).shares(text) for text in ("c4d9e3f1", "31", "1700000000", "")]
        [True, False, False, False]
        """
        if self.sharing == "auto":
            return len(content_id) >= 8 and not content_id.isdecimal()
        return bool(content_id) and self.sharing == "always"

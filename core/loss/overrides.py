"""What the operator says of how exporters count."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Scopes:
    """The operator's word on how exporters count: (prefix, transport, notification); the longest prefix wins."""

    by_prefix: tuple[tuple[str, str | None, str | None], ...]

    def __call__(self, exporter: str, counter: str) -> str | None:
        """Returns the scope of an exporter's counter; None: to be learned."""
        address = ip_address(exporter)
        best: tuple[int, str | None] = (-1, None)
        for prefix, transport, notification in self.by_prefix:
            network = ip_network(prefix)
            if network.version == address.version and address in network and network.prefixlen > best[0]:
                best = (network.prefixlen, {"transport": transport, "notification": notification}.get(counter))
        return best[1]

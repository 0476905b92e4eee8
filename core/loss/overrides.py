"""What the operator says of how exporters count."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.scope import ALL, BY_NAME
from yangbeam.core.loss.track import COUNTERS, allowing

Override = Callable[[str, str], str | None]
"""(exporter address, counter name) to the scope the operator set, or None: learn it."""


def learn_all(exporter: str, counter: str) -> str | None:
    """Sets no scope: all are learned."""
    del exporter, counter
    return None


def allowed(override: Override, exporter: str, counter: str) -> list[int]:
    """Returns the scopes that an exporter's counter may have.

    Raises:
        ConfigurationError: ``loss-scope``: the operator names one that there is not.
    """
    name = override(exporter, counter)
    if name is None:
        return ALL
    if name not in BY_NAME:
        raise ConfigurationError("loss-scope", f"loss scope must be one of {', '.join(BY_NAME)}, got {name!r}")
    return [BY_NAME[name]]


def set_free(override: Override, exporter: Exporter) -> bool:
    """Lets the operator's scopes of today hold, where the state was learned under others; says whether any was."""
    changed = False
    for counter, name in enumerate(COUNTERS):
        scopes = allowed(override, exporter.address, name)
        if exporter.tracks[counter].allowed != scopes:
            exporter.tracks[counter] = allowing(exporter.tracks[counter], scopes)
            exporter.unlink(counter)
            changed = True
    return changed


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

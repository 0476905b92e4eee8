"""Decides whether a peer may have one more connection to a server: nobody who opens many takes the places of all."""

from collections.abc import Sequence
from typing import Final

HANDSHAKE_S: Final = 10.0
"""From a connection to the end of its TLS handshake at most."""
LEAST_SHARE: Final = 8
"""Connections that a peer may have in any case, within the limit of all."""
_WHILE_FREE, _WHEN_SCARCE = 4, 16
"""A peer may have a quarter of all connections, and a sixteenth when half of them are taken."""


def has_room(peers: Sequence[str], host: str, most: int) -> bool:
    """Says whether a peer may have one more connection.

    >>> has_room(["192.0.2.66"] * 250, "192.0.2.66", 1000), has_room(["192.0.2.66"] * 250, "192.0.2.1", 1000)
    (False, True)

    Args:
        peers: Whose connections are open, each time.
        host: Who wants one.
        most: Connections at most.
    """
    scarce = _WHEN_SCARCE if len(peers) >= most // 2 else _WHILE_FREE
    return len(peers) < most and peers.count(host) < max(most // scarce, LEAST_SHARE)

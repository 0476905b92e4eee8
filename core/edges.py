"""Where a message can be lost: each edge of the graph, by name, with the counts that must be equal on its two sides."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from yangbeam.core.ledger import ARRIVED, GIVEN, NOBODY, RECEIVED
from yangbeam.core.totals import count_of

RECEIVER: Final = "receiver → decode"
"""What a collector's heartbeats say it gave to a shard, and what the first stage took of it."""
READER: Final = "reader → decode"
"""What the readers of this process counted where it came, and what the first stage took of it."""


class Edge(NamedTuple):
    """An edge of the graph.

    Attributes:
        name: What lies on its two sides.
        left: Names of the counts that enter it (core.ledger), with all their ``name:which`` parts.
        right: Names of the counts that leave it.
    """

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]


class Open(NamedTuple):
    """An edge whose sides differ.

    Attributes:
        edge: Its name.
        where: Whose messages they are: an exporter, or a collector and its shard; empty: of all.
        left: What entered it.
        right: What left it.
    """

    edge: str
    where: str
    left: int
    right: int

    @property
    def missing(self) -> int:
        """What was lost on it; negative where more left than entered."""
        return self.left - self.right

    def __str__(self) -> str:
        whose = f" ({self.where})" if self.where else ""
        what = f"{self.missing:,} missing" if self.missing > 0 else f"{-self.missing:,} too many"
        return f"{self.edge}{whose}: {self.left:,} in ≠ {self.right:,} out, {what}"


def open_edges(edges: Iterable[Edge], exporters: Mapping[str, Mapping[str, int]]) -> list[Open]:
    """Returns the edges that do not close, by exporter, as differences must not cancel out; in the order given."""
    found: list[Open] = []
    for edge in edges:
        for exporter, counts in sorted(exporters.items()):
            left, right = (sum(count_of(counts, name) for name in side) for side in (edge.left, edge.right))
            if left != right:
                found.append(Open(edge.name, exporter, left, right))
    return found


def open_receivers(exporters: Mapping[str, Mapping[str, int]], *, again: bool = False) -> list[Open]:
    """Returns the collectors and shards whose line from heartbeat to heartbeat does not close.

    Args:
        exporters: Counts by exporter.
        again: What comes more often than it was given is no fault: a topic is written at least once.
    """
    counts = exporters.get(NOBODY, {})
    found: list[Open] = []
    for name, given in sorted(counts.items()):
        if name.startswith(f"{GIVEN}:"):
            _, shard, collector = name.split(":", 2)
            arrived = counts.get(f"{ARRIVED}:{shard}:{collector}", 0)
            if given > arrived or (given < arrived and not again):
                found.append(Open(RECEIVER, f"collector {collector}, shard {shard}", given, arrived))
    return found


def open_readers(counted: int | None, counts: Mapping[str, int]) -> list[Open]:
    """Returns the edge between the readers of this process and the first stage, if it does not close.

    Args:
        counted: Messages, whole or refused, by the readers' own count; None: nobody counts here.
        counts: Of all exporters.
    """
    received = count_of(counts, RECEIVED)
    return [] if counted is None or counted == received else [Open(READER, "", counted, received)]

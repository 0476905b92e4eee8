"""Where a message can be lost: each edge of the graph, by name, with the counts that must be equal on its two sides."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from yangbeam.core.ledger import (
    AFFECTED,
    ARRIVED,
    BOUND,
    DEAD,
    DEAD_AT,
    DECODED,
    DELIVERED,
    DIED,
    DUPLICATES,
    ENCODED,
    EVENTS,
    FOLDED,
    GIVEN,
    HOLES,
    INSERTED,
    INVALID,
    KEPT,
    LEARNED,
    MAPPED,
    MAPPED_ROWS,
    MARKED,
    MORE_LETTERS,
    NOBODY,
    NOT_MAPPED,
    ORIGINALS,
    PENDING,
    RECEIVED,
    REFUSED,
    REFUSED_ROWS,
    VALIDATED,
)
from yangbeam.core.totals import count_of

SOCKET: Final = "socket → collector"
"""What the reader of a socket counted where it came, and what its collector has in its own counts."""
RECEIVER: Final = "receiver → decode"
"""What a collector's heartbeats say it gave to a shard, and what the first stage took of it."""
TOPIC: Final = "topic → reader"
"""Places of topics, and how often they were read: never is a hole, more than once is a reader's fault."""
READER: Final = "reader → decode"
"""What the readers of this process counted where it came, and what the first stage took of it."""


class Edge(NamedTuple):
    """An edge of the graph.

    Attributes:
        name: What lies on its two sides.
        left: Names of the counts that enter it (core.ledger), with all their ``name:which`` parts.
        right: Names of the counts that leave it.
        of_all: Compared for all exporters together, as one side does not know whose they are.
    """

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    of_all: bool = False


_JUDGED: Final = (VALIDATED, f"{MARKED}:invalid", f"{MARKED}:unvalidated")
_BOUND: Final = (BOUND, f"{MARKED}:unbound")

DECODING: Final = (
    Edge("decode", (RECEIVED,), (DECODED, REFUSED, f"{DIED}:decode")),
    Edge("decode → bind", (DECODED,), (*_BOUND, DUPLICATES, PENDING, f"{DIED}:bind")),
)
"""The front of ``run`` and ``collect``."""
UNWRAPPING: Final = (Edge("unwrap", (RECEIVED,), (BOUND, DUPLICATES, f"{DIED}:unwrap")),)
"""The front of ``ingest``."""
VALIDATING: Final = (Edge("bind → validate", _BOUND, (*_JUDGED, INVALID)),)
ENCODING: Final = (Edge("validate → encode", _JUDGED, (ENCODED,)),)
MAPPING: Final = (
    Edge("validate → map", _JUDGED, (MAPPED, NOT_MAPPED, f"{DIED}:map")),
    Edge("map → tables", (MAPPED,), (f"{DELIVERED}:tables", f"{DIED}:write-tables")),
    Edge("map → tables, rows", (MAPPED_ROWS,), (FOLDED, AFFECTED, REFUSED_ROWS), of_all=True),
)
LETTERS: Final = (DEAD, DEAD_AT, MORE_LETTERS)
ACCOUNTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "loss": ("loss", (EVENTS,)),
    "scopes": ("learned scopes", (LEARNED,)),
    "letters": ("dead letters", LETTERS),
    "originals": ("pruned originals", (ORIGINALS,)),
}
"""What is kept, by the first word of its sinks' names; the ledger's own stand elsewhere."""


def edges_of(kind: str, sinks: Sequence[str], accounts: Sequence[str]) -> list[Edge]:
    """Returns the edges of a graph, from its front to its sinks.

    Args:
        kind: ``run``, ``collect`` or ``ingest``.
        sinks: Those of messages.
        accounts: Those of loss events, scopes and dead letters: ``loss-files``.
    """
    found = [*(UNWRAPPING if kind == "ingest" else DECODING), *VALIDATING]
    telemetry = [sink for sink in sinks if sink != "tables"]
    found += ENCODING if telemetry else ()
    found += [Edge(f"encode → {one}", (ENCODED,), (f"{DELIVERED}:{one}", f"{DEAD_AT}:{one}")) for one in telemetry]
    found += MAPPING if "tables" in sinks else ()
    for account in accounts:
        what, _, where = account.partition("-")
        if what in ACCOUNTS:
            words, left = ACCOUNTS[what]
            found.append(Edge(f"{words} → {where}", left, (f"{KEPT}:{account}",), of_all=True))
    return found


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
    everything = {NOBODY: _summed(exporters.values())}
    for edge in edges:
        for exporter, counts in sorted((everything if edge.of_all else exporters).items()):
            left, right = (sum(count_of(counts, name) for name in side) for side in (edge.left, edge.right))
            if left != right:
                found.append(Open(edge.name, exporter, left, right))
    return found


def open_sockets(collectors: Mapping[str, Mapping[str, int]]) -> list[Open]:
    """Returns the collectors that lack something that their sockets gave (``core.collector.unaccounted``)."""
    found: list[Open] = []
    for name, counters in sorted(collectors.items()):
        missing = counters.get("unaccounted", 0)
        if missing:
            came = counters.get("taken", 0) + counters.get("answered", 0)
            found.append(Open(SOCKET, f"collector {name}", came, came - missing))
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


def open_holes(exporters: Mapping[str, Mapping[str, int]]) -> list[Open]:
    """Returns the partitions of telemetry topics that hold records which were passed over: holes in their offsets."""
    counts = sorted(exporters.get(NOBODY, {}).items())
    start = f"{HOLES}:"
    return [Open(TOPIC, name.removeprefix(start), count, 0) for name, count in counts if name.startswith(start)]


def open_readers(counted: int | None, counts: Mapping[str, int], again: int = 0) -> list[Open]:
    """Returns the edges before and behind the readers of this process that do not close.

    Args:
        counted: Messages, whole or refused, by the readers' own count; None: nobody counts here.
        counts: Of all exporters.
        again: Of the messages those from a place that was read before; one that was *written* again has its own place.
    """
    if counted is None:
        return []
    received = count_of(counts, RECEIVED)
    found = [Open(TOPIC, "", counted - again, counted)] if again else []
    return found if counted == received else [*found, Open(READER, "", counted, received)]


def open_ledgers(told: int, acknowledged: Mapping[str, int], accounts: Iterable[str]) -> list[Open]:
    """Returns the edges to the ledger's own sinks that do not close.

    Args:
        told: Totals that were told.
        acknowledged: By sink, what its outside acknowledged of them.
        accounts: As in ``edges_of``; those of the ledger are looked at.
    """
    named = [name for name in accounts if name.startswith("ledger-")]
    return [
        Open(f"ledger → {name.partition('-')[2]}", "", told, acknowledged.get(name, 0))
        for name in named
        if acknowledged.get(name, 0) != told
    ]


def open_tables(counts: Mapping[str, int], before: Mapping[str, int], now: Mapping[str, int]) -> list[Open]:
    """Returns the tables whose number of rows, as the database counts it, is not what it was and what was inserted.

    Args:
        counts: Of all exporters.
        before: Rows of each table when the run began.
        now: The same at its end.
    """
    found: list[Open] = []
    for table in sorted(
        {*before, *now, *(name.partition(":")[2] for name in counts if name.startswith(f"{INSERTED}:"))}
    ):
        expected = before.get(table, 0) + counts.get(f"{INSERTED}:{table}", 0)
        if expected != now.get(table, 0):
            found.append(Open("tables → database", f"table {table}", expected, now.get(table, 0)))
    return found


def _summed(counted: Iterable[Mapping[str, int]]) -> dict[str, int]:
    added: dict[str, int] = {}
    for counts in counted:
        for name, count in counts.items():
            added[name] = added.get(name, 0) + count
    return added

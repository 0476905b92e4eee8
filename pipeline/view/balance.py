"""Whether a run balances: which edges of its graph do not close, and what is still under way."""

from collections.abc import Sequence
from dataclasses import dataclass

from yangbeam.core.edges import (
    Open,
    edges_of,
    open_edges,
    open_holes,
    open_ledgers,
    open_readers,
    open_receivers,
    open_sockets,
    open_tables,
)
from yangbeam.core.totals import Line, lines_of, unbalanced
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.places import account_names, sink_names
from yangbeam.pipeline.view.status import Snapshot


@dataclass(frozen=True, slots=True)
class Shape:
    """What the graph of a run is like, as far as its balance goes.

    Attributes:
        kind: ``run``, ``collect`` or ``ingest``: the latter two read topics, which may have been written to twice.
        sinks: Every sink of messages, by its name in the ledger.
        accounts: Those of loss events, scopes, dead letters and totals.
    """

    kind: str = "run"
    sinks: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


def shape_of(config: Config, kind: str) -> Shape:
    """Returns the shape of a job's graph."""
    return Shape(kind, tuple(sink_names(config, kind)), tuple(account_names(config)))


def open_of(snapshot: Snapshot, shape: Shape) -> list[Open]:
    """Returns the edges that do not close, those at the front first; of a run that lasts, what is under way as well."""
    tables = open_tables(snapshot.counts, *snapshot.tables) if snapshot.tables is not None else []
    return [
        *open_sockets(snapshot.collectors),
        *open_holes(snapshot.exporters),
        *open_receivers(snapshot.exporters, again=shape.kind != "run"),
        *open_readers(snapshot.arrived, snapshot.counts, snapshot.again),
        *open_edges(edges_of(shape.kind, shape.sinks, shape.accounts), snapshot.exporters),
        *open_ledgers(snapshot.told, snapshot.acknowledged, shape.accounts),
        *tables,
    ]


def lines(snapshot: Snapshot, sinks: Sequence[str]) -> list[Line]:
    """Returns the ledger's lines of all exporters together, what the readers counted and what is under way included."""
    found: list[Line] = []
    for sink in sinks:
        line, *parts = lines_of(snapshot.counts, sink)
        received, in_flight = snapshot.received(), snapshot.in_flight(sink)
        found += [line._replace(received=received, in_flight=in_flight), *parts]
    return found


def is_balanced(snapshot: Snapshot, shape: Shape) -> bool:
    """Says whether all that was received is accounted for, and nothing is under way."""
    under_way = any(snapshot.in_flight(sink) for sink in shape.sinks)
    return not under_way and not unbalanced(snapshot.exporters, shape.sinks) and not open_of(snapshot, shape)

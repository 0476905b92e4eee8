"""Whether a run balances: which edges of its graph do not close, and what is still under way."""

from collections.abc import Sequence

from yangbeam.core.edges import Open, open_readers, open_receivers
from yangbeam.core.totals import Line, lines_of, unbalanced
from yangbeam.pipeline.view.status import Snapshot


def open_of(snapshot: Snapshot, *, topic: bool = False) -> list[Open]:
    """Returns the edges that do not close, those at the front first.

    Args:
        snapshot: What the run came to; while it lasts, what is under way stands on an open edge.
        topic: It reads a topic, which its writers may have written to more than once.
    """
    return [*open_receivers(snapshot.exporters, again=topic), *open_readers(snapshot.arrived, snapshot.counts)]


def lines(snapshot: Snapshot, sinks: Sequence[str]) -> list[Line]:
    """Returns the ledger's lines of all exporters together, what the readers counted and what is under way included."""
    found: list[Line] = []
    for sink in sinks:
        line, *parts = lines_of(snapshot.counts, sink)
        received, in_flight = snapshot.received(), snapshot.in_flight(sink)
        found += [line._replace(received=received, in_flight=in_flight), *parts]
    return found


def is_balanced(snapshot: Snapshot, sinks: Sequence[str], *, topic: bool = False) -> bool:
    """Says whether all that was received is accounted for, and nothing is under way."""
    under_way = any(snapshot.in_flight(sink) for sink in sinks)
    return not under_way and not unbalanced(snapshot.exporters, sinks) and not open_of(snapshot, topic=topic)

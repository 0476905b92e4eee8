"""The whole graph over batches in memory: what lands at its sinks, from whichever runner."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import duckdb
from apache_beam.pvalue import PCollection, TaggedOutput

from tests.runners.graph import LANDED, landing
from yangbeam.core.elements import DeadLetter, LedgerTotals, LossEvent, MessageBatch, TelemetryRecord
from yangbeam.core.loss.overrides import learn_all
from yangbeam.core.pending import Limits
from yangbeam.core.policy import Policy
from yangbeam.core.reader import END, Poll
from yangbeam.core.schemas import Schemas
from yangbeam.core.stage import LEDGER
from yangbeam.core.totals import by_exporter, collected, latest, unbalanced
from yangbeam.io.duckdb_tables import WriteTables, close_tables
from yangbeam.pipeline.graph import Sinks, Stages, build
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.runners.direct import run
from yangbeam.transforms.detect_loss import DetectLoss
from yangbeam.transforms.handoff import Handoff
from yangbeam.transforms.outputs import delivered
from yangbeam.transforms.stage import sunk

SINKS = ("memory", "tables")
KINDS = ("telemetry", "loss", "dead_letters", "totals")
MARK = Policy(unknown="pass-and-mark", invalid="pass-and-mark", pass_unbound=True)


class BatchReader:
    """Gives the batches it was made with, in their order."""

    def __init__(self, batches: Sequence[MessageBatch]) -> None:
        self._batches = list(batches)

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        return self._batches.pop(0) if self._batches else END

    def position(self) -> int:
        return len(self._batches)

    def close(self) -> None:
        return


class Land(beam.PTransform):
    """Puts every batch to its landing; counts its records as delivered when told a sink's name."""

    def __init__(self, name: str, sink: str | None = None) -> None:
        super().__init__()
        self._land = _Land(name, sink)

    def expand(self, batches: PCollection) -> PCollection:
        return sunk(self._land, batches, "Land", LEDGER)


class _Land(beam.DoFn):
    def __init__(self, name: str, sink: str | None) -> None:
        super().__init__()
        self._name, self._sink = name, sink

    def process(self, batch: Any) -> Iterator[Any]:
        LANDED[self._name].append(batch)
        if self._sink is not None:
            yield TaggedOutput(LEDGER, delivered(batch, self._sink, len(batch.records)))


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    telemetry: list[TelemetryRecord]
    letters: list[DeadLetter]
    losses: dict[str, LossEvent]
    """The last event of each identity."""
    totals: dict[tuple[Any, ...], dict[str, int]]
    """Counts by exporter, publisher, subscription and bucket."""
    collectors: dict[str, dict[str, int]]
    tables: dict[str, list[tuple[Any, ...]]]
    exporters: dict[str, dict[str, int]]

    @property
    def counts(self) -> Counter[str]:
        added: Counter[str] = Counter()
        for counts in self.exporters.values():
            added.update(counts)
        return added

    def reasons(self) -> Counter[str]:
        return Counter(letter.reason for letter in self.letters)

    def unbalanced(self) -> list[str]:
        return [str(line) for line in unbalanced(self.exporters, SINKS)]


def stages(schemas: Schemas, policy: Policy, pending: Limits) -> Stages:
    return Stages(schemas, policy, DetectLoss(override=learn_all), "collector-1", "0.1.0", pending)


def sinks(places: Mapping[str, str], tables: Path) -> Sinks:
    return Sinks(
        telemetry={"Memory": Land(places["telemetry"], "memory")},
        tables=WriteTables(tables),
        loss={"Memory": Land(places["loss"])},
        dead_letters={"Memory": Land(places["dead_letters"])},
        totals={"Memory": Land(places["totals"])},
    )


def outcome_of(
    batches: Sequence[MessageBatch],
    schemas: Schemas,
    folder: Path,
    *,
    policy: Policy | None = None,
    live: bool = False,
    pending: Limits | None = None,
) -> Outcome:
    """Runs the whole graph over batches; tables lie in ``folder``."""
    places = {kind: landing() for kind in KINDS}
    tables = folder / "tables.duckdb"
    graph = partial(build, stages=stages(schemas, policy or Policy(), pending or Limits()), sinks=sinks(places, tables))
    run(graph, Handoff([BatchReader(batches)]), live=live)
    close_tables(tables)
    landed = {kind: LANDED.pop(place) for kind, place in places.items()}
    return Outcome(
        telemetry=[record for batch in landed["telemetry"] for record in batch.records],
        letters=[letter for batch in landed["dead_letters"] for letter in batch.letters],
        losses={event.identity: event for batch in landed["loss"] for event in batch.events},
        tables=_contents(tables),
        **_sums(landed["totals"]),
    )


def _sums(batches: list[LedgerTotals]) -> dict[str, Any]:
    totals = latest(*batches)
    return {
        "totals": {
            (t.exporter, t.publisher_id, t.subscription_id, t.bucket_us): t.counts for t in totals if t.exporter
        },
        "collectors": collected(*batches),
        "exporters": by_exporter(totals),
    }


def _contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(path), read_only=True) as tables:
        names = [name for (name,) in tables.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: sorted(tables.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in sorted(names)}


def registry(folder: Path) -> EmbeddedRegistry:
    """The bundled modules alone."""
    return EmbeddedRegistry(folder / "registry.sqlite")

"""Lifts the stages of ``core.stages`` into Beam: what a PTransform applies, and what it returns."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import DoOutputsTuple, PCollection, TaggedOutput

from yangbeam.core.elements import Batch, DeadLetterBatch, LedgerDelta, LossBatch
from yangbeam.core.stage import LEDGER, LETTERS, LOSS, OUT, ShardStage, Stage, StepResult, outputs
from yangbeam.transforms.shard_state import journal_cell, snapshot_cell, updated, version_cell

_ELEMENTS: Final[Mapping[str, type[Batch]]] = MappingProxyType(
    {LETTERS: DeadLetterBatch, LEDGER: LedgerDelta, LOSS: LossBatch}
)

SNAPSHOT: Final = snapshot_cell()
JOURNAL: Final = journal_cell()
VERSION: Final = version_cell()
"""Cells of every stage with state; Beam keeps them apart by transform and key."""


class StageOutput(NamedTuple):
    """What a stage or a sink returns; nothing of it may stay unconsumed (pipeline.graph collects all of it).

    Attributes:
        out: What the next stage is given; None: of a sink.
        dead_letters: DeadLetterBatch; None: it refuses nothing.
        ledger: LedgerDelta; None: it counts nothing.
        loss: LossBatch, of a stage that detects loss beside its own work.
    """

    out: PCollection | None = None
    dead_letters: PCollection | None = None
    ledger: PCollection | None = None
    loss: PCollection | None = None


def lifted(dofn: beam.DoFn, batches: PCollection, label: str, element: type[Batch], *more: str) -> StageOutput:
    """Applies a stage and declares the types of its outputs: Beam infers none for tagged ones, and would pickle them.

    Args:
        dofn: ``Stateless`` or of a class below ``PerShard``.
        batches: Its input; of a stage with state, keyed by shard.
        label: Name of the step, part of state compatibility.
        element: What the main output holds.
        more: Names of the other outputs: of LETTERS, LEDGER, LOSS.
    """
    made = _applied(dofn, batches, label, more, OUT)
    made[OUT].element_type = element
    return StageOutput(made[OUT], **{name: made[name] for name in more})


def sunk(dofn: beam.DoFn, batches: PCollection, label: str, *names: str) -> StageOutput:
    """Applies a sink, which puts nothing out but what it counted and refused.

    Args:
        dofn: The sink.
        batches: Its input.
        label: Name of the step, part of state compatibility.
        names: Names of its outputs: of LETTERS, LEDGER.
    """
    made = _applied(dofn, batches, label, names, "none")
    return StageOutput(**{name: made[name] for name in names})


def _applied(dofn: beam.DoFn, batches: PCollection, label: str, names: Sequence[str], main: str) -> DoOutputsTuple:
    run = beam.ParDo(dofn)
    run.label = "Run"  # else the name of the class would be part of what saved state hangs on
    made = batches | label >> run.with_outputs(*names, main=main)
    for name in names:
        made[name].element_type = _ELEMENTS[name]
    return made


class Stateless(beam.DoFn):
    """A stage without state.

    Args:
        stage: The stage.
    """

    def __init__(self, stage: Stage[Any]) -> None:
        super().__init__()
        self._stage = stage

    def process(self, batch: Batch) -> Iterator[Any]:
        """Drives it with a batch."""
        return tagged(batch, self._stage.step(batch))


class PerShard(beam.DoFn):
    """A stage with a value for each shard, of input keyed by shard; made durable with each batch.

    Beam reads state off the class: each stage has a module-level class of its own below this one.

    Args:
        stage: The stage.
    """

    def __init__(self, stage: ShardStage[Any, Any]) -> None:
        super().__init__()
        self._stage = stage

    def process(
        self,
        keyed: tuple[int, Batch],
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        version: Any = beam.DoFn.StateParam(VERSION),
    ) -> Iterator[Any]:
        """Drives it with a batch."""
        shard, batch = keyed
        stage, cells = self._stage, (snapshot, journal, version)
        return tagged(batch, updated(stage.restore, stage.name, shard, cells, lambda state: stage.step(state, batch)))


def tagged(batch: Batch, result: StepResult) -> Iterator[Any]:
    """Yields what travels on as Beam takes it: the main output plain, the others by name."""
    for name, element in outputs(batch, result):
        yield element if name == OUT else TaggedOutput(name, element)


def by_shard(batch: Any) -> tuple[int, Any]:
    """Returns a batch under its shard, the key of all state."""
    return batch.shard, batch

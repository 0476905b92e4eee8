"""One stage on either local runner, and on none: what it gives for a list of batches."""

import inspect
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.test_stream import TestStream

from tests.runners.graph import LANDED, Land, landing
from tests.transforms.test_shard_state import Bag, Cell
from yangbeam.core.elements import DeadLetter, DeadLetterBatch, LedgerDelta
from yangbeam.transforms.coders import BatchCoder

OUTPUTS = ("out", "dead_letters", "ledger")


class Given(NamedTuple):
    """What a stage gave, each output in its order."""

    out: list[Any]
    dead_letters: list[DeadLetterBatch]
    ledger: list[LedgerDelta]

    @property
    def letters(self) -> list[DeadLetter]:
        return [letter for batch in self.dead_letters for letter in batch.letters]

    @property
    def counts(self) -> dict[str, int]:
        summed: dict[str, int] = {}
        for delta in self.ledger:
            for tally in delta.tallies:
                for name, count in tally.counts.items():
                    summed[name] = summed.get(name, 0) + count
        return summed


def bounded(stage: beam.PTransform, batches: Sequence[Any]) -> Given:
    """Runs the stage on FnApiRunner."""
    pipeline = beam.Pipeline(runner="FnApiRunner")
    return _ran(pipeline, pipeline | beam.Create(list(batches), reshuffle=False), stage)


def live(stage: beam.PTransform, batches: Sequence[Any], *, clock: Sequence[float] = ()) -> Given:
    """Runs the stage on the runner of the live bridge, a bundle for each batch.

    Args:
        stage: The stage.
        batches: What it is given.
        clock: Steps of processing time, in seconds, behind the last batch.
    """
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    pipeline = beam.Pipeline(runner="BundleBasedDirectRunner", options=options)
    stream = TestStream(coder=BatchCoder(type(batches[0])))
    for batch in batches:
        stream = stream.add_elements([batch])
    for step_s in clock:
        stream = stream.advance_processing_time(int(step_s))
    return _ran(pipeline, pipeline | stream.advance_watermark_to_infinity(), stage)


def _ran(pipeline: beam.Pipeline, batches: beam.PCollection, stage: beam.PTransform) -> Given:
    given = batches | "Stage" >> stage
    outputs = {"out": given} if isinstance(given, beam.PCollection) else given._asdict()
    places = {name: landing() for name, output in outputs.items() if output is not None}
    for name, place in places.items():
        _ = outputs[name] | f"Land {name}" >> beam.ParDo(Land(place))
    pipeline.run().wait_until_finish()
    return Given(*(_in_order(LANDED.pop(places[name])) if name in places else [] for name in OUTPUTS))


def _in_order(batches: list[Any]) -> list[Any]:
    return sorted(batches, key=lambda batch: (batch.shard, batch.source, batch.ordinal))


class Alarm:
    """A timer that is set, and never fires by itself."""

    def __init__(self) -> None:
        self.at: float | None = None

    def set(self, at: float) -> None:
        self.at = at


class Attempts:
    """Runs a stateful DoFn by hand; every bundle twice from the same encoded state, the first attempt in vain."""

    def __init__(self, dofn: beam.DoFn, *, twice: bool = True) -> None:
        self._dofn = dofn
        self._twice = twice
        self._cells: dict[int, tuple[Any, ...]] = {}
        self._has_pending = "pending" in inspect.signature(dofn.process).parameters

    def process(self, batch: Any) -> list[Any]:
        """Returns what the attempt that counts gave."""
        cells = self.cells(batch.shard)
        if self._twice:
            in_vain = deepcopy(cells)
            list(self._dofn.process((batch.shard, batch), *in_vain))
        return list(self._dofn.process((batch.shard, batch), *cells))

    def cells(self, shard: int) -> tuple[Any, ...]:
        """Returns the cells of a shard, in the order of the DoFn's parameters."""
        more = (Bag(), Alarm()) if self._has_pending else ()
        return self._cells.setdefault(shard, (Cell(), Bag(), Cell(), *more))

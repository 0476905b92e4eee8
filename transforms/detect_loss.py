"""DetectLoss: numbers, ids, times and control records in, loss events out; never a payload."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.coders.typecoders import registry as coder_registry
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import EndOfInput, LearnedScope, LedgerDelta, LossBatch, LossEvent, place
from yangbeam.core.ledger import EVENTS, LEARNED, NOBODY, Tallies
from yangbeam.core.loss.detector import STAGE, Detector
from yangbeam.core.loss.facts import FactsBatch, facts_of
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.overrides import Override, learn_all
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.outputs import LEDGER
from yangbeam.transforms.shard_state import journal_cell, snapshot_cell, updated, version_cell

KeyedFactsBatch = tuple[int, FactsBatch]
coder_registry.register_coder(FactsBatch, BatchCoder)

_SNAPSHOT: Final = snapshot_cell()
_JOURNAL: Final = journal_cell()
_VERSION: Final = version_cell()


class Detected(NamedTuple):
    """What DetectLoss returns."""

    out: PCollection
    """LossBatch; of events with one identity the last one holds."""
    ledger: PCollection
    """LedgerDelta."""


class DetectLoss(beam.PTransform):
    """Finds what was lost on the way, per shard, exactly once in state; on data time, so without timers.

    ``NotificationBatch`` to ``LossBatch`` (only where there is something to say) and one ``LedgerDelta`` per batch.
    Everything open is confirmed at the end of input; flushing twice is harmless.

    Args:
        window_us: How long a gap waits for late messages, data time; at least the reassembly timeout.
        override: The operator's scopes: (exporter, counter) to a scope's name, or None to learn it.
    """

    def __init__(self, window_us: int = WINDOW_US, override: Override = learn_all) -> None:
        super().__init__()
        Detector(window_us, override)  # a bad setting fails here, not on a worker
        self._window_us = window_us
        self._override = override

    @no_annotations
    def expand(self, batches: PCollection) -> Detected:
        """Applies the stage."""
        found = (
            batches
            | "Facts" >> beam.Map(facts_of).with_output_types(FactsBatch)
            | "Key" >> beam.Map(_by_shard).with_output_types(KeyedFactsBatch)
            | "Detect" >> beam.ParDo(_Detect(self._window_us, self._override)).with_outputs(LEDGER, main="loss")
        )
        found.loss.element_type, found[LEDGER].element_type = LossBatch, LedgerDelta
        return Detected(found.loss, found[LEDGER])


def _by_shard(batch: FactsBatch) -> KeyedFactsBatch:
    return batch.shard, batch


class _Restore:
    """Restores the value of a shard with the settings of the graph at hand."""

    def __init__(self, window_us: int, override: Override) -> None:
        self._window_us = window_us
        self._override = override

    def restore(self, snapshot: bytes | None, journal: list[bytes]) -> Detector:
        return Detector(self._window_us, self._override).decode_state(snapshot, journal)


class _Detect(beam.DoFn):
    def __init__(self, window_us: int, override: Override) -> None:
        super().__init__()
        self._restore: Any = _Restore(window_us, override)

    def process(
        self,
        keyed: KeyedFactsBatch,
        snapshot: Any = beam.DoFn.StateParam(_SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(_JOURNAL),
        version: Any = beam.DoFn.StateParam(_VERSION),
    ) -> Iterator[Any]:
        shard, batch = keyed
        tallies = Tallies(STAGE)

        def detect(detector: Detector) -> tuple[list[LossEvent], list[LearnedScope]]:
            events = detector.observe(batch.facts, batch.controls, tallies, batch.source)
            return events, detector.take_learned()

        events, learned = updated(self._restore, STAGE, shard, (snapshot, journal, version), detect)
        if events or learned:
            yield LossBatch(events=events, learned=learned, **place(batch))
            counts = tallies.at(NOBODY, None, None, 0)
            counts[EVENTS], counts[LEARNED] = len(events), len(learned)
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))

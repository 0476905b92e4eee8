"""DetectLoss: numbers, ids, times and control records in, loss events out; never a payload."""

import apache_beam as beam
from apache_beam.coders.typecoders import registry as coder_registry
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import LossBatch
from yangbeam.core.loss.facts import FactsBatch, facts_of
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.overrides import Override, learn_all
from yangbeam.core.stage import LEDGER
from yangbeam.core.stages.detect import Detect
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.stage import PerShard, StageOutput, by_shard, lifted

KeyedFactsBatch = tuple[int, FactsBatch]
coder_registry.register_coder(FactsBatch, BatchCoder)


class DetectLoss(beam.PTransform):
    """Detects what was lost on the way, per shard, exactly once in state; on data time, so without timers.

    ``NotificationBatch`` to ``LossBatch`` (only where there is something to report; of events with one identity the
    last one holds) and one ``LedgerDelta`` per batch. Everything open is confirmed at the end of input; flushing twice
    is harmless.

    Args:
        window_us: How long a gap waits for late messages, data time; at least the reassembly timeout.
        override: The operator's scopes: (exporter, counter) to a scope's name, or None to learn it.
    """

    def __init__(self, window_us: int = WINDOW_US, override: Override = learn_all) -> None:
        super().__init__()
        self._stage = Detect(window_us, override)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        keyed = (
            batches
            | "Facts" >> beam.Map(facts_of).with_output_types(FactsBatch)
            | "Key" >> beam.Map(by_shard).with_output_types(KeyedFactsBatch)
        )
        return lifted(_Detect(self._stage), keyed, "Detect", LossBatch, LEDGER)


class _Detect(PerShard):
    """A detector for each shard."""

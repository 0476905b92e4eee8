"""EncodeTelemetryMessages: validated notifications to ietf-telemetry-message records with their schema ids."""

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import TelemetryBatch
from yangbeam.core.stage import LEDGER
from yangbeam.core.stages.encode import Encode, Keys
from yangbeam.transforms.stage import StageOutput, Stateless, lifted


class EncodeTelemetryMessages(beam.PTransform):
    """Wraps each notification in the ietf-telemetry-message, its payload spliced in; stateless, order kept.

    ``ValidatedBatch`` to ``TelemetryBatch``, one record per notification (when messages are split: one or more, the
    parts of a message next to each other), nothing fails; and one ``LedgerDelta`` per batch.

    Args:
        collector: Name of this collector.
        version: Its software version.
        keys: How records are keyed; None: by node and subscription.
    """

    def __init__(self, collector: str, version: str, keys: Keys | None = None) -> None:
        super().__init__()
        self._stage = Encode(collector, version, keys)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        return lifted(Stateless(self._stage), batches, "Encode", TelemetryBatch, LEDGER)

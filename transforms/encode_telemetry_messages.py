"""EncodeTelemetryMessages: validated notifications to ietf-telemetry-message records with their schema ids."""

from collections.abc import Iterator

import apache_beam as beam
from apache_beam.pvalue import PCollection

from yangbeam.core.elements import TelemetryBatch, ValidatedBatch
from yangbeam.core.telemetry_message import Encoder


class EncodeTelemetryMessages(beam.PTransform):
    """Wraps each notification in the ietf-telemetry-message, its payload spliced in; stateless, order kept.

    ``ValidatedBatch`` to ``TelemetryBatch``, one record per notification, nothing fails.

    Args:
        collector: Name of this collector.
        version: Its software version.
    """

    def __init__(self, collector: str, version: str) -> None:
        super().__init__()
        self._collector = collector
        self._version = version

    def expand(self, batches: PCollection) -> PCollection:
        """Applies the stage."""
        encode = beam.ParDo(_Encode(self._collector, self._version))
        return batches | "Encode" >> encode.with_output_types(TelemetryBatch)


class _Encode(beam.DoFn):
    def __init__(self, collector: str, version: str) -> None:
        super().__init__()
        self._collector = collector
        self._version = version

    def process(self, batch: ValidatedBatch) -> Iterator[TelemetryBatch]:
        encoder = Encoder(self._collector, self._version, batch.subscriptions)
        yield TelemetryBatch(
            shard=batch.shard,
            source=batch.source,
            ordinal=batch.ordinal,
            records=[encoder.encode(validated) for validated in batch.notifications],
            controls=batch.controls,
        )

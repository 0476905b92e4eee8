"""UnwrapTelemetry: records of the telemetry topic to bound notifications; what was read before is dropped."""

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import BoundBatch, Notification, NotificationBatch, place
from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.core.stage import LEDGER, LETTERS, LOSS, moved
from yangbeam.core.stages.unwrap import Unwrap
from yangbeam.transforms.coders import KeyedTopicBatch
from yangbeam.transforms.stage import PerShard, StageOutput, by_shard, lifted


class UnwrapTelemetry(beam.PTransform):
    """Unwraps batches of records, per shard, exactly once in state.

    ``TopicBatch`` to ``BoundBatch``. Replays (the same place in the raw topic) are dropped and counted as duplicates.
    Letters: no telemetry message, no schema id, no notification inside. Loss: holes in the topic's offsets.

    Args:
        unwrapper: What is asked of a schema registry, and whether offsets are checked.
    """

    def __init__(self, unwrapper: Unwrapper) -> None:
        super().__init__()
        self._stage = Unwrap(unwrapper)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        keyed = batches | "Key" >> beam.Map(by_shard).with_output_types(KeyedTopicBatch)
        return lifted(_Unwrap(self._stage), keyed, "Unwrap", BoundBatch, LETTERS, LEDGER, LOSS)


class _Unwrap(PerShard):
    """What each shard has read."""


def unbound(batch: BoundBatch) -> NotificationBatch:
    """Returns a batch as DetectLoss takes it: of a split message its first record, as all have its number."""
    notifications: list[Notification] = []
    kept: list[int] = []
    for bound in batch.notifications:
        kept.append(len(notifications))
        if not bound.notification.message.raw_index:
            notifications.append(bound.notification)
    kept.append(len(notifications))
    controls = moved(batch.controls, kept)
    return NotificationBatch(notifications=notifications, controls=controls, **place(batch))

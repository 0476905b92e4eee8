"""UnwrapTelemetry: records of the telemetry topic to bound notifications; what was read before is dropped."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import apache_beam as beam
import msgspec
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import (
    BoundBatch,
    DeadLetterBatch,
    EndOfInput,
    LedgerDelta,
    LossBatch,
    Notification,
    NotificationBatch,
    TopicBatch,
    place,
)
from yangbeam.core.ingest.unwrapping import STAGE, ReadSoFar, Unwrapped, Unwrapper
from yangbeam.core.ledger import Tallies
from yangbeam.transforms.coders import KeyedTopicBatch
from yangbeam.transforms.outputs import LEDGER, LETTERS
from yangbeam.transforms.shard_state import journal_cell, snapshot_cell, updated, version_cell

LOSS: Final = "loss"

_SNAPSHOT: Final = snapshot_cell()
_JOURNAL: Final = journal_cell()
_VERSION: Final = version_cell()


class UnwrappedTelemetry(NamedTuple):
    """What UnwrapTelemetry returns."""

    out: PCollection
    """BoundBatch."""
    dead_letters: PCollection
    ledger: PCollection
    loss: PCollection
    """LossBatch: holes in the topic's offsets."""


class UnwrapTelemetry(beam.PTransform):
    """Unwraps batches of records, per shard, exactly once in state.

    ``TopicBatch`` to ``BoundBatch``. Replays (the same place in the raw topic) are dropped and counted as duplicates.
    Letters: no telemetry message, no schema id, no notification inside.

    Args:
        unwrapper: What is asked of a schema registry, and whether offsets are checked.
    """

    def __init__(self, unwrapper: Unwrapper) -> None:
        super().__init__()
        self._unwrapper = unwrapper

    @no_annotations
    def expand(self, batches: PCollection) -> UnwrappedTelemetry:
        """Applies the stage."""
        found = (
            batches
            | "Key" >> beam.Map(_by_shard).with_output_types(KeyedTopicBatch)
            | "Unwrap" >> beam.ParDo(_Unwrap(self._unwrapper)).with_outputs(LETTERS, LEDGER, LOSS, main="bound")
        )
        out = UnwrappedTelemetry(found.bound, found[LETTERS], found[LEDGER], found[LOSS])
        for collection, element in zip(out, (BoundBatch, DeadLetterBatch, LedgerDelta, LossBatch), strict=True):
            collection.element_type = element
        return out


def _by_shard(batch: TopicBatch) -> KeyedTopicBatch:
    return batch.shard, batch


class _Unwrap(beam.DoFn):
    def __init__(self, unwrapper: Unwrapper) -> None:
        super().__init__()
        self._unwrapper = unwrapper

    def process(
        self,
        keyed: KeyedTopicBatch,
        snapshot: Any = beam.DoFn.StateParam(_SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(_JOURNAL),
        version: Any = beam.DoFn.StateParam(_VERSION),
    ) -> Iterator[Any]:
        shard, batch = keyed
        tallies = Tallies(STAGE)

        def unwrap(read: ReadSoFar) -> Unwrapped:
            return self._unwrapper.unwrap(read, batch, tallies)

        found = updated(ReadSoFar, STAGE, shard, (snapshot, journal, version), unwrap)
        yield found.bound
        if found.letters:
            yield TaggedOutput(LETTERS, DeadLetterBatch(letters=found.letters, **place(batch)))
        if found.holes:
            yield TaggedOutput(LOSS, LossBatch(events=found.holes, **place(batch)))
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))


def unbound(batch: BoundBatch) -> NotificationBatch:
    """Returns a batch as DetectLoss takes it: of a split message its first record, as all have its number."""
    notifications: list[Notification] = []
    kept: list[int] = []
    for bound in batch.notifications:
        kept.append(len(notifications))
        if not bound.notification.message.raw_index:
            notifications.append(bound.notification)
    kept.append(len(notifications))
    controls = [msgspec.structs.replace(control, at=kept[control.at]) for control in batch.controls]
    return NotificationBatch(notifications=notifications, controls=controls, **place(batch))

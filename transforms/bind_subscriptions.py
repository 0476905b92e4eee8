"""BindSubscriptions: each notification gets its subscription and the schema its contents are read by."""

from collections.abc import Iterator
from typing import Any, Final

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.binding import STAGE, Binder, Subscriptions
from yangbeam.core.elements import BoundBatch, DeadLetterBatch, EndOfInput, NotificationBatch, place
from yangbeam.core.ledger import Tallies
from yangbeam.core.schemas import Schemas
from yangbeam.transforms.coders import KeyedNotificationBatch
from yangbeam.transforms.outputs import LEDGER, LETTERS, Staged, staged
from yangbeam.transforms.shard_state import journal_cell, snapshot_cell, updated, version_cell

_SNAPSHOT: Final = snapshot_cell()
_JOURNAL: Final = journal_cell()
_VERSION: Final = version_cell()


class BindSubscriptions(beam.PTransform):
    """Binds batches of notifications, per shard, exactly once in state.

    ``NotificationBatch`` to ``BoundBatch``. True duplicates (transport identity and payload) are dropped and counted.
    Letters: no schema to be had, under the policy ``reject``.

    Args:
        schemas: Handle on the registered schemas.
        pass_unbound: Passes on, marked, what has no schema, instead of a dead letter.
    """

    def __init__(self, schemas: Schemas, *, pass_unbound: bool = False) -> None:
        super().__init__()
        self._binder = Binder(schemas, pass_unbound)

    @no_annotations
    def expand(self, batches: PCollection) -> Staged:
        """Applies the stage."""
        bound = (
            batches
            | "Key" >> beam.Map(_by_shard).with_output_types(KeyedNotificationBatch)
            | "Bind" >> beam.ParDo(_Bind(self._binder)).with_outputs(LETTERS, LEDGER, main="bound")
        )
        return staged(bound, BoundBatch)


def _by_shard(batch: NotificationBatch) -> KeyedNotificationBatch:
    return batch.shard, batch


class _Bind(beam.DoFn):
    def __init__(self, binder: Binder) -> None:
        super().__init__()
        self._binder = binder

    def process(
        self,
        keyed: KeyedNotificationBatch,
        snapshot: Any = beam.DoFn.StateParam(_SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(_JOURNAL),
        version: Any = beam.DoFn.StateParam(_VERSION),
    ) -> Iterator[Any]:
        shard, batch = keyed
        tallies = Tallies(STAGE)

        def bind(state: Subscriptions) -> Any:
            return self._binder.bind(state, batch, tallies)

        bound, letters = updated(Subscriptions, STAGE, shard, (snapshot, journal, version), bind)
        yield bound
        if letters:
            yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, **place(batch)))
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))

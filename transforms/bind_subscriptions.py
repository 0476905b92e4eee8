"""BindSubscriptions: each notification gets its subscription and the schema its contents are read by."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.binding import STAGE, Binder, Subscriptions
from yangbeam.core.elements import BoundBatch, DeadLetter, DeadLetterBatch, EndOfInput, NotificationBatch, place
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import Patience
from yangbeam.core.pending import Limits
from yangbeam.core.schemas import Schemas
from yangbeam.transforms.coders import KeyedNotificationBatch
from yangbeam.transforms.outputs import LEDGER, LETTERS, Staged, staged
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.shard_state import journal_cell, snapshot_cell, updated, version_cell

_SNAPSHOT: Final = snapshot_cell()
_JOURNAL: Final = journal_cell()
_VERSION: Final = version_cell()
_PENDING: Final = BagStateSpec("pending", BytesCoder())
# Equal ids of fused stages lose timers silently: this one is the stage's own.
_RETRY: Final = TimerSpec("bind-retry", TimeDomain.REAL_TIME)

RETRY_S: Final = 0.5
"""Between two looks at what waits, where no batch comes meanwhile."""
PAUSE_S: Final = 0.05
"""Between two looks where bounded input waits in place."""


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Elapsed time of this process; bounded input waits in place, and at its end a stream, as long as that may take."""

    in_place: bool

    def now(self) -> float:
        """Returns seconds that never go back."""
        return time.monotonic()

    def pause(self) -> bool:
        """Sleeps a moment where the input may wait."""
        waits = not OUTSIDES.is_over and (self.in_place or OUTSIDES.left_s() is not None)
        if waits:
            time.sleep(PAUSE_S)
        return waits


class BindSubscriptions(beam.PTransform):
    """Binds batches of notifications, per shard, exactly once in state.

    ``NotificationBatch`` to ``BoundBatch``. True duplicates (transport identity and payload) are dropped and counted.
    Messages whose schema is being fetched are held in state, in order per (exporter, subscription), and released by
    the batches that follow, and in streams by a timer; a bounded run waits in place where a limit is reached and at
    the end of its input. Letters, under the policy ``reject``: no schema to be had, in time or at all; limits reached.

    Args:
        schemas: Handle on the registered schemas.
        pass_unbound: Passes on, marked, what has no schema, instead of a dead letter.
        limits: How long and how much is held, per shard.
        patience: Elapsed time, for tests; None: this process's, waiting in place where the input is bounded.
    """

    def __init__(
        self,
        schemas: Schemas,
        *,
        pass_unbound: bool = False,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        super().__init__()
        self._binder = Binder(schemas, pass_unbound, limits or Limits())
        self._patience = patience

    @no_annotations
    def expand(self, batches: PCollection) -> Staged:
        """Applies the stage."""
        bind = _Bind(self._binder, self._patience, live=not batches.is_bounded)
        bound = (
            batches
            | "Key" >> beam.Map(_by_shard).with_output_types(KeyedNotificationBatch)
            | "Bind" >> beam.ParDo(bind).with_outputs(LETTERS, LEDGER, main="bound")
        )
        return staged(bound, BoundBatch)


def _by_shard(batch: NotificationBatch) -> KeyedNotificationBatch:
    return batch.shard, batch


@dataclass(frozen=True, slots=True)
class _Restored:
    """Restores a shard with what its bag holds."""

    pending: Any

    def restore(self, snapshot: bytes | None, journal: list[bytes]) -> Subscriptions:
        return Subscriptions.restore(snapshot, journal, list(self.pending.read()))


class _Bind(beam.DoFn):
    def __init__(self, binder: Binder, patience: Patience | None = None, *, live: bool = False) -> None:
        super().__init__()
        self._binder = binder
        self._patience = patience or Stopwatch(in_place=not live)
        self._live = live

    def process(
        self,
        keyed: KeyedNotificationBatch,
        snapshot: Any = beam.DoFn.StateParam(_SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(_JOURNAL),
        version: Any = beam.DoFn.StateParam(_VERSION),
        pending: Any = beam.DoFn.StateParam(_PENDING),
        retry: Any = beam.DoFn.TimerParam(_RETRY),
    ) -> Iterator[Any]:
        shard, batch = keyed
        tallies = Tallies(STAGE)

        def bind(state: Subscriptions) -> Any:
            made = self._binder.bind(state, batch, tallies, self._patience)
            self._keep(state, pending, retry)
            return made

        bound, letters = self._updated(shard, (snapshot, journal, version), pending, bind)
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield from _outputs(bound, letters, tallies, ended=ended)

    @on_timer(_RETRY)
    def on_retry(
        self,
        shard: Any = beam.DoFn.KeyParam,
        snapshot: Any = beam.DoFn.StateParam(_SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(_JOURNAL),
        version: Any = beam.DoFn.StateParam(_VERSION),
        pending: Any = beam.DoFn.StateParam(_PENDING),
        retry: Any = beam.DoFn.TimerParam(_RETRY),
    ) -> Iterator[Any]:
        tallies = Tallies(STAGE)

        def tick(state: Subscriptions) -> Any:
            made = self._binder.tick(state, tallies, self._patience, shard)
            self._keep(state, pending, retry)
            return made

        bound, letters = self._updated(shard, (snapshot, journal, version), pending, tick)
        if bound.notifications or letters:
            yield from _outputs(bound, letters, tallies, ended=False)

    def _updated(self, shard: int, cells: tuple[Any, Any, Any], pending: Any, update: Any) -> Any:
        restored: Any = _Restored(pending)  # its restore is that of a ShardValue, with the bag at hand
        return updated(restored, STAGE, shard, cells, update)

    def _keep(self, state: Subscriptions, pending: Any, retry: Any) -> None:
        """Makes what waits durable, and has it looked at again; in bounded runs no timer fires in time."""
        state.pending.write(pending)
        if self._live and state.pending.queues:
            retry.set(time.time() + RETRY_S)


def _outputs(bound: BoundBatch, letters: list[DeadLetter], tallies: Tallies, *, ended: bool) -> Iterator[Any]:
    yield bound
    if letters:
        yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, **place(bound)))
    yield TaggedOutput(LEDGER, tallies.delta(**place(bound), end=ended))

"""BindSubscriptions: each notification gets its subscription and the schema its contents are read by."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.pvalue import PCollection
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import BoundBatch, NotificationBatch
from yangbeam.core.patience import Patience
from yangbeam.core.pending import Limits
from yangbeam.core.schemas import Schemas
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.stages.bind import Bind
from yangbeam.transforms.coders import KeyedNotificationBatch
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.shard_state import updated
from yangbeam.transforms.stage import JOURNAL, SNAPSHOT, VERSION, StageOutput, by_shard, lifted, tagged

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
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        live = not batches.is_bounded
        stage = Bind(self._binder, self._patience or Stopwatch(in_place=not live))
        keyed = batches | "Key" >> beam.Map(by_shard).with_output_types(KeyedNotificationBatch)
        return lifted(_Bind(stage, live=live), keyed, "Bind", BoundBatch, LETTERS, LEDGER)


class _Bind(beam.DoFn):
    """The subscriptions of each shard, in a bag of their own what waits of them, and a timer that looks at it again.

    Args:
        stage: The stage.
        live: A timer is set; in bounded runs none fires in time.
    """

    def __init__(self, stage: Bind, *, live: bool = False) -> None:
        super().__init__()
        self._stage = stage
        self._live = live

    def process(
        self,
        keyed: tuple[int, NotificationBatch],
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        version: Any = beam.DoFn.StateParam(VERSION),
        pending: Any = beam.DoFn.StateParam(_PENDING),
        retry: Any = beam.DoFn.TimerParam(_RETRY),
    ) -> Iterator[Any]:
        """Binds a batch."""
        shard, batch = keyed
        kept = _Kept(self._stage, (snapshot, journal, version), pending, retry if self._live else None)
        return tagged(batch, kept.updated(shard, lambda state: self._stage.step(state, batch)))

    @on_timer(_RETRY)
    def on_retry(
        self,
        shard: Any = beam.DoFn.KeyParam,
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        version: Any = beam.DoFn.StateParam(VERSION),
        pending: Any = beam.DoFn.StateParam(_PENDING),
        retry: Any = beam.DoFn.TimerParam(_RETRY),
    ) -> Iterator[Any]:
        """Binds what has waited."""
        kept = _Kept(self._stage, (snapshot, journal, version), pending, retry if self._live else None)
        made = kept.updated(shard, lambda state: self._stage.tick(state, shard))
        if made is not None:
            yield from tagged(made.out, made)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The cells of a shard, its bag, and its timer; None: none is set."""

    stage: Bind
    cells: tuple[Any, Any, Any]
    pending: Any
    retry: Any

    def updated(self, shard: int, update: Callable[[Subscriptions], Any]) -> Any:
        """Changes a shard's value, makes what waits durable, and has it looked at again."""

        def change(state: Subscriptions) -> Any:
            made = update(state)
            state.pending.write(self.pending)
            if self.retry is not None and state.pending.queues:
                self.retry.set(time.time() + RETRY_S)
            return made

        return updated(self._restore, self.stage.name, shard, self.cells, change)

    def _restore(self, snapshot: bytes | None, journal: list[bytes]) -> Subscriptions:
        return self.stage.restore(snapshot, journal, list(self.pending.read()))

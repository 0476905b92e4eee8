"""Which subscription a notification belongs to, which schema its contents are read by, and what waits for that.

One ``Binder`` works on the state of one shard. Identity of a subscription: (exporter, id), since a node numbers its
subscriptions across its publishers; where ids of started and push messages differ (6WIND before IETF 123), the source
port joins them. True duplicates are the same transport identity with the same payload; the same identity with other
bytes is another message (Huawei and Cisco reuse ids) and only counted.

A message whose schema is being fetched is held, and everything of its subscription behind it: arrival order per
(exporter, subscription) is kept. Received is bound, dead, dropped as duplicate or pending, at every moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from yangbeam.core.binding_run import STAGE, BindingRun
from yangbeam.core.elements import BoundBatch, Control, DeadLetter, EndOfInput, NotificationBatch, place
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import IMPATIENT, Patience
from yangbeam.core.pending import Limits
from yangbeam.core.schemas import Schemas
from yangbeam.core.subscription_state import Subscriptions

__all__ = ["STAGE", "Binder", "Subscriptions"]

TICK: Final = "bind-retry"
"""Source of the batches that no input batch made: what a timer released."""


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds batches against a shard's state.

    Attributes:
        schemas: Where schemas are found.
        pass_unbound: Policy for contents without a schema: pass on and mark, instead of a dead letter.
        limits: How long and how much is held.
    """

    schemas: Schemas
    pass_unbound: bool = False
    limits: Limits = field(default_factory=Limits)

    def bind(
        self, state: Subscriptions, batch: NotificationBatch, tallies: Tallies, patience: Patience = IMPATIENT
    ) -> tuple[BoundBatch, list[DeadLetter]]:
        """Returns what can be bound now, of this batch and of what waited, and the letters of what cannot be ever."""
        run = self._run(state, tallies, patience)
        run.retry()
        controls: list[Control] = []
        waiting = sorted(batch.controls, key=lambda control: control.at)
        for index, notification in enumerate(batch.notifications):
            while waiting and waiting[0].at <= index:
                controls += _told(run, waiting.pop(0))
            run.arrive(notification)
        for control in waiting:
            controls += _told(run, control)
        out = BoundBatch(notifications=run.bound, subscriptions=run.table.rows, controls=controls, **place(batch))
        return out, run.letters

    def tick(
        self, state: Subscriptions, tallies: Tallies, patience: Patience, shard: int
    ) -> tuple[BoundBatch, list[DeadLetter]]:
        """As ``bind``, when time has passed and nothing came."""
        run = self._run(state, tallies, patience)
        run.retry()
        out = BoundBatch(shard=shard, source=TICK, notifications=run.bound, subscriptions=run.table.rows)
        return out, run.letters

    def _run(self, state: Subscriptions, tallies: Tallies, patience: Patience) -> BindingRun:
        return BindingRun(self.schemas, state, tallies, patience, self.limits, self.pass_unbound)


def _told(run: BindingRun, control: Control) -> Iterable[Control]:
    run.control(control)
    if isinstance(control, EndOfInput):
        run.flush()
    yield msgspec.structs.replace(control, at=len(run.bound))

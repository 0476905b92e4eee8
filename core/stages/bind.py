"""Bind: which subscription and schema each notification belongs to, what waits for a schema, and what gets none."""

from dataclasses import dataclass, field

from yangbeam.core.binding import STAGE, Binder, Subscriptions
from yangbeam.core.elements import NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import Impatient, Patience
from yangbeam.core.stage import StepResult


@dataclass(frozen=True, slots=True)
class Bind:
    """``NotificationBatch`` to ``BoundBatch``; the subscriptions of each shard are its value.

    Attributes:
        binder: Finds subscriptions and schemas.
        patience: Elapsed time.
    """

    binder: Binder
    patience: Patience = field(default_factory=Impatient)
    name: str = STAGE

    def restore(self, snapshot: bytes | None, journal: list[bytes], pending: list[bytes]) -> Subscriptions:
        """Returns a shard's subscriptions, with what waits of them."""
        return Subscriptions.restore(snapshot, journal, pending)

    def step(self, state: Subscriptions, batch: NotificationBatch) -> StepResult:
        """Returns what can be bound now, of this batch and of what waited."""
        tallies = Tallies(self.name)
        bound, letters = self.binder.bind(state, batch, tallies, self.patience)
        return StepResult(bound, tallies, letters)

    def tick(self, state: Subscriptions, shard: int) -> StepResult | None:
        """As ``step``, when time has passed and nothing came; None: nothing of what waits can go on."""
        tallies = Tallies(self.name)
        bound, letters = self.binder.tick(state, tallies, self.patience, shard)
        return StepResult(bound, tallies, letters) if bound.notifications or letters else None

"""Keep: what every stage and sink counted, summed into absolute totals."""

from dataclasses import dataclass

from yangbeam.core.elements import LedgerDelta
from yangbeam.core.stage import StepResult
from yangbeam.core.totals import STAGE, Totals


@dataclass(frozen=True, slots=True)
class Keep:
    """``LedgerDelta`` to ``LedgerTotals``, where something is due; the totals of each shard."""

    name: str = STAGE

    def restore(self, snapshot: bytes | None, journal: list[bytes]) -> Totals:
        """Returns a shard's totals."""
        return Totals.restore(snapshot, journal)

    def step(self, state: Totals, batch: LedgerDelta) -> StepResult:
        """Returns the totals that a delta asks for; the ledger counts nothing of its own."""
        totals = state.add(batch)
        return StepResult(totals if totals.totals or totals.collectors else None)

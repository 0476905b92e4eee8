"""Unwrap: which records of the telemetry topic hold a notification that was not read before, and by what it is read."""

from dataclasses import dataclass

from yangbeam.core.elements import LossBatch, TopicBatch, place
from yangbeam.core.ingest.unwrapping import STAGE, ReadSoFar, Unwrapper
from yangbeam.core.ledger import Tallies
from yangbeam.core.stage import LOSS, StepResult


@dataclass(frozen=True, slots=True)
class Unwrap:
    """``TopicBatch`` to ``BoundBatch``; what each shard has read is its value.

    Replays (the same place in the raw topic) are dropped and counted as duplicates. Letters: no telemetry message, no
    schema id, no notification inside. Holes in the topic's offsets are a ``LossBatch``, the output LOSS.

    Attributes:
        unwrapper: What is asked of a schema registry, and whether offsets are checked.
    """

    unwrapper: Unwrapper
    name: str = STAGE

    def restore(self, snapshot: bytes | None, journal: list[bytes]) -> ReadSoFar:
        """Returns what a shard has read."""
        return ReadSoFar.restore(snapshot, journal)

    def step(self, state: ReadSoFar, batch: TopicBatch) -> StepResult:
        """Returns what a batch of records holds."""
        tallies = Tallies(self.name)
        found = self.unwrapper.unwrap(state, batch, tallies)
        more = {LOSS: LossBatch(events=found.holes, **place(batch))} if found.holes else {}
        return StepResult(found.bound, tallies, found.letters, more=more)

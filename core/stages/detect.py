"""Detect: what was lost on the way, by numbers, ids, times and control records; never by a payload."""

from dataclasses import dataclass

from yangbeam.core.elements import LossBatch, place
from yangbeam.core.ledger import EVENTS, LEARNED, NOBODY, Tallies
from yangbeam.core.loss.detector import STAGE, Detector
from yangbeam.core.loss.facts import FactsBatch
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.overrides import Override, learn_all
from yangbeam.core.stage import StepResult


@dataclass(frozen=True, slots=True)
class Detect:
    """``FactsBatch`` to ``LossBatch``, only where there is something to report; a detector for each shard.

    On data time, so that it has nothing to do when only time has passed. Everything open is confirmed at the end of
    input; flushing twice is harmless.

    Attributes:
        window_us: How long a gap waits for late messages, data time; at least the reassembly timeout.
        override: The operator's scopes: (exporter, counter) to a scope's name, or None to learn it.
    """

    window_us: int = WINDOW_US
    override: Override = learn_all
    name: str = STAGE

    def __post_init__(self) -> None:
        Detector(self.window_us, self.override)  # a bad setting fails here, not on a worker

    def restore(self, snapshot: bytes | None, journal: list[bytes]) -> Detector:
        """Returns a shard's detector, with the settings at hand."""
        return Detector(self.window_us, self.override).decode_state(snapshot, journal)

    def step(self, state: Detector, batch: FactsBatch) -> StepResult:
        """Returns what a batch shows."""
        tallies = Tallies(self.name)
        events = state.observe(batch.facts, batch.controls, tallies, batch.source)
        learned = state.take_learned()
        if not events and not learned:
            return StepResult(None, tallies)
        counts = tallies.at(NOBODY, None, None, 0)
        counts[EVENTS], counts[LEARNED] = len(events), len(learned)
        return StepResult(LossBatch(events=events, learned=learned, **place(batch)), tallies)

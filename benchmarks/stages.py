"""What each stage costs: microseconds of CPU per message, by kind of message and engine, without a runner.

Run: ``./dev bench stages``. The stages are called as the graph calls them, with the same batches; what ``graph.py``
measures beyond their sum is Beam.
"""

import yangbeam.transforms  # noqa: F401 # first: keeps the small talk of Beam out of the log

# isort: split
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graph import Memory, config_of

from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import LedgerDelta, MessageBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import facts_of
from yangbeam.core.stage import LEDGER, OUT, StepResult, outputs
from yangbeam.core.stages.decode import Decode
from yangbeam.core.stages.encode import Encode
from yangbeam.core.stages.map import Map
from yangbeam.core.stages.validate import Validate
from yangbeam.core.totals import Totals
from yangbeam.core.yang.sid_files import NO_SIDS
from yangbeam.io.json_lines import _Write
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.edges import telemetry_lines, telemetry_records

COUNT = 40_000
KINDS = (1, 10)
"""Interfaces of a message, 22 leaves each."""
ENGINES = {"compiled": "auto", "libyang": "libyang"}
LEFT_OUT = frozenset({"write lines", "map to rows"})
"""What a collector into Kafka does not do."""


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self.spent: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[[], Any]) -> Any:
        """Runs ``work`` and adds its CPU time to the stage."""
        before = time.process_time()
        result = work()
        self.spent[stage] = self.spent.get(stage, 0.0) + time.process_time() - before
        return result


def split(result: StepResult, batch: Any) -> tuple[Any, LedgerDelta]:
    """Returns the main output of a stage and what it counted."""
    made = dict(outputs(batch, result))
    return made[OUT], made[LEDGER]


class Stages:
    """The stages of one configuration, called as the graph calls them; ``clock`` holds what they spent.

    Args:
        folder: For files and the registry.
        engine: ``validation.engine``.
    """

    def __init__(self, folder: Path, engine: str) -> None:
        stages = stages_of(config_of(folder, validation__engine=engine))
        self.clock = Clock()
        self._state, self._detector, self._totals = Subscriptions(), Detector(), Totals()
        self._binder = Binder(stages.schemas)
        self._decode, self._validate = Decode(NO_SIDS), Validate(stages.schemas, stages.policy)
        self._encode, self._rows = Encode("c", "1", None), Map(stages.schemas, 63)
        self._write = _Write(str(folder / "telemetry.jsonl"), telemetry_lines, "files", "")

    def run(self, batch: MessageBatch) -> None:
        """Takes one batch through all stages."""
        clock, deltas = self.clock, list[LedgerDelta]()
        decoded, counted = clock.timed("decode", lambda: split(self._decode.step(batch), batch))
        deltas.append(counted)
        tallies = Tallies("bind")
        bound, _ = clock.timed("bind", lambda: self._binder.bind(self._state, decoded, tallies))
        clock.timed("bind: journal", self._state.changes)
        validated, counted = clock.timed("validate", lambda: split(self._validate.step(bound), bound))
        deltas.append(counted)
        telemetry, counted = clock.timed("encode", lambda: split(self._encode.step(validated), validated))
        deltas.append(counted)
        clock.timed("Kafka: records", lambda: list(telemetry_records("prefix", None, lambda: "0" * 16, telemetry)))
        clock.timed("write lines", lambda: list(self._write.process(telemetry)))
        clock.timed("map to rows", lambda: split(self._rows.step(validated), validated))
        facts = clock.timed("loss: facts", lambda: facts_of(decoded))
        clock.timed("loss: detect", lambda: self._detector.observe(facts.facts, facts.controls, Tallies("loss")))
        clock.timed("loss: journal", self._detector.changes)
        clock.timed("ledger", lambda: [self._totals.add(delta) for delta in deltas])


def measured(interfaces: int, engine: str, *, profiled: bool = False) -> dict[str, float]:
    """Returns microseconds per message by stage."""
    with tempfile.TemporaryDirectory() as folder:
        stages = Stages(Path(folder), ENGINES[engine])
        batches = Memory(COUNT // interfaces, interfaces).batches[:-1]
        stages.run(batches[0])
        stages.clock.spent.clear()
        profile = cProfile.Profile()
        if profiled:
            profile.enable()
        for batch in batches[1:]:
            stages.run(batch)
        if profiled:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        messages = sum(len(batch.messages) for batch in batches[1:])
        return {stage: seconds / messages * 1e6 for stage, seconds in stages.clock.spent.items()}


def main() -> None:
    columns = [(interfaces, engine) for interfaces in KINDS for engine in ENGINES]
    found = [measured(*column, profiled="--profile" in sys.argv) for column in columns]
    print("| µs per message | " + " | ".join(f"{count} if, {name}" for count, name in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for stage in found[0]:
        print(f"| {stage} | " + " | ".join(f"{each[stage]:.2f}" for each in found) + " |")
    totals = [sum(spent for stage, spent in each.items() if stage not in LEFT_OUT) for each in found]
    print("| all but lines and rows | " + " | ".join(f"{total:.2f}" for total in totals) + " |")
    print("| messages per CPU-second | " + " | ".join(f"{1e6 / total:,.0f}" for total in totals) + " |")


if __name__ == "__main__":
    main()

"""What each stage costs: microseconds of CPU per one-interface message, stage by stage, without a runner.

Run: ``./dev bench stages``. The stages are called as the graph calls them, with the same batches; what ``graph.py``
measures beyond their sum is Beam.
"""

import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apache_beam.pvalue import TaggedOutput
from graph import Memory, config_of

from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import LedgerDelta, MessageBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import facts_of
from yangbeam.core.totals import Totals
from yangbeam.io.json_lines import _Write
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.edges import telemetry_lines
from yangbeam.transforms.decode_notifications import _Decode
from yangbeam.transforms.encode_telemetry_messages import _Encode
from yangbeam.transforms.map_to_rows import _Map
from yangbeam.transforms.validate_notifications import _Validate

COUNT = 40_000


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


def split(outputs: Iterator[Any]) -> tuple[Any, list[LedgerDelta]]:
    """Returns the main output of a stage and what it counted."""
    main, deltas = None, []
    for output in outputs:
        if not isinstance(output, TaggedOutput):
            main = output
        elif isinstance(output.value, LedgerDelta):
            deltas.append(output.value)
    return main, deltas


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stages = stages_of(config_of(Path(folder)))
        state, detector, totals = Subscriptions(), Detector(), Totals()
        binder = Binder(stages.schemas)
        decode, validate = _Decode(), _Validate(stages.schemas, stages.policy)
        encode, rows = _Encode("c", "1", None), _Map(stages.schemas, 63)
        write = _Write(str(Path(folder) / "telemetry.jsonl"), telemetry_lines, "files")
        clock = Clock()

        def run(batch: MessageBatch) -> None:
            deltas: list[LedgerDelta] = []
            decoded, counted = clock.timed("decode", lambda: split(decode.process(batch)))
            deltas += counted
            tallies = Tallies("bind")
            bound, _ = clock.timed("bind", lambda: binder.bind(state, decoded, tallies))
            clock.timed("bind: journal", state.changes)
            validated, counted = clock.timed("validate", lambda: split(validate.process(bound)))
            deltas += counted
            telemetry = clock.timed("encode", lambda: next(encode.process(validated)))
            _, counted = clock.timed("write lines", lambda: split(write.process(telemetry)))
            deltas += counted
            clock.timed("map to rows", lambda: split(rows.process(validated)))
            facts = clock.timed("loss: facts", lambda: facts_of(decoded))
            clock.timed("loss: detect", lambda: detector.observe(facts.facts, facts.controls, Tallies("loss")))
            clock.timed("loss: journal", detector.changes)
            clock.timed("ledger", lambda: [totals.add(delta) for delta in deltas])

        batches = Memory(COUNT).batches[:-1]
        run(batches[0])
        clock.spent.clear()
        profile = cProfile.Profile() if "--profile" in sys.argv else None
        if profile is not None:
            profile.enable()
        for batch in batches[1:]:
            run(batch)
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        messages = sum(len(batch.messages) for batch in batches[1:])
        for stage, seconds in clock.spent.items():
            print(f"{stage:16} {seconds / messages * 1e6:7.2f} µs")
        total = sum(clock.spent.values())
        print(f"{'all':16} {total / messages * 1e6:7.2f} µs = {messages / total:,.0f} messages per CPU-second")


if __name__ == "__main__":
    main()

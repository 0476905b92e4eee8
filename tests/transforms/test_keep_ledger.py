"""KeepLedger: absolute totals on both local runners."""

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing import test_stream
from apache_beam.testing.util import assert_that

from yangbeam.core.elements import Heartbeat, LedgerDelta, LedgerTotals, Tally
from yangbeam.core.stages import keep
from yangbeam.core.totals import Totals, by_exporter, latest, sums, unbalanced
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.keep_ledger import KeepLedger


def delta(stage: str, ordinal: int, counts: dict[str, int], *, shard: int = 0, end: bool = False) -> LedgerDelta:
    tally = Tally("192.0.2.10", 1, 6666, 60_000_000, counts)
    beats = [Heartbeat(0, "c1", ordinal, {"datagrams": ordinal})] if stage == "decode" else []
    return LedgerDelta(
        shard=shard, source="test", ordinal=ordinal, stage=stage, tallies=[tally], collectors=beats, end=end
    )


DELTAS = [
    delta(stage, ordinal, counts, shard=ordinal % 2, end=ordinal >= 198)
    for ordinal in range(200)
    for stage, counts in (("decode", {"received": 3, "dead:empty": 1}), ("kafka", {"delivered:kafka": 2}))
]


def check(found: list[LedgerTotals]) -> None:
    totals = latest(*found, *found)
    assert sums(totals) == {"received": 600, "dead:empty": 200, "delivered:kafka": 400}
    assert unbalanced(by_exporter(totals), ["kafka"]) == []


def test_totals_are_absolute_on_fn_api_runner() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        assert_that(pipeline | beam.Create(DELTAS, reshuffle=False) | KeepLedger(), check)


def test_totals_are_absolute_on_the_live_runner() -> None:
    stream = test_stream.TestStream(coder=BatchCoder(LedgerDelta))
    for start in range(0, len(DELTAS), 50):
        stream = stream.add_elements(DELTAS[start : start + 50])
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    with beam.Pipeline(runner="BundleBasedDirectRunner", options=options) as pipeline:
        assert_that(pipeline | stream.advance_watermark_to_infinity() | KeepLedger(), check)


def test_the_deltas_of_one_bundle_become_one_change_of_state() -> None:
    counted = [delta("bind", ordinal, {"bound": 1}) for ordinal in range(50)]
    changes: list[int] = []

    class Counting(Totals):
        def add(self, delta: LedgerDelta) -> LedgerTotals:
            changes.append(sum(tally.counts["bound"] for tally in delta.tallies))
            return super().add(delta)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keep, "Totals", Counting)
        with beam.Pipeline(runner="FnApiRunner") as pipeline:
            _ = pipeline | beam.Create(counted, reshuffle=False) | KeepLedger()
    assert changes == [50]

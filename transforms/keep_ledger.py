"""KeepLedger: what every stage and sink counted, summed into absolute totals."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindow
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from yangbeam.core.elements import LedgerDelta, LedgerTotals
from yangbeam.core.ledger_merging import Merging
from yangbeam.core.stages.keep import Keep
from yangbeam.transforms.coders import KeyedLedgerDelta
from yangbeam.transforms.stage import PerShard


class KeepLedger(beam.PTransform):
    """Sums ``LedgerDelta`` batches per shard into ``LedgerTotals``, exactly once in state.

    Totals are absolute and carry a revision: of one (shard, bucket) the highest holds, so that a replay counts nothing
    twice. A heartbeat (one a second) gives the buckets touched since the last, a stage's end of input all of them.
    """

    @no_annotations
    def expand(self, deltas: PCollection) -> PCollection:
        """Applies the stage."""
        return (
            deltas
            | "Key" >> beam.ParDo(_Key()).with_output_types(KeyedLedgerDelta)
            | "Sum" >> beam.ParDo(_Sum(Keep())).with_output_types(LedgerTotals)
        )


class _Key(beam.DoFn):
    """Keys deltas by shard, those of one bundle merged: fewer to encode, to shuffle and to write down in state."""

    def start_bundle(self) -> None:
        """Forgets what an earlier, failed bundle left."""
        self._merging = Merging()

    def process(self, delta: LedgerDelta) -> Iterator[KeyedLedgerDelta]:
        merged = self._merging.add(delta)
        if merged is not None:
            yield merged.shard, merged

    def finish_bundle(self) -> Iterator[Any]:
        """Gives what nothing asked for yet."""
        for merged in self._merging.rest():
            yield WindowedValue((merged.shard, merged), MIN_TIMESTAMP, (GlobalWindow(),))


class _Sum(PerShard):
    """The totals of each shard."""

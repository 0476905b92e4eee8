"""Feeds the status of this process's run from the graph: the sinks of view and report."""

from collections.abc import Callable
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from yangbeam.core.elements import LedgerTotals, LossBatch
from yangbeam.pipeline.view.status import STATUS


class RecordStatus(beam.PTransform):
    """Records batches in ``yangbeam.pipeline.view.status``: idempotent, never blocks, stays in this process.

    Only of use where the graph runs in the process that shows it; elsewhere it fills a status that nobody reads.

    Args:
        record: A module-level function, so that it can be pickled: ``record_totals`` or ``record_loss`` of this module.
    """

    def __init__(self, record: Callable[[Any], None]) -> None:
        super().__init__()
        self._record = record

    def expand(self, batches: PCollection) -> PCollection:
        """Consumes the batches; the output is empty."""
        return batches | "Record" >> beam.ParDo(_Record(self._record))


class _Record(beam.DoFn):
    def __init__(self, record: Callable[[Any], None]) -> None:
        super().__init__()
        self._record = record

    def process(self, batch: Any) -> None:
        self._record(batch)


def record_totals(batch: LedgerTotals) -> None:
    """Records totals in the status of this process's run."""
    STATUS.record_totals(batch)


def record_loss(batch: LossBatch) -> None:
    """Records loss events in the status of this process's run."""
    STATUS.record_loss(batch)


def status_sinks() -> dict[str, dict[str, beam.PTransform]]:
    """Returns the sinks by kind and label, as ``pipeline.edges.sinks_of`` takes them."""
    return {
        "totals": {"Status": RecordStatus(record_totals)},
        "loss": {"Status": RecordStatus(record_loss)},
    }

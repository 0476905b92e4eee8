"""The sinks that feed the status of a run in this process."""

from apache_beam import Create, Pipeline
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from tests.pipeline.snapshots import COUNTS, loss, total
from yangbeam.core.elements import LedgerTotals, LossBatch
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.places import sink_names
from yangbeam.pipeline.edges import FILES, KAFKA, TABLES
from yangbeam.pipeline.view.status import STATUS
from yangbeam.pipeline.view.status_sink import status_sinks


def test_totals_and_losses_of_a_graph_reach_the_status() -> None:
    STATUS.clear()
    sinks = status_sinks()
    with Pipeline(FnApiRunner()) as pipeline:
        _ = pipeline | "Totals" >> Create([LedgerTotals(totals=[total(COUNTS)])]) | sinks["totals"]["Status"]
        _ = pipeline | "Loss" >> Create([LossBatch(events=[loss(5, 9)])]) | "Lose" >> sinks["loss"]["Status"]
    taken = STATUS.snapshot()
    assert taken.counts == COUNTS
    assert [event.count for event in taken.loss] == [5]


def test_the_sinks_of_a_run_are_named_as_the_graph_names_them() -> None:
    config = load(None, {("kafka",): {}, ("files",): {}})
    assert sink_names(config) == [KAFKA, FILES, TABLES]

"""Loss events and totals in tables of the data's file."""

from pathlib import Path

import apache_beam as beam
import duckdb

from tests.core.tables.test_accounts import event
from yangbeam.core.elements import LedgerTotal, LedgerTotals, LossBatch
from yangbeam.core.tables.accounts import LEDGER, LOSS, ledger_rows, loss_rows
from yangbeam.io.duckdb_tables import WriteAccount, close_tables
from yangbeam.pipeline.edges import events_in, totals_in


def kept(path: Path, query: str) -> list[tuple[object, ...]]:
    close_tables(path)
    with duckdb.connect(str(path), read_only=True) as tables:
        return tables.execute(query).fetchall()


def test_a_later_state_replaces_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "tables.duckdb"
    for states in ((("a", "open"), ("b", "open")), (("a", "withdrawn"),)):
        with beam.Pipeline(runner="FnApiRunner") as pipeline:
            batch = LossBatch(events=[event(*state) for state in states])
            _ = pipeline | beam.Create([batch]) | WriteAccount(path, LOSS, loss_rows, events_in, "loss-tables")
    assert kept(path, "SELECT identity, state, subscription_ids FROM yangbeam_loss ORDER BY 1") == [
        ("a", "withdrawn", [6, 7]),
        ("b", "open", [6, 7]),
    ]


def test_what_is_told_again_counts_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "tables.duckdb"
    batches = [
        LedgerTotals(totals=[LedgerTotal(0, "e", 1, 7, 60, revision, {"received": count})])
        for revision, count in ((1, 5), (3, 9), (2, 7), (3, 9))
    ]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.Create(batches, reshuffle=False)
            | WriteAccount(path, LEDGER, ledger_rows, totals_in, "ledger-tables")
        )
    assert kept(path, 'SELECT what, revision, "count" FROM yangbeam_ledger') == [("received", 3, 9)]

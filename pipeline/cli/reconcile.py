"""`yangbeam reconcile`: where messages were lost, on the wire or inside."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from yangbeam.core.loss.reconcile import Reconciled, summary
from yangbeam.pipeline.cli.console import output, print_json, reporting
from yangbeam.pipeline.config.file import load


def reconcile(
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [kafka]; see `yangbeam check`.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print every run of missing numbers as JSON.")] = False,
) -> None:
    """Lay the losses that `collect` and `ingest` found side by side.

    A message missing at both was lost on the wire; one missing only at `ingest` was lost inside, unless it is a dead
    letter.
    """
    from yangbeam.pipeline.view.reconciling import reconciled  # noqa: PLC0415 # a Kafka client

    with reporting():
        found = reconciled(load(config))
    if json:
        print_json(orjson.dumps({where: [one._asdict() for one in getattr(found, where)] for where in found._fields}))
    else:
        output().print(_table(found))


def _table(found: Reconciled) -> Table:
    table = Table(title="Messages lost, by exporter")
    for column in ("exporter", "counter", "on the wire", "inside", "dead letters", "not yet at ingest"):
        table.add_column(column, justify="left" if column in {"exporter", "counter"} else "right")
    for exporter, counts in sorted(summary(found).items()):
        for counter in sorted({name.partition(":")[2] for name in counts}):
            cells = [str(counts.get(f"{where}:{counter}", 0)) for where in Reconciled._fields[:2]]
            cells += [str(counts.get(f"{where}:{counter}", 0)) for where in ("dead", "unseen")]
            table.add_row(exporter, counter, *cells)
    return table

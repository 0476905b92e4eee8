"""`yangbeam sent`: what a node says it sent, beside what a run received and found lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import orjson
import typer
from rich.table import Table

from yangbeam.core.elements import LedgerTotal, LossEvent
from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.core.loss.loss_json import read_losses
from yangbeam.core.loss.sent_records import FILTER, Compared, compared, lost_of, received_of, sent_in
from yangbeam.io.netconf import NetconfSession
from yangbeam.pipeline.cli.console import output, reporting
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.nodes import discovery_of


class ResultsMissingError(YangbeamError):
    """There is no run to compare with."""

    fault = Fault.ENVIRONMENT


def sent(
    exporter: Annotated[str, typer.Argument(metavar="ADDRESS", help="Address that the node's messages come from.")],
    *,
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [[schemas.nodes]] and the run's out.")],
    json: Annotated[bool, typer.Option("--json", help="Print what was compared as JSON.")] = False,
) -> None:
    """Ask a node how many records it sent (RFC 8639), and lay that beside the ledger and the losses of a run.

    What is left over no number can show: lost at the tail, before the first message, before a restart, or on its way.
    """
    with reporting():
        found = load(config)
        folder = found.files.directory
        rows = compared(
            _ask(found, exporter),
            received_of(_totals(folder / "ledger.jsonl"), exporter),
            lost_of(_losses(folder / "loss.jsonl"), exporter),
        )
    if json:
        typer.echo(orjson.dumps([row._asdict() for row in rows]))
    else:
        output().print(_table(exporter, rows))


def _ask(config: Config, exporter: str) -> dict[int, int]:
    settings = discovery_of(config)
    access = settings.access(exporter) if settings else None
    if settings is None or access is None:
        what = f"no [[schemas.nodes]] says how {exporter} is asked"
        raise ConfigurationError("not-asked", f"{what}: add one with exporter, username, key or password, known_hosts")
    session = NetconfSession(settings.target(access, exporter))
    try:
        return sent_in(session.get(FILTER))
    finally:
        session.close()


def _totals(path: Path) -> Iterator[LedgerTotal]:
    for line in _lines(path):
        yield LedgerTotal(**msgspec.json.decode(line))


def _losses(path: Path) -> Iterator[LossEvent]:
    for line in _lines(path) if path.exists() else ():
        yield from read_losses(line)


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        detail = f"cannot read {path}: {error.strerror}; name the configuration that the run was made with"
        raise ResultsMissingError("no-results", detail) from error


def _table(exporter: str, rows: list[Compared]) -> Table:
    table = Table(title=f"Records of {exporter}")
    for column in ("subscription", "sent", "received", "lost by number", "unexplained"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*("–" if value is None else str(value) for value in row))
    return table

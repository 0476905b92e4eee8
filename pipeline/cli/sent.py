"""`yangbeam sent`: what a node says it sent, beside what a run received and found lost."""

from collections.abc import Iterable
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
from yangbeam.pipeline.cli.console import output, print_json, reporting
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.nodes import discovery_of

_Run = tuple[Iterable[LedgerTotal], Iterable[LossEvent]]


class ResultsMissingError(YangbeamError):
    """There is no run to compare with."""

    fault = Fault.ENVIRONMENT


def sent(
    exporter: Annotated[str, typer.Argument(metavar="ADDRESS", help="Address that the node's messages come from.")],
    *,
    config: Annotated[
        Path, typer.Option("--config", "-c", help="TOML file with [[schemas.nodes]] and the run's [kafka], or out.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print what was compared as JSON.")] = False,
) -> None:
    """Ask a node how many records it sent (RFC 8639), and lay that beside the ledger and the losses of a run.

    They are read from the topics of [kafka]; without it, from the files that `run` left.
    What is left over no number can show: lost at the tail, before the first message, before a restart, or on its way.
    """
    with reporting():
        found = load(config)
        told = _ask(found, exporter)
        totals, losses = _of_topics(found) if found.kafka is not None else _of_files(found.files.directory)
        rows = compared(told, received_of(totals, exporter), lost_of(losses, exporter))
    if json:
        print_json(orjson.dumps([row._asdict() for row in rows]))
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


def _of_topics(config: Config) -> _Run:
    """Returns what a run into Kafka left, `collect` or `run`, as far as its topics reach back."""
    from yangbeam.pipeline.view.following import totals_in  # noqa: PLC0415 # clients, of no use where files are read
    from yangbeam.pipeline.view.reconciling import values_of  # noqa: PLC0415

    kafka = config.as_collect().kafka
    assert kafka is not None  # noqa: S101 # as_collect raises without it
    try:
        totals = [total for value in values_of(kafka, kafka.topics.ledger) for total in totals_in(value)]
    except msgspec.MsgspecError as error:
        detail = f"{kafka.topics.ledger} holds other records than totals ({error}); correct kafka.topics.ledger"
        raise ResultsMissingError("no-results", detail) from error
    return totals, (event for value in values_of(kafka, kafka.topics.loss) for event in read_losses(value))


def _of_files(folder: Path) -> _Run:
    """Returns the same of a run into files."""
    losses = folder / "loss.jsonl"
    totals = (LedgerTotal(**msgspec.json.decode(line)) for line in _lines(folder / "ledger.jsonl"))
    return totals, (event for line in (_lines(losses) if losses.exists() else ()) for event in read_losses(line))


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

"""`yangbeam metrics`: the Prometheus metrics of a job that runs elsewhere."""

import signal
from pathlib import Path
from threading import Event
from typing import Annotated, Literal

import typer

from yangbeam.pipeline.cli.console import reporting, say
from yangbeam.pipeline.config.file import load


def metrics(
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [kafka]; see `yangbeam check`.")],
    of: Annotated[Literal["collect", "ingest"], typer.Option(help="Whose topics are followed.")] = "collect",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port on loopback; 0 takes a free one. [metrics_port of whose they are]"),
    ] = None,
    duration: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.0, help="Stop after this time; else at Ctrl-C.")
    ] = None,
) -> None:
    """Serve the metrics of a job on Flink: its ledger and losses, followed by their topics.

    Any number of these may run; they keep nothing and write nothing. How exporters count is told by `ingest` alone,
    which learns it anew, and by its table `yangbeam_scopes`.
    """
    # Clients, of no use to the other commands.
    from yangbeam.pipeline.view.following import followed  # noqa: PLC0415
    from yangbeam.pipeline.view.metrics_server import LOOPBACK, served  # noqa: PLC0415
    from yangbeam.pipeline.view.run_metrics import RunMetrics  # noqa: PLC0415
    from yangbeam.pipeline.view.status import Status  # noqa: PLC0415

    with reporting():
        found = load(config)
        chosen = found.as_collect() if of == "collect" else found.as_ingest()
        status, over = Status(), Event()
        signal.signal(signal.SIGTERM, lambda *_: over.set())
        at = chosen.status.metrics_port if port is None else port
        with served(at or 0, RunMetrics(status.snapshot), "--port") as taken:
            say(f"metrics at http://{LOOPBACK}:{taken}/metrics")
            followed(chosen, status, over, duration)

"""`yangbeam collect`: the raw topic to the telemetry topic."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from yangbeam.pipeline.cli_run import execute
from yangbeam.pipeline.config import load
from yangbeam.pipeline.console import reporting
from yangbeam.pipeline.launching import Job, Launchers
from yangbeam.pipeline.toml_lines import Place


def command(launchers: Launchers, beam_options: tuple[str, ...]) -> Callable[..., None]:
    """Returns the command ``collect``, bound to its launchers."""

    def collect(
        config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [kafka]; see `yangbeam check`.")],
        duration: Annotated[
            float | None, typer.Option(metavar="SECONDS", min=0.0, help="Stop after this time; else at the end.")
        ] = None,
        view: Annotated[
            Literal["auto", "live", "plain", "off"] | None, typer.Option(help="What is shown meanwhile.")
        ] = None,
        *,
        json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of a table.")] = False,
    ) -> None:
        """Decode, bind, validate and publish what `receive` wrote, on this machine; in production run it on Flink.

        It reads where the last run that ended well left off, until `collect.end` or Ctrl-C.
        """
        with reporting():
            chosen: dict[Place, Any] = {("status", "view"): view} if view is not None else {}
            found = load(config, chosen, {("status", "view"): "--view"})
            execute(Job(found.as_collect(), beam_options, duration, "collect"), launchers, json=json)

    return collect

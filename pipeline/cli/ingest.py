"""`yangbeam ingest`: the telemetry topic to tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from yangbeam.pipeline.cli.console import reporting
from yangbeam.pipeline.cli.run import execute
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.toml_lines import Place
from yangbeam.pipeline.launching import Job, Launchers


def command(launchers: Launchers, beam_options: tuple[str, ...]) -> Callable[..., None]:
    """Returns the command ``ingest``, bound to its launchers."""

    def ingest(
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
        """Validate what `collect` published once more, drop what came twice, look for losses, and write tables.

        It reads where the last run that ended well left off, until `ingest.end` or Ctrl-C.
        """
        with reporting():
            chosen: dict[Place, Any] = {("status", "view"): view} if view is not None else {}
            found = load(config, chosen, {("status", "view"): "--view"})
            execute(Job(found.as_ingest(), beam_options, duration, "ingest"), launchers, json=json)

    return ingest

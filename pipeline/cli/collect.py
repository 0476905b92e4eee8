"""`yangbeam collect`: the raw topic to the telemetry topic."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from yangbeam.pipeline.cli.console import print_line, reporting
from yangbeam.pipeline.cli.run import execute, refuse_on_flink
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.toml_lines import Place
from yangbeam.pipeline.launching import FlinkStart, Job, Launchers


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
        runner: Annotated[Literal["local", "flink"], typer.Option(help="On this machine, or on Flink.")] = "local",
        savepoint: Annotated[
            str | None, typer.Option(metavar="PATH", help="Flink: go on from this savepoint or kept checkpoint.")
        ] = None,
        jar: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Flink: write the executable jar and submit nothing.")
        ] = None,
        *,
        lose_state: Annotated[
            bool, typer.Option("--lose-state", help="Flink: accept a savepoint with state that no stage has any more.")
        ] = False,
        json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of a table.")] = False,
    ) -> None:
        """Decode, bind, validate and publish what `receive` wrote: on this machine, or on Flink with `--runner flink`.

        Here it reads where the last run that ended well left off, until `collect.end` or Ctrl-C. On Flink it goes on
        without this command, see [flink]; there `collect.start` holds only without `--savepoint`.
        """
        if runner == "local" and (savepoint is not None or jar is not None or lose_state):
            raise typer.BadParameter("--savepoint, --lose-state and --jar belong to --runner flink")
        refuse_on_flink(runner, duration=duration, view=view, json=json)
        with reporting():
            chosen: dict[Place, Any] = {("status", "view"): view} if view is not None else {}
            found = load(config, chosen, {("status", "view"): "--view"})
            if runner == "flink":
                job = Job(found.as_collect(), beam_options, kind="collect")
                print_line(launchers.flink(job, FlinkStart(savepoint, lose_state, jar)))
                return
            execute(Job(found.as_collect(), beam_options, duration, "collect"), launchers, json=json)

    return collect

"""`yangbeam check`: whether a configuration is right, before anything is started."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from yangbeam.pipeline.config import Config, load
from yangbeam.pipeline.console import output, reporting


def check(
    config: Annotated[Path | None, typer.Argument(metavar="CONFIG", help="TOML file; without it the defaults.")] = None,
    *,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file, for editors.")] = False,
) -> None:
    """Judge a configuration file: every problem at once, with its line and its cure."""
    if schema:
        typer.echo(orjson.dumps(Config.model_json_schema(), option=orjson.OPT_INDENT_2))
        return
    with reporting():
        found = load(config)
    name = "the default configuration" if config is None else str(config)
    sources = ", ".join(source.kind for source in found.sources)
    output().print(f"{name} is valid: {sources} to {', '.join(sinks_of(found)) or 'nowhere'}", markup=False)


def sinks_of(config: Config) -> list[str]:
    """Returns where telemetry goes, in words."""
    sinks = [f"Kafka at {config.kafka.bootstrap}"] if config.kafka else []
    if config.files.enabled:
        sinks.append(f"files in {config.files.directory}")
    if config.tables.enabled:
        sinks.append(f"tables in {config.tables.path}")
    return sinks

"""`yangbeam check`: whether a configuration is right, before anything is started."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from yangbeam.pipeline.cli.console import output, print_json, reporting
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.places import places_of
from yangbeam.pipeline.config.sources import Capture, Source
from yangbeam.pipeline.config.topics import TelemetrySource, TopicSource


def check(
    config: Annotated[Path | None, typer.Argument(metavar="CONFIG", help="TOML file; without it the defaults.")] = None,
    *,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file, for editors.")] = False,
) -> None:
    """Judge a configuration file: every problem at once, with its line and its cure."""
    if schema:
        print_json(orjson.dumps(Config.model_json_schema(), option=orjson.OPT_INDENT_2))
        return
    with reporting():
        found = load(config)
    name = "the default configuration" if config is None else str(config)
    output().print(f"{name} is valid", soft_wrap=True)
    _tell("run", found)
    if found.kafka is not None:
        _tell("collect", found.as_collect())
        _tell("ingest", found.as_ingest())


def _tell(command: str, config: Config) -> None:
    """Prints where a command would read, and where its results would be."""
    output().print(f"as {command}:", soft_wrap=True)
    for source in config.sources:
        output().print(f"  from {_source_in_words(source, config)}", soft_wrap=True)
    for what, place in places_of(config).items():
        output().print(f"  {what}: {place}", soft_wrap=True)


def _source_in_words(source: Source, config: Config) -> str:
    if isinstance(source, Capture):
        return f"capture {', '.join(map(str, source.files))}"
    if isinstance(source, TelemetrySource):
        named = ", ".join(source.topics) or (config.kafka.topics.telemetry if config.kafka else "")
        return f"{named}, from {source.start} to {source.end}"
    if isinstance(source, TopicSource):
        return f"the raw topic, from {source.start} to {source.end}"
    return f"{source.kind} at {source.host} port {source.port}"

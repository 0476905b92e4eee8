"""`yangbeam check`: whether a configuration is right, and on demand whether what it needs is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from yangbeam.pipeline.cli.console import output, print_json, reporting
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.places import places_of
from yangbeam.pipeline.config.ports import taken_by, twice_on_one_machine
from yangbeam.pipeline.config.sources import Capture, Source
from yangbeam.pipeline.config.topics import TelemetrySource, TopicSource
from yangbeam.pipeline.exit_codes import OF_FAULT

LIMIT_S = 30.0


def check(
    config: Annotated[Path | None, typer.Argument(metavar="CONFIG", help="TOML file; without it the defaults.")] = None,
    *,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also look outside: folders, ports, Kafka, registry, database, nodes…")
    ] = False,
    limit: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=3_600, help="For all that --connect looks at.")
    ] = LIMIT_S,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file, for editors.")] = False,
) -> None:
    """Judge a configuration file: every problem at once, with its line and its cure.

    With `--connect` also what it needs outside, each in one line: folders writable, ports free, buffers granted,
    brokers, topics and their limits, registry, database, every YANG module, NETCONF to each node, clock. Nothing is
    changed, but that an embedded registry's file is opened.
    """
    if schema:
        print_json(orjson.dumps(Config.model_json_schema(), option=orjson.OPT_INDENT_2))
        return
    name = "the default configuration" if config is None else str(config)
    with reporting():
        found = _judged(config, name) if json else load(config)
        told: dict[str, Any] = {"configuration": name, "problems": [], "commands": _commands(found)}
        told["notes"] = list(_notes(found))
        if not json:
            _show(name, told)
        code = _look(found, limit, told, json=json) if connect else 0
        if json:
            print_json(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        if code:
            raise typer.Exit(code)


def _judged(path: Path | None, name: str) -> Config:
    """Loads a configuration; what is wrong with it is printed as JSON, and ends the command."""
    try:
        return load(path)
    except InvalidConfigurationError as error:
        problems = [
            {"place": each.origin, "line": each.line, "key": each.key, "what": each.what, "cure": each.instead}
            | {"fault": each.fault.value}
            for each in error.problems
        ]
        print_json(orjson.dumps({"configuration": name, "problems": problems}, option=orjson.OPT_INDENT_2))
        raise typer.Exit(OF_FAULT[error.fault]) from None


def _look(config: Config, limit: float, told: dict[str, Any], *, json: bool) -> int:
    """Prints, or adds to what is told, what each check finds; returns the exit code."""
    # Clients of everything there is.
    from yangbeam.pipeline.checking.table import exit_code, look  # noqa: PLC0415

    found = []
    for each in look(config, limit):
        found.append(each)
        if not json:
            output().print(str(each), style="red" if each.state == "problem" else "", soft_wrap=True)
    told["checks"] = [each.as_json() for each in found]
    return exit_code(found)


def _commands(config: Config) -> dict[str, dict[str, Any]]:
    """Returns by command where it would read, and where its results would be."""
    asked = {"run": config}
    if config.kafka is not None:
        asked |= {"collect": config.as_collect(), "ingest": config.as_ingest()}
    return {
        command: {"from": [_source_in_words(source, own) for source in own.sources], **places_of(own)}
        for command, own in asked.items()
    }


def _notes(config: Config) -> Iterator[str]:
    for one, other in twice_on_one_machine(taken_by(config)):
        what = f"{one.setting} and {other.setting} are both {one.protocol} port {one.port}"
        yield f"{what}: {one.command} and {other.command} need a machine each, or another port"


def _show(name: str, told: dict[str, Any]) -> None:
    out = output()
    out.print(f"{name} is valid", soft_wrap=True)
    for command, places in told["commands"].items():
        out.print(f"as {command}:", soft_wrap=True)
        for source in places["from"]:
            out.print(f"  from {source}", soft_wrap=True)
        for what, place in places.items():
            if what != "from":
                out.print(f"  {what}: {place}", soft_wrap=True)
    for note in told["notes"]:
        out.print(f"note: {note}", soft_wrap=True)


def _source_in_words(source: Source, config: Config) -> str:
    if isinstance(source, Capture):
        return f"capture {', '.join(map(str, source.files))}"
    if isinstance(source, TelemetrySource):
        named = ", ".join(source.topics) or (config.kafka.topics.telemetry if config.kafka else "")
        return f"{named}, from {source.start} to {source.end}"
    if isinstance(source, TopicSource):
        return f"the raw topic, from {source.start} to {source.end}"
    return f"{source.kind} at {source.host} port {source.port}"

"""`yangbeam tail`: the telemetry topic's records, each with its verdict."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.cli.console import print_json, print_line, reporting, say

_PLACE = re.compile(r"(\d{1,10}):(\d{1,19})")


def tail(
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [kafka]; see `yangbeam check`.")],
    topic: Annotated[str, typer.Option(help="Topic to read; else kafka.topics.telemetry.")] = "",
    last: Annotated[int, typer.Option("-n", "--last", min=0, help="Begin this many before each partition's end.")] = 10,
    start: Annotated[
        Literal["earliest", "latest"] | None, typer.Option(help="Begin at an end of the topic instead.")
    ] = None,
    offset: Annotated[
        list[str] | None, typer.Option(metavar="PARTITION:OFFSET", help="Begin there, and read these partitions alone.")
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Show at most this many, then end.")] = None,
    exporter: Annotated[str, typer.Option(metavar="ADDRESS", help="Only its messages.")] = "",
    node: Annotated[str, typer.Option(metavar="NAME", help="Only its messages.")] = "",
    subscription: Annotated[int | None, typer.Option(metavar="ID", help="Only its messages.")] = None,
    verdict: Annotated[
        Literal["pass", "fail", "unvalidated"] | None, typer.Option(help="Only messages with this verdict.")
    ] = None,
    key: Annotated[str, typer.Option(metavar="TEXT", help="Only records whose key holds it.")] = "",
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more, until Ctrl-C.")] = False,
    message: Annotated[bool, typer.Option("--message", help="Print the telemetry message as well.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per record.")] = False,
) -> None:
    """Print records of the telemetry topic, whatever framing their schema id has, validated by their schema."""
    # The schemas' library loads slowly: only this command pays for it.
    from yangbeam.pipeline.config.file import load  # noqa: PLC0415
    from yangbeam.pipeline.tail import Tail, Wanted, json_of, line_of  # noqa: PLC0415

    with reporting():
        wanted = Wanted(
            topic=topic,
            start=start or last,
            offsets=_places(offset or []),
            follow=follow,
            most=most,
            exporter=exporter,
            node=node,
            subscription=subscription,
            verdict=verdict or "",
            key=key,
        )
        found = Tail(load(config), wanted)
        try:
            for each in found.verdicts():
                if json:
                    print_json(json_of(each, with_message=message))
                else:
                    print_line(line_of(each))
                if message and not json:
                    payload = each.frame.payload if each.frame else each.record.value
                    print_line(payload.decode(errors="backslashreplace"))
                sys.stdout.buffer.flush()
        except KeyboardInterrupt:
            pass  # how a tail that follows ends
        finally:
            found.close()
        counts = ", ".join(f"{count} {name}" for name, count in found.counts.items())
        say(f"read {sum(found.counts.values())}: {counts}")


def _places(written: list[str]) -> dict[int, int]:
    places = {}
    for text in written:
        match = _PLACE.fullmatch(text)
        if match is None:
            raise ConfigurationError("offset", f'--offset "{text}" is no place: write PARTITION:OFFSET, like 0:1500')
        places[int(match[1])] = int(match[2])
    return places

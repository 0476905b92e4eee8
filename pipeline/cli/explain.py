"""`yangbeam explain`: what is learned of how the exporters of captures count, and why."""

from pathlib import Path
from typing import Annotated

import typer

from yangbeam.pipeline.cli.captures import Version0, end_without_message, reader_of
from yangbeam.pipeline.cli.console import output, print_json, reporting


def explain(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="CAPTURE…", help="Capture files (pcap, pcapng, or such in gzip or Zstandard), in order."
        ),
    ],
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="CONFIG", help="TOML file whose [loss] section holds: window and scopes."
        ),
    ] = None,
    port: Annotated[
        list[int] | None, typer.Option("--port", "--ports", help="UDP ports to read; all by default.")
    ] = None,
    schemas: Annotated[
        bool,
        typer.Option("--schemas", help="Also which schema reads what, and which nodes libyang judges alone."),
    ] = False,
    version_0: Version0 = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain how exporters count: what every scope would call lost, what was decided, subscriptions and losses."""
    # Decoders load slowly: only this command pays for them.
    from yangbeam.core.loss.explain import Explainer  # noqa: PLC0415
    from yangbeam.core.loss.overrides import Scopes  # noqa: PLC0415
    from yangbeam.pipeline import explaining  # noqa: PLC0415
    from yangbeam.pipeline.assembly import stages_of  # noqa: PLC0415
    from yangbeam.pipeline.config.file import load  # noqa: PLC0415
    from yangbeam.pipeline.explaining_schemas import SchemaExplainer  # noqa: PLC0415
    from yangbeam.pipeline.explaining_schemas import show as show_schemas  # noqa: PLC0415

    with reporting():
        chosen = load(config)
        loss = chosen.loss
        scopes = Scopes(tuple((str(one.exporter), one.transport, one.notification) for one in loss.scopes))
        explainer = Explainer(round(loss.window_s * 1_000_000), scopes)
        stages = stages_of(chosen) if schemas else None
        schema_explainer = SchemaExplainer(stages.schemas, stages.policy.choice) if stages is not None else None
        explainers = [each for each in (explainer, schema_explainer) if each is not None]
        reader = reader_of(files, port, version_0=version_0)
        explaining.observed(reader, *explainers)
        found = explainer.explain()
        read_by = schema_explainer.explain() if schema_explainer is not None else None
        if as_json:
            print_json(explaining.as_json(found, read_by))
        else:
            explaining.show(found, output())
            show_schemas(read_by or [], output())
        end_without_message(reader, found=bool(reader.counters["messages"]))

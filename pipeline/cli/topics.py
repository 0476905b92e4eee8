"""`yangbeam topics`: makes the topics of a configuration, or checks those that are there."""

from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer

from yangbeam.pipeline.cli.console import fail, output, print_json, print_line, reporting
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.exit_codes import ExitCode


def topics(
    do: Annotated[
        Literal["create", "check"],
        typer.Argument(metavar="create|check", help="Make what is missing, or say what is missing or unfit."),
    ],
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML file with [kafka]; see `yangbeam check`.")],
    replication: Annotated[
        int | None, typer.Option(min=1, max=32, help="Replicas of each topic that is made. [receive.replication]")
    ] = None,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the commands of Kafka's own tool instead of acting; asks nobody.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the topics, as they should be, as JSON.")] = False,
) -> None:
    """Make or check every topic that `receive`, `run`, `collect` and `ingest` use by one configuration.

    Partitions, cleanup, retention and limits of size are those of docs/operations.md. A topic that is there is never
    altered: what it lacks is said. Where each subject has a topic (`kafka.keys.topics`), those are made by whoever may.
    """
    # A client, of no use to the other commands.
    from yangbeam.core.topic_plan import commands, missing, shortcomings  # noqa: PLC0415
    from yangbeam.io.kafka.topics import Cluster  # noqa: PLC0415
    from yangbeam.pipeline.topic_checks import all_topics, refuse_missing  # noqa: PLC0415

    with reporting():
        found = load(config)
        wanted = all_topics(found)
        assert found.kafka is not None  # noqa: S101 # there are topics
        replicas = replication or found.receive.replication
        if json:
            told = [{"name": one.name, "partitions": one.partitions, **one.settings} for one in wanted]
            print_json(orjson.dumps(told, option=orjson.OPT_INDENT_2))
            return
        if only_print:
            for line in commands(wanted, found.kafka.bootstrap, replicas):
                print_line(line)
            return
        cluster = Cluster(found.kafka.client_properties())
        names = [one.name for one in wanted]
        absent = missing(wanted, cluster.found(names))
        failed: dict[str, str] = {}
        if do == "create":
            failed = cluster.create([one for one in wanted if one.name in absent], replicas)
            for name in absent:
                if name not in failed:
                    output().print(f"made {name}")
            absent = []
        short = shortcomings(wanted, cluster.found(names))
        for said in [*(f"cannot make {name}: {why}" for name, why in failed.items()), *short]:
            fail(said)
        refuse_missing(absent, found.kafka.bootstrap)
        if failed or short:
            raise typer.Exit(ExitCode.USAGE)
        output().print(f"{len(wanted)} topics are there and fit")

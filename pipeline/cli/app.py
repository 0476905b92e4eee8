"""The commands: `yangbeam --help` is their map. Beam is imported only by the commands that run it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Literal

import typer

from yangbeam.core.log_line import DEBUG_CHOSEN, JSON_CHOSEN
from yangbeam.pipeline.cli import (
    check,
    collect,
    corpus,
    decode,
    discover,
    explain,
    ingest,
    metrics,
    receive,
    reconcile,
    registry,
    run,
    sent,
    simulate,
    tail,
    topics,
)
from yangbeam.pipeline.cli.arguments import cut
from yangbeam.pipeline.cli.console import reporting, say
from yangbeam.pipeline.exit_codes import MEANING, ExitCode
from yangbeam.pipeline.launching import Launchers
from yangbeam.pipeline.logs import Chosen, choose, chosen, on_standard_error

EPILOG = "\n\n".join(
    [
        "Exit codes: " + " ".join(f"**{code.value}** {meaning}" for code, meaning in MEANING.items()),
        "Try: `yangbeam run --capture traffic.pcap --yang modules/ --out results/`",
    ]
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(version("yangbeam"))
        raise typer.Exit


def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    log: Annotated[
        Literal["text", "json"],
        typer.Option(envvar=JSON_CHOSEN, help="How standard error is written: words, or one JSON object a line."),
    ] = "text",
    debug: Annotated[
        bool, typer.Option("--debug", envvar=DEBUG_CHOSEN, help="Show tracebacks, and what libraries say.")
    ] = False,
) -> None:
    """YANG-modelled network telemetry, typed and accounted for, from routers into Kafka and tables."""
    choose(Chosen(as_json=log == "json", debug=debug))


def build_app(launchers: Launchers, beam_options: tuple[str, ...] = ()) -> typer.Typer:
    """Returns the command line.

    Args:
        launchers: How jobs are launched; the runners' business.
        beam_options: What stood after ``--``.
    """
    app = typer.Typer(
        name="yangbeam",
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=EPILOG,
    )
    app.callback()(_root)
    commands: dict[str, Callable[..., None]] = {
        "run": run.command(launchers, beam_options),
        "receive": receive.receive,
        "collect": collect.command(launchers, beam_options),
        "ingest": ingest.command(launchers, beam_options),
        "metrics": metrics.metrics,
        "reconcile": reconcile.reconcile,
        "sent": sent.sent,
        "tail": tail.tail,
        "topics": topics.topics,
        "registry": registry.registry,
        "decode": decode.decode,
        "explain": explain.explain,
        "corpus": corpus.command(launchers),
        "discover": discover.discover,
        "check": check.check,
        "simulate": simulate.command(),
    }
    for name, command in commands.items():
        app.command(name)(command)
    return app


def main(arguments: Sequence[str], launchers: Launchers) -> int:
    """Runs one command and returns its exit code (pipeline.exit_codes)."""
    ours, beams = cut(arguments)
    try:
        with _own_log(), reporting():
            app = build_app(launchers, beams)
            ended = app(args=ours or ["--help"], prog_name="yangbeam", standalone_mode=False)
            if ended == ExitCode.INTERRUPTED:
                say("interrupted")
            if not ours:
                return ExitCode.USAGE
            return ended if isinstance(ended, int) else ExitCode.OK
    except typer.Exit as ended:
        return ended.exit_code
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


@contextmanager
def _own_log() -> Iterator[None]:
    """Logs as the command line says while it is entered."""
    before = chosen()
    try:
        with on_standard_error():
            yield
    finally:
        choose(before)

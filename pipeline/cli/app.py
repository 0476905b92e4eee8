"""The commands: `yangbeam --help` is their map. Beam is imported only by the commands that run it."""

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from yangbeam.pipeline.cli import (
    check,
    collect,
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
)
from yangbeam.pipeline.cli.arguments import cut
from yangbeam.pipeline.cli.console import messages
from yangbeam.pipeline.exit_codes import MEANING, ExitCode
from yangbeam.pipeline.launching import Launchers

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
) -> None:
    """YANG-modelled network telemetry, typed and accounted for, from routers into Kafka and tables."""


def build_app(launchers: Launchers, beam_options: tuple[str, ...] = ()) -> typer.Typer:
    """Returns the command line.

    Args:
        launchers: How jobs are launched; the runners' business.
        beam_options: What stood after ``--``.
    """
    app = typer.Typer(
        name="yangbeam",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_show_locals=False,  # locals hold secrets
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
        "registry": registry.registry,
        "decode": decode.decode,
        "explain": explain.explain,
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
        build_app(launchers, beams)(args=ours, prog_name="yangbeam")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.OK if ended.code is None else ExitCode.FAILED
    except KeyboardInterrupt:
        messages().print("interrupted")
        return ExitCode.INTERRUPTED
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()
    return ExitCode.OK

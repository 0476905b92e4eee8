"""`yangbeam run`: from a configuration file, or from options alone, to a run and its exit code."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import orjson
import typer

from yangbeam.core.capture_contents import beside_messages, what_it_holds
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.failure import failure_of, unwrapped
from yangbeam.core.totals import Line, lines_of, unbalanced
from yangbeam.pipeline.cli.captures import Version0
from yangbeam.pipeline.cli.console import fail, messages, output, print_json, print_line, reporting, say, warn
from yangbeam.pipeline.config.errors import InvalidConfigurationError, Problem
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.places import places_of
from yangbeam.pipeline.config.sources import Capture
from yangbeam.pipeline.config.toml_lines import Place
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.launching import FlinkStart, Job, Launchers
from yangbeam.pipeline.view.balance import lines, open_of, shape_of
from yangbeam.pipeline.view.live_view import LiveView, RunView
from yangbeam.pipeline.view.metrics_server import LOOPBACK, served
from yangbeam.pipeline.view.outages import is_held_up, outage_lines
from yangbeam.pipeline.view.report import Report, build
from yangbeam.pipeline.view.report_view import summary
from yangbeam.pipeline.view.run_metrics import RunMetrics
from yangbeam.pipeline.view.status import STATUS, Snapshot, begin_run

_LISTEN = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[^:]*)):(?P<port>\d{1,5})")

Many = list[str] | None
"""What typer gives for an option that may be repeated."""


_FATE: Final = {
    "run": "what came from sockets and waits is lost with this process: `yangbeam receive` keeps it on disk",
    "collect": "what waits is read again by the next start",
    "ingest": "what waits is read again by the next start",
}
"""What becomes of messages that wait when a job ends."""


class Shares(NamedTuple):
    """Shares of messages, in percent, beyond which a run ends with an exit code of its own; None: any share is right.

    Attributes:
        dead: Of dead letters.
        pruned: Of messages some nodes of which were set aside.
    """

    dead: float | None = None
    pruned: float | None = None


NO_LIMITS: Final = Shares()


class UnwritableError(YangbeamError):
    """The report's place takes no file."""

    fault = Fault.ENVIRONMENT


def settings_of(
    *,
    capture: Many = None,
    port: list[int] | None = None,
    listen: str | None = None,
    allow: Many = None,
    version_0: bool = False,
    yang: Many = None,
    out: Path | None = None,
    policy: str | None = None,
    profile: str | None = None,
    view: str | None = None,
) -> tuple[dict[Place, Any], dict[Place, str]]:
    """Returns what command-line options set in a configuration, and by which option, both by path.

    Relative paths start at the working directory.

    Raises:
        InvalidConfigurationError: Options that exclude each other, or an address that is none.
    """
    chosen: list[tuple[Place, Any, str]] = []
    if capture or listen:
        chosen += _source(capture or [], port or [], listen, allow or [], version_0=version_0)
    elif port or allow or version_0:
        beside = ("--port", "--capture") if port else ("--allow", "--listen") if allow else ("--version-0", "--capture")
        raise _wrong(beside[0], "says how, but not from where", f"add {beside[1]}, or set it at the source in the file")
    if yang:
        folders = [{"path": str(Path(path).absolute()), "default": True} for path in yang]
        chosen.append((("schemas", "directories"), folders, "--yang"))
    if out is not None:
        chosen.append((("out",), str(out.absolute()), "--out"))
    for place, value, option in (
        (("validation", "invalid"), policy, "--policy"),
        (("schemas", "missing"), policy, "--policy"),
        (("validation", "profile"), profile, "--profile"),
        (("status", "view"), view, "--view"),
    ):
        if value is not None:
            chosen.append((place, value, option))
    options = {place: option for place, _, option in chosen}
    within = {("sources", 0, "ports"): port and "--port", ("sources", 0, "allow"): allow and "--allow"}
    options |= {place: option for place, option in within.items() if option and ("sources",) in options}
    return {place: value for place, value, _ in chosen}, options


def _source(
    capture: list[str], port: list[int], listen: str | None, allow: list[str], *, version_0: bool
) -> list[tuple[Place, Any, str]]:
    dialect = {"dialect": {"version_0": True}} if version_0 else {}
    if capture and (listen or allow):
        raise _wrong("--capture", "reads files, so it does not go with --listen or --allow")
    if capture:
        files = [str(Path(name).absolute()) for name in capture]
        return [(("sources",), [{"kind": "capture", "files": files, "ports": port} | dialect], "--capture")]
    found = _LISTEN.fullmatch(listen or "")
    if found is None:
        raise _wrong(
            "--listen", f'"{listen}" is no address with a port', 'write it like "0.0.0.0:10003" or "[::]:10003"'
        )
    if port:
        raise _wrong("--port", "chooses ports within captures", "write the port into --listen")
    host = found["v6"] or found["v4"] or "127.0.0.1"
    source = {"kind": "udp-notif", "host": host, "port": int(found["port"]), "allow": allow}
    return [(("sources",), [source | dialect], "--listen")]


def _wrong(option: str, what: str, instead: str = "leave one of them out") -> InvalidConfigurationError:
    return InvalidConfigurationError([Problem("command line", None, option, what, instead, Fault.CONFIGURATION)])


def command(launchers: Launchers, beam_options: tuple[str, ...]) -> Callable[..., None]:
    """Returns the command ``run``, bound to its launchers."""

    def run(
        config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML file; see `yangbeam check`.")] = None,
        capture: Annotated[Many, typer.Option(help="Capture files, in this order: `--capture a.pcap b.pcap`.")] = None,
        port: Annotated[list[int] | None, typer.Option(help="UDP ports within the captures; all by default.")] = None,
        listen: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Receive UDP-notif here.")] = None,
        allow: Annotated[Many, typer.Option(metavar="PREFIX", help="Who may send to `--listen`.")] = None,
        yang: Annotated[Many, typer.Option(metavar="DIR", help="Folders of YANG modules.")] = None,
        out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go. [yangbeam-out]")] = None,
        policy: Annotated[
            Literal["reject", "pass-and-mark"] | None, typer.Option(help="What becomes of the invalid and the unbound.")
        ] = None,
        profile: Annotated[
            Literal["structural", "full"] | None, typer.Option(help="How strictly contents are validated.")
        ] = None,
        duration: Annotated[
            float | None, typer.Option(metavar="SECONDS", min=0.0, help="Stop after this time; else at the end.")
        ] = None,
        max_dead: Annotated[
            float | None,
            typer.Option(
                metavar="PERCENT",
                min=0.0,
                max=100.0,
                help="Share of dead letters beyond which the exit code is 4.",
            ),
        ] = None,
        max_pruned: Annotated[
            float | None,
            typer.Option(
                metavar="PERCENT",
                min=0.0,
                max=100.0,
                help="Share of messages with nodes set aside beyond which the exit code is 4.",
            ),
        ] = None,
        view: Annotated[
            Literal["auto", "live", "plain", "off"] | None, typer.Option(help="What is shown meanwhile.")
        ] = None,
        runner: Annotated[
            Literal["local", "flink"], typer.Option(help="On this machine, or UDP sockets opened by Flink's workers.")
        ] = "local",
        *,
        version_0: Version0 = False,
        json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of a table.")] = False,
    ) -> None:
        """Run the pipeline: captures to their end, or sockets until Ctrl-C. Beam's own options go after `--`.

        A configuration file is not needed: options lie over the file, and the file over the defaults. On Flink results
        go into topics alone; what a worker that fails has received and not yet handed on is lost, see `receive`.
        """
        with reporting():
            settings, options = settings_of(
                capture=capture,
                port=port,
                listen=listen,
                allow=allow,
                version_0=version_0,
                yang=yang,
                out=out,
                policy=policy,
                profile=profile,
                view=view,
            )
            limits = Shares(max_dead, max_pruned)
            refuse_on_flink(runner, duration=duration, view=view, json=json, limits=limits)
            job = Job(load(config, settings, options), beam_options, duration)
            if runner == "flink":
                print_line(launchers.flink(job, FlinkStart()))
                return
            execute(job, launchers, json=json, limits=limits)

    return run


def refuse_on_flink(
    runner: str, *, duration: float | None, view: str | None, json: bool, limits: Shares = NO_LIMITS
) -> None:
    """Refuses what a job that goes on without its command cannot do.

    Raises:
        typer.BadParameter: It was asked for.
    """
    if runner == "flink" and (duration is not None or view is not None or json or limits != NO_LIMITS):
        said = (
            "--duration, --view, --max-dead, --max-pruned and --json are of runs on this machine: `./dev flink stop` "
            "ends a job there"
        )
        raise typer.BadParameter(said)


def execute(job: Job, launchers: Launchers, *, json: bool, limits: Shares = NO_LIMITS) -> Report:
    """Runs a job, shows it meanwhile, and writes and prints its report.

    Raises:
        YangbeamError: What ended the run; the report of what came before is written all the same.
        typer.Exit: The ledger does not balance, a larger share than the limits allow became dead letters on the way to
            a sink or was pruned, or captures held no message.
    """
    shape = shape_of(job.config, job.kind)
    sinks = list(shape.sinks)
    _make_room(job.config.status.report)
    begin_run(sinks)
    try:
        with _metrics(job), LiveView(RunView(STATUS.snapshot), job.config.status, messages()):
            launchers.of(job.config)(job)
        STATUS.record_end()
    except KeyboardInterrupt:
        for said in _outages(job):
            fail(said)
        raise
    except Exception as error:
        _add_outages(error, _outages(job))
        raise
    finally:
        snapshot = STATUS.snapshot()
        report = build(snapshot, shape)
        _write(report, job.config.status.report, sys.exception())
    if json:
        print_json(orjson.dumps(report))
    else:
        output().print(summary(report, lines(snapshot, sinks), places_of(job.config)))
    if not report["balanced"]:
        for line in (*open_of(snapshot, shape), *unbalanced(snapshot.exporters, sinks)):
            fail(f"the ledger does not balance: {line}")
        raise typer.Exit(ExitCode.FAILED)
    if is_held_up(snapshot):
        for said in _outages(job):
            fail(said)
        raise typer.Exit(ExitCode.ENVIRONMENT)
    _end_by_share([line for sink in sinks for line in lines_of(snapshot.counts, sink)], limits.dead)
    _end_by_pruned(report["pruned"]["messages"], report["messages"]["received"], limits.pruned)
    _end_without_message(job, snapshot)
    return report


def _outages(job: Job) -> list[str]:
    """Returns what is away, and what becomes of what waits for it."""
    return [f"{line}; {_FATE[job.kind]}" for line in outage_lines(replace(STATUS.snapshot(), ending_s=None))]


def _add_outages(error: Exception, outages: list[str]) -> None:
    """Adds to the one line of an error how many messages wait, and for what since when."""
    original = unwrapped(error)
    if isinstance(original, YangbeamError) and original.fault is Fault.ENVIRONMENT and outages:
        original.detail = "; ".join((original.detail, *outages))


def _end_by_share(lines: list[Line], max_dead: float | None) -> None:
    """Ends with its exit code what lost too much to dead letters on the way to any sink."""
    shares = {line: 100 * line.dead_lettered / line.received for line in lines if line.received}
    worst = max(shares, key=shares.__getitem__, default=None)
    if worst is None or max_dead is None or shares[worst] <= max_dead:
        return
    what = f"{worst.dead_lettered:,} of {worst.received:,} messages became dead letters on the way to {worst.sink}"
    fail(f"{what}: {shares[worst]:.3g} %, and --max-dead allows {max_dead:g} %")
    raise typer.Exit(ExitCode.TOO_MANY_DEAD)


def _end_by_pruned(pruned: int, received: int, allowed: float | None) -> None:
    """Ends with its exit code what delivered too many messages without all of their nodes."""
    share = 100 * pruned / received if received else 0.0
    if allowed is None or share <= allowed:
        return
    what = f"nodes of {pruned:,} of {received:,} messages were set aside"
    fail(f"{what}: {share:.3g} %, and --max-pruned allows {allowed:g} %")
    raise typer.Exit(ExitCode.TOO_MANY_DEAD)


def _end_without_message(job: Job, snapshot: Snapshot) -> None:
    """Ends with its exit code what read captures that hold no message, and says what they hold."""
    counters = snapshot.datagrams()
    if all(isinstance(source, Capture) for source in job.config.sources) and counters.get("datagrams") == 0:
        warn(what_it_holds(counters))
        raise typer.Exit(ExitCode.NO_MESSAGE)
    not_read = beside_messages(counters)
    if not_read:
        warn(not_read)


@contextmanager
def _metrics(job: Job) -> Iterator[None]:
    """Serves the run's metrics while it is entered, and says where."""
    setting = f"{'status' if job.kind == 'run' else job.kind}.metrics_port"
    with served(job.config.status.metrics_port, RunMetrics(STATUS.snapshot), setting) as port:
        if port is not None:
            say(f"metrics at http://{LOOPBACK}:{port}/metrics")
        yield


def _make_room(report: Path) -> None:
    """Makes the folder of the report, and of all results unless they have others.

    Raises:
        UnwritableError: It cannot be made: nothing is begun.
    """
    folder = report.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        why = "it is a file" if folder.is_file() else error.strerror
        what = f"cannot use {folder} as a folder for results: {why}; choose another --out"
        raise UnwritableError("out", what) from error


def _write(report: Report, path: Path, ended_by: BaseException | None) -> None:
    """Writes the report; where that fails after what ended the run, it is said beside it and hides nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        unwritable = UnwritableError("report", f"cannot write {path}: {error.strerror}; choose another --out")
        if ended_by is None:
            raise unwritable from error
        fail(failure_of(unwritable).text)

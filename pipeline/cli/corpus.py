"""`yangbeam corpus`: runs every capture of a folder with the modules beside it, and keeps score in one line each."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from yangbeam.core.capture_contents import what_it_holds
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.failure import failure_of
from yangbeam.pipeline.cli.captures import Version0
from yangbeam.pipeline.cli.console import fail, print_json, print_line, reporting
from yangbeam.pipeline.cli.run import settings_of
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.launching import Job, Launchers
from yangbeam.pipeline.view.balance import shape_of
from yangbeam.pipeline.view.report import Report, build
from yangbeam.pipeline.view.status import STATUS, begin_run

SUFFIXES: Final = frozenset((".pcap", ".pcapng", ".cap", ".ntar"))
"""Of captures; .gz or .zst may follow."""
PACKED: Final = frozenset((".gz", ".zst"))
MODULES: Final = ("modules", "yang")
"""Folders of modules, beside a capture or beside a folder around it."""
COUNTS: Final = ("messages", "decoded", "bound", "validated", "pruned", "delivered", "dead")

Score = dict[str, Any]
"""Of one capture: ``capture``, COUNTS, ``causes`` (cause → dead letters), ``why`` (empty, or why there is no score)."""


def command(launchers: Launchers) -> Callable[..., None]:
    """Returns the command ``corpus``, bound to its launchers."""

    def corpus(
        folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of captures, and of folders of them.")],
        *,
        config: Annotated[
            Path | None, typer.Option("--config", "-c", metavar="CONFIG", help="TOML file whose other sections hold.")
        ] = None,
        version_0: Version0 = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    ) -> None:
        """Run every capture of a folder, each on its own, and print one line of each, and one of all.

        A capture is read with the modules of the folders `modules/` and `yang/` beside it, then of those beside the
        folders around it, up to DIR. Results are kept nowhere. What fails costs its own line; the exit code is then 1.
        """
        with reporting():
            found = captures_in(folder)
            scores = []
            for capture in found:
                score = _scored(capture, folder, launchers, config, version_0=version_0)
                scores.append(score)
                _show(score, as_json=as_json)
            _show(total_of(scores), as_json=as_json)
            failed = [score for score in scores if score["failed"]]
            if failed:
                fail(f"{len(failed):,} of {len(scores):,} captures gave no score")
                raise typer.Exit(ExitCode.FAILED)

    return corpus


def captures_in(folder: Path) -> list[Path]:
    """Returns the captures of a folder and of those in it, sorted by path.

    Raises:
        ConfigurationError: It is no folder, or holds none.
    """
    if not folder.is_dir():
        raise ConfigurationError("corpus", f"{folder} is no folder: give one that holds captures")
    found = sorted(path for path in folder.rglob("*") if path.is_file() and _is_capture(path))
    if not found:
        endings = ", ".join(sorted(SUFFIXES))
        raise ConfigurationError("corpus", f"{folder} holds no capture: a file that ends in {endings} (.gz, .zst)")
    return found


def _is_capture(path: Path) -> bool:
    name = Path(path.stem) if path.suffix in PACKED else path
    return name.suffix in SUFFIXES


def modules_of(capture: Path, folder: Path) -> list[Path]:
    """Returns the folders of modules that a capture is read with, nearest first."""
    around = [capture.parent, *capture.parent.parents]
    places = around[: around.index(folder) + 1]
    found = (place / name for place in places for name in MODULES)
    return [place for place in found if next(place.rglob("*.yang"), None) is not None]


def _scored(capture: Path, folder: Path, launchers: Launchers, config: Path | None, *, version_0: bool) -> Score:
    """Runs one capture; what ends it is its score."""
    name = str(capture.relative_to(folder))
    try:
        return score_of(name, *_ran(capture, modules_of(capture, folder), launchers, config, version_0=version_0))
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 - one capture in a thousand must not hide the others
        return {
            "capture": name,
            **dict.fromkeys(COUNTS, 0),
            "causes": {},
            "why": failure_of(error).text,
            "failed": True,
        }


def _ran(
    capture: Path, modules: list[Path], launchers: Launchers, config: Path | None, *, version_0: bool
) -> tuple[Report, Mapping[str, int]]:
    """Runs the pipeline over one capture into a folder that is gone afterwards; returns its report and counters."""
    with tempfile.TemporaryDirectory(prefix="yangbeam-corpus-") as out:
        settings, options = settings_of(
            capture=[str(capture)],
            yang=[str(place) for place in modules],
            out=Path(out),
            view="off",
            version_0=version_0,
        )
        job = Job(load(config, settings, options))
        shape = shape_of(job.config, job.kind)
        begin_run(shape.sinks)
        launchers.of(job.config)(job)
        STATUS.record_end()
        snapshot = STATUS.snapshot()
        return build(snapshot, shape), snapshot.datagrams()


def score_of(name: str, report: Report, counters: Mapping[str, int]) -> Score:
    """Returns what a report says of a capture."""
    messages = report["messages"]
    why = "" if report["balanced"] else "the ledger does not balance"
    if not messages["received"]:
        why = what_it_holds(counters)
    return {
        "capture": name,
        "messages": messages["received"],
        "decoded": messages["decoded"],
        "bound": messages["bound"],
        "validated": messages["validated"],
        "pruned": report["pruned"]["messages"],
        "delivered": messages["delivered"],
        "dead": messages["dead_lettered"],
        "causes": dict(sorted(report["dead_letters"].items(), key=lambda each: (-each[1], each[0]))),
        "why": why,
        "failed": not report["balanced"],
    }


def total_of(scores: list[Score]) -> Score:
    """Returns the sums of all scores."""
    causes: dict[str, int] = {}
    for score in scores:
        for cause, count in score["causes"].items():
            causes[cause] = causes.get(cause, 0) + count
    sums = {name: sum(score[name] for score in scores) for name in COUNTS}
    ordered = dict(sorted(causes.items(), key=lambda each: (-each[1], each[0])))
    name = f"{len(scores):,} captures"
    return {"capture": name, **sums, "causes": ordered, "why": "", "failed": any(score["failed"] for score in scores)}


def _show(score: Score, *, as_json: bool) -> None:
    if as_json:
        print_json(orjson.dumps(score))
    else:
        print_line(f"{score['capture']}: {', '.join(_words(score))}")


def _words(score: Score) -> Iterator[str]:
    """Yields what a line says of a capture: each number, causes in brackets, and why there are none."""
    for name in COUNTS:
        causes = ", ".join(f"{cause} {count:,}" for cause, count in score["causes"].items()) if name == "dead" else ""
        yield f"{score[name]:,} {name}" + (f" ({causes})" if causes else "")
    if score["why"]:
        yield str(score["why"])

"""An outside that is away, where people look: both views, report, metrics and exit code."""

from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console

from tests.pipeline.commands import Launched, run
from tests.pipeline.snapshots import snapshot
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.outside import Kind, Outside, State
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.launching import Job
from yangbeam.pipeline.view.balance import Shape
from yangbeam.pipeline.view.live_view import Rates, picture, plain_line
from yangbeam.pipeline.view.outages import is_held_up, outage_lines, waiting
from yangbeam.pipeline.view.report import build
from yangbeam.pipeline.view.run_metrics import RunMetrics
from yangbeam.pipeline.view.status import STATUS, Snapshot
from yangbeam.transforms.outsides import OUTSIDES

AWAY = Outside(Kind.KAFKA, "192.0.2.1:9092", State.AWAY, 1_700_000_000.0, "Connection refused", 1)
LINE = "kafka 192.0.2.1:9092 unreachable since 2023-11-14T22:13:20Z, 7 messages waiting (Connection refused)"
COUNTS = {"received": 10, "delivered:kafka": 3, "delivered:files": 9, "dead:malformed": 1}


def held_up(counts: dict[str, int] | None = None, **facts: object) -> Snapshot:
    facts = {"outsides": (AWAY,), "sinks": ("kafka", "files"), "arrived": 11, **facts}
    return snapshot(COUNTS if counts is None else counts, **facts)


def test_the_plain_line_and_the_picture_say_what_is_away_since_when_and_how_many_wait() -> None:
    assert plain_line(held_up(), Rates(), 9.0).endswith(f", {LINE}")
    console = Console(width=200)
    with console.capture() as captured:
        console.print(picture(held_up(), Rates(), 9.0))
    assert LINE in captured.get()
    assert "unreachable" not in plain_line(held_up(outsides=()), Rates(), 9.0)


def test_what_waits_is_counted_though_nothing_has_left_the_first_stage() -> None:
    nothing = held_up({}, arrived=5)
    assert waiting(nothing) == 5
    assert "5 messages (" in plain_line(nothing, Rates(), 1.0)
    assert waiting(held_up({"received": 11, "pending": 4, "delivered:kafka": 7, "delivered:files": 7})) == 4


def test_an_end_counts_down_and_says_how_to_skip_it() -> None:
    (_, line) = outage_lines(held_up(ending_s=6.7))
    assert line == "ending: 7 messages have 7 s left to be written; Ctrl-C again ends at once"


def test_a_run_whose_first_bundle_never_ended_received_what_it_took_in_and_does_not_balance() -> None:
    report = build(held_up({}, arrived=5), Shape(sinks=("kafka",)))
    assert report["messages"]["received"] == report["messages"]["in_flight"] == 5
    assert report["messages"]["delivered"] == 0
    assert not report["balanced"]


def test_what_is_away_holds_nothing_up_where_nothing_waits() -> None:
    done = {"received": 10, "delivered:kafka": 9, "delivered:files": 9, "dead:malformed": 1}
    assert not is_held_up(held_up(done, arrived=10))
    assert is_held_up(held_up(done, arrived=11))
    registry = Outside(Kind.REGISTRY, "http://r", State.AWAY, 1.0)
    gave_up = {"received": 1, "dead:schema-timeout": 1}
    assert is_held_up(snapshot(gave_up, outsides=(registry,), sinks=("kafka",), arrived=1))


def test_metrics_tell_each_outside_and_how_many_wait() -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunMetrics(held_up))
    text = generate_latest(registry).decode()
    assert 'yangbeam_outside_reached{address="192.0.2.1:9092",kind="kafka"} 0.0' in text
    assert 'yangbeam_outside_since_seconds{address="192.0.2.1:9092",kind="kafka"} 1.7e+09' in text
    assert 'yangbeam_outside_outages_total{address="192.0.2.1:9092",kind="kafka"} 1.0' in text
    assert "yangbeam_waiting_messages 7.0" in text


class CutShortError(YangbeamError):
    fault = Fault.ENVIRONMENT


class HeldUp(Launched):
    """A run that takes in ten messages, and whose sink is away at its end."""

    def __init__(self, kind: Kind, address: str, error: Exception | None) -> None:
        super().__init__({"received": 10, "decoded": 10, "pending": 10})
        self._outside, self._error = (kind, address), error

    def __call__(self, job: Job) -> None:
        STATUS.follow_readers(lambda: 10)
        OUTSIDES.failed(*self._outside, "no answer")
        if self._error is not None:
            raise self._error
        super().__call__(job)


@pytest.mark.parametrize("error", [None, CutShortError("away", "had not acknowledged")], ids=["ended", "cut short"])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.KAFKA, "kafka PLACE unreachable since "),
        (Kind.REGISTRY, "registry PLACE unreachable since "),
        (Kind.DATABASE, "database PLACE takes no writes since "),
        (Kind.DISK, "disk PLACE takes no writes since "),
    ],
)
def test_a_run_that_is_held_up_ends_as_the_environments_fault_with_all_it_took_in_pending(
    recorded: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: Kind,
    words: str,
    error: Exception | None,
) -> None:
    launched = HeldUp(kind, "PLACE", error)
    code = run("run", "--capture", str(recorded), "--out", str(tmp_path), "--view", "off", bounded=launched)
    assert code == ExitCode.ENVIRONMENT
    said = capsys.readouterr().err
    (line,) = (line for line in said.splitlines() if line.startswith("Error: "))
    assert words in line
    assert "10 messages waiting (no answer)" in said
    report = orjson.loads((tmp_path / "report.json").read_bytes())
    counted = report["messages"]
    assert counted["received"] == counted["pending"] + counted["in_flight"] == 10
    assert report["balanced"] is (error is None)
    (outside,) = report["outside"]
    assert (outside["kind"], outside["state"], outside["why"]) == (kind.value, "away", "no answer")


def test_the_next_run_of_a_process_begins_without_the_outages_of_the_last(recorded: Path, tmp_path: Path) -> None:
    arguments = ("run", "--capture", str(recorded), "--out", str(tmp_path), "--view", "off")
    assert run(*arguments, bounded=HeldUp(Kind.KAFKA, "h:1", None)) == ExitCode.ENVIRONMENT
    assert run(*arguments, bounded=Launched()) == ExitCode.OK

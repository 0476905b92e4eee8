"""`corpus`: which captures of a folder are run with which modules, and what is said of each."""

import sys
from pathlib import Path

import orjson
import pytest

from tests.pipeline.commands import Launched, run
from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.cli.corpus import captures_in, modules_of
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.launching import Job


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.pcap", "a.pcapng", "inner/c.pcap.gz", "inner/deeper/d.cap.zst", "notes.txt", "e.gz"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xa1\xb2\xc3\xd4" + bytes(20))
    for name in ("modules", "inner/yang", "inner/deeper/modules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.yang").write_text('module m { namespace "u:m"; prefix m; }')
    (tmp_path / "yang").mkdir()
    return tmp_path


def test_the_captures_of_a_folder_are_all_that_end_as_captures_do(folder: Path) -> None:
    names = [str(path.relative_to(folder)) for path in captures_in(folder)]
    assert names == ["a.pcapng", "b.pcap", "inner/c.pcap.gz", "inner/deeper/d.cap.zst"]


def test_modules_are_those_beside_a_capture_and_around_it_nearest_first(folder: Path) -> None:
    def of(name: str) -> list[str]:
        return [str(path.relative_to(folder)) for path in modules_of(folder / name, folder)]

    assert of("b.pcap") == ["modules"]
    assert of("inner/c.pcap.gz") == ["inner/yang", "modules"]
    assert of("inner/deeper/d.cap.zst") == ["inner/deeper/modules", "inner/yang", "modules"]


@pytest.mark.parametrize("name", ["notes.txt", "inner/deeper/modules", "nowhere"])
def test_a_folder_without_captures_is_refused_with_the_cure(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no folder: give one|holds no capture: a file that ends in"):
        captures_in(folder / name)
    assert run("corpus", str(folder / name)) == ExitCode.USAGE


def test_each_capture_is_run_on_its_own_and_told_in_one_line(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    launched = Launched()
    assert run("corpus", str(folder), bounded=launched) == ExitCode.OK
    sys.stdout.flush()
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "a.pcapng",
        "b.pcap",
        "inner/c.pcap.gz",
        "inner/deeper/d.cap.zst",
        "4 captures",
    ]
    assert lines[0].startswith("a.pcapng: 10 messages, 9 decoded, 8 bound, 6 validated, 0 pruned, 6 delivered, ")
    assert "invalid-contents 2, malformed 1" in lines[0]
    assert lines[-1].startswith("4 captures: 40 messages, 36 decoded, 32 bound, 24 validated, 0 pruned, ")
    assert len({str(job.config.out) for job in launched.jobs}) == 4
    assert not any(job.config.out.exists() for job in launched.jobs)
    assert [[str(each.path.relative_to(folder)) for each in job.config.schemas.directories] for job in launched.jobs][
        3
    ] == [
        "inner/deeper/modules",
        "inner/yang",
        "modules",
    ]


def test_scores_are_json_on_demand(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("corpus", str(folder), "--json", bounded=Launched()) == ExitCode.OK
    sys.stdout.flush()
    scores = [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [score["capture"] for score in scores][-1] == "4 captures"
    assert (scores[0]["messages"], scores[0]["causes"]["invalid-contents"]) == (10, 2)
    assert scores[-1]["causes"]["invalid-contents"] == 8


def test_a_capture_that_fails_costs_its_own_line(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    launched = Launched()

    def fails_at_the_second(job: Job) -> None:
        if len(launched.jobs) == 1:
            launched.jobs.append(job)
            raise ConfigurationError("broken", "no such thing")
        launched(job)

    assert run("corpus", str(folder), bounded=fails_at_the_second) == ExitCode.FAILED
    sys.stdout.flush()
    told = capfdbinary.readouterr()
    lines = told.out.decode().splitlines()
    assert len(lines) == 5
    assert "b.pcap: 0 messages" in lines[1]
    assert "no such thing" in lines[1]
    assert b"1 of 4 captures gave no score" in told.err


def test_a_capture_without_messages_says_what_it_holds(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("corpus", str(folder), bounded=Launched({})) == ExitCode.OK
    sys.stdout.flush()
    (first, *_) = capfdbinary.readouterr().out.decode().splitlines()
    assert first.startswith("a.pcapng: 0 messages")
    assert "no message" in first

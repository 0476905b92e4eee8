"""The command line: its map, its exit codes, and the commands that only look."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.pipeline.commands import run
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import Fault
from yangbeam.pipeline.cli.arguments import cut
from yangbeam.pipeline.exit_codes import MEANING, OF_FAULT, ExitCode


class TestMap:
    """Help is the map of what there is."""

    def test_the_help_names_every_command_and_exit_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("--help") == ExitCode.OK
        text = " ".join(capsys.readouterr().out.split())
        for command in ("run", "decode", "check", "simulate"):
            assert f"│ {command} " in text
        for code, meaning in MEANING.items():
            assert f"{code.value} {meaning}" in text

    @pytest.mark.parametrize("command", ["run", "decode", "check", "simulate"])
    def test_every_option_of_every_command_is_explained(self, command: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(command, "--help") == ExitCode.OK
        rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│ -")]
        assert rows
        assert all(len(row.strip("│ ").split("  ")) > 1 for row in rows), rows

    def test_no_argument_shows_the_map(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run() == ExitCode.USAGE
        assert "Usage: yangbeam" in capsys.readouterr().out

    def test_the_version_is_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("--version") == ExitCode.OK
        assert capsys.readouterr().out[0].isdigit()

    @pytest.mark.parametrize(
        "arguments", [["fly"], ["run", "--fly"], ["run", "stray"], ["decode"], ["run", "--policy", "x"]]
    )
    def test_usage_errors_exit_with_2(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(*arguments) == ExitCode.USAGE
        assert capsys.readouterr().err

    def test_light_commands_do_not_import_beam(self) -> None:
        code = (
            "import sys\nfrom yangbeam.runners.launch import main\nsys.argv = ['yangbeam', *sys.argv[1:]]\n"
            "code = main()\nassert 'apache_beam' not in sys.modules, 'Beam was imported'\nsys.exit(code)"
        )
        for arguments in (["--help"], ["check"], ["check", "--schema"]):
            done = subprocess.run(
                [sys.executable, "-c", code, *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
            assert done.returncode == 0, done.stderr

    def test_every_fault_has_an_exit_code_and_every_code_a_meaning(self) -> None:
        assert set(OF_FAULT) == set(Fault)
        assert set(MEANING) == set(ExitCode)


class TestArguments:
    """What happens before typer."""

    def test_options_with_several_values_are_repeated(self) -> None:
        given = ["run", "--capture", "a", "b", "--out", "o", "--yang", "x", "y", "--json", "--capture", "c"]
        wanted = "run --capture a --capture b --out o --yang x --yang y --json --capture c"
        assert cut(given) == (wanted.split(" "), ())

    @pytest.mark.parametrize(
        ("given", "ours"),
        [
            (["run", "--debug"], ["--debug", "run"]),
            (["run", "--log", "json", "--out", "x"], ["--log", "json", "run", "--out", "x"]),
            (["run", "--log=json"], ["--log=json", "run"]),
            (["decode", "--", "--debug"], ["decode", "--", "--debug"]),
        ],
    )
    def test_options_of_the_whole_command_line_may_stand_behind_the_command(
        self, given: list[str], ours: list[str]
    ) -> None:
        assert cut(given) == (ours, ())

    def test_only_run_hands_the_rest_to_beam(self) -> None:
        assert cut(["run", "--", "--a", "--", "b"]) == (["run"], ("--a", "--", "b"))
        assert cut(["decode", "--", "-odd-name"]) == (["decode", "--", "-odd-name"], ())
        assert cut([]) == ([], ())

    def test_an_option_without_its_value_is_left_for_the_parser(self) -> None:
        assert cut(["run", "--capture", "--json"]) == (["run", "--capture", "--json"], ())


class TestCheck:
    """Judging configurations."""

    def test_a_good_file_is_told_so(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "good.toml"
        path.write_text('[kafka]\nbootstrap = "broker:9092"\n')
        assert run("check", str(path)) == ExitCode.OK
        text = capsys.readouterr().out
        assert f"{path} is valid" in text
        assert "broker:9092" in text
        parts = {part.split(":", 1)[0]: part for part in text.split("\nas ")[1:]}
        assert set(parts) == {"run", "collect", "ingest"}
        assert "from the raw topic" in parts["collect"]
        assert "tables:" not in parts["collect"]
        assert "from yangbeam-telemetry" in parts["ingest"]
        assert "tables:" in parts["ingest"]
        assert "report-ingest.json" in parts["ingest"]

    def test_a_bad_file_is_told_everything_on_standard_error(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "bad.toml"
        path.write_text("[beam]\nshards = 0\n\n[kafka]\nbotstrap = 'x'\n")
        assert run("check", str(path)) == ExitCode.USAGE
        text = capsys.readouterr().err
        assert f"{path}:2: beam.shards: 0 is out of range" in text
        assert f'{path}:5: kafka.botstrap: unknown setting; did you mean "bootstrap"?' in text

    def test_the_schema_is_json_schema(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("check", "--schema") == ExitCode.OK
        schema = orjson.loads(capsys.readouterr().out)
        assert schema["additionalProperties"] is False
        assert schema["properties"]["sources"]["description"]


class TestSimulate:
    """Options of the simulator as options of the command."""

    def test_what_is_sent_is_summed_up(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        truth = tmp_path / "truth.jsonl"
        arguments = [
            "--target",
            "127.0.0.1:9",
            "--messages",
            "6",
            "--rate",
            "0",
            "--routers",
            "2",
            "--truth",
            str(truth),
        ]
        assert run("simulate", *arguments, "--habits", "huawei-ne", "cisco-xr", "--json") == ExitCode.OK
        summary = orjson.loads(capsys.readouterr().out)
        records = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
        assert summary["messages"] == len(records)
        assert {record["habit"] for record in records} == {"huawei-ne", "cisco-xr"}

    def test_the_summary_is_readable_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("simulate", "--target", "127.0.0.1:9", "--messages", "3", "--rate", "0", "--loss", "0.5") == 0
        assert "datagrams" in capsys.readouterr().out

    def test_it_sends_to_strangers_only_when_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("simulate", "--target", "192.0.2.1:9") == ExitCode.USAGE
        assert "allow_remote" in capsys.readouterr().err

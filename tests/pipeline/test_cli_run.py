"""`run`: from options to a job, from a job to an exit code."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.pipeline.commands import Launched, run
from tests.pipeline.snapshots import COUNTS
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import LedgerTotals
from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.pipeline.config.sources import Capture, UdpNotif
from yangbeam.pipeline.exit_codes import OF_FAULT, ExitCode
from yangbeam.pipeline.launching import Job
from yangbeam.pipeline.view.status import STATUS


class TestRun:
    """From options to a job, from a job to an exit code."""

    def test_captures_need_no_configuration_file(self, recorded: Path, tmp_path: Path) -> None:
        launched = Launched()
        out = tmp_path / "results"
        assert run("run", "--capture", str(recorded), str(recorded), "--out", str(out), bounded=launched) == ExitCode.OK
        (source,) = launched.job.config.sources
        assert isinstance(source, Capture)
        assert source.files == (recorded, recorded)
        assert launched.job.config.tables.path == out / "tables.duckdb"
        assert launched.job.duration_s is None

    def test_relative_paths_of_options_start_at_the_working_directory(
        self, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "conf").mkdir()
        (tmp_path / "conf" / "c.toml").write_text("")
        (tmp_path / "a.yang").touch()
        monkeypatch.chdir(tmp_path)
        launched = Launched()
        arguments = ["--config", "conf/c.toml", "--capture", recorded.name, "--yang", ".", "--out", "o"]
        assert run("run", *arguments, bounded=launched) == ExitCode.OK
        assert launched.job.config.sources[0].files == (recorded,)  # type: ignore[union-attr]
        assert launched.job.config.schemas.directories[0].path == tmp_path
        assert launched.job.config.out == tmp_path / "o"

    def test_options_become_settings_and_beams_own_pass_through(self, tmp_path: Path) -> None:
        launched = Launched()
        arguments = [
            *("--listen", "[2001:db8::1]:57499", "--allow", "2001:db8::/32", "192.0.2.0/24"),
            *("--policy", "pass-and-mark", "--profile", "full", "--duration", "2.5", "--view", "off"),
            *("--out", str(tmp_path), "--", "--direct_num_workers=1", "--x"),
        ]
        assert run("run", *arguments, live=launched) == ExitCode.OK
        job = launched.job
        (source,) = job.config.sources
        assert isinstance(source, UdpNotif)
        assert (source.host, source.port, len(source.allow)) == ("2001:db8::1", 57499, 2)
        assert job.config.validation.invalid == job.config.schemas.missing == "pass-and-mark"
        assert job.config.validation.profile == "full"
        assert (job.duration_s, job.beam_options) == (2.5, ("--direct_num_workers=1", "--x"))

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--listen", "0.0.0.0:10003"], "--listen: 0.0.0.0 is open to strangers"),
            (["--listen", "10003"], '--listen: "10003" is no address with a port'),
            (["--listen", "router:10003"], "names are not resolved"),
            (["--listen", "127.0.0.1:99999"], "write at most 65,535"),
            (["--capture", "x.pcap", "--listen", "127.0.0.1:1"], "does not go with --listen"),
            (["--capture", "no-such.pcap"], "--capture: there is no file"),
            (["--yang", "no-such"], "--yang: there is no folder"),
            (["--allow", "10.0.0.0/8"], "--allow: says how, but not from where; add --listen"),
            (["--port", "5"], "--port: says how, but not from where; add --capture"),
            (["--listen", "127.0.0.1:1", "--port", "5"], "chooses ports within captures"),
            (["--config", "no-such.toml"], "no-such.toml: cannot be read"),
            (["--capture", "x.pcap", "--port", "70000"], "--port: 70000 is out of range"),
            (["--listen", "127.0.0.1:1", "--allow", "10.0.0.1/8"], "--allow: "),
            (["--policy", "no-such"], "Invalid value for '--policy': 'no-such' is not one of 'reject'"),
        ],
    )
    def test_what_options_cannot_mean_is_refused_before_anything_starts(
        self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("run", *arguments) == ExitCode.USAGE
        assert words in capsys.readouterr().err

    def test_the_report_is_written_and_summed_up(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("run", "--capture", str(recorded), "--out", str(tmp_path / "new" / "out"), bounded=Launched())
        report = orjson.loads((tmp_path / "new" / "out" / "report.json").read_bytes())
        assert report["balanced"] is True
        assert report["messages"]["received"] == 10
        assert report["loss"]["transport"][0]["count"] == 5
        assert "Balanced. files: 10 received" in capsys.readouterr().out

    def test_a_place_that_takes_no_results_is_one_line_and_nothing_is_begun(
        self, recorded: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        launched = Launched()
        assert run("run", "--capture", str(recorded), "--out", str(recorded), bounded=launched) == ExitCode.ENVIRONMENT
        words = f"Error: cannot use {recorded} as a folder for results: it is a file; choose another --out"
        assert capsys.readouterr().err == f"{words} [out; environment]\n"
        assert not launched.jobs

    def test_the_report_can_be_printed_for_programs(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("run", "--capture", str(recorded), "--out", str(tmp_path), "--json", bounded=Launched())
        assert orjson.loads(capsys.readouterr().out) == orjson.loads((tmp_path / "report.json").read_bytes())

    def test_what_captures_hold_beside_messages_is_told_and_counted(
        self, recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        beside = {
            "frames": 9,
            "tcp": 3,
            "tcp:mdt:57500": 1,
            "other_traffic": 2,
            "other_traffic:161": 2,
            "cut_packets": 1,
        }

        def launch(job: Job) -> None:
            Launched()(job)
            STATUS.record_totals(LedgerTotals(totals=[], collectors={"capture": beside}))

        assert run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=launch) == ExitCode.OK
        told = " ".join(capfd.readouterr().err.split())
        assert (
            "warning: not read from captures: 2 UDP datagrams to other ports (161: choose with --port), "
            "1 TCP streams of Cisco's dial-out over TCP (not read), to port 57500, "
            "1 packets that the capture did not keep whole"
        ) in told
        counted = orjson.loads((tmp_path / "report.json").read_bytes())["datagrams"]
        assert {name: count for name, count in counted.items() if name in beside} == {
            name: count for name, count in beside.items() if name not in ("frames", "tcp")
        }

    def test_a_run_that_does_not_balance_fails_and_names_the_line(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        launched = Launched(COUNTS | {"delivered:tables": 3})
        code = run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=launched)
        assert code == ExitCode.FAILED
        assert "the ledger does not balance: 192.0.2.1 to tables: 10 received ≠ 3 delivered" in capsys.readouterr().err
        assert orjson.loads((tmp_path / "report.json").read_bytes())["balanced"] is False

    @pytest.mark.parametrize(("allowed", "code"), [("39.5", ExitCode.TOO_MANY_DEAD), ("40", ExitCode.OK)])
    def test_a_share_of_dead_letters_sets_the_exit_code(
        self, recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], allowed: str, code: ExitCode
    ) -> None:
        arguments = ["run", "--capture", str(recorded), "--out", str(tmp_path), "--max-dead", allowed]
        assert run(*arguments, bounded=Launched()) == code
        said = "Error: 4 of 10 messages became dead letters on the way to tables: 40 %, and --max-dead allows 39.5 %\n"
        assert (said in capfd.readouterr().err) == (code is ExitCode.TOO_MANY_DEAD)

    def test_version_0_is_a_setting_of_the_source(self, recorded: Path, tmp_path: Path) -> None:
        launched = Launched()
        arguments = ["run", "--capture", str(recorded), "--version-0", "--out", str(tmp_path)]
        assert run(*arguments, bounded=launched) == ExitCode.OK
        (source,) = launched.job.config.sources
        assert isinstance(source, Capture)
        assert source.dialect.version_0

    @pytest.mark.parametrize("fault", Fault)
    def test_the_fault_of_what_ended_a_run_decides_the_exit_code(
        self, fault: Fault, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(_: Job) -> None:
            error = YangbeamError("broker-away", "no broker at kafka:9092 [red]; start it")
            error.fault = fault
            raise error

        code = run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=fail)
        assert code == OF_FAULT[fault]
        assert "no broker at kafka:9092 [red]; start it" in capsys.readouterr().err
        assert (tmp_path / "report.json").exists()

    def test_what_beam_adds_to_an_error_is_not_shown(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(_: Job) -> None:
            raise YangbeamError("file-write [while running 'WriteFiles/Append']", "the disk is full")

        run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=fail)
        assert capsys.readouterr().err == "Error: the disk is full [file-write; device]\n"

    def test_a_second_ctrl_c_exits_with_130(self, recorded: Path, tmp_path: Path) -> None:
        def interrupt(_: Job) -> None:
            raise KeyboardInterrupt

        code = run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=interrupt)
        assert code == ExitCode.INTERRUPTED

    def test_a_report_that_cannot_be_written_is_the_environments_fault(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").touch()
        out = str(tmp_path / "file" / "out")
        assert run("run", "--capture", str(recorded), "--out", out, bounded=Launched()) == ExitCode.ENVIRONMENT
        assert "choose another --out" in capsys.readouterr().err

    def test_a_report_that_cannot_be_written_does_not_hide_what_ended_the_run(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def away(_: Job) -> None:
            raise ConfigurationError("no-topic", "1 topic is missing")

        (tmp_path / "out" / "report.json").mkdir(parents=True)
        out = str(tmp_path / "out")
        assert run("run", "--capture", str(recorded), "--out", out, bounded=away) == ExitCode.USAGE
        beside, ended = (line for line in capsys.readouterr().err.splitlines() if line.startswith("Error: "))
        assert "choose another --out" in beside
        assert "1 topic is missing" in ended

    def test_a_defect_shows_no_secret_of_its_frames(self, tmp_path: Path) -> None:
        code = (
            "import sys\n"
            "from yangbeam.pipeline.cli.app import main\nfrom yangbeam.pipeline.launching import Launchers\n"
            "def fail(job):\n    clear = job.config.kafka.client_properties()\n    raise RuntimeError('a defect')\n"
            f"sys.exit(main(['run', '--config', {str(tmp_path / 'c.toml')!r}], Launchers(fail, fail)))"
        )
        (tmp_path / "c.toml").write_text('[kafka.sasl]\nusername = "u"\npassword = { env = "THE_PASSWORD" }\n')
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"THE_PASSWORD": "hunter2"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == ExitCode.FAILED
        assert "a defect" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr

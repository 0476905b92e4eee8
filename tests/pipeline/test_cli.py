"""The command line: its map, its exit codes, what options become, and what decode prints."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.pipeline.snapshots import COLLECTOR, COUNTS, loss, total
from tests.shared_data import shared
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import LedgerTotals, LossBatch, MediaType
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.udp_notif import segments_of
from yangbeam.pipeline.arguments import cut
from yangbeam.pipeline.cli import main
from yangbeam.pipeline.config_sources import Capture, UdpNotif
from yangbeam.pipeline.exit_codes import MEANING, OF_FAULT, ExitCode
from yangbeam.pipeline.launching import Job, Launcher, Launchers
from yangbeam.pipeline.status import STATUS

GOLDEN = Path(__file__).parents[1] / "golden" / "notifications"
KEYS = [
    "exporter",
    "port",
    "publisher_id",
    "message_id",
    "media_type",
    "node",
    "event_time",
    "sequence_number",
    "kind",
    "subscription_id",
    "wrapper",
    "body",
]


def never(job: Job) -> None:
    raise AssertionError(job)


class Launched:
    """A launcher that keeps the job and puts counts into the status."""

    def __init__(self, counts: dict[str, int] | None = None) -> None:
        self.jobs: list[Job] = []
        self._counts = COUNTS if counts is None else counts

    def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        STATUS.record_totals(LedgerTotals(totals=[total(self._counts)], collectors={"c": COLLECTOR}))
        STATUS.record_loss(LossBatch(events=[loss(5, 9)]))

    @property
    def job(self) -> Job:
        (job,) = self.jobs
        return job


def run(*arguments: str, bounded: Launcher = never, live: Launcher = never) -> int:
    return main(arguments, Launchers(bounded=bounded, live=live))


def capture(path: Path, *payloads: tuple[MediaType, bytes]) -> Path:
    frames = [
        (1_000_000 * number, ethernet(ipv4(udp(datagram))))
        for number, (media_type, payload) in enumerate(payloads)
        for datagram in segments_of(payload, media_type=media_type, publisher_id=3, message_id=number)
    ]
    path.write_bytes(pcap(frames))
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return capture(tmp_path / "a.pcap", (MediaType.JSON, b"{}"))


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
        run()
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
                [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=60
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
        assert job.config.validation.policy == job.config.schemas.missing == "pass-and-mark"
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
            (["--allow", "10.0.0.0/8"], "--allow: says how to receive, but not from where"),
            (["--port", "5"], "--port: says how to receive"),
            (["--listen", "127.0.0.1:1", "--port", "5"], "chooses ports within captures"),
            (["--config", "no-such.toml"], "no-such.toml: cannot be read"),
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

    def test_the_report_can_be_printed_for_programs(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("run", "--capture", str(recorded), "--out", str(tmp_path), "--json", bounded=Launched())
        assert orjson.loads(capsys.readouterr().out) == orjson.loads((tmp_path / "report.json").read_bytes())

    def test_a_run_that_does_not_balance_fails_and_names_the_line(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        launched = Launched(COUNTS | {"delivered:tables": 3})
        code = run("run", "--capture", str(recorded), "--out", str(tmp_path), bounded=launched)
        assert code == ExitCode.FAILED
        assert "the ledger does not balance: 192.0.2.1 to tables: 10 received ≠ 3 delivered" in capsys.readouterr().err
        assert orjson.loads((tmp_path / "report.json").read_bytes())["balanced"] is False

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

    def test_a_defect_shows_no_secret_of_its_frames(self, tmp_path: Path) -> None:
        code = (
            "import sys\nfrom yangbeam.pipeline.cli import main\nfrom yangbeam.pipeline.launching import Launchers\n"
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
            timeout=60,
        )
        assert done.returncode == ExitCode.FAILED
        assert "a defect" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr


class TestDecode:
    """One JSON object per notification."""

    def decoded(self, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> list[dict[str, Any]]:
        assert run("decode", *arguments) == ExitCode.OK
        sys.stdout.flush()
        return [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    def test_a_notification_has_exactly_the_promised_keys(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, payload))
        (found,) = self.decoded(capfdbinary, str(path))
        assert list(found) == KEYS
        assert found["exporter"] == "192.0.2.1"
        assert (found["publisher_id"], found["message_id"], found["wrapper"]) == (3, 0, "H8")
        assert found["kind"] == "push-update"
        assert found["body"]["id"] == found["subscription_id"]

    def test_what_cannot_be_decoded_is_an_error_with_the_same_transport_fields(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, b"{"), (MediaType.JSON, b""), (MediaType.XML, b"<a/>"))
        found = self.decoded(capfdbinary, str(path))
        assert len(found) == 3
        for number, each in enumerate(found):
            assert list(each) == [*KEYS[:5], "error"]
            assert each["message_id"] == number
            assert set(each["error"]) == {"reason", "detail", "fault"}

    def test_what_the_receiver_refuses_stands_in_its_place(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        good = segments_of(payload, media_type=MediaType.JSON, publisher_id=3, message_id=1)[0]
        frames = [good, bytes([0x61]) + good[1:], good]
        path = tmp_path / "a.pcap"
        path.write_bytes(pcap([(number, ethernet(ipv4(udp(each)))) for number, each in enumerate(frames)]))
        found = self.decoded(capfdbinary, str(path))
        assert ["error" in each for each in found] == [False, True, False]
        assert found[1]["error"]["reason"] == "unsupported_version"
        assert found[1]["media_type"] is None

    @pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.xml")))
    def test_xml_of_known_modules_is_typed(
        self, name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.XML, (GOLDEN / name).read_bytes()))
        (found,) = self.decoded(capfdbinary, str(path))
        assert "error" not in found
        assert isinstance(found["body"]["id"], int)

    def test_contents_of_unknown_modules_are_untyped_until_their_folder_is_given(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (
            b'<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">'
            b"<eventTime>2026-11-20T10:00:00Z</eventTime>"
            b'<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>7</id><datastore-contents>'
            b'<top xmlns="urn:example:acme"><count>5</count></top></datastore-contents></push-update></notification>'
        )
        path = capture(tmp_path / "a.pcap", (MediaType.XML, payload))
        (untyped,) = self.decoded(capfdbinary, str(path))
        assert list(untyped) == [*KEYS, "typed"]
        assert untyped["typed"] is False
        assert untyped["body"]["id"] == 7
        modules = tmp_path / "modules"
        modules.mkdir()
        (modules / "acme.yang").write_text(
            "module acme { namespace 'urn:example:acme'; prefix a; revision 2026-01-01;"
            " container top { config false; leaf count { type uint32; } } }"
        )
        (typed,) = self.decoded(capfdbinary, str(path), "--yang", str(modules))
        assert list(typed) == KEYS
        assert typed["body"]["datastore-contents"] == {"acme:top": {"count": 5}}

    def test_only_the_ports_asked_for_are_read(self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, (GOLDEN / "push-update-h8.json").read_bytes()))
        assert len(self.decoded(capfdbinary, str(path), "--port", "10003")) == 1
        assert self.decoded(capfdbinary, str(path), "--ports", "10004") == []

    @pytest.mark.parametrize("content", [None, b"no capture"])
    def test_a_file_that_is_no_capture_is_told_so(
        self, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "a.pcap"
        if content is not None:
            path.write_bytes(content)
        assert run("decode", str(path)) != ExitCode.OK
        assert "a.pcap" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("ipf-zbl1243-r-daisy-21-yangpush-20241102-1030", 539),
            ("n7-sa1_yang-push", 4),
            ("6wind-vsr-yang-push-20250304-0811-receiver-json", 62),
            ("huawei-MA5800T-X17-yang-push-20250306-1330-receiver", 109),
        ],
    )
    def test_every_message_of_real_captures_is_decoded(
        self, name: str, count: int, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        found = self.decoded(capfdbinary, str(shared(f"captures/{name}/capture.pcap")))
        assert len(found) == count
        assert all(list(each) == KEYS for each in found)


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

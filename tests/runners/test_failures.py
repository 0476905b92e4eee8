"""Whatever fails in a run, and wherever, is one line for the operator: on both engines, with Beam's words taken off."""

import os
import subprocess
import sys
from pathlib import Path

import apache_beam as beam
import pytest

from tests.pipeline.commands import capture
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import MediaType
from yangbeam.io.kafka import write_kafka
from yangbeam.runners.launch import main


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return capture(tmp_path / "a.pcap", *[(MediaType.JSON, b'{"x:y": {}}')] * 3)


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capfd.readouterr()
    code = main(arguments)
    return code, capfd.readouterr().err


def unwritable(tmp_path: Path) -> Path:
    """A place for dead letters where none can be: whoever runs the tests may be root, whom no mode stops."""
    (tmp_path / "out" / "dead-letters.jsonl").mkdir(parents=True)
    return tmp_path / "out"


def test_a_stage_that_cannot_write_is_one_line_over_captures(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = unwritable(tmp_path)
    code, err = said(capfd, "run", "--capture", str(recorded), "--out", str(out), "--view", "off")
    assert code == 3
    assert err.startswith(f"Error: cannot write {out}/dead-letters.jsonl: ")
    assert err.endswith("; environment]\n")
    assert err.count("\n") == 1


def test_and_live(tmp_path: Path) -> None:
    out = unwritable(tmp_path)
    process = started("run", "--listen", "127.0.0.1:0", "--out", str(out), "--view", "off")
    port = listening(process)
    send(port)
    err = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 3, err
    assert err.startswith(f"Error: cannot write {out}/dead-letters.jsonl: "), err
    assert err.count("\n") == 1, err


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from yangbeam.runners.launch import main; sys.exit(main())"]
    return subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True, env=os.environ | environment)


def listening(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    while line := process.stderr.readline():
        if line.startswith("listening on "):
            return int(line.rsplit(" ", 1)[1])
    raise AssertionError(process.wait())


def send(port: int) -> None:
    import socket

    from tests.wire import message_datagram

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message_datagram(1, b"no JSON"), ("127.0.0.1", port))


def test_a_property_that_librdkafka_refuses_only_with_others_is_one_line(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_kafka._clients.clear()
    config = tmp_path / "yangbeam.toml"
    config.write_text(
        f'[kafka]\nbootstrap = "127.0.0.1:9"\nproperties = {{ "max.in.flight" = 100 }}\n'
        f'[[sources]]\nkind = "capture"\nfiles = ["{recorded}"]\n[dead_letters]\nkind = "kafka"\n'
    )
    code, err = said(capfd, "run", "-c", str(config), "--view", "off")
    assert code == 2
    assert "Traceback" not in err
    # Beside it a warning may say that no broker answers.
    assert err.splitlines()[-1] == (
        "Error: librdkafka refuses the section [kafka]: Failed to create producer: `max.in.flight` must be set <= 5 "
        "when `enable.idempotence` is true; correct kafka.properties, tls or sasl [kafka-properties; configuration]"
    )


class _Broken(beam.DoFn):
    def process(self, _: object) -> None:
        raise TypeError("a is no b")


def test_a_defect_in_a_stage_is_one_line_and_its_traceback_comes_with_debug(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from yangbeam.transforms.decode_notifications import DecodeNotifications

    monkeypatch.setattr(DecodeNotifications, "expand", lambda _, messages: messages | beam.ParDo(_Broken()))
    monkeypatch.setattr(
        "yangbeam.runners.jobs.build", lambda pipeline, source, **_: pipeline | source | DecodeNotifications()
    )
    arguments = ("run", "--capture", str(recorded), "--out", str(tmp_path / "out"), "--view", "off")
    code, err = said(capfd, *arguments)
    assert code == 1
    assert err.startswith("Error: TypeError: a is no b, raised in ")
    assert err.endswith(
        "; this is a defect of yangbeam: run it again with --debug and report the traceback [defect; collector]\n"
    )
    assert err.count("\n") == 1
    code, err = said(capfd, *arguments, "--debug")
    assert "Traceback (most recent call last)" in err


def test_a_module_that_is_no_yang_is_one_line(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "yang").mkdir()
    (tmp_path / "yang" / "a.yang").write_bytes(b"\xff\xfe")
    arguments = ("run", "--capture", str(recorded), "--out", str(tmp_path / "out"), "--view", "off")
    code, err = said(capfd, *arguments, "--yang", str(tmp_path / "yang"))
    assert code in (0, 2)
    assert err.count("\n") <= 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "--no-such"], "No such option: --no-such"),
        (["no-such"], "No such command 'no-such'"),
        (["run", "--duration", "x"], "Invalid value for '--duration'"),
        (["check", "--log", "xml"], "Invalid value for '--log'"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], line: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, err = said(capfd, *arguments)
    assert code == 2
    assert err.startswith(f"Error: {line}")
    assert "--help` [usage; configuration]" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("by", ["option", "environment"])
def test_for_programs_the_failure_is_an_object(
    by: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import orjson

    if by == "environment":
        monkeypatch.setenv("YANGBEAM_LOG", "json")
    given = ["--log", "json"] if by == "option" else []
    code, err = said(capfd, *given, "explain", str(tmp_path / "none.pcap"))
    record = orjson.loads(err)
    assert code != 0
    assert record["level"] == "error"
    assert "none.pcap" in record["message"]

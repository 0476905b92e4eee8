"""Each stage and each sink loses something on purpose, and the ledger names the edge: no count is taken on trust."""

import socket
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from tests.runners.test_kafka_run import traffic
from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import InputEnd
from yangbeam.io.capture_files import CaptureReader
from yangbeam.runners import jobs
from yangbeam.runners.launch import main
from yangbeam.transforms import decode_notifications


def outcome(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a run over a small capture."""
    (folder / "capture.pcap").write_bytes(traffic())
    arguments = ["run", "--capture", str(folder / "capture.pcap"), "--out", str(folder / "out"), "--view", "off"]
    code = main([*arguments, *options])
    return code, orjson.loads((folder / "out" / "report.json").read_bytes())


def edges(report: dict[str, Any]) -> dict[str, int]:
    """What is missing, by the name of its edge."""
    return {edge["edge"]: edge["in"] - edge["out"] for edge in report["open_edges"]}


class Once:
    """Drops the first message of the first batch that has some; a callable in the place of a method."""

    def __init__(self) -> None:
        self.dropped = 0

    def of(self, batch: Any) -> Any:
        if self.dropped or not batch.messages:
            return batch
        self.dropped += 1
        controls = [msgspec.structs.replace(each, at=max(each.at - 1, 0)) for each in batch.controls]
        return msgspec.structs.replace(batch, messages=batch.messages[1:], controls=controls)


def test_a_run_that_loses_nothing_has_no_open_edge(tmp_path: Path) -> None:
    code, report = outcome(tmp_path)
    assert (code, report["open_edges"], report["balanced"], report["messages"]["received"]) == (0, [], True, 97)


def test_a_message_that_is_dropped_before_decoding_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, hold = Once(), InputEnd.hold
    monkeypatch.setattr(InputEnd, "hold", lambda self, batch: hold(self, once.of(batch)))
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], report["messages"]["received"]) == (1, False, 97)
    assert edges(report) == {"receiver → decode": 1, "reader → decode": 1}


def test_a_batch_that_is_dropped_with_its_heartbeats_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = InputEnd.hold

    def emptied(self: InputEnd, batch: MessageBatch) -> Any:
        return hold(self, msgspec.structs.replace(batch, messages=[], controls=batch.controls[-1:]))

    monkeypatch.setattr(InputEnd, "hold", emptied)
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"reader → decode": 97})


def test_a_message_that_the_reader_skips_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, poll = Once(), CaptureReader.poll
    monkeypatch.setattr(CaptureReader, "poll", lambda self, *limits: once.of(poll(self, *limits)))
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"receiver → decode": 1, "reader → decode": 1})


def test_a_message_that_decoding_skips_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, process = Once(), decode_notifications._Decode.process
    monkeypatch.setattr(decode_notifications._Decode, "process", lambda self, batch: process(self, once.of(batch)))
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"receiver → decode": 1, "reader → decode": 1})


def test_what_waits_for_a_broker_that_never_comes_is_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "check_topics", lambda *_: None)  # it went away after the start
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        (tmp_path / "yangbeam.toml").write_text(f"""
[kafka]
bootstrap = "127.0.0.1:{taken.getsockname()[1]}"
[kafka.properties]
"message.timeout.ms" = 300
log_level = 0
""")
        code, report = outcome(tmp_path, "--config", str(tmp_path / "yangbeam.toml"))
    counted = report["messages"]
    assert (code, report["balanced"], counted["received"], counted["in_flight"]) == (3, False, 97, 97)

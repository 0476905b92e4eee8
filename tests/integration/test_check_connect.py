"""`check --connect` against a real broker, a registry in a process of its own, and a database that a run has filled."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.integration.topics import topic_of
from tests.waiting import PATIENCE_S, until
from yangbeam.io.duckdb_tables import DuckDbStore
from yangbeam.runners.launch import main
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration


def findings(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """Exit code, and what is wrong by check."""
    capsys.readouterr()
    code = main(["check", str(file), "--connect", "--json", "--limit", f"{PATIENCE_S:.0f}"])
    found = orjson.loads(capsys.readouterr().out)
    wrong: dict[str, list[str]] = {}
    for each in found["checks"]:
        wrong.setdefault(each["check"], []).extend([each["what"]] if each["state"] != "ok" else [])
    return code, wrong


def test_what_stands_is_ok_and_what_was_taken_away_is_named(
    kafka: KafkaServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prefix = topic_of(kafka)
    file = tmp_path / "yangbeam.toml"
    names = "\n".join(f'{name} = "{prefix}-{name}"' for name in ("raw", "telemetry", "loss", "ledger", "dead_letters"))
    serving = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "yangbeam.runners.launch",
            "registry",
            "--listen",
            "127.0.0.1:0",
            "--path",
            str(tmp_path / "r.sqlite"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stderr is not None
    url = until(
        lambda: serving.stderr.readline().rpartition(" at ")[2].strip() if serving.stderr else "", "no registry"
    )
    DuckDbStore(str(tmp_path / "tables.duckdb")).close()
    file.write_text(f"""
out = "out"
[tables]
path = "{tmp_path}/tables.duckdb"
[registry]
kind = "http"
url = "{url}"
[kafka]
bootstrap = "{kafka.bootstrap()}"
[kafka.topics]
{names}
""")
    try:
        code, wrong = findings(file, capsys)
        assert (code, any(prefix in each for each in wrong["kafka"])) != (0, False), "no topic is there yet"
        assert main(["topics", "create", "-c", str(file), "--replication", "2"]) == 0
        code, wrong = findings(file, capsys)
        assert [wrong[each] for each in ("kafka", "registry", "database")] == [[], [], []]
    finally:
        serving.terminate()
        serving.communicate(timeout=PATIENCE_S)
    code, wrong = findings(file, capsys)
    assert (code, len(wrong["registry"]), wrong["kafka"]) == (3, 1, [])

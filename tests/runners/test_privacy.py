"""Files with originals are for the user of the process alone, whoever makes them, and folders, too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import shared
from yangbeam.runners import worker
from yangbeam.runners.privacy import keep_private


def test_what_a_run_makes_is_for_its_own_user(tmp_path: Path) -> None:
    out = tmp_path / "above" / "out"
    capture = shared("captures/6wind-vsr-yang-push-20250304-0811-receiver-json/capture.pcap")
    command = [sys.executable, "-m", "yangbeam.runners.launch", "run", "--capture", str(capture), "--out", str(out)]
    subprocess.run([*command, "--view", "off"], check=True, umask=0o022)
    made = [out.parent, out, *out.rglob("*")]
    names = {each.name for each in made}
    assert {"telemetry.jsonl", "dead-letters.jsonl", "tables.duckdb", "report.json"} <= names, "the originals"
    assert any(name.endswith((".sqlite", ".db")) for name in names), "and the registry"
    modes = {each: each.stat().st_mode & 0o777 for each in made}
    wrong = {each.name: oct(mode) for each, mode in modes.items() if mode != (0o700 if each.is_dir() else 0o600)}
    assert wrong == {}


def test_a_worker_of_a_cluster_keeps_its_files_private(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(sys, "argv", ["yangbeam-worker", "--id=1-1", "--provision_endpoint=127.0.0.1:1"])
    monkeypatch.setattr(worker, "environment_of", lambda *_: {})
    monkeypatch.setattr(os, "execve", lambda *_: seen.append(os.umask(0o077)))
    before = os.umask(0o022)
    try:
        worker.main()
    finally:
        os.umask(before)
    assert seen == [0o077]


def test_a_stricter_mask_of_the_operator_stays() -> None:
    before = os.umask(0o277)
    try:
        keep_private()
        assert os.umask(before) == 0o277
    finally:
        os.umask(before)

"""The demo as a newcomer runs it: real sockets, processes of their own, and a verdict that is the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.integration
def test_the_demo_holds_and_says_where_its_results_are(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "yangbeam.runners", "8"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The demo holds." in ran.stdout
    report = json.loads((tmp_path / "demo-out" / "report.json").read_bytes())
    assert report["balanced"] is True
    assert report["loss"]["transport"], "faults were injected"
    assert report["tables"]["ietf_interfaces__interfaces__interface"] > 1000
    assert "YANG libraries, fetched from the routers" in ran.stdout
    assert "messages that the schema of their id takes" in ran.stdout
    assert list((tmp_path / "demo-out" / "modules" / "sets").iterdir()), "their schemas came over NETCONF"


@pytest.mark.integration
def test_a_live_run_without_traffic_ends_balanced_after_its_time(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "yangbeam.runners.launch", "run", "--listen", "127.0.0.1:0", "--duration", "3"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, out + err
    assert "listening on" in err
    assert json.loads((tmp_path / "yangbeam-out" / "report.json").read_bytes())["balanced"] is True

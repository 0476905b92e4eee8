"""The demo of production, on the servers of `./dev up all`: it holds, and shows what it shows."""

import subprocess
import sys

import pytest

from tests.integration.conftest import ROOT

pytestmark = pytest.mark.integration


def test_the_demo_of_production_holds_while_a_task_manager_is_killed() -> None:
    servers = [sys.executable, "-m", "yangbeam.runners.servers"]
    up = subprocess.run([*servers, "up", "all"], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        command = [sys.executable, "-m", "yangbeam.runners.demo_production", "20"]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert "The demo holds." in shown.stdout
        assert "killing a TaskManager" in shown.stderr
    finally:
        subprocess.run([*servers, "down", "all"], cwd=ROOT, capture_output=True, check=False)

"""Server processes: found by pid file, ended by pid, and never a stranger's."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, until
from yangbeam.runners.servers import processes
from yangbeam.runners.servers.processes import HOST, Process, ServerError, accepts, free_ports

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
WITH_CHILD = [
    sys.executable,
    "-c",
    (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    ),
]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_is_found_again_by_its_pid_file_and_ended(tmp_path: Path) -> None:
    started = Process("sleeper", tmp_path).start(SLEEP)
    found = Process("sleeper", tmp_path)
    assert found.alive()
    assert found.pid() == started.pid()
    found.stop()
    assert not started.alive()
    assert list(tmp_path.glob("*.pid")) == []
    started.stop()


def test_a_process_that_runs_is_not_started_twice(tmp_path: Path) -> None:
    process = Process("sleeper", tmp_path).start(SLEEP)
    try:
        with pytest.raises(ServerError, match="runs already"):
            Process("sleeper", tmp_path).start(SLEEP)
    finally:
        process.stop()


def test_a_stranger_with_the_pid_of_a_server_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP) as stranger:
        (tmp_path / "sleeper.pid").write_text(f"{stranger.pid} 1\n")
        process = Process("sleeper", tmp_path)
        assert not process.alive()
        process.kill()
        process.stop()
        assert alive(stranger.pid)
        stranger.kill()


def test_stopping_ends_the_children_and_killing_leaves_them(tmp_path: Path) -> None:
    process = Process("parent", tmp_path).start(WITH_CHILD)
    until(lambda: process.log.read_text().strip().isdigit(), "no child")
    child = int(process.log.read_text())
    process.kill()
    assert not process.alive()
    assert alive(child), "a power cut of the parent alone"
    os.kill(child, signal.SIGKILL)
    process.stop()

    process.log.unlink()
    process.start(WITH_CHILD)
    until(lambda: process.log.read_text().strip().isdigit(), "no child")
    child = int(process.log.read_text())
    process.stop()
    until(lambda: not alive(child), "the child lives")


def test_a_process_that_ends_while_starting_is_told_with_its_last_words(tmp_path: Path) -> None:
    process = Process("broken", tmp_path).start([sys.executable, "-c", "raise SystemExit('no such port')"])
    with pytest.raises(ServerError, match="no such port"):
        process.wait_for(lambda: False, PATIENCE_S)
    process.stop()


def test_a_process_that_is_not_ready_in_time_is_told(tmp_path: Path) -> None:
    process = Process("slow", tmp_path).start(SLEEP)
    try:
        with pytest.raises(ServerError, match="nothing moved for 0 s"):
            process.wait_for(lambda: False, 0.2)
    finally:
        process.stop()


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no-such-program"):
        Process("missing", tmp_path).start(["no-such-program"])


def test_free_ports_differ_and_nobody_listens_there() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert not any(accepts(port) for port in ports)


def test_free_ports_are_none_that_a_client_may_be_given() -> None:
    clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(port < clients for port in free_ports(50))


def test_a_port_that_is_taken_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, free_ports(1)[0]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "SERVER_PORTS", range(taken.getsockname()[1], taken.getsockname()[1] + 1))
            with pytest.raises(ServerError, match="no 1 ports are free"):
                free_ports(1)

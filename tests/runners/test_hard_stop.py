"""An end that was asked for comes though a call outside never returns; what it held is counted, the code says so."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import payload
from tests.runners import hanging
from tests.runners.test_kafka_run import traffic
from tests.waiting import PATIENCE_S
from tests.wire import message_datagram
from yangbeam.runners.hard_stop import MOST_S, STILL_S, Stillness


def test_an_end_that_may_wait_no_more_is_stuck_once_nothing_moved_for_a_while() -> None:
    still = Stillness(100.0)
    assert [still.is_stuck(100.0 + at, "same", 5.0) for at in (0.25, 1.0, STILL_S)] == [False, False, False]
    assert still.is_stuck(100.25 + STILL_S, "same", 5.0)


@pytest.mark.parametrize(("counts", "cpu_s"), [(range(99), [5.0] * 99), ([0] * 99, range(99))], ids=["counts", "CPU"])
def test_an_end_that_still_moves_is_not_stuck_until_its_last_limit(counts: list[int], cpu_s: list[float]) -> None:
    still = Stillness(0.0)
    looks = [still.is_stuck(float(at), counts[at], cpu_s[at]) for at in range(1, 99)]
    assert looks.index(True) + 1 == MOST_S


def started(folder: Path, source: str, *options: str) -> "subprocess.Popen[str]":
    (folder / "run.toml").write_text(f'out = "out"\n[[sources]]\n{source}\n[beam]\nflush_s = 0.5\n')
    command = [sys.executable, hanging.__file__, "run", "-c", str(folder / "run.toml"), "--view", "off", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(ran: "subprocess.Popen[str]", folder: Path) -> dict[str, Any]:
    """Looks at what a run said that was ended while its database hangs; returns its report."""
    _, said = ran.communicate(timeout=PATIENCE_S)
    lines = [line for line in said.splitlines() if not line.startswith("listening")]
    assert (ran.returncode, len(lines), "Traceback" in said) == (3, 1, False), said
    assert "a call did not return when the end of the run could wait no longer; it waits in" in lines[0]
    report: dict[str, Any] = orjson.loads((folder / "out" / "report.json").read_bytes())
    assert report["balanced"] is False
    return report


def test_one_interrupt_ends_a_run_whose_database_never_answers(tmp_path: Path) -> None:
    (tmp_path / "c.pcap").write_bytes(traffic())
    with started(tmp_path, 'kind = "capture"\nfiles = ["c.pcap"]') as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == "hangs\n"
        os.kill(ran.pid, signal.SIGINT)
        counted = ended(ran, tmp_path)["messages"]
    assert (counted["received"], counted["in_flight"]) == (97, 97)


def test_its_duration_ends_a_live_run_whose_database_never_answers(tmp_path: Path) -> None:
    with started(tmp_path, 'kind = "udp-notif"\nport = 0', "--duration", "1") as ran:
        assert ran.stderr is not None
        port = int(ran.stderr.readline().rpartition(" ")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(message_datagram(1, payload(1)), ("127.0.0.1", port))
        counted = ended(ran, tmp_path)["messages"]
    assert counted["received"] == counted["in_flight"] == 1

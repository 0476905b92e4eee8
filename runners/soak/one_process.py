"""A soak of `yangbeam run`: sockets to files and tables in one process."""

import time
from collections import Counter
from pathlib import Path
from typing import Final

import orjson

from yangbeam.pipeline.config.file import load
from yangbeam.runners.demo_verdict import delivered, healthy
from yangbeam.runners.servers.processes import wait_until
from yangbeam.runners.soak.commands import PATIENCE_S, Command, running
from yangbeam.runners.soak.hostile_traffic import HostileTraffic, is_hostile
from yangbeam.runners.soak.settings import Asked, free_udp_port, written
from yangbeam.runners.soak.verdict import Line, Verdict
from yangbeam.simulator.hostile import VALID
from yangbeam.simulator.send import run_routers
from yangbeam.simulator.truth import read_truth

QUIET_S: Final = 12.0
"""Without a new line in any file for as long, all that was sent has arrived: longer than the reassembly's timeout."""


def soak(asked: Asked) -> Verdict:
    """Runs it in a folder of its own and returns how it ended.

    Raises:
        ServerError: The command ended before its time, or did not settle.
    """
    asked.out.mkdir(parents=True)
    port = free_udp_port()
    path = written(asked.out, port)
    with running("run", path, "--view", "plain", "--json") as command:
        command.wait_for("listening")
        verdict = Verdict(asked.seconds, sent=send(asked, port))
        quiet = Quiet(command, asked.out)
        wait_until(quiet.holds, PATIENCE_S, "files neither grow nor rest", progress=quiet.octets)
        code = command.end()
        verdict.judge_growth([command])
    verdict.lines += [("exit code of run", 0, code), *_lines(path, asked.out, verdict.sent)]
    return verdict


def send(asked: Asked, port: int) -> Counter[str]:
    """Sends good and hostile traffic until the routers are done; returns how much of each attack was sent."""
    routers = run_routers(asked.routers(port))
    if not asked.hostile:
        routers.wait_until_sent()
        routers.stop()
        return Counter()
    attackers = HostileTraffic(asked.attackers(port))
    attackers.start()
    routers.wait_until_sent()
    routers.stop()
    return attackers.stop()


class Quiet:
    """Whether a command's files have stopped growing; a command that is gone is quiet."""

    def __init__(self, command: Command, folder: Path) -> None:
        self._command, self._folder = command, folder
        self._before, self._since = -1, time.monotonic()

    def octets(self) -> int:
        """Returns how much the files hold, but for the ledger, which grows with heartbeats."""
        return sum(file.stat().st_size for file in self._folder.glob("*.jsonl") if file.name != "ledger.jsonl")

    def holds(self) -> bool:
        """Returns whether nothing grew for QUIET_S seconds."""
        octets = self.octets()
        if octets != self._before:
            self._before, self._since = octets, time.monotonic()
        return self._command.process.poll() is not None or time.monotonic() - self._since > QUIET_S


def _lines(path: Path, out: Path, sent: Counter[str]) -> list[Line]:
    config = load(path)
    report = orjson.loads(config.status.report.read_bytes())
    of_attackers = sum(is_hostile(each[0]) for each in delivered(out / "telemetry.jsonl"))
    return [
        ("ledgers that balance", 1, int(report["balanced"])),
        *(
            line
            for line in healthy(list(read_truth(out / "truth.jsonl")), config)
            if line[0] != "delivered beyond those"
        ),
        ("messages of attackers that may be delivered", sum(sent[name] for name in VALID), of_attackers),
    ]

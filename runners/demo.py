"""The demo: simulated routers with injected faults into the live pipeline, then what came of them beside the truth."""

import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from yangbeam.core.reader import Reader
from yangbeam.pipeline.cli_run import execute
from yangbeam.pipeline.config import Config, load
from yangbeam.pipeline.launching import Job, Launchers
from yangbeam.pipeline.status import STATUS
from yangbeam.runners.demo_verdict import Verdict, compare, show
from yangbeam.runners.jobs import run_job
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.send import start
from yangbeam.transforms.handoff import Handoff

SECONDS = 20.0
DRAIN_S = 5.0
"""How long the receiver may take for what still lies in its socket when the routers fall silent."""


def routers(target: str, out: Path, seconds: float) -> list[SimulateOptions]:
    """Returns the simulated networks: five habits, three encodings, every fault; truth beside the results."""
    common: dict[str, Any] = {"target": target, "duration_s": seconds, "seed": 7}
    return [
        SimulateOptions(
            **common,
            routers=3,
            habits=("six-wind", "cisco-xr", "huawei-ne"),
            rate=150,
            interfaces=4,
            loss=0.01,
            incomplete=0.005,
            duplicate=0.01,
            reorder=0.02,
            invalid=0.005,
            suspensions=1,
            schema_changes=1,
            truth=out / "truth-json.jsonl",
        ),
        SimulateOptions(
            **common,
            routers=1,
            habits=("huawei-ma5800",),
            rate=30,
            encoding="cbor",
            corrupt=0.01,
            loss=0.01,
            first_address="127.0.2.1",
            truth=out / "truth-cbor.jsonl",
        ),
        SimulateOptions(
            **common,
            routers=1,
            habits=("standard",),
            rate=20,
            encoding="xml",
            wrapper="X2",
            loss=0.02,
            restarts=1,
            first_address="127.0.3.1",
            truth=out / "truth-xml.jsonl",
        ),
    ]


class _Traffic(threading.Thread):
    """Starts the routers once the sockets are bound, and ends the run when they are done and heard."""

    def __init__(self, networks: list[SimulateOptions], handoff: Handoff) -> None:
        super().__init__(name="traffic", daemon=True)
        self._processes = [start(network) for network in networks]
        self._handoff = handoff

    def run(self) -> None:
        for process in self._processes:
            process.join()
        self._drain()
        self._handoff.stop()

    def _drain(self) -> None:
        """Waits until no datagram has come for two heartbeats."""
        deadline = time.monotonic() + DRAIN_S
        before = -1
        while time.monotonic() < deadline:
            received = STATUS.snapshot().datagrams().get("datagrams", 0)
            if received == before:
                return
            before = received
            time.sleep(2.1)


def demo(out: Path, seconds: float = SECONDS) -> Verdict:
    """Runs the demo into a folder of its own and returns how it ended.

    Args:
        out: The folder; what a demo left there before is removed.
        seconds: How long the routers publish.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    target = f"127.0.0.1:{_free_port()}"
    networks = routers(target, out, seconds)
    config = _config(target, out)

    def began(_: list[Reader], handoff: Handoff) -> None:
        _Traffic(networks, handoff).start()

    launch = partial(run_job, live=True, began=began)
    report = execute(Job(config), Launchers(bounded=launch, live=launch), json=False)
    truths = [network.truth for network in networks if network.truth is not None]
    return compare(report, config, truths, STATUS.snapshot())


def _config(target: str, out: Path) -> Config:
    host, _, port = target.rpartition(":")
    return load(
        None,
        {
            ("out",): str(out.absolute()),
            ("sources",): [{"kind": "udp-notif", "host": host, "port": int(port)}],
        },
    )


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str] | None = None, say: Callable[[Verdict, Console], None] = show) -> int:
    """``./dev demo [SECONDS]``; returns 0 only if the demo holds."""
    given = sys.argv[1:] if arguments is None else arguments
    verdict = demo(Path("demo-out"), float(given[0]) if given else SECONDS)
    say(verdict, Console())
    return 0 if verdict.holds else 1

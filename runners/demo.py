"""The demo: simulated routers with injected faults into the live pipeline, then what came of them beside the truth."""

import shutil
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from yangbeam.core.reader import Reader
from yangbeam.io.module_store import ModuleStore
from yangbeam.pipeline.cli.console import output
from yangbeam.pipeline.cli.run import execute
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.launching import Job, Launchers
from yangbeam.pipeline.view.status import STATUS
from yangbeam.runners.demo_ids import followed
from yangbeam.runners.demo_verdict import Verdict, compare, show
from yangbeam.runners.jobs import run_job
from yangbeam.runners.servers.processes import ServerError, free_ports, wait_until
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.habits import content_id
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, host_key, known_hosts
from yangbeam.simulator.send import run_routers
from yangbeam.simulator.truth import read_truth
from yangbeam.transforms.handoff import Handoff

SECONDS = 20.0
GET_SCHEMA_S = 0.02
"""How long a router takes for each of its modules."""
PATIENCE_S = 60.0
"""How long nothing may arrive of what was sent before the run is ended without it, in seconds."""


def routers(target: str, out: Path, seconds: float, netconf_port: int) -> list[SimulateOptions]:
    """Returns the simulated networks: five habits, three encodings, every fault; truth beside the results.

    All serve their YANG modules by NETCONF; there is no other way to the schemas of what they send.
    """
    common: dict[str, Any] = {
        "target": target,
        "duration_s": seconds,
        "seed": 7,
        "netconf_port": netconf_port,
        "netconf_key": out / "host-key",
        "netconf_latency_s": GET_SCHEMA_S,
    }
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


def login(out: Path, networks: list[SimulateOptions]) -> dict[str, Any]:
    """Writes what it takes to log in to the routers, and returns who is asked, as a configuration has it."""
    key = host_key(networks[0].netconf_key)
    port = networks[0].netconf_port
    addresses = [network.exporter(index) for network in networks for index in range(network.routers)]
    (out / "known_hosts").write_text(known_hosts(key, addresses, port))
    (out / "password").write_text(PASSWORD)
    return {
        "exporter": "127.0.0.0/8",
        "port": port,
        "username": USERNAME,
        "password": {"file": str(out / "password")},
        "known_hosts": str(out / "known_hosts"),
    }


class _Traffic(threading.Thread):
    """Starts the routers once the sockets are bound, and ends the run when they are done and heard."""

    def __init__(self, networks: list[SimulateOptions], handoff: Handoff) -> None:
        super().__init__(name="traffic", daemon=True)
        self._sent = networks
        self._networks = [run_routers(network) for network in networks]
        self._handoff = handoff

    def run(self) -> None:
        for network in self._networks:
            network.wait_until_sent()
        self._drain()
        self._handoff.stop()

    def dismiss(self) -> None:
        """Lets the routers go: who still waits for their modules waits no more."""
        for network in self._networks:
            network.stop()

    def _drain(self) -> None:
        """Waits until every datagram that was sent has been taken, or seen dropped, by the receiver."""
        truths = [network.truth for network in self._sent if network.truth is not None]
        sent = sum(record.sent for truth in truths for record in read_truth(truth))
        with suppress(ServerError):  # what does not arrive at all is the verdict's to report
            wait_until(lambda: _heard() >= sent, PATIENCE_S, "datagrams are missing", progress=_heard)


def _heard() -> int:
    counters = STATUS.snapshot().datagrams()
    return counters.get("datagrams", 0) + counters.get("kernel_drops", 0)


def demo(out: Path, seconds: float = SECONDS) -> Verdict:
    """Runs the demo into a folder of its own and returns how it ended.

    Args:
        out: The folder; what a demo left there before is removed.
        seconds: How long the routers publish.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    out = out.absolute()
    target = f"127.0.0.1:{free_ports(1, socket.SOCK_DGRAM)[0]}"
    networks = routers(target, out, seconds, free_ports(1)[0])
    config = _config(target, out, login(out, networks))

    traffic: list[_Traffic] = []

    def began(_: list[Reader], handoff: Handoff) -> None:
        traffic.append(_Traffic(networks, handoff))
        traffic[-1].start()

    launch = partial(run_job, live=True, began=began)
    try:
        report = execute(Job(config), Launchers(bounded=launch, live=launch), json=False)
    finally:
        for each in traffic:
            each.dismiss()
    truths = [network.truth for network in networks if network.truth is not None]
    verdict = compare(report, config, truths, STATUS.snapshot())
    return replace(verdict, pairs=[*verdict.pairs, _libraries(config, networks), followed(config)])


def _libraries(config: Config, networks: list[SimulateOptions]) -> tuple[str, int, int]:
    """Compares the YANG libraries that the routers began with and those that came over NETCONF."""
    store = ModuleStore(config.discovery.cache)
    announced = {
        network.exporter(index): content_id(network.habit(index), 0)
        for network in networks
        for index in range(network.routers)
    }
    fetched = [exporter for exporter, name in announced.items() if store.pointed(name, exporter) is not None]
    return "YANG libraries, fetched from the routers", len(announced), len(fetched)


def _config(target: str, out: Path, nodes: dict[str, Any]) -> Config:
    host, _, port = target.rpartition(":")
    return load(
        None,
        {
            ("out",): str(out),
            ("schemas", "nodes"): [nodes],
            ("sources",): [{"kind": "udp-notif", "host": host, "port": int(port)}],
        },
    )


def main(arguments: list[str] | None = None, say: Callable[[Verdict, Console], None] = show) -> int:
    """``./dev demo [SECONDS]``; returns 0 only if the demo holds."""
    given = sys.argv[1:] if arguments is None else arguments
    verdict = demo(Path("demo-out"), float(given[0]) if given else SECONDS)
    say(verdict, output())
    return 0 if verdict.holds else 1

"""A run whose registry is another process, that asks a real node: killed and begun again while messages come.

Debian's netconfd is the node: its module-set-id is announced, its modules come over SSH, one of them augments and
nothing imports it. Updates are sent as its own would be.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.integration.test_netconfd import CONTENTS, MODULES, NODE, module_set_id
from tests.waiting import PATIENCE_S, until
from yangbeam.runners.servers.netconfd import NetconfdServer
from yangbeam.runners.servers.processes import free_ports

pytestmark = pytest.mark.integration

SECOND = "127.0.0.2"
"""Another address of the node: what is asked for it is asked for the first time."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetconfdServer]:
    with NetconfdServer(tmp_path_factory.mktemp("netconfd"), MODULES) as server:
        yield server


class Site:
    """A registry, a run, and a router that sends to it."""

    def __init__(self, folder: Path, node: NetconfdServer, out: str = "out") -> None:
        self.folder, self.out = folder, folder / out
        (self._port,) = free_ports(1, socket.SOCK_DGRAM)
        (self._registry_port,) = free_ports(1)
        self._content_id = ""
        self._sent: dict[str, int] = {}
        nodes = "".join(
            f"""
[[schemas.nodes]]
exporter = "{exporter}/32"
address = "{NODE}"
port = {node.port}
username = "{node.username}"
key = "{node.key_file}"
known_hosts = "{node.known_hosts}"
skip = ["ietf-netconf"]
"""
            for exporter in (NODE, SECOND)
        )
        (folder / "registry.toml").write_text(f"""
[registry_server]
port = {self._registry_port}
[discovery]
cache = "modules"
{nodes}""")
        (folder / "run.toml").write_text(f"""
out = "{out}"
[[sources]]
kind = "udp-notif"
port = {self._port}
[registry]
kind = "http"
url = "http://127.0.0.1:{self._registry_port}"
cache = "answers"
timeout_s = 1.0
""")

    @contextmanager
    def process(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        log = self.folder / f"{command[0]}.log"
        with log.open("ab") as written:
            started = subprocess.Popen(
                [sys.executable, "-m", "yangbeam.runners.launch", *command],
                cwd=self.folder,
                stdout=written,
                stderr=written,
            )
            try:
                yield started
            finally:
                if started.poll() is None:
                    started.kill()
                started.wait(PATIENCE_S)

    @contextmanager
    def registry(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.process("registry", "-c", "registry.toml") as started:
            until(self._answers, "the registry does not answer")
            yield started

    def _answers(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex((NODE, self._registry_port)) == 0

    def started(self, source: str, content_id: str) -> None:
        """Announces the source's subscription, with what the node says of its library."""
        self._content_id = content_id
        described = {
            "id": 6666,
            "ietf-yang-push:datastore": "ietf-datastores:operational",
            "ietf-yang-push:datastore-xpath-filter": "/ietf-interfaces:interfaces",
            "ietf-yang-push-revision:module-version": [
                {"name": "ietf-interfaces", "revision": "2018-02-20"},
                {"name": "iana-if-type", "revision": "2019-02-08"},
            ],
            "ietf-yang-push-revision:yang-library-content-id": content_id,
            "ietf-yang-push:periodic": {"period": 6000},
        }
        self._send(source, {"ietf-subscribed-notifications:subscription-started": described})

    def updates(self, source: str, count: int, contents: bytes = CONTENTS) -> None:
        for _ in range(count):
            update = {"id": 6666, "datastore-contents": orjson.Fragment(contents)}
            self._send(source, {"ietf-yang-push:push-update": update})

    def _send(self, source: str, contents: dict[str, Any]) -> None:
        number = self._sent[source] = self._sent.get(source, -1) + 1
        head = {"event-time": "2026-11-20T10:00:10.00Z", "hostname": source, "sequence-number": number}
        body = orjson.dumps({"ietf-yp-notification:envelope": head | {"contents": contents}})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((source, 40_000 + self._port % 1000))
            sender.sendto(struct.pack(">BBHII", 0x21, 12, 12 + len(body), 7, number) + body, (NODE, self._port))

    def delivered(self) -> int:
        files = self.out / "telemetry.jsonl"
        return files.read_bytes().count(b"\n") if files.exists() else 0

    def until_delivered(self, count: int) -> None:
        until(lambda: self.delivered() >= count, f"{count} messages are not delivered")

    def log(self) -> str:
        return (self.folder / "run.log").read_text()

    def until_listening(self) -> None:
        until(lambda: "listening on" in self.log(), "the run does not listen")

    def end(self, run: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Ends the run in order; returns its report."""
        os.kill(run.pid, signal.SIGTERM)
        assert run.wait(PATIENCE_S) == 0, self.log()
        found: dict[str, Any] = json.loads((self.out / "report.json").read_bytes())
        return found


def test_with_the_registry_killed_and_begun_again_nothing_is_lost(node: NetconfdServer, tmp_path: Path) -> None:
    site = Site(tmp_path, node)
    content_id = module_set_id(node)
    with site.process("run", "-c", "run.toml", "--view", "off") as run:
        site.until_listening()
        with site.registry() as registry:
            site.started(NODE, content_id)
            site.updates(NODE, 20)
            site.until_delivered(21)
            registry.kill()
            registry.wait()
            site.updates(NODE, 30)  # a known subscription goes on
            site.until_delivered(51)
            site.started(SECOND, content_id)
            site.updates(SECOND, 10)  # a new one waits
            site.updates(NODE, 5, CONTENTS.replace(b'"-3.25"', b'"loud"'))
            site.updates(NODE, 5)
            site.until_delivered(56)
            assert site.delivered() == 56
        with site.registry():
            site.until_delivered(67)
            report = site.end(run)
    assert report["balanced"] is True
    assert report["messages"]["received"] == 72
    assert report["messages"]["validated"] == 67
    assert report["dead_letters"] == {"invalid-contents": 5}
    assert report["loss"] == {"transport": [], "notification": []}


def test_with_the_node_gone_as_well_a_second_run_works_from_what_is_known(node: NetconfdServer, tmp_path: Path) -> None:
    content_id = module_set_id(node)
    first = Site(tmp_path, node, "first")
    with first.process("run", "-c", "run.toml", "--view", "off") as run, first.registry():
        first.until_listening()
        first.started(NODE, content_id)
        first.updates(NODE, 5)
        first.until_delivered(6)
        first.end(run)
    node.stop()
    try:
        (tmp_path / "run.log").write_text("")
        second = Site(tmp_path, node, "second")
        _same_registry(tmp_path, first)
        with second.process("run", "-c", "run.toml", "--view", "off") as run:
            second.until_listening()
            second.started(NODE, content_id)
            second.updates(NODE, 5)
            second.until_delivered(6)
            report = second.end(run)
    finally:
        node.start()
    assert report["balanced"] is True
    assert report["messages"]["validated"] == 6


def _same_registry(folder: Path, first: Site) -> None:
    """The answers on disk are those of an address."""
    text = (folder / "run.toml").read_text()
    url = next(line for line in text.splitlines() if line.startswith("url"))
    (folder / "run.toml").write_text(text.replace(url, f'url = "http://127.0.0.1:{first._registry_port}"'))

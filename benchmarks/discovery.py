"""Seconds from the first message of a node to its schema: all its modules over NETCONF, then from disk.

    python benchmarks/discovery.py [modules] [nodes]

The node is simulated, in a process of its own, and takes 100 ms for each get-schema, as netconfd and netopeer2 do.
Then a thousand nodes of the same release announce the same content-id.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from yangbeam.core.errors import SchemaPendingError
from yangbeam.registry.discovery.resolver import Discovery
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.simulator.netconf.equipment import Equipment, equipment, router_texts
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.process import Served, served
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions

ADDRESS = "127.0.1.1"
CONTENT_ID = "c4d9e3f1"
LATENCY_S = 0.1
WANTED = frozenset({"ietf-interfaces@2018-02-20", "iana-if-type@2019-02-08"})


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        modules: Of the node.
        first_s: Until the first node's schema was there.
        cpu_s: CPU seconds that it took the collector.
        nodes: That announced the same content-id afterwards.
        others_s: Until their schemas were there, all together.
        asked: get-schema that all of them were asked for.
        again_s: Until a later process had it from disk.
    """

    modules: int
    first_s: float
    cpu_s: float
    nodes: int
    others_s: float
    asked: int
    again_s: float


@dataclass(frozen=True)
class Password:
    """Stands for a reference to a secret."""

    def reveal(self) -> SecretStr:
        """Fetches it."""
        return SecretStr(PASSWORD)


def main() -> None:
    modules = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    found = measured(modules, nodes)
    print(f"{found.modules} modules at {LATENCY_S * 1000:.0f} ms each over 4 sessions: {found.first_s:.1f} s")
    print(f"of the collector's CPU: {found.cpu_s:.1f} s")
    print(f"{found.nodes} nodes with the same content-id: {found.others_s:.2f} s more; {found.asked} texts in all")
    print(f"a later process, from disk: {found.again_s:.2f} s")


def measured(modules: int, nodes: int) -> Figures:
    options = NetconfOptions(faults=NetconfFaults(latency_s=LATENCY_S))
    with tempfile.TemporaryDirectory() as folder, served({ADDRESS: router(modules)}, options) as running:
        settings = settings_of(Path(folder), running)
        discovery = Discovery(settings, dict)
        cpu = time.process_time()
        first_s = until_there(discovery, ADDRESS)
        cpu_s = time.process_time() - cpu
        began = time.perf_counter()
        for number in range(nodes):
            until_there(discovery, f"127.1.{number // 250}.{number % 250 + 1}")
        others_s = time.perf_counter() - began
        again_s = until_there(Discovery(settings, dict), ADDRESS)
        return Figures(modules, first_s, cpu_s, nodes, others_s, running.asked(), again_s)


def router(modules: int) -> Equipment:
    texts = router_texts(("ietf-interfaces", "iana-if-type"))
    filler = 'description "{}"; container c {{ leaf l {{ type string; }} }}'.format("What a vendor says. " * 500)
    head = 'module filler-{0} {{ namespace "urn:f{0}"; prefix f; revision 2026-01-01;'
    more = (f"{head.format(number)} {filler} }}" for number in range(modules - len(texts)))
    return equipment([*texts, *more], CONTENT_ID)


def settings_of(folder: Path, running: Served) -> DiscoverySettings:
    known = folder / "known_hosts"
    known.write_text(running.known_hosts)
    access = NodeAccess(
        "127.0.0.0/8", port=running.port, username=USERNAME, password=Password(), known_hosts=str(known)
    )
    return DiscoverySettings(folder / "cache", (access,))


def until_there(discovery: Discovery, exporter: str) -> float:
    began = time.perf_counter()
    while True:
        try:
            discovery.resolve(exporter, CONTENT_ID, WANTED)
        except SchemaPendingError:
            time.sleep(0.02)
        else:
            return time.perf_counter() - began


if __name__ == "__main__":
    main()

"""A real node: Debian's netconfd behind a real sshd; its modules fetched, registered, loaded, and kept when it is gone.

It fails where netconfd does not come up: a missing node is no reason to believe that all is well.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from tests.wire import EXPORTER, ethernet, ipv4, pcap, udp
from yangbeam.core.errors import InvalidInstanceError, SchemaError, SchemaPendingError
from yangbeam.core.netconf_answers import schema_text
from yangbeam.core.yang.yang_library import content_id_of_capabilities
from yangbeam.io.netconf import NetconfError, NetconfSession, NetconfTarget
from yangbeam.io.yang_directories import bundled
from yangbeam.registry.discovery.fetching import fetch_library
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.runners.servers.netconfd import NetconfdServer
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.plan import plan

pytestmark = pytest.mark.integration

NODE = "127.0.0.1"
OPTICS = """module example-optics {
  yang-version 1.1;
  namespace "urn:example:optics";
  prefix eo;
  import ietf-interfaces { prefix if; }
  revision 2026-01-01;
  augment "/if:interfaces/if:interface" {
    leaf rx-power { type decimal64 { fraction-digits 2; } config false; }
  }
}
"""
"""It augments, and nothing imports it."""
MODULES = {
    "ietf-interfaces@2018-02-20.yang": bundled()["ietf-interfaces.yang"],
    "iana-if-type@2019-02-08.yang": bundled()["iana-if-type.yang"],
    "example-optics@2026-01-01.yang": OPTICS,
}
WANTED = frozenset({"ietf-interfaces@2018-02-20", "iana-if-type@2019-02-08"})
CONTENTS = (
    b'{"ietf-interfaces:interfaces":{"interface":[{"name":"eth0","type":"iana-if-type:ethernetCsmacd",'
    b'"statistics":{"discontinuity-time":"2026-11-20T10:00:00Z","in-octets":"18446744073709551615"},'
    b'"example-optics:rx-power":"-3.25"}]}}'
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetconfdServer]:
    with NetconfdServer(tmp_path_factory.mktemp("netconfd"), MODULES) as server:
        yield server


def target(node: NetconfdServer) -> NetconfTarget:
    return NetconfTarget(NODE, node.port, node.username, str(node.known_hosts), str(node.key_file))


def registry(node: NetconfdServer, folder: Path) -> EmbeddedRegistry:
    access = NodeAccess(
        f"{NODE}/32",
        port=node.port,
        username=node.username,
        key_file=str(node.key_file),
        known_hosts=str(node.known_hosts),
        skip=("ietf-netconf",),  # netconfd 2.13 dies of asking for it: a double free, some requests later
    )
    settings = DiscoverySettings(folder / "modules", (access,), attempts=2, backoff_s=0.1)
    return EmbeddedRegistry(folder / "registry.sqlite", discovery=settings)


def insist(registry: EmbeddedRegistry, content_id: str | None) -> int:
    told: list[str] = []

    def found() -> int | None:
        try:
            return registry.resolve(NODE, content_id, WANTED)
        except SchemaPendingError as error:
            told[:] = [str(error)]
            return None

    return until(found, "the schema stays pending", lambda: told) or 0


def module_set_id(node: NetconfdServer) -> str:
    session = NetconfSession(target(node))
    try:
        return fetch_library(NODE, session).content_id
    finally:
        session.close()


def test_its_library_is_that_of_rfc_7895_and_each_module_comes_over_ssh(node: NetconfdServer) -> None:
    session = NetconfSession(target(node))
    library = fetch_library(NODE, session)
    assert library.source == "rfc7895"
    assert library.content_id == content_id_of_capabilities(session.capabilities)
    assert {"ietf-interfaces", "iana-if-type", "example-optics"} <= library.implemented().keys()
    assert schema_text(session.ask_schema("example-optics", "2026-01-01").data()) == OPTICS
    for name, revision in (("ietf-interfaces", "1999-01-01"), ("nothing", "")):
        with pytest.raises(NetconfError) as caught:
            session.ask_schema(name, revision).data()
        assert caught.value.reason == "netconf-refused"
    session.close()


def test_its_schema_is_registered_loaded_and_has_what_augments_unasked(node: NetconfdServer, tmp_path: Path) -> None:
    found = registry(node, tmp_path)
    schema = found.schema(insist(found, module_set_id(node)))
    schema.validate_contents(CONTENTS)
    for wrong in (CONTENTS.replace(b"rx-power", b"tx-power"), CONTENTS.replace(b'"-3.25"', b'"loud"')):
        with pytest.raises(InvalidInstanceError):
            schema.validate_contents(wrong)
    other = EmbeddedRegistry(tmp_path / "bundled.sqlite")
    bundled_schema = other.schema(other.resolve(NODE, None, WANTED))
    with pytest.raises(InvalidInstanceError):
        bundled_schema.validate_contents(CONTENTS)


@pytest.mark.parametrize("announced", [True, False])
def test_a_second_run_without_the_node_works_from_the_cache(
    node: NetconfdServer, tmp_path: Path, announced: bool
) -> None:
    content_id = module_set_id(node) if announced else None
    first = registry(node, tmp_path)
    before = insist(first, content_id)
    node.stop()
    try:
        later = replace(first, path=tmp_path / "other.sqlite")
        later.schema(insist(later, content_id)).validate_contents(CONTENTS)
        unknown = registry(node, tmp_path / "empty")
        with pytest.raises(SchemaError, match="cannot reach") as caught:
            insist(unknown, content_id)
        assert not isinstance(caught.value, SchemaPendingError)
    finally:
        node.start()
    assert insist(first, content_id) == before


def test_a_run_binds_and_validates_by_the_node_s_modules_and_again_without_the_node(
    node: NetconfdServer, tmp_path: Path
) -> None:
    options = SimulateOptions(
        routers=1, habits=("standard",), rate=50, messages=300, interfaces=3, invalid=0.02, restarts=1, seed=5
    )
    sent = list(plan(options, 1_795_168_810_000_000))
    frames = [
        (delivery.at_us, ethernet(ipv4(udp(datagram, delivery.record.port))))
        for delivery in sent
        for datagram in delivery.datagrams
    ]
    (tmp_path / "traffic.pcap").write_bytes(pcap(frames))
    (tmp_path / "yangbeam.toml").write_text(
        f"""
[[sources]]
kind = "capture"
files = ["traffic.pcap"]
[[schemas.nodes]]
exporter = "{EXPORTER}/32"
address = "{NODE}"
port = {node.port}
username = "{node.username}"
key = "{node.key_file}"
known_hosts = "{node.known_hosts}"
skip = ["ietf-netconf"]
[discovery]
cache = "modules"
"""
    )
    injured = sum(1 for delivery in sent if delivery.record.done and delivery.record.done[0].startswith("invalid"))
    reports = [_report(tmp_path, "first")]
    node.stop()
    try:
        reports.append(_report(tmp_path, "second"))
    finally:
        node.start()
    assert injured > 0
    for report in reports:
        assert report["balanced"] is True
        assert report["messages"]["validated"] == len(sent) - injured
        assert report["dead_letters"] == {"invalid-contents": injured}
        assert report["tables"]["ietf_interfaces__interfaces__interface"] > 100


def _report(folder: Path, out: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "yangbeam.runners.launch", "run", "--config", "yangbeam.toml", "--out", out]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads((folder / out / "report.json").read_bytes())
    return found


def test_a_stranger_is_not_let_in_and_a_stranger_s_node_is_not_believed(node: NetconfdServer, tmp_path: Path) -> None:
    with pytest.raises(NetconfError) as caught:
        NetconfSession(replace(target(node), key_file=str(node.key_file.with_name("host"))))
    assert caught.value.reason == "netconf-login"
    nobody = tmp_path / "known_hosts"
    nobody.write_text("")
    with pytest.raises(NetconfError) as caught:
        NetconfSession(replace(target(node), known_hosts=str(nobody)))
    assert caught.value.reason == "netconf-host-key-unknown"

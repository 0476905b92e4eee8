"""What a simulated router answers to NETCONF, and what is wrong with it when it is to be."""

from collections import Counter
from pathlib import Path

import paramiko
import pytest
from lxml import etree

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.yang_library import LibraryModule, content_id_of_capabilities, make_library
from yangbeam.core.yang.yang_library_xml import NAMESPACE, parse_library
from yangbeam.simulator.habits import HABITS, content_id
from yangbeam.simulator.netconf.answers import answer, hello
from yangbeam.simulator.netconf.equipment import Equipment, equipment, router_texts
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.routers import RouterNetconf
from yangbeam.simulator.netconf.server import NetconfOptions, NetconfServers, host_key
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.router import Router

TEXTS = router_texts(("ietf-interfaces", "iana-if-type"))
ROUTER = equipment(TEXTS, "c4d9e3f1")


def ask(operation: str, router: Equipment = ROUTER, faults: NetconfFaults | None = None) -> etree._Element:
    rpc = f'<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="a&amp;1">{operation}</rpc>'
    return etree.fromstring(answer(rpc.encode(), router, faults or NetconfFaults()))


def schema(name: str, version: str = "", faults: NetconfFaults | None = None) -> str:
    told = f"<version>{version}</version>" if version else ""
    reply = ask(f"<get-schema><identifier>{name}</identifier>{told}</get-schema>", faults=faults)
    return reply.findtext("{*}data") or f"error: {reply.findtext('.//{*}error-message')}"


@pytest.mark.parametrize(("rfc7895", "container"), [(False, "yang-library"), (True, "modules-state")])
def test_the_library_is_told_as_the_rfc_has_it(rfc7895: bool, container: str) -> None:
    modules = [
        LibraryModule("a", "2026-01-01", "urn:a", (("a-part", ""),), ("f",), ("a-dev",), () if rfc7895 else ("b",)),
        LibraryModule("b", "", "urn:b"),
        LibraryModule("t", "2020-01-01", "urn:t", import_only=True),
    ]
    told = make_library("7", modules, source="rfc7895" if rfc7895 else "rfc8525", tells_augments=not rfc7895)
    reply = ask(f'<get><filter><{container} xmlns="{NAMESPACE}"/></filter></get>', Equipment(told, {}, rfc7895=rfc7895))
    assert parse_library(etree.tostring(reply)) == told
    assert reply.get("message-id") == "a&1"


def test_what_is_not_asked_for_is_not_told() -> None:
    assert len(ask("<get><filter/></get>")[0]) == 0
    assert len(ask(f'<get><filter><modules-state xmlns="{NAMESPACE}"/></filter></get>')[0]) == 0


@pytest.mark.parametrize("rfc7895", [False, True])
def test_the_hello_tells_the_content_id(rfc7895: bool) -> None:
    root = etree.fromstring(hello(equipment(TEXTS, "a&b", rfc7895=rfc7895), 3, chunked=True))
    capabilities = [leaf.text or "" for leaf in root.iter("{*}capability")]
    assert content_id_of_capabilities(capabilities) == "a&b"
    assert root.findtext("{*}session-id") == "3"


def test_a_router_s_modules_are_closed_and_compile_into_a_set() -> None:
    made = make_schema_set({str(number): text for number, text in enumerate(TEXTS)})
    assert {"ietf-interfaces", "ietf-ip", "ietf-yang-push"} <= made.revisions().keys()
    assert ROUTER.library.implemented()["ietf-interfaces"].features == ("arbitrary-names", "if-mib", "pre-provisioning")


def test_texts_come_by_name_and_revision() -> None:
    assert read_module_text(schema("ietf-interfaces")).revision == "2018-02-20"
    assert schema("ietf-interfaces", "2018-02-20").strip() == ROUTER.texts["ietf-interfaces", "2018-02-20"].strip()
    assert schema("ietf-interfaces", "1999-01-01").startswith("error: no schema")
    assert schema("nothing") == "error: no schema nothing of any revision"


@pytest.mark.parametrize(
    ("operation", "tag"),
    [("<kill-session/>", "operation-not-supported"), ("", "missing-element")],
)
def test_what_is_not_known_is_an_error(operation: str, tag: str) -> None:
    assert ask(operation).findtext(".//{*}error-tag") == tag


def test_what_is_no_xml_is_an_error() -> None:
    assert b"malformed-message" in answer(b"<rpc", ROUTER, NetconfFaults())


def test_faults_of_modules_are_the_same_each_time_and_as_frequent_as_asked() -> None:
    faults = NetconfFaults(missing=0.2, wrong_revision=0.2, wrong_name=0.2, seed=3)
    wrongs = Counter(faults.of_module(f"m{number}") for number in range(1000))
    assert all(150 < wrongs[wrong] < 250 for wrong in ("missing", "wrong_revision", "wrong_name"))
    assert [faults.of_module(f"m{n}") for n in range(50)] == [faults.of_module(f"m{n}") for n in range(50)]
    assert schema("ietf-ip", faults=NetconfFaults(missing=1)).startswith("error")
    assert read_module_text(schema("ietf-ip", faults=NetconfFaults(wrong_revision=1))).revision != "2018-02-22"
    assert read_module_text(schema("ietf-ip", faults=NetconfFaults(wrong_name=1))).name != "ietf-ip"


@pytest.mark.parametrize("wrong", [{"drops": 1.1}, {"silent": -0.1}, {"latency_s": -1.0}])
def test_chances_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        NetconfFaults(**wrong)


def test_routers_serve_on_loopback_only() -> None:
    with pytest.raises(ConfigurationError, match="on loopback, not on 192"):
        NetconfServers({"192.0.2.1": ROUTER})


def test_a_port_that_is_taken_is_told() -> None:
    with NetconfServers({"127.0.1.1": ROUTER}) as first:
        with pytest.raises(ConfigurationError, match="cannot listen"):
            NetconfServers({"127.0.1.1": ROUTER}, NetconfOptions(port=first.port))
        with NetconfServers({"127.0.1.2": ROUTER}, NetconfOptions(port=first.port)) as second:
            assert second.port == first.port


def test_a_host_key_is_kept_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert host_key(path) == host_key(path)
    assert isinstance(host_key(None), paramiko.ECDSAKey)
    assert host_key(None) != host_key(path)


def test_a_simulation_s_routers_have_the_libraries_that_they_announce() -> None:
    options = SimulateOptions(netconf_port=free_port(), schema_changes=1, new_revision="2026-12-31", messages=60)
    with RouterNetconf(options) as netconf:
        assert netconf.servers is not None
        for index in range(3):
            router = Router(options, index, 0)
            for emission in router.emissions():
                netconf.note(emission.record)
            served = netconf.servers.routers[options.exporter(index)]
            assert served.library.content_id == content_id(router.habit, 1) == router.subscriptions[0].content_id
            assert served.library.implemented()["ietf-interfaces"].revision == "2026-12-31"
            name, revision = router.subscriptions[0].modules[0]
            assert read_module_text(served.texts[name, revision]).revision == "2026-12-31"


def test_a_simulation_that_does_not_ask_for_netconf_serves_none() -> None:
    with RouterNetconf(SimulateOptions()) as netconf:
        assert netconf.servers is None


def test_routers_of_a_kind_have_one_library() -> None:
    assert content_id(HABITS["standard"], 0) == content_id(HABITS["standard"], 0) != content_id(HABITS["standard"], 1)


def free_port() -> int:
    with NetconfServers({f"127.0.1.{number}": ROUTER for number in (1, 2, 3)}) as probe:
        return probe.port

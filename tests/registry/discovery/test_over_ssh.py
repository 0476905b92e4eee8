"""Discovery over real SSH from routers that drop sessions, fall silent, or never greet; and those beside them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.registry.discovery.nodes import THINGS, module
from tests.waiting import until
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.discovery.fetching import FetchLimits
from yangbeam.registry.discovery.resolver import Discovery
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.simulator.netconf.equipment import equipment
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions, NetconfServers

ADDRESS, OTHER = "127.0.1.1", "127.0.1.2"
WANTED = frozenset({"things"})
TEXTS = [*THINGS, *(module(f"filler-{number}") for number in range(60))]


@dataclass(frozen=True)
class Password:
    def reveal(self) -> SecretStr:
        return SecretStr(PASSWORD)


def settings_of(folder: Path, *servers: NetconfServers) -> DiscoverySettings:
    (folder / "known_hosts").write_text("".join(each.known_hosts() for each in servers))
    nodes = tuple(
        NodeAccess(address, "", each.port, USERNAME, password=Password(), known_hosts=str(folder / "known_hosts"))
        for each in servers
        for address in each.routers
    )
    return DiscoverySettings(
        folder / "cache", nodes, connect_s=20.0, reply_s=1.0, backoff_s=0.05, attempts=20, limits=FetchLimits(depth=2)
    )


def insist(resolve: Callable[[], SchemaSet | None]) -> SchemaSet:
    def found() -> SchemaSet | None:
        try:
            return resolve()
        except SchemaPendingError:
            return None

    return until(found, "the schema stays pending")  # type: ignore[return-value] # until it is one


@pytest.mark.parametrize("faults", [{"drops": 0.1}, {"silent": 0.02}, {"latency_s": 0.01}])
def test_a_router_with_faults_gives_its_schema_in_the_end(tmp_path: Path, faults: dict[str, float]) -> None:
    options = NetconfOptions(faults=NetconfFaults(seed=4, **faults))  # type: ignore[arg-type]
    with NetconfServers({ADDRESS: equipment(TEXTS, "c4d9e3f1")}, options) as servers:
        discovery = Discovery(settings_of(tmp_path, servers), dict)
        found = insist(lambda: discovery.resolve(ADDRESS, "c4d9e3f1", WANTED))
    assert {entry.name for entry in found.modules} == {"things", "types", "augmenting"}


@pytest.mark.parametrize("faults", [{"missing": 1.0}, {"wrong_revision": 1.0}, {"wrong_name": 1.0}])
def test_a_router_that_gives_none_of_its_modules_is_told_by_name(tmp_path: Path, faults: dict[str, float]) -> None:
    options = NetconfOptions(faults=NetconfFaults(**faults))  # type: ignore[arg-type]
    with NetconfServers({ADDRESS: equipment(THINGS, "c4d9e3f1")}, options) as servers:
        discovery = Discovery(settings_of(tmp_path, servers), dict)
        with pytest.raises(SchemaError, match=f"module things is not to be had from {ADDRESS} port {servers.port}: "):
            insist(lambda: discovery.resolve(ADDRESS, "c4d9e3f1", WANTED))


def test_a_router_that_never_greets_holds_up_nobody(tmp_path: Path) -> None:
    silent = NetconfServers({ADDRESS: equipment(THINGS, "7")}, NetconfOptions(faults=NetconfFaults(silent=1.0)))
    with silent, NetconfServers({OTHER: equipment(THINGS, "8")}) as servers:
        discovery = Discovery(replace(settings_of(tmp_path, silent, servers), connect_s=60.0), dict)
        with pytest.raises(SchemaPendingError):
            discovery.resolve(ADDRESS, "7", WANTED)
        insist(lambda: discovery.resolve(OTHER, "8", WANTED))
        with pytest.raises(SchemaPendingError):
            discovery.resolve(ADDRESS, "7", WANTED)

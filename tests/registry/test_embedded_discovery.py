"""The registry inside a run asks the nodes: over real SSH on loopback, registered, loaded, and without them later."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import pytest
from pydantic import SecretStr

from tests.registry.discovery.nodes import THINGS, module
from tests.waiting import until
from yangbeam.core.elements import Terms
from yangbeam.core.errors import InvalidInstanceError, SchemaError, SchemaPendingError
from yangbeam.core.yang.cache import SchemaCache
from yangbeam.registry import embedded
from yangbeam.registry.directories import Directory
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.simulator.netconf.equipment import Equipment, equipment
from yangbeam.simulator.netconf.routers import subscription_xml
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfServers
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.router import Router

ADDRESS = "127.0.1.1"
WANTED = frozenset({"things@2026-01-01"})
CONTENT_ID = "c4d9e3f1"


@dataclass(frozen=True)
class Password:
    """Stands for a reference to a secret."""

    def reveal(self) -> SecretStr:
        return SecretStr(PASSWORD)


def access(folder: Path, servers: NetconfServers) -> NodeAccess:
    known = folder / "known_hosts"
    known.write_text(servers.known_hosts())
    return NodeAccess("127.0.0.0/8", "", servers.port, USERNAME, "", Password(), str(known))


@pytest.fixture
def router() -> Equipment:
    return equipment(THINGS, CONTENT_ID)


@pytest.fixture
def servers(router: Equipment) -> Iterator[NetconfServers]:
    with NetconfServers({ADDRESS: router}) as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path, servers: NetconfServers) -> EmbeddedRegistry:
    settings = DiscoverySettings(tmp_path / "cache", (access(tmp_path, servers),))
    return EmbeddedRegistry(tmp_path / "registry.sqlite", discovery=settings)


def insist(registry: EmbeddedRegistry, exporter: str = ADDRESS, content_id: str | None = CONTENT_ID) -> int:
    def found() -> int | None:
        try:
            return registry.resolve(exporter, content_id, WANTED)
        except SchemaPendingError:
            return None

    return until(found, "the schema stays pending") or 0


def test_contents_are_read_by_the_node_s_own_modules_with_those_that_augment_unasked(
    registry: EmbeddedRegistry, servers: NetconfServers
) -> None:
    with pytest.raises(SchemaPendingError):
        registry.resolve(ADDRESS, CONTENT_ID, WANTED)
    schema = registry.schema(insist(registry))
    schema.validate_contents(b'{"things:top":{"l":1,"augmenting:more":2}}')
    with pytest.raises(InvalidInstanceError):
        schema.validate_contents(b'{"things:top":{"augmenting:unknown":2}}')
    assert servers.asked == len(THINGS)


def test_a_second_run_with_the_nodes_unreachable_works_from_the_cache(
    registry: EmbeddedRegistry, servers: NetconfServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = insist(registry)
    servers.close()
    monkeypatch.setattr(embedded, "_open", {})
    assert registry.resolve(ADDRESS, CONTENT_ID, WANTED) == first
    another = replace(registry, path=tmp_path / "another.sqlite")
    another.schema(insist(another)).validate_contents(b'{"things:top":{"augmenting:more":2}}')


def test_without_content_id_a_node_that_changed_is_read_by_what_it_has_now(
    registry: EmbeddedRegistry, servers: NetconfServers, router: Equipment
) -> None:
    settings = registry.discovery
    assert settings is not None
    attentive = replace(registry, discovery=replace(settings, recheck_s=0.0))
    before = insist(attentive, content_id=None)
    more = module("newer", 'augment "/things:top" { leaf newest { type int8; } }', imports=("things",))
    servers.routers[ADDRESS] = equipment([*THINGS, more], CONTENT_ID)
    after = until(lambda: {insist(attentive, content_id=None)} - {before}, "the node is not read again").pop()
    attentive.schema(after).validate_contents(b'{"things:top":{"newer:newest":1}}')


def test_a_subscription_whose_start_was_missed_is_asked_of_the_node(
    registry: EmbeddedRegistry, servers: NetconfServers, router: Equipment, tmp_path: Path
) -> None:
    options = SimulateOptions(routers=1, habits=("standard",), subscriptions=2)
    subscriptions = Router(options, 0, 0).subscriptions
    told = tuple(subscription_xml(options, each) for each in subscriptions)
    servers.routers[ADDRESS] = replace(router, subscriptions=told)

    def asked() -> Terms | None:
        try:
            return registry.subscription(ADDRESS, 2)
        except SchemaPendingError:
            return None

    terms = until(asked, "the node is not asked")
    assert terms is not None
    assert terms.on_change
    assert terms.content_id == subscriptions[1].content_id
    assert EmbeddedRegistry(tmp_path / "no-nodes.sqlite").subscription(ADDRESS, 2) is None


def test_the_notifications_alone_need_no_node(registry: EmbeddedRegistry, servers: NetconfServers) -> None:
    registry.resolve(ADDRESS, CONTENT_ID, frozenset())
    assert servers.sessions == 0


def test_a_folder_that_was_written_for_an_exporter_is_asked_before_the_node(
    registry: EmbeddedRegistry, servers: NetconfServers, tmp_path: Path
) -> None:
    (tmp_path / "yang").mkdir()
    (tmp_path / "yang" / "things.yang").write_text(module("things", "container own;"))
    own = replace(registry, directories=(Directory(str(tmp_path / "yang"), exporter="127.0.1.0/24"),))
    own.schema(own.resolve(ADDRESS, CONTENT_ID, WANTED)).validate_contents(b'{"things:own":{}}')
    assert servers.sessions == 0


def test_modules_that_do_not_compile_name_the_exporter(registry: EmbeddedRegistry, servers: NetconfServers) -> None:
    servers.routers[ADDRESS] = equipment([module("things", "no-such-statement;")], CONTENT_ID)
    with mock.patch.object(SchemaCache, "get", autospec=True, side_effect=SchemaCache.get) as compiled:
        for _ in range(3):
            with pytest.raises(SchemaError, match=rf"the modules of {ADDRESS}: .*no-such-statement"):
                insist(registry, content_id=None)
    assert compiled.call_count <= 1, "not again for each message"


def test_who_cannot_be_asked_is_told_and_not_remembered(registry: EmbeddedRegistry) -> None:
    settings = registry.discovery
    assert settings is not None
    quick = replace(registry, discovery=replace(settings, attempts=1))
    with pytest.raises(SchemaError, match=r"cannot reach 127\.0\.9\.9") as caught:
        insist(quick, "127.0.9.9")
    assert not isinstance(caught.value, SchemaPendingError)
    assert not embedded._opened(quick)._answers

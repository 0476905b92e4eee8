"""Schemas from the nodes themselves: each asked once, none waited for, and the disk when they are gone."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.registry.discovery.nodes import THINGS, Nodes, died, equipped, module
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import Fault, SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.netconf import NetconfError
from yangbeam.registry.discovery import resolver
from yangbeam.registry.discovery.resolver import Discovery
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.simulator.netconf.faults import NetconfFaults

ONE, OTHER = "192.0.2.1", "192.0.2.2"
HASH, COUNTER = "c4d9e3f1", "31"
WANTED = frozenset({"things"})
NEW = module("new", 'augment "/things:top" { leaf newer { type int8; } }', imports=("things",))


@dataclass
class World:
    """Nodes, a clock, a disk, and threads that run when the test says so."""

    path: Path
    nodes: Nodes
    settings: DiscoverySettings
    now: float = 1000.0
    jobs: list[Callable[[], None]] = field(default_factory=list)

    def process(self) -> Discovery:
        """A process that starts on this disk."""
        return Discovery(
            self.settings,
            lambda: {"notices": module("notices", "notification n;")},
            open_session=self.nodes.connect,
            clock=lambda: self.now,
            random=lambda: 0.5,
            start=self.begin,
        )

    def begin(self, job: Callable[[], None]) -> None:
        self.jobs.append(job)

    def run(self) -> int:
        """Runs all threads to their end; returns how many there were."""
        jobs, self.jobs = self.jobs, []
        for job in jobs:
            job()
        return len(jobs)


def world(path: Path, *addresses: str, content_id: str = HASH, **settings: object) -> World:
    nodes = Nodes({address: equipped(content_id) for address in addresses or (ONE, OTHER)})
    access = NodeAccess("192.0.2.0/24", username="yangbeam")
    return World(path, nodes, replace(DiscoverySettings(path / "cache", (access,)), **settings))  # type: ignore[arg-type]


def ask(
    discovery: Discovery, exporter: str = ONE, content_id: str | None = HASH, modules: frozenset[str] = WANTED
) -> SchemaSet | None:
    """None: pending."""
    try:
        found = discovery.resolve(exporter, content_id, modules)
    except SchemaPendingError:
        return None
    assert found is not None
    return found


def resolved(world: World, discovery: Discovery, *args: object) -> SchemaSet:
    assert ask(discovery, *args) is None  # type: ignore[arg-type]
    assert world.run() == 1
    found = ask(discovery, *args)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_who_asks_hears_that_it_is_pending_and_then_gets_the_node_s_own_schema(tmp_path: Path) -> None:
    here = world(tmp_path)
    discovery = here.process()
    with pytest.raises(SchemaPendingError, match=r"192\.0\.2\.1 are asked of 192\.0\.2\.1 port 830"):
        discovery.resolve(ONE, HASH, WANTED)
    assert here.nodes.sessions.total() == 0, "nobody waits for a network"
    here.run()
    found = ask(discovery)
    assert found is not None
    assert {entry.name for entry in found.modules} == {"things", "types", "augmenting", "notices"}


def test_who_asks_often_asks_the_node_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    discovery = here.process()
    for _ in range(5):
        assert ask(discovery) is None
    assert here.run() == 1
    assert len({id(ask(discovery)) for _ in range(5)}) == 1
    assert set(here.nodes.asked.values()) == {1}
    assert not here.jobs


def test_a_thousand_nodes_of_one_release_are_asked_once(tmp_path: Path) -> None:
    addresses = [f"192.0.2.{number}" for number in range(1, 251)]
    here = world(tmp_path, *addresses)
    discovery = here.process()
    assert all(ask(discovery, address) is None for address in addresses)
    assert here.run() == 1
    assert len({found.digest for address in addresses if (found := ask(discovery, address))}) == 1
    assert here.nodes.sessions.total() == 1
    assert not here.jobs


@pytest.mark.parametrize("content_id", [COUNTER, None])
def test_without_an_id_to_trust_each_node_is_asked_for_its_library_but_the_texts_once(
    tmp_path: Path, content_id: str | None
) -> None:
    here = world(tmp_path, content_id=content_id or "")
    discovery = here.process()
    one, other = (resolved(here, discovery, address, content_id) for address in (ONE, OTHER))
    assert one.digest == other.digest
    assert dict(here.nodes.sessions) == {ONE: 1, OTHER: 1}
    assert {address for address, _ in here.nodes.asked} == {ONE}


def test_another_content_id_of_the_same_node_is_asked_for_at_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    discovery = here.process()
    before = resolved(here, discovery)
    here.nodes.equipment[ONE] = equipped(
        "aaaabbbb", (*THINGS, module("new", 'augment "/things:top";', imports=("things",)))
    )
    assert ask(discovery) is not None
    after = resolved(here, discovery, ONE, "aaaabbbb")
    assert after.digest != before.digest
    assert ask(discovery) is before, "what was bound to the old library stays"


def test_a_later_process_needs_no_node(tmp_path: Path) -> None:
    here = world(tmp_path)
    before = resolved(here, here.process())
    here.nodes.equipment.clear()
    found = ask(here.process())
    assert found is not None
    assert found.digest == before.digest
    assert not here.jobs


def test_without_content_id_a_later_process_falls_back_to_the_disk_when_the_node_is_gone(tmp_path: Path) -> None:
    here = world(tmp_path)
    before = resolved(here, here.process(), ONE, None)
    here.nodes.equipment.clear()
    later = here.process()
    assert resolved(here, later, ONE, None).digest == before.digest


def test_without_content_id_a_node_is_asked_again_after_a_while_and_nobody_waits_for_it(tmp_path: Path) -> None:
    here = world(tmp_path, recheck_s=60.0)
    discovery = here.process()
    before = resolved(here, discovery, ONE, None)
    here.nodes.equipment[ONE] = equipped("x", [*THINGS, NEW])
    here.now += 59
    assert ask(discovery, ONE, None) is before
    assert not here.jobs
    here.now += 2
    assert ask(discovery, ONE, None) is before
    assert here.run() == 1
    after = ask(discovery, ONE, None)
    assert after is not None
    assert after.digest != before.digest


def test_a_node_that_cannot_be_reached_is_tried_with_growing_pauses_and_then_given_up(tmp_path: Path) -> None:
    here = world(tmp_path, "192.0.2.99", attempts=3, backoff_s=2.0, retry_after_s=300.0)
    discovery = here.process()
    pauses = []
    for _ in range(2):
        assert ask(discovery) is None
        assert here.run() == 1
        with pytest.raises(SchemaPendingError, match=r"last time: cannot reach 192\.0\.2\.1"):
            discovery.resolve(ONE, HASH, WANTED)
        began = here.now
        while ask(discovery) is None and not here.jobs and here.now < 2000:
            here.now += 0.5
        pauses.append(here.now - began)
    assert pauses == [2.0, 4.0], "doubled; the jitter is in the middle here"
    assert here.run() == 1
    with pytest.raises(SchemaError, match=r"cannot reach 192\.0\.2\.1") as caught:
        discovery.resolve(ONE, HASH, WANTED)
    assert (caught.value.reason, caught.value.fault) == ("netconf-unreachable", Fault.ENVIRONMENT)
    assert not isinstance(caught.value, SchemaPendingError)
    here.now += 301
    here.nodes.equipment[ONE] = equipped()
    assert resolved(here, discovery)


def test_the_failure_of_one_node_is_not_that_of_another_with_the_same_content_id(tmp_path: Path) -> None:
    here = world(tmp_path, OTHER)
    discovery = here.process()
    assert ask(discovery, ONE) is None
    assert ask(discovery, OTHER) is None
    assert here.run() == 1, "one content-id, one fetch"
    assert resolved(here, discovery, OTHER)
    assert ask(discovery, ONE) is not None, "what the other gave serves both"


def test_a_wrong_password_is_not_tried_again_at_once(tmp_path: Path) -> None:
    here = world(tmp_path)

    def refuse(_address: str, _what: str) -> None:
        raise NetconfError("netconf-login", "refuses the login", fault=Fault.CONFIGURATION)

    here.nodes.before = refuse
    discovery = here.process()
    assert ask(discovery) is None
    here.run()
    for _ in range(3):
        with pytest.raises(SchemaError, match="refuses the login") as caught:
            discovery.resolve(ONE, HASH, WANTED)
        assert caught.value.fault is Fault.CONFIGURATION
    assert here.nodes.sessions.total() == 1


def test_a_content_id_used_for_other_content_is_told_and_each_node_keeps_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = world(tmp_path)
    here.nodes.equipment[OTHER] = equipped(HASH, [module("gadgets"), *THINGS[1:2]])
    discovery = here.process()
    one = resolved(here, discovery)
    with caplog.at_level(logging.WARNING):
        other = resolved(here, discovery, OTHER, HASH, frozenset({"gadgets"}))
    assert f"{OTHER} port 830 uses content-id {HASH} for other modules than {ONE} port 830 did" in caplog.text
    assert {entry.name for entry in other.modules} == {"gadgets", "notices"}
    assert ask(discovery) is one
    later = here.process()
    assert [found.digest for found in (ask(later), ask(later, OTHER, HASH, frozenset({"gadgets"}))) if found] == [
        one.digest,
        other.digest,
    ]


def test_a_node_whose_library_has_another_id_than_it_announced_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = world(tmp_path, content_id="aaaabbbb")
    with caplog.at_level(logging.WARNING):
        resolved(here, here.process())
    assert f"announces content-id {HASH}, its library has aaaabbbb" in caplog.text
    assert ask(here.process(), OTHER) is None, "what one node says of another id is not taken for all"


def test_a_subscription_to_what_the_node_does_not_have_names_node_and_module(tmp_path: Path) -> None:
    here = world(tmp_path)
    discovery = here.process()
    resolved(here, discovery)
    with pytest.raises(SchemaError, match=r"192\.0\.2\.1 port 830 says .* it has no module nothing"):
        resolved(here, discovery, ONE, HASH, frozenset({"nothing"}))


def test_a_module_that_the_node_refused_is_asked_for_again_later_and_only_it(tmp_path: Path) -> None:
    here = world(tmp_path, retry_after_s=300.0)
    types = here.nodes.equipment[ONE]
    here.nodes.faults = NetconfFaults(missing=1.0)
    discovery = here.process()
    assert ask(discovery) is None
    here.run()
    with pytest.raises(SchemaError, match=r"not to be had from 192\.0\.2\.1 port 830: .* refuses: no schema"):
        discovery.resolve(ONE, HASH, WANTED)
    assert not here.jobs
    here.nodes.faults = NetconfFaults()
    here.nodes.asked.clear()
    here.now += 301
    assert resolved(here, discovery)
    assert here.nodes.asked.total() == len(types.texts)


def test_what_came_before_a_failure_is_not_fetched_again(tmp_path: Path) -> None:
    here = world(tmp_path)

    def dies(_address: str, what: str) -> None:
        if what in ("types", "unrelated"):
            raise died()

    here.nodes.before = dies
    here.settings = replace(here.settings, limits=replace(here.settings.limits, reconnects=0, depth=1))
    discovery = here.process()
    assert ask(discovery) is None
    here.run()
    here.nodes.before = lambda *_: None
    here.nodes.asked.clear()
    here.now += 10
    assert resolved(here, discovery)
    assert 0 < here.nodes.asked.total() < len(THINGS)


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    resolved(here, here.process())
    for path in (tmp_path / "cache" / "texts").rglob("*.yang"):
        if path.read_text().startswith("module types"):
            path.write_text("module evil { }")
    here.nodes.asked.clear()
    assert resolved(here, here.process())
    assert dict(here.nodes.asked) == {(ONE, "types"): 1}


def test_a_slow_node_holds_up_nobody(tmp_path: Path) -> None:
    here = world(tmp_path, content_id=COUNTER, workers=2)
    discovery = here.process()
    assert ask(discovery, ONE, COUNTER) is None
    slow = here.jobs.pop()
    assert resolved(here, discovery, OTHER, COUNTER)
    slow()
    assert ask(discovery, ONE, COUNTER) is not None


def test_no_more_nodes_are_asked_at_a_time_than_may_be(tmp_path: Path) -> None:
    here = world(tmp_path, content_id=COUNTER, workers=1)
    discovery = here.process()
    for address in (ONE, OTHER):
        assert ask(discovery, address, COUNTER) is None
    assert here.run() == 1
    assert resolved(here, discovery, OTHER, COUNTER)


def test_who_may_not_be_asked_is_another_s_business(tmp_path: Path) -> None:
    here = world(tmp_path)
    only_directories = NodeAccess(f"{OTHER}/32", netconf=False)
    here.settings = replace(here.settings, nodes=(*here.settings.nodes, only_directories))
    discovery = here.process()
    assert discovery.resolve("198.51.100.1", HASH, WANTED) is None
    assert discovery.resolve("2001:db8::1", HASH, WANTED) is None
    assert discovery.resolve(OTHER, HASH, WANTED) is None, "the longer prefix says so"
    assert discovery.resolve(ONE, HASH, frozenset()) is None, "the notifications alone need no node"
    assert (discovery.serves(ONE), discovery.serves(OTHER)) == (True, False)


def test_the_address_for_management_is_asked_in_place_of_the_exporter(tmp_path: Path) -> None:
    here = world(tmp_path, "198.51.100.7")
    here.settings = replace(here.settings, nodes=(NodeAccess(f"{ONE}/32", address="198.51.100.7", port=22),))
    assert resolved(here, here.process())
    assert dict(here.nodes.sessions) == {"198.51.100.7": 1}


def test_a_subscription_whose_start_was_missed_is_asked_of_the_node_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    namespace = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
    told = f'<subscription xmlns="{namespace}"><id>7</id><stream>NETCONF</stream></subscription>'
    here.nodes.equipment[ONE] = replace(here.nodes.equipment[ONE], subscriptions=(told,))
    discovery = here.process()
    for number, stream in ((7, "NETCONF"), (8, None)):
        with pytest.raises(SchemaPendingError):
            discovery.subscription(ONE, number)
        assert here.run() == 1
        terms = discovery.subscription(ONE, number)
        assert (terms.stream if terms else None) == stream
    assert here.nodes.sessions[ONE] == here.nodes.closed == 2
    assert ask(discovery) is None, "its modules are another question"
    assert here.run() == 1
    assert ask(discovery) is not None
    assert discovery.subscription("198.51.100.1", 7) is None


def test_a_subscription_of_a_node_that_lies_or_is_gone_is_told_so(tmp_path: Path) -> None:
    here = world(tmp_path, attempts=1)
    namespace = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
    wrong = f'<subscription xmlns="{namespace}"><id>7</id><periodic><period>x</period></periodic></subscription>'
    here.nodes.equipment[ONE] = replace(here.nodes.equipment[ONE], subscriptions=(wrong,))
    del here.nodes.equipment[OTHER]
    discovery = here.process()
    for exporter, said in ((ONE, "tells subscription 7 wrongly"), (OTHER, "cannot reach")):
        with pytest.raises(SchemaPendingError):
            discovery.subscription(exporter, 7)
        here.run()
        with pytest.raises(SchemaError, match=said):
            discovery.subscription(exporter, 7)


def test_what_a_node_refuses_of_a_subscription_keeps_its_modules_from_nobody(tmp_path: Path) -> None:
    here = world(tmp_path)
    namespace = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
    wrong = f'<subscription xmlns="{namespace}"><id>7</id><periodic><period>x</period></periodic></subscription>'
    here.nodes.equipment[ONE] = replace(here.nodes.equipment[ONE], subscriptions=(wrong,))
    discovery = here.process()
    with pytest.raises(SchemaPendingError):
        discovery.subscription(ONE, 7)
    here.run()
    for _ in range(2):
        with pytest.raises(SchemaError, match="wrongly") as told:
            discovery.subscription(ONE, 7)
        assert not isinstance(told.value, SchemaPendingError)
        assert not here.jobs, "asked once"
    assert resolved(here, discovery)
    here.now += here.settings.retry_after_s + 1
    with pytest.raises(SchemaPendingError):
        discovery.subscription(ONE, 7)


def test_a_subscription_of_a_publisher_that_began_anew_is_asked_for_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    namespace = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
    discovery = here.process()
    for stream in ("before", "after"):
        told = f'<subscription xmlns="{namespace}"><id>7</id><stream>{stream}</stream></subscription>'
        here.nodes.equipment[ONE] = replace(here.nodes.equipment[ONE], subscriptions=(told,))
        with pytest.raises(SchemaPendingError):
            discovery.subscription(ONE, 7)
        assert here.run() == 1
        terms = discovery.subscription(ONE, 7)
        assert terms is not None
        assert terms.stream == stream
        here.now += resolver.TERMS_S + 0.1


def test_a_module_that_breaks_the_node_is_not_asked_for(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.settings = replace(here.settings, nodes=(replace(here.settings.nodes[0], skip=("unrelated",)),))
    assert resolved(here, here.process())
    assert {name for _, name in here.nodes.asked} == {"things", "types", "augmenting"}
    with pytest.raises(SchemaError, match="never to be asked for"):
        resolved(here, here.process(), ONE, HASH, frozenset({"unrelated"}))


def test_an_error_of_our_own_is_a_failure_and_is_not_hidden(tmp_path: Path) -> None:
    here = world(tmp_path)

    def broken(*_: str) -> None:
        raise ZeroDivisionError

    here.nodes.before = broken
    discovery = here.process()
    assert ask(discovery) is None
    with pytest.raises(ZeroDivisionError):
        here.run()
    with pytest.raises(SchemaError, match="unexpectedly"):
        discovery.resolve(ONE, HASH, WANTED)


def test_what_is_remembered_of_nodes_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MAX_NODES", 3)
    here = world(tmp_path, content_id=COUNTER)
    discovery = here.process()
    for number in range(1, 9):
        assert ask(discovery, f"192.0.2.{number}", COUNTER) is None
        if number > 2:
            here.run()
    assert len(discovery._nodes) <= 3


def test_many_threads_may_ask(tmp_path: Path) -> None:
    here = world(tmp_path)
    discovery = Discovery(here.settings, dict, open_session=here.nodes.connect)
    found: list[SchemaSet] = []
    deadline = threading.Event()
    timer = threading.Timer(PATIENCE_S, deadline.set)
    timer.start()

    def insist() -> None:
        while (one := ask(discovery)) is None and not deadline.is_set():
            pass
        found.append(one)  # type: ignore[arg-type]

    threads = [threading.Thread(target=insist) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timer.cancel()
    assert len({one.digest for one in found}) == 1
    assert set(here.nodes.asked.values()) == {1}

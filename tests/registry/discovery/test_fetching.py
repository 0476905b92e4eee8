"""What comes of asking one node, and what of each way it can go wrong."""

import threading
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from lxml import etree

from tests.registry.discovery.nodes import THINGS, Nodes, died, equipped, module
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import Fault, SchemaError
from yangbeam.core.yang.node_modules import NodeModules, schema_set_of
from yangbeam.core.yang.yang_library import YangLibrary
from yangbeam.io.netconf import NetconfError, NetconfTarget
from yangbeam.registry.discovery.fetching import Fetched, FetchLimits, fetch_library, fetch_texts
from yangbeam.simulator.netconf.answers import hello
from yangbeam.simulator.netconf.equipment import Equipment
from yangbeam.simulator.netconf.faults import NetconfFaults

ADDRESS = "192.0.2.1"
TARGET = NetconfTarget(ADDRESS)
MANY = [module(f"m{number}") for number in range(60)]


def fetch(nodes: Nodes, limits: FetchLimits | None = None, known: NodeModules | None = None) -> Fetched:
    session = nodes.connect(TARGET)
    known = known or NodeModules(TARGET.name, fetch_library(TARGET.name, session))
    return fetch_texts(
        known, ["things"], session, lambda: nodes.connect(TARGET), limits or FetchLimits(), everything=True
    )


@pytest.mark.parametrize("rfc7895", [False, True])
def test_all_texts_of_the_library_are_fetched_each_once(rfc7895: bool) -> None:
    nodes = Nodes({ADDRESS: equipped(rfc7895=rfc7895)})
    fetched = fetch(nodes)
    assert fetched.error is None
    assert fetched.modules.texts == nodes.equipment[ADDRESS].texts
    assert not fetched.modules.refused
    assert set(nodes.asked.values()) == {1}
    assert nodes.closed == nodes.sessions.total()


def test_several_sessions_share_the_work() -> None:
    all_open = threading.Event()

    def waits_for_four(address: str, what: str) -> None:
        if what == "connect" and nodes.sessions[address] == 4:
            all_open.set()
        elif what.startswith("m"):
            assert all_open.wait(PATIENCE_S)

    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, before=waits_for_four)
    fetched = fetch(nodes, FetchLimits(sessions=4, depth=4))
    assert len(fetched.modules.texts) == 60
    assert nodes.sessions[ADDRESS] == 4
    assert nodes.closed == 4


def test_a_node_that_allows_one_session_only_is_asked_over_that_one() -> None:
    def one_only(address: str, what: str) -> None:
        if what == "connect" and nodes.sessions[address] > 1:
            raise died()

    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, before=one_only)
    fetched = fetch(nodes)
    assert (fetched.error, len(fetched.modules.texts)) == (None, 60)


def test_a_session_that_dies_is_replaced_and_nothing_is_lost() -> None:
    seen: Counter[str] = Counter()

    def dies_once(_address: str, what: str) -> None:
        seen[what] += 1
        if what in ("m7", "m30") and seen[what] == 1:
            raise died()

    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, before=dies_once)
    fetched = fetch(nodes, FetchLimits(sessions=2))
    assert (fetched.error, len(fetched.modules.texts), fetched.modules.refused) == (None, 60, {})


def test_a_request_that_ends_two_sessions_is_given_up_alone() -> None:
    def always(_address: str, what: str) -> None:
        if what == "m7":
            raise died()

    fetched = fetch(Nodes({ADDRESS: equipped(texts=MANY)}, before=always))
    assert fetched.error is None
    assert len(fetched.modules.texts) == 59
    assert "twice" in fetched.modules.refused["m7", "2026-01-01"]


def test_a_node_that_always_dies_is_given_up_and_what_came_is_kept() -> None:
    came: Counter[str] = Counter()

    def after_ten(_address: str, what: str) -> None:
        came["texts"] += what.startswith("m")
        if came["texts"] > 10 and what != "connect":
            raise died(ADDRESS)

    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, before=after_ten)
    fetched = fetch(nodes, FetchLimits(sessions=1, reconnects=3))
    assert isinstance(fetched.error, NetconfError)
    assert fetched.error.transient
    assert ADDRESS in fetched.error.detail
    assert len(fetched.modules.texts) == 10
    nodes.before = lambda *_: None
    nodes.asked.clear()
    again = fetch(nodes, known=NodeModules(TARGET.name, fetched.modules.library, fetched.modules.texts))
    assert len(again.modules.texts) == 60
    assert nodes.asked.total() == 50, "the next try goes on from there"


def test_what_is_missing_or_wrong_costs_only_itself() -> None:
    faults = NetconfFaults(missing=0.1, wrong_revision=0.1, wrong_name=0.1)
    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, faults=faults)
    fetched = fetch(nodes)
    wrongs = Counter(faults.of_module(f"m{number}") for number in range(60))
    assert fetched.error is None
    assert len(fetched.modules.texts) == wrongs[""]
    assert min(wrongs["missing"], wrongs["wrong_revision"], wrongs["wrong_name"]) > 0
    for name in range(60):
        wrong, why = faults.of_module(f"m{name}"), fetched.modules.refused.get((f"m{name}", "2026-01-01"), "")
        assert {"missing": "no schema", "wrong_revision": "1999", "wrong_name": "the node gave", "": ""}[wrong] in why


def test_a_module_beyond_the_limit_is_refused_and_the_others_are_not() -> None:
    large = module("large", f'description "{"x" * 4_200_000}";')
    fetched = fetch(Nodes({ADDRESS: equipped(texts=[*MANY, large])}))
    assert len(fetched.modules.texts) == 60
    assert "octets" in fetched.modules.refused["large", "2026-01-01"]


def test_a_node_that_never_stops_giving_is_stopped() -> None:
    texts = [module(f"m{number}", f'description "{"x" * 10_000}";') for number in range(60)]
    fetched = fetch(Nodes({ADDRESS: equipped(texts=texts)}), FetchLimits(total_bytes=100_000))
    assert isinstance(fetched.error, SchemaError)
    assert fetched.error.reason == "library-too-large"


def test_all_of_it_takes_no_longer_than_it_may() -> None:
    now = [0.0]

    def slow(_address: str, _what: str) -> None:
        now[0] += 1.0

    nodes = Nodes({ADDRESS: equipped(texts=MANY)}, before=slow)
    session = nodes.connect(TARGET)
    known = NodeModules(TARGET.name, fetch_library(TARGET.name, session))
    limits = FetchLimits(sessions=1, limit_s=20)
    fetched = fetch_texts(
        known, [], session, lambda: nodes.connect(TARGET), limits, everything=True, clock=lambda: now[0]
    )
    assert fetched.error is not None
    assert fetched.error.reason == "netconf-timeout"
    assert 15 < len(fetched.modules.texts) < 30


def test_a_node_without_library_is_told_from_its_hello() -> None:
    nodes = Nodes({ADDRESS: Equipment(equipped().library, {})})
    session = nodes.connect(TARGET)
    empty = b"<data/>"
    session.get = lambda *_: empty  # type: ignore[method-assign]
    session.capabilities = ("urn:things?module=things&revision=2026-01-01",)
    assert fetch_library(TARGET.name, session).source == "hello"
    session.capabilities = ()
    with pytest.raises(SchemaError, match=rf"{TARGET.name} has no YANG library.*\[\[schemas.directories\]\]"):
        fetch_library(TARGET.name, session)


def test_a_library_that_lies_is_told_with_the_node() -> None:
    session = Nodes({ADDRESS: equipped()}).connect(TARGET)
    session.get = lambda *_: b"no xml"  # type: ignore[method-assign]
    with pytest.raises(SchemaError, match=f"{TARGET.name}: .* no XML") as caught:
        fetch_library(TARGET.name, session)
    assert caught.value.fault is Fault.DEVICE


def test_a_session_that_dies_before_the_library_is_a_failure_to_try_again() -> None:
    def dies(_address: str, what: str) -> None:
        if what == "get":
            raise died()

    with pytest.raises(NetconfError, match="ended the session"):
        fetch(Nodes({ADDRESS: equipped()}, before=dies))


def test_an_error_of_our_own_is_not_taken_for_the_node_s() -> None:
    def broken(_address: str, what: str) -> None:
        if what == "m9":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fetch(Nodes({ADDRESS: equipped(texts=MANY)}, before=broken))


def test_a_text_without_a_revision_statement_is_taken_for_the_one_that_was_told() -> None:
    nodes = Nodes({ADDRESS: equipped()}, faults=NetconfFaults(undated=1))
    fetched = fetch(nodes)
    assert (fetched.error, fetched.modules.refused) == (None, {})
    assert all("revision" not in text for text in fetched.modules.texts.values())
    found = schema_set_of(fetched.modules, ["things@2026-01-01"], {})
    assert {module.name for module in found.modules} >= {"things", "types", "augmenting"}
    assert dict(found.implemented)["things"] == ""


def test_features_of_a_text_without_a_revision_statement_are_those_that_the_node_told() -> None:
    text = module("things", "feature a; feature b; leaf l { type int8; }")
    told = equipped(texts=[text])
    only_a = replace(told, library=replace_features(told.library, ("a",)))
    fetched = fetch(Nodes({ADDRESS: only_a}, faults=NetconfFaults(undated=1)))
    assert schema_set_of(fetched.modules, ["things"], {}).features == {"things": ("a",)}


def test_a_node_that_knows_no_revisions_is_asked_without() -> None:
    nodes = Nodes({ADDRESS: equipped()}, faults=NetconfFaults(knows_revisions=False))
    fetched = fetch(nodes)
    assert (fetched.error, fetched.modules.refused) == (None, {})
    assert fetched.modules.texts == nodes.equipment[ADDRESS].texts
    assert set(nodes.asked.values()) == {2}


def test_a_text_of_another_revision_is_refused_also_when_it_was_asked_for_without() -> None:
    nodes = Nodes({ADDRESS: equipped()}, faults=NetconfFaults(knows_revisions=False, wrong_revision=1))
    fetched = fetch(nodes)
    assert not fetched.modules.texts
    assert all("1999-12-31" in why or "no schema" in why for why in fetched.modules.refused.values())


def test_a_node_that_tells_its_modules_in_its_hello_in_two_revisions_keeps_its_library() -> None:
    older = module("types", "typedef t { type int8; } typedef old { type int8; }", revision="2020-01-01")
    both = equipped(texts=[*THINGS, older])
    nodes = Nodes({ADDRESS: replace(both, in_hello=True)})
    session = nodes.connect(TARGET)
    session.capabilities = capabilities_of(hello(nodes.equipment[ADDRESS], 1, chunked=True))
    library = fetch_library(TARGET.name, session)
    assert library.source == "hello"
    assert library.implemented()["types"].revision == "2026-01-01"
    fetched = fetch(nodes, known=NodeModules(TARGET.name, library))
    assert fetched.modules.texts == both.texts
    assert "types" in dict(schema_set_of(fetched.modules, ["things"], {}).implemented)


def capabilities_of(octets: bytes) -> tuple[str, ...]:
    return tuple(leaf.text or "" for leaf in etree.fromstring(octets).iterfind(".//{*}capability"))


def replace_features(library: YangLibrary, features: tuple[str, ...]) -> YangLibrary:
    modules = tuple(msgspec.structs.replace(each, features=features) for each in library.modules)
    return msgspec.structs.replace(library, modules=modules)

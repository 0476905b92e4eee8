"""POST /resolve waits for what is being fetched, as long as it was asked to; the nearest resolver is asked first."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.registry.service.worlds import TERMS, Resolving, things
from tests.registry.test_directories import things as folder_of_things
from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.resolving import LibraryResolver, make_resolver
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.resolve_route import resolve
from yangbeam.registry.store import SchemaStore

BODY = b'{"exporter":"192.0.2.1","modules":["things"],"subscription-id":3,"wait-s":%s}'


class Slow:
    """Has the set at the n-th question."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def __call__(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        self.left -= 1
        if self.left > 0:
            raise SchemaPendingError("schema-pending", "asking")
        return things(exporter, content_id, modules)


def ask(tmp_path: Path, slow: Slow, wait: bytes, *, seconds_per_look: float) -> Any:
    """Asks with a clock that runs by itself."""
    service = make_app(SchemaStore(tmp_path / "r"), resolver=Resolving(slow)).state.service
    now = [0.0]

    def clock() -> float:
        now[0] += seconds_per_look
        return now[0]

    return asyncio.run(resolve(service, Asked(body=BODY % wait), clock))


def test_what_arrives_while_it_waits_is_answered(tmp_path: Path) -> None:
    answer = ask(tmp_path, Slow(4), b"5", seconds_per_look=0.01)
    assert (answer.status, answer.document["subject"]) == (200, "192.0.2.1-3")


def test_what_does_not_arrive_in_time_is_asked_for_again(tmp_path: Path) -> None:
    slow = Slow(1000)
    answer = ask(tmp_path, slow, b"0.05", seconds_per_look=0.02)
    assert (answer.status, answer.document) == (202, {"retry-after-s": 1.0})
    assert ("retry-after", "1") in answer.headers
    assert slow.left > 990


def test_without_patience_it_asks_once(tmp_path: Path) -> None:
    slow = Slow(2)
    assert ask(tmp_path, slow, b"0", seconds_per_look=1.0).status == 202
    assert slow.left == 1


def test_others_are_answered_while_one_waits(tmp_path: Path) -> None:
    app = make_app(SchemaStore(tmp_path / "r"), resolver=Resolving(Slow(8)))
    with TestClient(app) as client:
        answer = client.post("/resolve", content=BODY % b"30", headers={"content-type": "application/json"})
        assert answer.status_code == 200
        assert client.post("/resolve", content=BODY % b"30").json()["version"] == 1
        metrics = client.get("/metrics").text
    assert 'yangbeam_registry_resolved_total{status="200"} 2.0' in metrics


class Node:
    def __init__(self, answer: SchemaSet | None = None, error: SchemaError | None = None) -> None:
        self.asked = 0
        self._answer, self._error = answer, error

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        self.asked += 1
        if self._error is not None:
            raise self._error
        return self._answer

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        return TERMS if identifier == 7 else None


def test_of_subscriptions_nodes_alone_tell(tmp_path: Path) -> None:
    library = Library((Directory(folder_of_things(tmp_path, "2026-01-01")),), use_bundled=True)
    assert LibraryResolver(library, Node()).subscription("192.0.2.1", 7) is TERMS
    assert LibraryResolver(library, Node()).subscription("192.0.2.1", 8) is None
    assert LibraryResolver(library).subscription("192.0.2.1", 7) is None


def test_the_node_is_asked_before_a_directory_that_serves_everybody(tmp_path: Path) -> None:
    library = Library((Directory(folder_of_things(tmp_path, "2026-01-01")),), use_bundled=True)
    own = things("192.0.2.1", None, frozenset())
    wanted = ("192.0.2.1", None, frozenset({"things"}))
    node = Node(own)
    assert LibraryResolver(library, node).resolve(*wanted) is own
    silent = LibraryResolver(library, Node()).resolve(*wanted)
    assert silent is not None
    assert silent.revisions()["things"] == "2026-01-01"
    with pytest.raises(SchemaPendingError):
        LibraryResolver(library, Node(error=SchemaPendingError("schema-pending", "x"))).resolve(*wanted)


def test_a_directory_that_is_meant_for_an_exporter_goes_before_the_node(tmp_path: Path) -> None:
    mine = Directory(folder_of_things(tmp_path, "2026-01-01"), exporter="192.0.2.0/24")
    node = Node()
    found = LibraryResolver(Library((mine,), use_bundled=True), node).resolve("192.0.2.1", None, frozenset({"things"}))
    assert found is not None
    assert node.asked == 0


def test_a_resolver_without_anything_has_the_bundled_modules() -> None:
    found = make_resolver().resolve("192.0.2.1", None, frozenset())
    assert found is not None
    assert "ietf-yang-push" in found.revisions()

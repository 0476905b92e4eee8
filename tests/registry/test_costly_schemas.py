"""One node's YANG that costs too much: its messages wait and die with the cause, everybody else's flow meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import batch, notification
from tests.costly import doubling
from tests.waiting import PATIENCE_S
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.elements import Bound, DeadLetter
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.ledger import Tallies
from yangbeam.core.patience import Impatient
from yangbeam.core.yang.costs import CostLimits
from yangbeam.registry.directories import Directory
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.guard.guard import Guard, guard_of
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.serve import bind, serving
from yangbeam.registry.store import SchemaStore

HOSTILE, FRIENDLY = "192.0.2.66", "192.0.2.1"
LIMITS = CostLimits(cpu_s=4)
GOOD = "module good { namespace urn:good; prefix g; revision 2026-01-01; container good { leaf a { type int8; } } }"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    directories = []
    for exporter, name, text in ((HOSTILE, "doubling", doubling(23)), (FRIENDLY, "good", GOOD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yang").write_text(text)
        directories.append(Directory(str(tmp_path / name), exporter=exporter))
    yield EmbeddedRegistry(tmp_path / "registry.sqlite", tuple(directories), limits=LIMITS)
    guard_of(LIMITS).close()
    guard_of.cache_clear()


class Shard:
    """One shard whose clock stands still: nothing is given up for waiting too long."""

    def __init__(self, registry: EmbeddedRegistry) -> None:
        self.binder, self.state, self.sent = Binder(registry), Subscriptions(), 0
        self.bound: list[Bound] = []
        self.letters: list[DeadLetter] = []

    def give(self, exporter: str, *modules: str) -> None:
        self.sent += 1
        one = notification(b"%d" % self.sent, of={"exporter": exporter, "message_id": self.sent}, modules=modules)
        self._keep(self.binder.bind(self.state, batch(one), Tallies("bind"), Impatient()))

    def tick(self) -> None:
        self._keep(self.binder.tick(self.state, Tallies("bind"), Impatient(), 0))

    def _keep(self, made: tuple[Any, list[DeadLetter]]) -> None:
        self.bound += made[0].notifications
        self.letters += made[1]

    def exporters(self) -> list[str]:
        return [bound.notification.message.exporter for bound in self.bound]


def test_others_flow_while_it_waits_and_it_dies_with_its_cause(registry: EmbeddedRegistry) -> None:
    shard = Shard(registry)
    shard.give(HOSTILE, "doubling")
    assert (shard.exporters(), shard.letters) == ([], [])
    for _ in range(3):
        shard.give(FRIENDLY, "ietf-interfaces")  # of ours: compiled at once
    assert shard.exporters() == [FRIENDLY] * 3
    shard.give(FRIENDLY, "good")  # of its own: compiled beside
    while len(shard.bound) < 4:
        shard.tick()
    assert shard.letters == []  # the costly one is still being judged
    shard.give(HOSTILE, "doubling")
    while not shard.letters:
        shard.tick()
    shard.tick()
    assert [letter.reason for letter in shard.letters] == ["schema-too-costly"] * 2
    assert "module doubling@2026-01-01" in shard.letters[0].detail
    assert shard.letters[0].exporter == HOSTILE
    assert shard.exporters() == [FRIENDLY] * 4
    shard.give(HOSTILE, "doubling")  # not tried again
    assert len(shard.letters) == 3
    schema = registry.schema(shard.bound[-1].schema_id or 0)
    assert "good:good" in schema.tree.data


def test_a_schema_that_was_compiled_beside_is_loaded_for_who_asks(
    registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = None
    while found is None:
        try:
            found = registry.resolve(FRIENDLY, None, frozenset({"good"}))
        except SchemaPendingError:
            continue
    monkeypatch.setattr("yangbeam.registry.embedded.Schema", None)
    assert "good:good" in registry.schema(found).tree.data


def test_the_registry_goes_on_answering_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    guard = Guard(CostLimits(cpu_s=300, memory_bytes=8 << 30, wall_s=900))
    app = make_app(SchemaStore(tmp_path / "r"), guard=guard)
    body = {"schema": doubling(24), "schemaType": "YANG"}
    with ThreadPoolExecutor(1) as pool:
        with serving(app, bind("127.0.0.1", 0)) as url:
            posted = pool.submit(httpx.post, f"{url}/subjects/d/versions", json=body, timeout=PATIENCE_S)
            for _ in range(3):
                assert httpx.get(f"{url}/subjects", timeout=PATIENCE_S).json() == []
            while not guard.is_busy():
                assert httpx.get(f"{url}/subjects", timeout=PATIENCE_S).json() == []
            assert not posted.done()
        assert posted.result().status_code == 503


def test_the_registry_refuses_what_costs_too_much(tmp_path: Path) -> None:
    guard = Guard(CostLimits(cpu_s=2, memory_bytes=192 << 20))
    app = make_app(SchemaStore(tmp_path / "r"), guard=guard)
    with serving(app, bind("127.0.0.1", 0)) as url:
        answer = httpx.post(
            f"{url}/subjects/d/versions", json={"schema": doubling(23), "schemaType": "YANG"}, timeout=PATIENCE_S
        )
        assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)
        assert "doubling@2026-01-01 is too costly" in answer.json()["message"]
        good = httpx.post(f"{url}/subjects/g/versions", json={"schema": GOOD, "schemaType": "YANG"}, timeout=PATIENCE_S)
        assert good.status_code == 200


def test_a_set_is_compiled_where_it_is_asked_for_without_limits(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "good.yang").write_text(GOOD)
    registry = EmbeddedRegistry(tmp_path / "registry.sqlite", (Directory(str(tmp_path / "good")),))
    assert registry.resolve(FRIENDLY, None, frozenset({"good"})) > 0
    with pytest.raises(SchemaError):
        registry.resolve(FRIENDLY, None, frozenset({"bad"}))

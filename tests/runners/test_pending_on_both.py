"""Schemas that come in the middle of a run: the whole graph comes to the same as if they had always been there."""

import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.runners.test_same_on_both import assert_same
from tests.runners.traffic import batches_of, mixed
from tests.runners.whole_graph import MARK, outcome_of, registry
from yangbeam.core.errors import SchemaPendingError
from yangbeam.core.pending import Limits
from yangbeam.core.yang.schema import Schema
from yangbeam.registry.embedded import EmbeddedRegistry

_ASKED = Counter[str]()


@dataclass(frozen=True)
class SlowNodes:
    """A registry whose answer for each question comes after that question was asked some times."""

    registry: EmbeddedRegistry
    name: str
    times: int = 5

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        asked = f"{self.name}/{exporter}/{content_id}/{sorted(modules)}"
        _ASKED[asked] += 1
        if _ASKED[asked] <= self.times:
            raise SchemaPendingError("schema-pending", f"asking {exporter}")
        return self.registry.resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        return self.registry.schema(schema_id)


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedRegistry:
    """One registry for all runs, as schema ids go by who asks first."""
    return registry(tmp_path_factory.mktemp("registry"))


def slow(schemas: EmbeddedRegistry, times: int = 5) -> SlowNodes:
    return SlowNodes(schemas, uuid.uuid4().hex, times)


@pytest.mark.parametrize("live", [False, True], ids=["bounded", "bridge"])
@pytest.mark.parametrize(("cut", "times"), [(7, 5), (100, 1)])
def test_what_waited_comes_to_the_same_as_what_did_not(
    schemas: EmbeddedRegistry, tmp_path: Path, live: bool, cut: int, times: int
) -> None:
    folders = [tmp_path / "quick", tmp_path / "slow"]
    for folder in folders:
        folder.mkdir()
    batches = batches_of(mixed(), cut)
    expected = outcome_of(batches, schemas, folders[0])
    found = outcome_of(batches, slow(schemas, times), folders[1], live=live)
    assert found.counts["pending"] == 0
    for counts in (*found.totals.values(), *expected.totals.values()):
        assert counts.pop("pending", 0) == 0
    assert_same(found, expected)


@pytest.mark.parametrize("live", [False, True], ids=["bounded", "bridge"])
def test_schemas_that_never_come_hold_nothing_up_and_balance(
    schemas: EmbeddedRegistry, tmp_path: Path, live: bool
) -> None:
    batches = batches_of(mixed(60), 10)
    found = outcome_of(batches, slow(schemas, 1_000_000_000), tmp_path, live=live, pending=Limits(wait_s=0.2))
    assert found.telemetry == []
    assert found.unbalanced() == []
    assert found.counts["pending"] == 0
    assert found.reasons()["schema-timeout"] > 30


def test_marked_instead_of_dead_they_all_arrive_in_their_order(schemas: EmbeddedRegistry, tmp_path: Path) -> None:
    batches = batches_of(mixed(60), 10)
    never = slow(schemas, 1_000_000_000)
    found = outcome_of(batches, never, tmp_path, policy=MARK, pending=Limits(wait_s=0.2))
    assert found.unbalanced() == []
    assert found.counts["marked:unbound"] == len(found.telemetry) > 30
    last: dict[tuple[str, int | None], int] = {}
    for record in found.telemetry:
        key = (record.exporter, record.subscription_id)
        assert record.arrival_us >= last.get(key, 0)
        last[key] = record.arrival_us

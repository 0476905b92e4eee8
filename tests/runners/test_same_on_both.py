"""One traffic through the whole graph comes to the same, whatever runs it and however it is cut."""

import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.runners.traffic import batches_of, mixed
from tests.runners.whole_graph import MARK, Outcome, outcome_of, registry
from yangbeam.core.elements import TelemetryRecord
from yangbeam.core.yang.schema import Schema
from yangbeam.registry.embedded import EmbeddedRegistry

CUT = 7
"""Messages sent between two batches."""


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedRegistry:
    """One registry for all runs, as schema ids go by who asks first."""
    return registry(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def bounded(schemas: EmbeddedRegistry, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return outcome_of(batches_of(mixed(), CUT), schemas, tmp_path_factory.mktemp("bounded"))


def by_subscription(outcome: Outcome) -> dict[tuple[str, int | None], list[TelemetryRecord]]:
    found: dict[tuple[str, int | None], list[TelemetryRecord]] = {}
    for record in outcome.telemetry:
        found.setdefault((record.exporter, record.subscription_id), []).append(record)
    return found


def assert_same(found: Outcome, expected: Outcome) -> None:
    assert Counter(found.telemetry) == Counter(expected.telemetry)
    assert by_subscription(found) == by_subscription(expected)
    assert Counter(found.letters) == Counter(expected.letters)
    assert found.losses == expected.losses
    assert found.totals == expected.totals
    assert found.collectors == expected.collectors
    assert found.tables == expected.tables
    assert found.unbalanced() == []


def test_the_traffic_holds_everything_a_network_can_do_and_balances(bounded: Outcome) -> None:
    assert bounded.unbalanced() == []
    counts = bounded.counts
    for name in ("duplicates", "id-reused", "invalid", "lost:transport", "lost:notification", "late:transport"):
        assert counts[name], name
    assert {"incomplete", "invalid-contents", "not-json", "unsupported-version"} <= bounded.reasons().keys()
    assert {event.state for event in bounded.losses.values()} >= {"confirmed", "withdrawn"}
    assert len({record.exporter for record in bounded.telemetry}) == 5
    assert bounded.tables["ietf_interfaces__interfaces__interface"]
    assert len(bounded.telemetry) == counts["delivered:memory"] == counts["delivered:tables"]


def test_records_of_a_subscription_come_in_the_order_of_arrival(bounded: Outcome) -> None:
    for records in by_subscription(bounded).values():
        arrivals = [record.arrival_us for record in records]
        assert arrivals == sorted(arrivals)


def test_live_comes_to_the_same_as_bounded(bounded: Outcome, schemas: EmbeddedRegistry, tmp_path: Path) -> None:
    assert_same(outcome_of(batches_of(mixed(), CUT), schemas, tmp_path, live=True), bounded)


@pytest.mark.parametrize("cut", [1, 64, 10_000])
def test_other_batch_boundaries_come_to_the_same(
    bounded: Outcome, schemas: EmbeddedRegistry, tmp_path: Path, cut: int
) -> None:
    assert_same(outcome_of(batches_of(mixed(), cut), schemas, tmp_path), bounded)


def test_other_batch_boundaries_come_to_the_same_live(
    bounded: Outcome, schemas: EmbeddedRegistry, tmp_path: Path
) -> None:
    assert_same(outcome_of(batches_of(mixed(), 64), schemas, tmp_path, live=True), bounded)


def test_four_shards_come_to_the_same_as_one(bounded: Outcome, schemas: EmbeddedRegistry, tmp_path: Path) -> None:
    assert_same(outcome_of(batches_of(mixed(), CUT, shards=4), schemas, tmp_path), bounded)


@pytest.mark.parametrize("live", [False, True], ids=["bounded", "bridge"])
def test_what_is_passed_on_and_marked_is_the_same_too(schemas: EmbeddedRegistry, tmp_path: Path, live: bool) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    expected = outcome_of(batches_of(mixed(60), CUT), schemas, folders[0], policy=MARK)
    found = outcome_of(batches_of(mixed(60), 30), schemas, folders[1], policy=MARK, live=live)
    assert expected.counts["not-mapped:tables"] == expected.counts["marked:invalid"] > 0
    assert_same(found, expected)


_CALLS = Counter[str]()


@dataclass(frozen=True)
class FlakyRegistry:
    """A registry that is away now and then, for one question, as a file system can be."""

    registry: EmbeddedRegistry
    name: str

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        self._fail("resolve", 10)
        return self.registry.resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        self._fail("schema", 7)
        return self.registry.schema(schema_id)

    def _fail(self, what: str, every: int) -> None:
        _CALLS[f"{self.name}/{what}"] += 1
        if _CALLS[f"{self.name}/{what}"] % every == 0:
            raise OSError("away for a moment")


def test_bundles_that_fail_and_are_retried_come_to_the_same(
    bounded: Outcome, schemas: EmbeddedRegistry, tmp_path: Path
) -> None:
    flaky = FlakyRegistry(schemas, uuid.uuid4().hex)
    assert_same(outcome_of(batches_of(mixed(), CUT), flaky, tmp_path, live=True), bounded)
    assert _CALLS[f"{flaky.name}/resolve"] > 10
    assert _CALLS[f"{flaky.name}/schema"] > 50

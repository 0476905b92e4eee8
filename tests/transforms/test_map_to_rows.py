from typing import Any

import apache_beam as beam
import msgspec
import orjson
import pytest
from apache_beam.testing.util import assert_that

from tests.builders import ARRIVAL_US, validated
from tests.schema_trees import interfaces
from yangbeam.core.elements import EndOfInput, Heartbeat, LedgerDelta, Validated, ValidatedBatch
from yangbeam.core.errors import SchemaError
from yangbeam.core.stages.map import Map
from yangbeam.core.tables.row_batch import RowBatch
from yangbeam.core.yang.tree import Tree
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.map_to_rows import MapToRows

TABLE = "ietf_interfaces__interfaces__interface"


class Registered:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree


class OneSchema:
    """A handle that knows schema 1."""

    def schema(self, schema_id: int) -> Registered:
        if schema_id != 1:
            raise SchemaError("unknown-schema", f"no schema {schema_id}")
        return Registered(_TREE)


_TREE = interfaces()


def push_update(name: str = "eth0", *, verdict: str = "valid", schema_id: int | None = 1, **leaves: Any) -> Validated:
    contents = {"ietf-interfaces:interfaces": {"interface": [{"name": name, **leaves}]}}
    payload = orjson.dumps({"b": {"datastore-contents": contents}})
    return validated(payload, verdict=verdict, schema_id=schema_id, path=("b",))


def counts(deltas: list[LedgerDelta]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for delta in deltas:
        for tally in delta.tallies:
            for name, count in tally.counts.items():
                summed[name] = summed.get(name, 0) + count
    return summed


def batch_of(*notifications: Validated) -> ValidatedBatch:
    controls = [Heartbeat(0, "c", ARRIVAL_US, {}), EndOfInput(len(notifications), ARRIVAL_US)]
    return ValidatedBatch(notifications=list(notifications), controls=controls, shard=3, source="s", ordinal=4)


def test_each_batch_becomes_rows_letters_and_a_delta_on_the_runner() -> None:
    batch = batch_of(
        push_update(speed="5"),
        push_update(speed="-5"),
        push_update(verdict="invalid", speed="-5"),
        push_update(schema_id=2),
        push_update(schema_id=None),
        push_update("eth1", speed="6"),
    )

    def rows_are_right(found: list[RowBatch]) -> None:
        (rows,) = found
        assert [table.name for table in rows.tables] == [TABLE]
        assert [dict(zip(rows.groups[0].columns, row, strict=True))["speed"] for row in rows.groups[0].rows] == [5, 6]
        assert rows.groups[0].origins == [0, 1]
        assert len(rows.notifications) == 2
        assert (rows.shard, rows.source, rows.ordinal, rows.controls) == (3, "s", 4, batch.controls)

    def letters_are_right(found: list[Any]) -> None:
        assert [letter.reason for letter in found[0].letters] == ["unmappable", "unknown-schema", "no-schema-id"]
        assert found[0].letters[0].stage == "map"
        assert found[0].letters[0].original == batch.notifications[1].json

    def ledger_is_right(found: list[LedgerDelta]) -> None:
        assert counts(found) == {
            "dead-at:tables:unmappable": 1,
            "not-mapped:tables": 1,
            "dead-at:tables:unknown-schema": 1,
            "dead-at:tables:no-schema-id": 1,
            "died:map": 3,
            "mapped": 2,
            "mapped-rows": 2,
        }
        assert found[0].end

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        mapped = pipeline | beam.Create([batch]) | MapToRows(OneSchema())
        assert_that(mapped.out | beam.Reshuffle(), rows_are_right, label="rows")
        assert_that(mapped.dead_letters, letters_are_right, label="letters")
        assert_that(mapped.ledger, ledger_is_right, label="ledger")


def test_a_row_batch_survives_its_coder() -> None:
    batch = Map(OneSchema(), 63).step(batch_of(push_update(speed=str(2**64 - 1)))).out
    coder = BatchCoder(RowBatch)
    again = coder.decode(coder.encode(batch))
    assert msgspec.structs.replace(again, groups=batch.groups) == batch
    assert [tuple(row) for row in again.groups[0].rows] == batch.groups[0].rows
    assert coder.encode(again) == coder.encode(batch)


def test_a_batch_without_valid_notifications_still_passes_its_controls_on() -> None:
    batch = Map(OneSchema(), 63).step(batch_of()).out
    assert (batch.tables, batch.groups, len(batch.controls)) == ([], [], 2)


def test_another_error_is_no_dead_letter() -> None:
    broken = msgspec.structs.replace(push_update(), json=b"{")
    with pytest.raises(orjson.JSONDecodeError):
        Map(OneSchema(), 63).step(batch_of(broken))

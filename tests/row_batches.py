"""Batches of rows made from small messages, for tests of tables sinks."""

from typing import Any

import orjson

from tests.builders import ARRIVAL_US, validated
from tests.schema_trees import interfaces
from yangbeam.core.elements import EndOfInput, Validated
from yangbeam.core.tables.folding import Upsert, fold
from yangbeam.core.tables.row_batch import RowBatch, Rows
from yangbeam.core.tables.rows import RowMaker
from yangbeam.io.duckdb_tables import DuckDbStore

INTERFACES = RowMaker(interfaces(), 1)


def pushed(contents: dict[str, Any], when: str = "2026-11-20T10:00:00Z") -> Validated:
    payload = orjson.dumps({"b": {"datastore-contents": contents}})
    return validated(payload, path=("b",), observed_at=when)


def interface(name: str = "eth0", when: str = "2026-11-20T10:00:00Z", **leaves: Any) -> Validated:
    members = {member.replace("_", "-"): value for member, value in leaves.items()}
    return pushed({"ietf-interfaces:interfaces": {"interface": [{"name": name, **members}]}}, when)


def changed(*edits: dict[str, Any]) -> Validated:
    payload = orjson.dumps({"b": {"datastore-changes": {"yang-patch": {"edit": list(edits)}}}})
    return validated(payload, path=("b",), kind="push-change-update", observed_at="2026-11-20T10:00:01Z")


def rows_of(*messages: Validated, maker: RowMaker = INTERFACES, end: bool = False, ordinal: int = 0) -> RowBatch:
    rows = Rows()
    for message in messages:
        rows.add(message.bound.notification, maker.rows(message))
    controls = [EndOfInput(len(messages), ARRIVAL_US)] if end else []
    return RowBatch(
        tables=rows.tables, groups=rows.groups(), notifications=rows.notifications, controls=controls, ordinal=ordinal
    )


def folded(store: DuckDbStore, *batches: RowBatch) -> list[Upsert]:
    return fold(batches, store.place).upserts

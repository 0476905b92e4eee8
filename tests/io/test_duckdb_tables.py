from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apache_beam as beam
import duckdb
import msgspec
import orjson
import pytest
from apache_beam.testing.util import assert_that

from tests.row_batches import changed, folded, interface, pushed, rows_of
from tests.schema_trees import DATE_AND_TIME, container, leaf, leaf_list, list_, tree
from yangbeam.core.elements import LedgerDelta
from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.outside import Kind
from yangbeam.core.tables.columns import BOUNDS
from yangbeam.core.tables.row_batch import RowBatch
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.tree import Tree, YangType
from yangbeam.io import duckdb_tables
from yangbeam.io.duckdb_tables import DuckDbStore, TablesError, WriteTables, close_tables, table_counts
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.write_rows import WriteRows

TABLE = "ietf_interfaces__interfaces__interface"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "made" / "tables.duckdb"
    close_tables(tmp_path / "made" / "tables.duckdb")


def written(path: Path, *batches: RowBatch) -> None:
    """Each batch in a write of its own."""
    for batch in batches:
        for outcome in writer(path).process_all(batch):
            assert outcome.tag == "ledger", outcome.value


class Driven(WriteRows):
    """The sink's DoFn driven by hand, as a runner does."""

    def process_all(self, *batches: RowBatch) -> list[Any]:
        self.start_bundle()
        inside = [output for batch in batches for output in self.process(batch, 0)]
        outside = [beam.pvalue.TaggedOutput(o.tag, o.value.value) for o in self.finish_bundle()]
        return inside + outside


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Opened:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> DuckDbStore:
        return duckdb_tables._opened(str(self.path))


def writer(path: Path, max_bytes: int = 1 << 20, clock: Clock | None = None) -> Driven:
    return Driven(Opened(path), max_bytes, 1.0, clock or Clock())


def query(path: Path, text: str) -> list[tuple[Any, ...]]:
    return duckdb_tables._opened(str(path))._connection.execute(text).fetchall()


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(query(path, f'SELECT * FROM "{name}"'), key=repr) for name in table_counts(path)}


def tallied(outputs: list[Any]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for delta in (output.value for output in outputs if output.tag == "ledger"):
        for tally in delta.tallies:
            for name, count in tally.counts.items():
                summed[name] = summed.get(name, 0) + count
    return summed


EVERYTHING = {
    **{base: YangType(base) for base in BOUNDS},
    "decimal": YangType("decimal64", fraction_digits=18),
    "boolean": YangType("boolean"),
    "empty": YangType("empty"),
    "enumeration": YangType("enumeration", enums=(("up", 1), ("it's down", 2))),
    "identity": YangType("identityref", identities=("m:base",)),
    "bits": YangType("bits", bits=(("a", 0), ("b", 1))),
    "binary": YangType("binary"),
    "union": YangType("union", members=(YangType("uint8"), YangType("string"))),
    "date": DATE_AND_TIME,
    "text": YangType("string"),
}


def everything() -> Tree:
    leaves = [leaf(name, yang) for name, yang in EVERYTHING.items()]
    lists = [leaf_list(f"{name}-list", yang) for name, yang in EVERYTHING.items()]
    return tree("m", list_("entry", "k", leaf("k", "string"), *leaves, *lists, container("c", leaf("x", "uint64"))))


def test_every_builtin_type_is_held_exactly(path: Path) -> None:
    carried: dict[str, Any] = {base: str(high) for base, (_, high) in BOUNDS.items()}
    carried |= {"decimal": "-9.223372036854775808", "boolean": False, "empty": [None], "enumeration": "it's down"}
    carried |= {"identity": "base", "bits": "b a", "binary": "AP8=", "union": 7, "text": 'ü "quoted"'}
    carried |= {"date": "2026-11-20T11:00:00.000001+01:00"}
    lists = {f"{name}-list": [value, value] for name, value in carried.items()}
    written(path, rows_of(pushed({"m:entry": [{"k": "1", **carried, **lists}]}), maker=RowMaker(everything(), 1)))
    expected: dict[str, Any] = {base: high for base, (_, high) in BOUNDS.items()}
    expected |= {
        "decimal": Decimal("-9.223372036854775808"),
        "boolean": False,
        "empty": True,
        "enumeration": "it's down",
    }
    expected |= {"identity": "m:base", "bits": "a b", "binary": b"\x00\xff", "union": "7", "text": 'ü "quoted"'}
    expected |= {"date": datetime(2026, 11, 20, 10, 0, 0, 1)}  # noqa: DTZ001 # DuckDB's TIMESTAMP is UTC by our rule
    for name, value in expected.items():
        assert query(path, f'SELECT "{name}", "{name}_list" FROM m__entry') == [(value, [value, value])], name


def test_columns_have_the_types_of_their_yang(path: Path) -> None:
    written(path, rows_of(interface(speed="1")))
    types = dict(query(path, f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{TABLE}'"))
    assert types["ts"] == "TIMESTAMP"
    assert types["speed"] == types["statistics__in_octets"] == "UBIGINT"
    assert types["higher_layer_if"] == "VARCHAR[]"
    keys = query(path, f"SELECT constraint_column_names FROM duckdb_constraints() WHERE table_name = '{TABLE}' "
                 "AND constraint_type = 'PRIMARY KEY'")  # fmt: skip
    assert keys == [(["ts", "node", "subscription", "interface__name", "_seq"],)]


def test_units_and_paths_are_in_the_comments_and_in_the_catalog(path: Path) -> None:
    written(path, rows_of(interface(speed="1")))
    ((said,),) = query(
        path, f"SELECT comment FROM duckdb_columns() WHERE table_name = '{TABLE}' AND column_name = 'speed'"
    )
    assert orjson.loads(said) == {
        "path": "/ietf-interfaces:interfaces/interface/speed",
        "type": "ietf-yang-types:gauge64",
        "units": "bits/second",
        "config": True,
    }
    where = f"WHERE table_name = '{TABLE}' AND column_name = 'statistics__in_octets'"
    row = query(path, f"SELECT table_path, path, type, yang_type, counter, names FROM yang_catalog {where}")
    at = "/ietf-interfaces:interfaces/interface"
    assert row == [(at, f"{at}/statistics/in-octets", "UBIGINT", "ietf-yang-types:counter64", True, [])]


MESSAGES = [
    interface(description="a", speed="1"),
    interface(speed="2", statistics={"in-octets": "3"}),
    interface("eth1", speed="4"),
    interface("eth0", "2026-11-20T10:00:10Z", **{"ietf-ip:ipv4": {"address": [{"ip": "192.0.2.1"}]}}),
    changed(
        {"operation": "delete", "target": "/ietf-interfaces:interfaces/interface=eth1"},
        {"operation": "create", "target": "/ietf-interfaces:interfaces/interface=eth1",
         "value": {"ietf-interfaces:interface": [{"name": "eth1", "speed": "5"}]}},
        {"operation": "delete", "target": "/ietf-interfaces:interfaces/interface=eth0/description"},
    ),
]  # fmt: skip


def test_an_absent_column_never_overwrites_what_another_message_said(path: Path) -> None:
    written(path, rows_of(*MESSAGES[:2]))
    assert query(path, f"SELECT description, speed, statistics__in_octets FROM {TABLE}") == [("a", 2, 3)]


def test_the_later_message_wins_whatever_columns_the_first_of_its_kind_had(path: Path) -> None:
    written(path, rows_of(interface(speed="1"), interface(description="x", speed="2"), interface(speed="3")))
    assert query(path, f"SELECT description, speed FROM {TABLE}") == [("x", 3)]


def test_a_tombstone_stands_beside_what_came_before_and_after(path: Path) -> None:
    written(path, rows_of(*MESSAGES))
    rows = query(path, f"SELECT interface__name, _seq, _op, _path, speed FROM {TABLE} "
                 "WHERE ts = '2026-11-20 10:00:01' ORDER BY _seq")  # fmt: skip
    assert rows == [
        ("eth1", 0, "delete", None, None),
        ("eth1", 1, "update", None, 5),
        ("eth0", 2, "delete", "description", None),
    ]


def test_writing_again_in_other_batches_and_after_a_restart_leaves_the_same_tables(path: Path) -> None:
    written(path, rows_of(*MESSAGES))
    once = dump(path)
    written(path, rows_of(*MESSAGES), rows_of(*MESSAGES))
    assert dump(path) == once
    close_tables(path)
    written(path, *(rows_of(message) for message in MESSAGES))
    assert dump(path) == once


def test_the_order_of_batches_that_do_not_contradict_each_other_decides_nothing(path: Path, tmp_path: Path) -> None:
    batches = [rows_of(message) for message in MESSAGES[1:]]
    other = tmp_path / "other.duckdb"
    written(path, *batches)
    written(other, *batches[::-1])
    assert dump(path) == dump(other)
    close_tables(other)


def test_tables_are_made_when_first_seen_and_columns_added_by_a_later_revision(path: Path) -> None:
    old = tree("m", list_("l", "k", leaf("k", "int8"), leaf("a", "uint8")))
    new = tree(
        "m",
        list_("l", "k", leaf("k", "int8"), leaf("b", "string"), leaf("a", "uint8")),
        list_("n", "k", leaf("k", "int8")),
    )
    written(path, rows_of(pushed({"m:l": [{"k": 1, "a": 1}]}), maker=RowMaker(old, 1)))
    assert table_counts(path) == {"m__l": 1}
    close_tables(path)
    written(path, rows_of(pushed({"m:l": [{"k": 2, "a": 2, "b": "x"}], "m:n": [{"k": 1}]}), maker=RowMaker(new, 2)))
    assert query(path, "SELECT l__k, a, b, _schema_id FROM m__l ORDER BY 1") == [(1, 1, None, 1), (2, 2, "x", 2)]
    assert table_counts(path) == {"m__l": 2, "m__n": 1}


def test_a_type_that_no_longer_fits_gets_a_column_of_its_own_and_one_that_fits_does_not(path: Path) -> None:
    trees = [
        tree("m", list_("l", "k", leaf("k", "int8"), leaf("a", base)))
        for base in ("uint32", "string", "uint8", "string")
    ]
    makers = [RowMaker(each, number) for number, each in enumerate(trees)]
    values = [5, "x", 7, "y"]
    batches = [
        rows_of(pushed({"m:l": [{"k": number, "a": value}]}), maker=maker)
        for number, (maker, value) in enumerate(zip(makers, values, strict=True))
    ]
    written(path, batches[0])
    for outputs in (writer(path).process_all(*batches),):  # revisions of one table in one write
        assert tallied(outputs)["delivered:tables"] == 4
    assert query(path, "SELECT l__k, a, a__2 FROM m__l ORDER BY 1") == [
        (0, 5, None), (1, None, "x"), (2, 7, None), (3, None, "y"),
    ]  # fmt: skip
    assert query(path, "SELECT count(*) FROM yang_catalog WHERE path = '/m:l/a'") == [(2,)]


def test_a_key_that_no_longer_fits_gets_a_table_of_its_own(path: Path) -> None:
    for number, (base, key) in enumerate([("uint8", 1), ("string", "x"), ("uint8", 2)]):
        maker = RowMaker(tree("m", list_("l", "k", leaf("k", base))), number)
        written(path, rows_of(pushed({"m:l": [{"k": key}]}), maker=maker))
    assert table_counts(path) == {"m__l": 2, "m__l__2": 1}


def test_tables_of_two_schemas_whose_names_meet_stay_apart(path: Path) -> None:
    for name in ("a-b", "a_b"):
        maker = RowMaker(tree("m", list_(name, "k", leaf("k", "int8"))), 1)
        written(path, rows_of(pushed({f"m:{name}": [{"k": 1}]}), maker=maker))
    assert len(table_counts(path)) == 2
    assert set(table_counts(path).values()) == {1}


def test_rows_wait_until_they_are_many_or_old_or_the_bundle_or_the_input_ends(path: Path) -> None:
    clock = Clock()
    sink = writer(path, max_bytes=200, clock=clock)
    sink.start_bundle()
    small, large = rows_of(interface()), rows_of(*(interface(f"eth{n}") for n in range(5)))
    assert list(sink.process(small, 0)) == []
    clock.now = 1.5
    assert len(list(sink.process(small, 0))) == 2
    assert len(list(sink.process(large, 0))) == 1
    assert len(list(sink.process(rows_of(interface(), end=True), 0))) == 1
    assert list(sink.process(small, 0)) == []
    assert len(list(sink.finish_bundle())) == 1
    assert list(sink.finish_bundle()) == []


def test_a_failed_bundle_leaves_nothing_in_the_next(path: Path) -> None:
    sink = writer(path)
    sink.start_bundle()
    assert list(sink.process(rows_of(interface()), 0)) == []
    assert sink.process_all() == []


def test_a_refused_value_costs_its_own_message(path: Path) -> None:
    batch = rows_of(*(interface(f"eth{n}", speed=str(n)) for n in range(9)))
    column = batch.groups[0].columns.index("speed")
    rows = list(batch.groups[0].rows)
    rows[6] = (*rows[6][:column], "much", *rows[6][column + 1 :])
    batch = msgspec.structs.replace(batch, groups=[msgspec.structs.replace(batch.groups[0], rows=rows)])
    outputs = writer(path).process_all(rows_of(interface("lo")), batch)
    assert table_counts(path) == {TABLE: 9}
    (letters,) = [output.value.letters for output in outputs if output.tag == "dead_letters"]
    assert [(letter.stage, letter.reason) for letter in letters] == [("write-tables", "unmappable")]
    assert letters[0].original == batch.notifications[6].message.payload
    told = {"dead-at:tables:unmappable": 1, "died:write-tables": 1, "refused-rows": 1}
    there = {"delivered:tables": 9, f"rows:{TABLE}": 9, "affected": 9, "folded": 0, f"inserted:{TABLE}": 9}
    assert tallied(outputs) == told | there


def test_the_transform_reports_what_it_wrote_on_the_runner(path: Path) -> None:
    batches = [rows_of(*MESSAGES, ordinal=0), rows_of(ordinal=1, end=True)]

    def ledger_is_right(deltas: list[LedgerDelta]) -> None:
        assert sorted((delta.ordinal, delta.end) for delta in deltas) == [(0, False), (1, True)]
        outputs = [beam.pvalue.TaggedOutput("ledger", delta) for delta in deltas]
        there = {"delivered:tables": 5, f"rows:{TABLE}": 7, f"rows:{TABLE}__ipv4__address": 1}
        said = {"affected": 7, "folded": 1, f"inserted:{TABLE}": 6, f"inserted:{TABLE}__ipv4__address": 1}
        assert tallied(outputs) == there | said

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        sunk = pipeline | beam.Create(batches) | WriteTables(path)
        assert_that(sunk.ledger, ledger_is_right, label="ledger")
        assert_that(sunk.dead_letters, lambda found: found == [] or pytest.fail(str(found)), label="letters")
    close_tables(path)
    assert table_counts(path) == {TABLE: 6, f"{TABLE}__ipv4__address": 1}


def test_there_is_nothing_to_count_before_there_is_a_file(tmp_path: Path) -> None:
    assert table_counts(tmp_path / "none.duckdb") == {}
    close_tables(tmp_path / "none.duckdb")


class Failing:
    """A connection whose next commits fail."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.failures: list[Exception] = []

    def execute(self, statement: str) -> Any:
        if statement == "COMMIT" and self.failures:
            raise self.failures.pop()
        return self.connection.execute(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def test_transient_errors_are_retried_and_then_fail_the_bundle() -> None:
    waits: list[float] = []
    store = DuckDbStore(":memory:", waits.append)
    upserts = folded(store, rows_of(interface()))
    failing = Failing(store._connection)
    store._connection = failing
    failing.failures = [duckdb.IOException("busy"), duckdb.TransactionException("conflict")]
    store.write(upserts)
    assert store.identities() == {TABLE: 1}
    assert waits == [0.1, 0.2]
    failing.failures = [duckdb.IOException("busy")] * 10
    store._upserts_to_come = 1
    with pytest.raises(TablesError, match="disk"):
        store.write(upserts)
    store.close()


def test_rows_that_are_there_are_met_once_and_then_expected(path: Path) -> None:
    written(path, rows_of(interface(speed="1")))
    store = duckdb_tables._opened(str(path))
    assert store._upserts_to_come == 0
    for speed in ("2", "3"):
        written(path, rows_of(interface(speed=speed)))
        assert query(path, f"SELECT speed FROM {TABLE}") == [(int(speed),)]
    assert store._upserts_to_come == duckdb_tables.UPSERTS - 1


def test_another_process_that_writes_the_file_is_named_as_the_cause(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str, __: int) -> None:
        raise duckdb.IOException("Could not set lock on file")

    monkeypatch.setattr(duckdb_tables, "_connect", refuse)
    with pytest.raises(TablesError, match="one process may write"):
        DuckDbStore(str(path), lambda _: None)


def test_a_bug_is_no_dead_letter_and_rolls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    store = DuckDbStore(":memory:")
    upserts = folded(store, rows_of(interface()))
    monkeypatch.setattr(duckdb_tables, "_arrow", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write(upserts)
    monkeypatch.undo()
    store.write(upserts)
    with pytest.raises(UnmappableValueError):
        store.write([spoilt(upserts[0])])
    assert store.identities() == {TABLE: 1}
    store.close()


def spoilt(upsert: Any) -> Any:
    return replace(upsert, rows=[tuple("x" for _ in upsert.columns)])


def test_a_database_that_takes_no_writes_and_takes_them_again_is_noticed_and_an_end_tries_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(_: str, __: int) -> None:
        raise duckdb.IOException("Could not set lock on file\nmore")

    OUTSIDES.clear()
    waits: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(duckdb_tables, "_connect", locked)
        with pytest.raises(TablesError):
            DuckDbStore(":memory:", waits.append)
    (known,) = OUTSIDES.all()
    assert (known.kind, known.address, known.state) == (Kind.DATABASE, ":memory:", "away")
    assert known.why == "Could not set lock on file"
    assert len(waits) == duckdb_tables.ATTEMPTS - 1
    OUTSIDES.end_within(0.0)
    with monkeypatch.context() as patch:
        patch.setattr(duckdb_tables, "_connect", locked)
        with pytest.raises(TablesError):
            DuckDbStore(":memory:", waits.append)
    assert len(waits) == duckdb_tables.ATTEMPTS - 1
    store = DuckDbStore(":memory:")
    store.write(folded(store, rows_of(interface())))
    (known,) = OUTSIDES.all()
    assert (known.state, known.outages) == ("reached", 1)
    store.close()
    OUTSIDES.clear()

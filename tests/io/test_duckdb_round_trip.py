import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.row_batches import folded, pushed, rows_of
from tests.schema_trees import COUNTER64, DATE_AND_TIME, container, leaf, leaf_list, list_, tree
from yangbeam.core.tables.columns import BOUNDS
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.tree import YangType
from yangbeam.io.duckdb_tables import DuckDbStore

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEMBERS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "c64": (st.integers(*BOUNDS["uint64"]).map(str), int),
    "i8": (st.integers(*BOUNDS["int8"]), int),
    "d": (st.integers(*BOUNDS["int64"]).map(lambda n: format(Decimal(n).scaleb(-5), "f")), Decimal),
    "s": (st.text(st.characters(exclude_categories=("Cs", "Cc"))), str),
    "b": (st.booleans(), bool),
    "t": (
        st.integers(-(10**15), 10**15).map(lambda us: (EPOCH + timedelta(microseconds=us)).isoformat()),
        lambda text: datetime.fromisoformat(text).replace(tzinfo=None),
    ),
    "ls": (st.lists(st.text("abc'\"")), list),
}
SMALL = tree(
    "m",
    container(
        "c",
        list_(
            "l",
            "k",
            leaf("k", "uint64"),
            leaf("c64", COUNTER64),
            leaf("i8", "int8"),
            leaf("d", YangType("decimal64", fraction_digits=5)),
            leaf("s", "string"),
            container("in", leaf("b", "boolean"), leaf("t", DATE_AND_TIME)),
            leaf_list("ls", "string"),
        ),
    ),
)


@given(
    st.dictionaries(
        st.integers(0, 2**64 - 1),
        st.fixed_dictionaries({}, optional={name: values for name, (values, _) in MEMBERS.items()}),
        min_size=1,
        max_size=5,
    ),
    st.integers(0),
)
@settings(max_examples=40)
def test_what_is_read_back_is_what_was_sent(entries: dict[int, dict[str, Any]], seed: int) -> None:
    listed = []
    for key, leaves in entries.items():
        inside = {name: leaves[name] for name in ("b", "t") if name in leaves}
        outside = {name: value for name, value in leaves.items() if name not in inside}
        listed.append({"k": str(key), **outside, **({"in": inside} if inside else {})})
    maker = RowMaker(SMALL, 1)
    batches = [rows_of(pushed({"m:c": {"l": [entry]}}), maker=maker) for entry in listed]
    random.Random(seed).shuffle(batches)
    store = DuckDbStore(":memory:")
    for batch in batches:
        store.write(folded(store, batch))
    store.write(folded(store, *batches))
    found = store._connection.execute("SELECT l__k, c64, i8, d, s, in__b, in__t, ls FROM m__c__l").fetchall()
    store.close()
    held = {row[0]: dict(zip(("c64", "i8", "d", "s", "b", "t", "ls"), row[1:], strict=True)) for row in found}
    wanted = {
        key: {name: read(leaves[name]) if name in leaves else None for name, (_, read) in MEMBERS.items()}
        for key, leaves in entries.items()
    }
    assert held == wanted

"""CPU time per one-interface message: mapped to a row, and upserted into DuckDB.

    python benchmarks/tables.py [messages]

CPU time is of all threads of the process, so DuckDB's are in it.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from yangbeam.core.elements import Bound, Message, Notification, Validated, ValidatedBatch
from yangbeam.core.stages.map import Map
from yangbeam.core.tables.row_batch import RowBatch
from yangbeam.core.yang.tree import Node, Tree, YangType
from yangbeam.io.duckdb_tables import DuckDbStore
from yangbeam.transforms.write_rows import WriteRows

COUNTERS = tuple(
    f"{way}-{what}" for way in ("in", "out") for what in ("octets", "unicast-pkts", "multicast-pkts", "broadcast-pkts")
)
ERRORS = ("in-discards", "in-errors", "in-unknown-protos", "out-discards", "out-errors")
BATCHES = (500, 2000, 5000)
START = datetime(2026, 11, 20, tzinfo=UTC)
PATH = "/ietf-interfaces:interfaces/interface"


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    made = [message(number) for number in range(messages)]
    print(f"{messages} messages of {len(made[0].json)} octets, 22 leaves")
    for size in BATCHES:
        spent = measured(made, size)
        each = {what: seconds / messages * 1e6 for what, seconds in spent.items()}
        total = sum(each.values())
        parts = ", ".join(f"{what} {microseconds:.1f} us" for what, microseconds in each.items())
        print(f"batches of {size}: {parts}; together {total:.1f} us, {1e6 / total:,.0f} messages per CPU-second")


def measured(messages: list[Validated], size: int) -> dict[str, float]:
    spent: dict[str, float] = {}
    mapper = Map(Schemas(), 63)
    with timed(spent, "map"):
        batches = [rows(mapper, messages[at : at + size], at) for at in range(0, len(messages), size)]
    with tempfile.TemporaryDirectory() as folder:
        store = DuckDbStore(str(Path(folder) / "tables.duckdb"))
        sink = WriteRows(lambda: store, max_bytes=1, max_wait_s=1, clock=time.monotonic)
        with timed(spent, "upsert"):
            for batch in batches:
                list(sink.process(batch, 0))
        with timed(spent, "close"):
            store.close()
    return spent


def rows(mapper: Map, messages: list[Validated], ordinal: int) -> RowBatch:
    return mapper.step(ValidatedBatch(notifications=messages, ordinal=ordinal)).out


@contextmanager
def timed(spent: dict[str, float], what: str) -> Iterator[None]:
    start = time.process_time()
    yield
    spent[what] = spent.get(what, 0.0) + time.process_time() - start


class Schemas:
    """Knows one schema, whatever the id."""

    def schema(self, schema_id: int) -> "Registered":
        """Returns it."""
        del schema_id
        return REGISTERED


class Registered:
    """What MapToRows needs of a schema."""

    def __init__(self) -> None:
        self.tree = interfaces()


def interfaces() -> Tree:
    """ietf-interfaces, the leaves that the messages carry."""
    date = YangType("string", typedef="ietf-yang-types:date-and-time")
    states = YangType("enumeration", enums=(("up", 1), ("down", 2)))
    kinds = YangType("identityref", identities=("iana-if-type:ethernetCsmacd",))
    counters = {name: YangType("uint64", typedef="ietf-yang-types:counter64") for name in COUNTERS}
    errors = {name: YangType("uint32", typedef="ietf-yang-types:counter32") for name in ERRORS}
    statistics = node(
        "container",
        f"{PATH}/statistics",
        leaves(f"{PATH}/statistics", {"discontinuity-time": date} | counters | errors),
    )
    own = {
        "name": YangType("string"),
        "description": YangType("string"),
        "type": kinds,
        "admin-status": states,
        "oper-status": states,
        "last-change": date,
        "if-index": YangType("int32"),
        "speed": YangType("uint64"),
    }
    interface = node("list", PATH, [*leaves(PATH, own), statistics], keys=("name",))
    top = node("container", "/ietf-interfaces:interfaces", [interface])
    return Tree({"ietf-interfaces:interfaces": top}, {}, {}, {})


def leaves(path: str, types: dict[str, YangType]) -> list[Node]:
    return [node("leaf", f"{path}/{name}", type=yang) for name, yang in types.items()]


def node(kind: str, path: str, children: "list[Node] | None" = None, **more: Any) -> Node:
    name = path.rpartition("/")[2].rpartition(":")[2]
    below = {f"ietf-interfaces:{child.name}": child for child in children or []}
    return Node(kind, name, "ietf-interfaces", "urn:ietf-interfaces", path, below, **more)


def message(number: int) -> Validated:
    """Interface ``number % 50`` of router ``number // 50 % 20``, one round of all a second."""
    when = f"{START + timedelta(seconds=number // 1000):%Y-%m-%dT%H:%M:%S}Z"
    statistics = {"discontinuity-time": "2026-11-01T00:00:00Z"}
    statistics |= {name: str((1 << 62) + number) for name in COUNTERS}
    interface = {
        "name": f"eth{number % 50}",
        "description": "uplink",
        "type": "iana-if-type:ethernetCsmacd",
        "admin-status": "up",
        "oper-status": "up",
        "last-change": "2026-11-01T00:00:00Z",
        "if-index": number % 50,
        "speed": "100000000000",
        "statistics": statistics | dict.fromkeys(ERRORS, number),
    }
    contents = {"ietf-interfaces:interfaces": {"interface": [interface]}}
    payload = orjson.dumps({"ietf-yang-push:push-update": {"id": 1, "datastore-contents": contents}})
    exporter = f"192.0.2.{number // 50 % 20}"
    carried = Message(exporter, 1, 1, number, number, "application/yang-data+json", payload)
    path = ("ietf-yang-push:push-update",)
    facts = Notification(carried, "H10", "push-update", path, exporter, when, number, 1, observed_at=when)
    return Validated(Bound(facts, 1), "valid", payload)


REGISTERED = Registered()

if __name__ == "__main__":
    main()

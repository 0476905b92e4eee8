"""Each stage and each sink loses something on purpose, and the ledger names the edge: no count is taken on trust."""

import dataclasses
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from tests.runners.test_kafka_run import traffic
from yangbeam.core.binding_run import BindingRun
from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import InputEnd
from yangbeam.core.stages import map as map_stage
from yangbeam.core.stages.decode import Decode
from yangbeam.core.stages.encode import Encode
from yangbeam.core.stages.map import Map
from yangbeam.core.stages.validate import Validate
from yangbeam.core.tables import folding
from yangbeam.core.tables.accounts import LEDGER, LOSS, SCOPES, Account
from yangbeam.core.tables.acknowledging import Changed
from yangbeam.core.telemetry_message import Encoder
from yangbeam.io import duckdb_tables, json_lines
from yangbeam.io.capture_files import CaptureReader
from yangbeam.io.duckdb_tables import DuckDbStore, table_counts
from yangbeam.io.kafka import write_kafka
from yangbeam.runners import jobs
from yangbeam.runners.launch import main
from yangbeam.transforms import write_rows


def outcome(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a run over a small capture."""
    (folder / "capture.pcap").write_bytes(traffic())
    arguments = ["run", "--capture", str(folder / "capture.pcap"), "--out", str(folder / "out"), "--view", "off"]
    code = main([*arguments, *options])
    return code, orjson.loads((folder / "out" / "report.json").read_bytes())


def edges(report: dict[str, Any]) -> dict[str, int]:
    """What is missing, by the name of its edge."""
    return {edge["edge"]: edge["in"] - edge["out"] for edge in report["open_edges"]}


class Once:
    """Drops the first message of the first batch that has some; a callable in the place of a method."""

    def __init__(self) -> None:
        self.dropped = 0

    def of(self, batch: Any) -> Any:
        if self.dropped or not batch.messages:
            return batch
        self.dropped += 1
        controls = [msgspec.structs.replace(each, at=max(each.at - 1, 0)) for each in batch.controls]
        return msgspec.structs.replace(batch, messages=batch.messages[1:], controls=controls)


def test_a_run_that_loses_nothing_has_no_open_edge(tmp_path: Path) -> None:
    code, report = outcome(tmp_path)
    assert (code, report["open_edges"], report["balanced"], report["messages"]["received"]) == (0, [], True, 97)


def test_a_message_that_is_dropped_before_decoding_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, hold = Once(), InputEnd.hold
    monkeypatch.setattr(InputEnd, "hold", lambda self, batch: hold(self, once.of(batch)))
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], report["messages"]["received"]) == (1, False, 97)
    assert edges(report) == {"receiver → decode": 1, "reader → decode": 1}


def test_a_batch_that_is_dropped_with_its_heartbeats_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = InputEnd.hold

    def emptied(self: InputEnd, batch: MessageBatch) -> Any:
        return hold(self, msgspec.structs.replace(batch, messages=[], controls=batch.controls[-1:]))

    monkeypatch.setattr(InputEnd, "hold", emptied)
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"reader → decode": 97})


def test_a_message_that_the_reader_skips_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, poll = Once(), CaptureReader.poll
    monkeypatch.setattr(CaptureReader, "poll", lambda self, *limits: once.of(poll(self, *limits)))
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"receiver → decode": 1, "reader → decode": 1})


def test_a_message_that_decoding_skips_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, step = Once(), Decode.step
    monkeypatch.setattr(Decode, "step", lambda self, batch: step(self, once.of(batch)))
    code, report = outcome(tmp_path)
    assert (code, edges(report)) == (1, {"receiver → decode": 1, "reader → decode": 1})


def test_what_waits_for_a_broker_that_never_comes_is_in_flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "check_topics", lambda *_: None)  # it went away after the start
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        (tmp_path / "yangbeam.toml").write_text(f"""
[kafka]
bootstrap = "127.0.0.1:{taken.getsockname()[1]}"
[kafka.properties]
"message.timeout.ms" = 300
log_level = 0
""")
        code, report = outcome(tmp_path, "--config", str(tmp_path / "yangbeam.toml"))
    counted = report["messages"]
    assert (code, report["balanced"], counted["received"], counted["in_flight"]) == (3, False, 97, 97)


def lossy(patch: pytest.MonkeyPatch, owner: Any, name: str, lose: Callable[..., Any]) -> None:
    """Lets ``lose(original, *arguments)`` stand in for a function until it has lost something (returned not None)."""
    original = getattr(owner, name)
    lost: list[int] = []

    def wrapped(*arguments: Any, **named: Any) -> Any:
        made = None if lost else lose(original, *arguments, **named)
        if made is None:
            return original(*arguments, **named)
        lost.append(1)
        return made[0]

    patch.setattr(owner, name, wrapped)


def skip(_original: Any, *_arguments: Any, **_named: Any) -> Any:
    """Does nothing instead."""
    return (None,)


def drop(original: Any, *arguments: Any, **named: Any) -> Any:
    """Leaves the first of what is made out."""
    made = list(original(*arguments, **named))
    return (made[1:],) if made else None


def without_first_notification(original: Any, dofn: Any, batch: Any) -> Any:
    if not batch.notifications:
        return None
    controls = [msgspec.structs.replace(each, at=max(each.at - 1, 0)) for each in batch.controls]
    return (original(dofn, msgspec.structs.replace(batch, notifications=batch.notifications[1:], controls=controls)),)


def without_a_row(original: Any, *arguments: Any) -> Any:
    made = original(*arguments)
    return (one_row_fewer(made),) if made.upserts else None


def one_row_fewer(made: folding.Folded) -> folding.Folded:
    made.upserts[0].rows.pop()
    return folding.Folded([one for one in made.upserts if one.rows], made.laid_over)


def told_only(_original: Any, _store: DuckDbStore, upserts: list[folding.Upsert]) -> Any:
    """A database that says it wrote, and did not."""
    return ([Changed(one.table, len(one.rows), 0) for one in upserts],) if upserts else None


def nothing_at_all(_original: Any, _store: DuckDbStore, upserts: list[folding.Upsert]) -> Any:
    return ([],) if upserts else None


STAGES = [
    ("bind", BindingRun, "_settle", skip, {"decode → bind"}),
    ("validate", Validate, "step", without_first_notification, {"bind → validate"}),
    ("encode", Encoder, "records", drop, {"validate → encode"}),
    ("encode's door", Encode, "step", without_first_notification, {"validate → encode"}),
    ("map", map_stage, "_map", skip, {"validate → map"}),
    ("map's door", Map, "step", without_first_notification, {"validate → map"}),
    ("fold", write_rows, "fold", without_a_row, {"map → tables", "map → tables, rows"}),
    ("a store that writes nothing", DuckDbStore, "write", nothing_at_all, {"map → tables", "map → tables, rows"}),
    ("a store that lies", DuckDbStore, "write", told_only, {"tables → database"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "name", "lose", "named"), [case[1:] for case in STAGES], ids=[each[0] for each in STAGES]
)
def test_what_a_stage_or_the_tables_lose_is_missed_on_its_edge(
    owner: Any, name: str, lose: Any, named: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lossy(monkeypatch, owner, name, lose)
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], edges(report).keys()) == (1, False, named)
    assert all(missing > 0 for missing in edges(report).values())


FILES = {
    "telemetry.jsonl": "encode → files",
    "loss.jsonl": "loss → files",
    "dead-letters.jsonl": "dead letters → files",
    "ledger.jsonl": "ledger → files",
}


@pytest.mark.parametrize(("file", "edge"), FILES.items())
def test_a_line_that_a_file_skips_is_missed(
    file: str, edge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(original: Any, files: Any, path: str, lines: bytes) -> Any:
        return (original(files, path, lines.split(b"\n", 1)[1]),) if path.endswith(file) else None

    lossy(monkeypatch, type(json_lines._OPEN), "write", lose)
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], edges(report)) == (1, False, {edge: 1})


@pytest.mark.parametrize(
    ("table", "edge"),
    [(LOSS, "loss → tables"), (SCOPES, "learned scopes → tables"), (LEDGER, "ledger → tables")],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_row_of_the_account_that_the_database_skips_is_missed(
    table: Account, edge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(original: Any, store: DuckDbStore, account: Account, rows: list[Any]) -> Any:
        return (original(store, account, rows[1:]) if rows[1:] else 0,) if account == table else None

    lossy(monkeypatch, DuckDbStore, "keep", lose)
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], edges(report)) == (1, False, {edge: 1})


class Broker:
    """A producer whose broker acknowledges all records but the first of each topic, and says nothing of those."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.waiting: list[Any] = []

    def produce(self, topic: str, value: bytes, key: bytes | None, *, on_delivery: Any, headers: Any) -> None:
        del value, key, headers
        if topic in self.topics:
            self.waiting.append(on_delivery)
        self.topics.add(topic)

    def __len__(self) -> int:
        return len(self.waiting)

    def poll(self, _wait_s: float) -> int:
        return 0

    def flush(self, _wait_s: float) -> int:
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one(None, None)
        return 0


def test_a_record_that_a_broker_does_not_acknowledge_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker()
    monkeypatch.setattr(jobs, "check_topics", lambda *_: None)
    monkeypatch.setattr(write_kafka, "_client", lambda _properties: broker)
    (tmp_path / "yangbeam.toml").write_text('[kafka]\nbootstrap = "192.0.2.1:9092"\n[dead_letters]\nkind = "kafka"\n')
    code, report = outcome(tmp_path, "--config", str(tmp_path / "yangbeam.toml"))
    missed = {"encode → kafka", "loss → kafka", "dead letters → kafka", "ledger → kafka"}
    assert (code, report["balanced"], edges(report)) == (1, False, dict.fromkeys(missed, 1))


def test_a_second_run_into_the_same_tables_counts_what_is_there_once(tmp_path: Path) -> None:
    first, second = outcome(tmp_path), outcome(tmp_path)
    assert (first[0], second[0], second[1]["open_edges"]) == (0, 0, [])
    assert first[1]["tables"] == second[1]["tables"]
    assert table_counts(tmp_path / "out" / "tables.duckdb") == second[1]["tables"]


class Uncounted(DuckDbStore):
    """A database that does not say what a write did, and lets a test lose what it was given."""

    lose: Callable[[list[folding.Upsert]], list[folding.Upsert]] = staticmethod(lambda upserts: upserts)

    def write(self, upserts: list[folding.Upsert]) -> list[Changed]:
        super().write(self.lose(upserts))
        return []

    def present(self, identities: folding.Upsert) -> int:
        names = [f'"{name}"' for name in identities.identity]
        where = " AND ".join(f"t.{name} IS NOT DISTINCT FROM a.{name}" for name in names)
        with self._lock:
            self._connection.register("asked", duckdb_tables._arrow(identities))
            try:
                question = f'SELECT count(*) FROM asked a JOIN "{identities.table}" t ON {where}'  # a test's
                return int(self._connection.execute(question).fetchall()[0][0])
            finally:
                self._connection.unregister("asked")


@pytest.fixture
def uncounted(monkeypatch: pytest.MonkeyPatch) -> type[Uncounted]:
    monkeypatch.setattr(duckdb_tables, "DuckDbStore", Uncounted)
    monkeypatch.setattr(Uncounted, "lose", staticmethod(lambda upserts: upserts))
    return Uncounted


@pytest.mark.usefixtures("uncounted")
def test_a_database_that_does_not_count_is_read_back_and_closes_also_where_rows_were_there(tmp_path: Path) -> None:
    assert [outcome(tmp_path)[1]["open_edges"] for _ in range(2)] == [[], []]


def all_but_one(upserts: list[folding.Upsert]) -> list[folding.Upsert]:
    first, *rest = upserts
    kept = [dataclasses.replace(first, rows=first.rows[1:])] if first.rows[1:] else []
    return [*kept, *rest]


@pytest.mark.parametrize("lose", [lambda _: [], all_but_one], ids=["all", "one row"])
def test_what_a_database_that_does_not_count_loses_is_missed_when_it_is_read_back(
    lose: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uncounted: type[Uncounted]
) -> None:
    monkeypatch.setattr(uncounted, "lose", staticmethod(lose))
    code, report = outcome(tmp_path)
    assert (code, report["balanced"], edges(report).keys()) == (1, False, {"tables → database"})

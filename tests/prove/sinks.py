"""What every sink refuses, and what its outside refuses: made anew for each number, judged, and forgotten.

A record that its topic can never take, a row that its table cannot hold, a file that is full, a registry that refuses.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import orjson

from tests.builders import ARRIVAL_US
from tests.row_batches import interface, rows_of
from yangbeam.core.elements import LedgerDelta, TelemetryBatch, TelemetryRecord
from yangbeam.core.errors import SchemaError
from yangbeam.core.ledger import UNWRITTEN
from yangbeam.core.spool import Spooled
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.io.duckdb_tables import DuckDbStore
from yangbeam.io.json_lines import FileError, WriteJsonLines
from yangbeam.io.kafka.write_kafka import Record, WriteKafka
from yangbeam.io.schema_registry import RegistryAddress
from yangbeam.io.spool_files import SpoolLog
from yangbeam.registry import remote
from yangbeam.transforms.write_rows import WriteRows

Refused = Callable[[int], str]
"""Number → the reason by which what has it was refused."""

FULL: Final = Path("/dev/full")
"""A file on a disk that takes nothing."""
_TAKES: Final = 1_000
"""Octets of a record that the topics here take; no client may say less."""
_EXPORTERS: Final = 500
_MOCK: Final = {"bootstrap.servers": "", "test.mock.num.brokers": "1", "message.max.bytes": str(_TAKES)}


@contextmanager
def sinks(folder: Path, size: int) -> Iterator[Mapping[tuple[str, str], Refused]]:
    """Yields by sink and reason how it refuses what has ``size`` octets; of Kafka twice as much as it takes."""
    store = DuckDbStore(":memory:")
    registry = remote._Connected(remote.RemoteRegistry(RegistryAddress("http://r"), folder))
    spool = SpoolLog(folder / "spool")
    (folder / "spool").rmdir()
    (folder / "spool").write_bytes(b"")
    try:
        yield {
            ("kafka", "record-refused"): partial(_too_large, _Produced("telemetry", sink="kafka"), size),
            ("dead letters", "unwritten"): partial(_unwritten, _Produced("letters", account="dead-letters"), size),
            ("tables", "unmappable"): partial(_no_row, store, size),
            ("files", "file-write"): partial(_full, WriteJsonLines(FULL, _values, "files"), size),
            ("spool", "lost"): partial(_not_spooled, spool, size),
            **{
                ("registry", reason): partial(_no_schema, registry, answer, size) for reason, answer in REGISTRY.items()
            },
        }
    finally:
        store.close()
        registry._client.close()


def _record(number: int, size: int) -> TelemetryRecord:
    return TelemetryRecord(
        1, b"k", b"%0*d" % (max(size, 2 * _TAKES), number), "192.0.2.1", 1, 7, ARRIVAL_US, ARRIVAL_US
    )


def _values(batch: Any) -> Iterator[bytes]:
    yield from (record.value for record in batch.records)


def _records(batch: Any) -> Iterator[Record]:
    yield from (Record(record.key, record.value, []) for record in batch.records)


def _cut(record: Record, _: Any) -> Iterator[Record]:
    yield record._replace(value=record.value[: 2 * _TAKES])


class _Produced:
    """A Kafka sink, driven as a runner does."""

    def __init__(self, topic: str, **names: str) -> None:
        self._produce = WriteKafka(topic, _MOCK, _records, instead=None if "sink" in names else _cut, **names)._produce

    def __call__(self, batch: TelemetryBatch) -> dict[str, Any]:
        self._produce.start_bundle()
        inside = [*self._produce.process(batch)]
        ended = {each.tag: each.value.value for each in self._produce.finish_bundle()}
        return {each.tag: each.value for each in inside} | ended


def _too_large(kafka: _Produced, size: int, number: int) -> str:
    (letter,) = kafka(TelemetryBatch(records=[_record(number, size)]))[LETTERS].letters
    return str(letter.reason)


def _unwritten(letters: _Produced, size: int, number: int) -> str:
    counted: LedgerDelta = letters(TelemetryBatch(records=[_record(number, size)]))[LEDGER]
    ((name, count),) = counted.tallies[0].counts.items()
    assert (name, count) == (f"{UNWRITTEN}:dead-letters", 1)
    return UNWRITTEN


def _no_row(store: DuckDbStore, size: int, number: int) -> str:
    batch = rows_of(interface(speed="1", description=f"{number:0{size}}"))
    (group,) = batch.groups
    at = group.columns.index("speed")
    rows = [(*row[:at], f"much {number}", *row[at + 1 :]) for row in group.rows]
    sink = WriteRows(lambda: store, 1, 1.0, lambda: 0.0)
    sink.start_bundle()
    outputs = list(sink.process(msgspec.structs.replace(batch, groups=[msgspec.structs.replace(group, rows=rows)]), 0))
    (letter,) = next(each.value.letters for each in outputs if each.tag == LETTERS)
    return str(letter.reason)


def _full(files: WriteJsonLines, size: int, number: int) -> str:
    try:
        list(files._write.process(TelemetryBatch(records=[_record(number, size)])))
    except FileError as error:
        return error.reason
    raise AssertionError(number)


def _not_spooled(spool: SpoolLog, size: int, number: int) -> str:
    before = spool.lost
    spool.append(Spooled(0, b"k", b"%0*d" % (size, number), [], number))
    spool.flush()
    assert spool.lost == before + 1
    return "lost"


def _said(status: int, code: int, content: bytes = b"") -> Callable[[int], httpx.Response]:
    def answer(number: int) -> httpx.Response:
        said = orjson.dumps({"error_code": code, "message": f"no {number}"})
        return httpx.Response(status, content=content or said)

    return answer


REGISTRY: Final[Mapping[str, Callable[[int], httpx.Response]]] = {
    "schema-unknown": _said(404, 40403),
    "registry-denied": _said(401, 40101),
    "registry-incompatible": _said(409, 409),
    "registry-refused": _said(422, 42201),
    "registry-unreachable": _said(503, 50390),
    "registry-failing": _said(500, 50001),
    "registry-answer-invalid": _said(200, 0, b"["),
}
"""Reason → what the registry answers."""


def _no_schema(registry: Any, answer: Callable[[int], httpx.Response], size: int, number: int) -> str:
    registry._client._send = lambda *_: answer(number)
    registry._away = None
    try:
        registry.resolve(f"192.0.2.{number % _EXPORTERS}", f"{number:0{size}}", frozenset())
    except SchemaError as error:
        return error.reason
    raise AssertionError(number)

"""The ends of the graph as configured: which readers, which sinks, and what stands in a line or record."""

import base64
import contextlib
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from tests.pipeline.commands import capture
from tests.pipeline.configurations import Write
from tests.pipeline.snapshots import loss, total
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import (
    DeadLetter,
    DeadLetterBatch,
    LedgerTotals,
    LossBatch,
    MediaType,
    MessageBatch,
    TelemetryBatch,
    TelemetryRecord,
)
from yangbeam.core.reader import Reader
from yangbeam.io.capture_files import CaptureReader
from yangbeam.io.kafka.write_kafka import WriteKafka
from yangbeam.io.udp_sockets import UdpReader
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import (
    letter_lines,
    letter_records,
    loss_lines,
    loss_records,
    original_lines,
    original_records,
    readers_of,
    sinks_of,
    telemetry_lines,
    telemetry_records,
    total_lines,
    total_records,
)
from yangbeam.pipeline.graph import Sinks
from yangbeam.pipeline.view.status_sink import status_sinks

RECORD = TelemetryRecord(7, b"edge-1\n31", b'{"a":1}', "192.0.2.1", 1, 31, 2_000_000, 1_500_999)
UNBOUND = TelemetryRecord(None, b"edge-1\n", b"{}", "192.0.2.1", 1, None, 1, 1)
LETTER = DeadLetter("decode", "not-json", "device", "no object", "192.0.2.1", 4000, 3_000_999, bytes(range(256)))
KAFKA = '[kafka]\nbootstrap = "192.0.2.1:9092"\n'


def readers(path: Path) -> list[Reader]:
    return readers_of(load(path))


def sinks(path: Path | None = None, **more: Any) -> Sinks:
    return sinks_of(load(path), more)


def test_each_capture_source_is_a_reader_of_its_own(written: Write, recorded: Path) -> None:
    found = readers(written(f'[[sources]]\nkind = "capture"\nfiles = ["{recorded}"]\n' * 2))
    assert [type(reader) for reader in found] == [CaptureReader, CaptureReader]


def test_a_capture_is_read_by_its_ports_shards_and_dialect(written: Write, tmp_path: Path) -> None:
    source = capture(tmp_path / "two.pcap", (MediaType.JSON, b"{}"), (MediaType.JSON, b"[]"))
    text = f'[[sources]]\nkind = "capture"\nfiles = ["{source}"]\nports = [{{port}}]\n[beam]\nshards = 4\n'
    for port, messages in ((10003, 2), (4, 0)):
        (reader,) = readers(written(text.replace("{port}", str(port))))
        batches = []
        while isinstance(batch := reader.poll(1 << 20, 0.0), MessageBatch):
            batches.append(batch)
        assert sum(len(batch.messages) for batch in batches) == messages
        assert {batch.shard for batch in batches} == {0, 1, 2, 3}


def test_sockets_are_bound_where_it_says(written: Write) -> None:
    (reader,) = readers(written('[[sources]]\nkind = "udp-notif"\nport = 0\n'))
    assert isinstance(reader, UdpReader)
    with contextlib.closing(reader):
        assert [host for host, _ in reader.addresses] == ["127.0.0.1"]


def test_without_configuration_everything_goes_to_files_and_tables() -> None:
    found = sinks()
    assert [list(kind) for kind in (found.telemetry, found.dead_letters)] == [["Files"], ["Files", "OriginalsFiles"]]
    assert [list(kind) for kind in (found.loss, found.totals)] == [["Files", "Tables", "Scopes"], ["Files", "Tables"]]
    assert found.tables is not None


def test_a_cluster_takes_the_place_of_the_files_but_for_dead_letters(written: Write) -> None:
    found = sinks(written(KAFKA))
    assert list(found.telemetry) == ["Kafka"]
    assert [list(kind) for kind in (found.loss, found.totals)] == [["Kafka", "Tables", "Scopes"], ["Kafka", "Tables"]]
    assert list(found.dead_letters) == ["Files", "OriginalsFiles"]


def test_dead_letters_go_to_the_cluster_when_told(written: Write) -> None:
    found = sinks(written(KAFKA + '[dead_letters]\nkind = "kafka"\n'))
    assert isinstance(found.dead_letters["Kafka"], WriteKafka)


def test_files_beside_the_cluster_and_no_tables_when_told(written: Write) -> None:
    found = sinks(written(KAFKA + "[files]\nenabled = true\n[tables]\nenabled = false\n"))
    assert list(found.telemetry) == ["Files", "Kafka"]
    assert found.tables is None


def test_the_view_of_the_run_is_a_sink_like_others() -> None:
    found = sinks(None, **status_sinks())
    assert (list(found.loss), list(found.totals)) == (
        ["Files", "Tables", "Scopes", "Status"],
        ["Files", "Tables", "Status"],
    )


def test_a_telemetry_line_is_schema_id_key_and_value_however_the_payload_was_written() -> None:
    broken = TelemetryRecord(7, b"k\n1", b'{\r\n "a":\n"x\\n" }', "192.0.2.1", 1, 1, 1, 1)
    lines = list(telemetry_lines(TelemetryBatch(records=[RECORD, UNBOUND, broken])))
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert [orjson.loads(line) for line in lines] == [
        {"schema-id": 7, "key": "edge-1\n31", "value": {"a": 1}},
        {"schema-id": None, "key": "edge-1\n", "value": {}},
        {"schema-id": 7, "key": "k\n1", "value": {"a": "x\n"}},
    ]


@pytest.mark.parametrize(
    ("framing", "value", "header"),
    [
        ("prefix", b'\x00\x00\x00\x00\x07{"a":1}', None),
        ("header-int32", b'{"a":1}', b"\x00\x00\x00\x07"),
        ("header-ascii", b'{"a":1}', b"7"),
    ],
)
def test_a_telemetry_record_is_framed_by_its_schema_id(framing: str, value: bytes, header: bytes | None) -> None:
    bound, unbound = telemetry_records(
        framing, lambda schema_id: bytes([schema_id]) * 16, str, TelemetryBatch(records=[RECORD, UNBOUND])
    )
    assert (bound.key, bound.value) == (b"edge-1\n31", value)
    assert dict(bound.headers).get("schema-id") == header
    assert (unbound.value, [name for name, _ in unbound.headers]) == (b"{}", ["content-type"])


def test_who_counted_the_schema_id_travels_with_it_and_guids_need_nobody() -> None:
    batch = TelemetryBatch(records=[RECORD, UNBOUND])
    bound, unbound = (dict(each.headers) for each in telemetry_records("prefix", None, lambda: "5f0e9a1c", batch))
    assert bound["yangbeam-registry"] == b"5f0e9a1c"
    assert "yangbeam-registry" not in unbound
    nobody, _ = telemetry_records("prefix", None, str, batch)
    by_guid, _ = telemetry_records("header-guid", lambda _: bytes(16), lambda: "5f0e9a1c", batch)
    assert "yangbeam-registry" not in {**dict(nobody.headers), **dict(by_guid.headers)}


def test_what_was_done_to_a_payload_stands_in_a_header_of_its_own() -> None:
    mended = msgspec.structs.replace(RECORD, verdict=b'{"verdict":"pruned"}')
    records = TelemetryBatch(records=[mended, RECORD])
    first, second = telemetry_records("prefix", None, str, records)
    assert dict(first.headers)["yangbeam-verdict"] == b'{"verdict":"pruned"}'
    assert "yangbeam-verdict" not in dict(second.headers)


def test_originals_of_pruned_messages_have_the_form_of_letters_and_a_place_of_their_own() -> None:
    batch = DeadLetterBatch(letters=[], originals=[LETTER])
    assert list(letter_records(batch)) == list(letter_lines(batch)) == []
    assert list(original_records(batch)) == list(letter_records(DeadLetterBatch(letters=[LETTER])))
    assert list(original_lines(batch)) == list(letter_lines(DeadLetterBatch(letters=[LETTER])))


def test_a_loss_event_replaces_the_earlier_one_of_its_identity() -> None:
    event = loss(5, 9, identity="e1", last_us=4_000_999)
    (record,) = loss_records("prefix", None, lambda: 7, LossBatch(events=[event]))
    assert record.key == b"e1"
    (line,) = loss_lines(LossBatch(events=[event]))
    assert record.value == b"\x00\x00\x00\x00\x07" + line
    (by_guid,) = loss_records("header-guid", lambda number: bytes([number]) * 16, lambda: 7, LossBatch(events=[event]))
    assert (by_guid.value, dict(by_guid.headers)["__value_schema_id"]) == (line, b"\x01" + b"\x07" * 16)
    (told,) = orjson.loads(line)["yangbeam-loss:losses"]["loss"]
    assert (told["identity"], told["first"], told["last"], told["subscription-id"]) == ("e1", 5, 9, [7])


def test_a_letter_is_keyed_by_its_exporter_and_says_the_same_in_file_and_topic() -> None:
    (record,) = letter_records(DeadLetterBatch(letters=[LETTER]))
    assert (record.key, record.value) == (b"192.0.2.1", LETTER.original)
    (line,) = map(orjson.loads, letter_lines(DeadLetterBatch(letters=[LETTER])))
    assert base64.b64decode(line.pop("original")) == LETTER.original
    assert line | {"original": LETTER.original} == from_record(record.headers, record.value)


def test_a_total_is_keyed_by_what_it_is_the_total_of() -> None:
    batch = LedgerTotals(totals=[total({"received": 1}), total({"received": 2}, revision=2), total({}, shard=1)])
    first, revised, other = total_records(batch)
    assert first.key == revised.key != other.key
    assert orjson.loads(first.key or b"") == [0, "192.0.2.1", 1, 7, 0]
    assert [orjson.loads(line)["counts"] for line in total_lines(batch)] == [{"received": 1}, {"received": 2}, {}]

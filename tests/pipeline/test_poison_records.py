"""No record whatever ends a job: each topic is fed one that is larger than it takes."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import orjson
import pytest
from apache_beam.testing.util import assert_that
from confluent_kafka import Message
from msgspec.structs import replace

from tests.io.kafka.test_write_kafka import bootstrap as bootstrap  # noqa: PLC0414 # the mock cluster
from tests.io.kafka.test_write_kafka import consumed
from yangbeam.core.dead_letter import HEADER, from_record, letter_of_message, to_json
from yangbeam.core.elements import (
    DeadLetter,
    DeadLetterBatch,
    LedgerTotal,
    LedgerTotals,
    LossBatch,
    LossEvent,
    MediaType,
    TelemetryBatch,
    TelemetryRecord,
)
from yangbeam.core.elements import Message as Received
from yangbeam.core.errors import NotificationError
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import sinks_of

LIMIT = 100_000
LARGE = bytes(range(256)) * 600
"""153,600 octets, which base64 would make 204,800 of."""
MESSAGE = Received("192.0.2.1", 40_000, 3, 7, 1_000, MediaType.JSON, LARGE, raw_partition=4, raw_offset=1_234)
LETTER = letter_of_message("decode", MESSAGE, NotificationError("not-json", "it is none"))
EVENT = LossEvent("192.0.2.1", "n", 1, (1,), "transport", "node", 5, 9, 5, 1, 2, "confirmed", identity="i")
TOTAL = LedgerTotal(0, "192.0.2.1", 1, 1, 0, 1, {"received": 1})

Sinks = Callable[[str], Any]


@pytest.fixture
def sinks(bootstrap: str, tmp_path: Path) -> Sinks:
    """Returns a way to sinks whose topics begin with a name and take LIMIT octets a record."""

    def make(name: str) -> Any:
        topics = ", ".join(f'{kind} = "{name}-{kind}"' for kind in ("telemetry", "loss", "ledger", "dead_letters"))
        (tmp_path / "c.toml").write_text(
            f'out = "out"\n[kafka]\nbootstrap = "{bootstrap}"\ntopics = {{ {topics} }}\n'
            f'[kafka.properties]\n"message.max.bytes" = "{LIMIT}"\n[dead_letters]\nkind = "kafka"\n'
        )
        return sinks_of(load(tmp_path / "c.toml"), {})

    return make


def write(sink: beam.PTransform, batch: Any) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = pipeline | beam.Create([batch]) | sink


def letter_in(record: Message) -> dict[str, Any]:
    return from_record(record.headers() or (), record.value() or b"")


def test_a_letter_travels_as_its_original_octets_with_its_facts_in_a_header(sinks: Sinks, bootstrap: str) -> None:
    fits = LARGE[: LIMIT - 5_000]
    small = letter_of_message("decode", Received("192.0.2.1", 1, 3, 7, 9, "x", fits), NotificationError("not-json", ""))
    write(sinks("fits").dead_letters["Kafka"], DeadLetterBatch(letters=[small]))
    (record,) = consumed(bootstrap, "fits-dead_letters", 1)
    assert record.value() == fits
    assert letter_in(record) == orjson.loads(to_json(small)) | {"original": fits}


def test_a_letter_that_its_topic_cannot_take_is_cut_and_says_length_digest_and_place(
    sinks: Sinks, bootstrap: str
) -> None:
    small = letter_of_message("decode", Received("192.0.2.2", 1, 3, 8, 9, "x", b"s"), NotificationError("not-json", ""))
    write(sinks("cut").dead_letters["Kafka"], DeadLetterBatch(letters=[small, LETTER, small]))
    (cut,) = [each for each in consumed(bootstrap, "cut-dead_letters", 3) if each.key() == b"192.0.2.1"]
    letter = letter_in(cut)
    assert letter["original"] == LARGE[:65_536]
    assert (letter["octets"], letter["sha256"]) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert (letter["identity"], letter["stage"]) == ("4/1234/0", "decode")
    assert (letter["reason"], letter["fault"]) == ("not-json", "device")
    assert letter["cure"] == "Look at the original: it was cut, or it is XML or CBOR."
    assert letter["message_id"] == 7


def test_a_telemetry_message_that_is_too_large_is_a_letter_which_is_cut_in_turn(sinks: Sinks, bootstrap: str) -> None:
    record = TelemetryRecord(1, b"key", b'"' + bytes([120]) * LIMIT + b'"', "192.0.2.1", 0, 6666, 1, 1, 4, 1_234, 0)
    found = sinks("telemetry")

    def counted(deltas: list[Any]) -> None:
        assert [delta.tallies[0].counts["dead-at:kafka:record-refused"] for delta in deltas] == [1]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        written = pipeline | beam.Create([TelemetryBatch(records=[record])]) | "Write" >> found.telemetry["Kafka"]
        _ = written.dead_letters | "Letters" >> found.dead_letters["Kafka"]
        assert_that(written.ledger, counted)
    (cut,) = consumed(bootstrap, "telemetry-dead_letters", 1)
    letter = letter_in(cut)
    assert (letter["stage"], letter["reason"], letter["octets"]) == ("write kafka", "record-refused", LIMIT + 2)
    assert (letter["identity"], len(letter["original"])) == ("4/1234/0", 65_536)


@pytest.mark.parametrize(
    ("kind", "batch"),
    [
        ("loss", LossBatch(events=[EVENT, replace(EVENT, identity="big", detail="d" * LIMIT), EVENT])),
        ("ledger", LedgerTotals(totals=[TOTAL, replace(TOTAL, counts={"c" * LIMIT: 1}), TOTAL])),
    ],
)
def test_a_loss_or_total_that_is_too_large_is_a_letter_and_the_others_are_written(
    sinks: Sinks, bootstrap: str, kind: str, batch: Any
) -> None:
    found = sinks(f"large-{kind}")
    write((found.loss if kind == "loss" else found.totals)["Kafka"], batch)
    assert len(consumed(bootstrap, f"large-{kind}-{kind}", 2)) == 2
    (cut,) = consumed(bootstrap, f"large-{kind}-dead_letters", 1)
    letter = letter_in(cut)
    assert (letter["stage"], letter["reason"]) == (f"write large-{kind}-{kind}", "record-refused")
    assert letter["fault"] == "configuration"
    assert letter["octets"] > LIMIT
    assert len(letter["original"]) == 65_536


def test_a_letter_of_an_earlier_release_is_read() -> None:
    old = dict.fromkeys(DeadLetter.__struct_fields__) | {"reason": "poison-record", "original": "AAE="}
    assert from_record((), orjson.dumps(old)) == old | {"original": b"\x00\x01"}


@pytest.mark.parametrize(("headers", "value"), [((), b"{}"), ((), b"\xff"), ([(HEADER, b"[")], b""), ((), b"[]")])
def test_what_is_no_letter_is_told(headers: Any, value: bytes) -> None:
    with pytest.raises(NotificationError, match="not-a-dead-letter"):
        from_record(headers, value)

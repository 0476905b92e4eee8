"""Records of the raw topic as batches."""

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ARRIVAL_US, message
from yangbeam.core.elements import Heartbeat, MessageBatch, Refused, TopicRecord
from yangbeam.core.raw_batches import MAX_RECORDS, RawBatches
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message


def read(record: RawRecord, offset: int = 0) -> TopicRecord:
    headers = tuple((name, value) for name, value in record.headers if isinstance(value, bytes))
    return TopicRecord("raw", 3, offset, record.timestamp_ms * 1000, record.key, record.value, headers)


def test_messages_and_control_records_keep_their_order() -> None:
    beat = Heartbeat(0, "c", ARRIVAL_US, {})
    records = [of_message(message(b"1")), of_heartbeat(beat, 4), of_message(message(b"2"))]
    batches = RawBatches(3, "raw")
    (batch,) = batches.batches([read(record, at) for at, record in enumerate(records)])
    assert [(each.payload, each.raw_partition, each.raw_offset) for each in batch.messages] == [
        (b"1", 3, 0),
        (b"2", 3, 2),
    ]
    assert [(type(control), control.at) for control in batch.controls] == [(Heartbeat, 1)]
    assert (batch.shard, batch.source, batch.ordinal, batches.shards) == (3, "raw", 0, 4)


def test_a_poison_record_is_refused_with_its_place_and_its_bytes() -> None:
    record = TopicRecord("raw", 3, 41, ARRIVAL_US, b"192.0.2.9", b"poison", ())
    (batch,) = RawBatches(3, "raw").batches([record])
    (refused,) = batch.controls
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.exporter, refused.original) == ("not-a-raw-record", "192.0.2.9", b"poison")
    assert "raw[3] offset 41" in refused.detail


def test_nothing_gives_no_batch() -> None:
    assert RawBatches(0, "raw").batches([]) == []


@given(st.lists(st.integers(0, 40), max_size=60))
def test_batches_hold_all_messages_in_order_within_the_limit_or_one_alone(sizes: list[int]) -> None:
    records = [read(of_message(message(b"x" * size, message_id=at)), at) for at, size in enumerate(sizes)]
    batches = RawBatches(0, "raw", max_bytes=50).batches(records)
    assert [each.message_id for batch in batches for each in batch.messages] == list(range(len(sizes)))
    assert [batch.ordinal for batch in batches] == [batch.messages[0].raw_offset for batch in batches]
    assert all(octets(batch) <= 50 or len(batch.messages) == 1 for batch in batches)


def octets(batch: MessageBatch) -> int:
    return sum(len(each.payload) for each in batch.messages)


def test_a_batch_has_a_limit_of_records_too() -> None:
    record = read(of_message(message(b"")))
    assert [len(batch.messages) for batch in RawBatches(0, "raw").batches([record] * (MAX_RECORDS + 1))] == [
        MAX_RECORDS,
        1,
    ]

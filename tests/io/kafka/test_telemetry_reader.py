"""The telemetry topic as a Reader: partitions merged by time."""

from dataclasses import replace
from typing import Any

from tests.io.kafka.clusters import fill, new_topic, properties
from tests.waiting import until
from yangbeam.core.elements import EndOfInput, Heartbeat, TopicBatch
from yangbeam.core.raw_record import RawRecord
from yangbeam.core.reader import END, NOTHING
from yangbeam.io.kafka.raw_topic import TopicSettings
from yangbeam.io.kafka.telemetry_reader import BEAT_S, COLLECTOR_ID, TelemetryTopicReader

START_MS = 1_795_168_800_000


def settings(topic: str, **facts: Any) -> TopicSettings:
    return replace(TopicSettings(topic, properties(), end="latest"), **facts)


def records(count: int, partition: int, first: int = 0) -> list[tuple[int, RawRecord]]:
    return [
        (partition, RawRecord(b"k", b"%d" % at, [("schema-id", b"7")], START_MS + at * 100))
        for at in range(first, first + count)
    ]


def drained(reader: TelemetryTopicReader) -> list[TopicBatch]:
    batches: list[TopicBatch] = []

    def ended() -> bool:
        polled = reader.poll(1 << 20, 0.2)
        if isinstance(polled, TopicBatch):
            batches.append(polled)
        return polled is END

    until(ended, "the topic does not end", lambda: len(batches))
    reader.close()
    return batches


def test_partitions_of_unequal_length_are_read_by_time_and_each_in_its_order() -> None:
    topic = new_topic()
    fill(topic, records(3000, 0) + records(300, 1, 1000) + records(1, 2, 2500))
    batches = drained(TelemetryTopicReader(settings(topic)))
    found = [each for batch in batches for each in batch.records]
    assert len(found) == 3301
    for partition, count in ((0, 3000), (1, 300), (2, 1)):
        assert [each.offset for each in found if each.partition == partition] == list(range(count))
    newest = 0
    for each in found:
        assert each.timestamp_us >= newest
        newest = max(newest, each.timestamp_us)
    assert found[0].headers == (("schema-id", b"7"),)
    assert [type(control) for batch in batches for control in batch.controls] == [EndOfInput]
    assert {batch.shard for batch in batches} == {0}


def test_live_it_waits_stops_and_goes_on_where_it_committed() -> None:
    topic = new_topic()
    group = (*properties(), ("group.id", topic))
    fill(topic, records(3, 0))
    reader = TelemetryTopicReader(settings(topic, end=None, start="committed", properties=group), clock=lambda: 0.0)
    seen: list[Any] = []

    def three() -> bool:
        polled = reader.poll(1, 0.2)
        seen.extend(polled.records if isinstance(polled, TopicBatch) else ())
        return len(seen) >= 3

    until(three, "no three records come", lambda: len(seen))
    assert reader.poll(1, 0.01) is NOTHING
    reader.stop()
    end = reader.poll(1, 0.01)
    assert isinstance(end, TopicBatch)
    assert [type(control) for control in end.controls] == [EndOfInput]
    assert reader.poll(1, 0.01) is END
    reader.succeeded()
    reader.close()
    fill(topic, records(2, 0, 3))
    again = TelemetryTopicReader(settings(topic, start="committed", properties=group))
    assert [each.value for batch in drained(again) for each in batch.records] == [b"3", b"4"]


def test_live_a_heartbeat_comes_with_records_and_without_once_a_second() -> None:
    topic = new_topic()
    now_s = 0.0
    reader = TelemetryTopicReader(settings(topic, end=None, start="earliest"), clock=lambda: now_s)
    now_s = BEAT_S
    assert reader.poll(1, 0.01) is NOTHING, "nothing was read that could be told"
    fill(topic, records(1, 0))

    def first() -> TopicBatch | None:
        polled = reader.poll(1, 0.2)
        return polled if isinstance(polled, TopicBatch) else None

    batch = until(first, "no record comes")
    assert batch is not None
    newest_us = START_MS * 1000
    assert batch.controls == [Heartbeat(1, COLLECTOR_ID, newest_us, {})]
    assert reader.poll(1, 0.01) is NOTHING
    now_s += BEAT_S
    idle = reader.poll(1, 0.01)
    assert isinstance(idle, TopicBatch)
    assert (idle.records, idle.controls) == ([], [Heartbeat(0, COLLECTOR_ID, newest_us, {})])
    reader.close()


def test_a_partition_far_ahead_is_fetched_no_further_until_the_others_have_caught_up() -> None:
    topic = new_topic()
    fill(topic, records(30_000, 0, 500_000) + records(20_000, 1))
    found = [each for batch in drained(TelemetryTopicReader(settings(topic))) for each in batch.records]
    assert len(found) == 50_000
    assert {each.partition for each in found[:20_000]} == {1}

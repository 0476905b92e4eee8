from hypothesis import given
from hypothesis import strategies as st

from tests.wire import message_datagram
from yangbeam.core import collector as module
from yangbeam.core.collector import Collector
from yangbeam.core.elements import EndOfInput, Heartbeat, MediaType, Message, MessageBatch, Refused
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.shards import shard_of
from yangbeam.core.udp_notif import segments_of
from yangbeam.core.unheard import Heard

SECOND = 1_000_000


def send(collector: Collector, datagram: bytes, exporter: str = "192.0.2.1", at: int = SECOND) -> None:
    collector.datagram(datagram, exporter, 50000, "192.0.2.9", 10003, at)


def drain(collector: Collector, shard: int = 0, max_bytes: int = 1 << 20) -> list[MessageBatch]:
    batches = []
    while (batch := collector.take(shard, max_bytes)) is not None:
        batches.append(batch)
    return batches


def in_order(batches: list[MessageBatch]) -> list[int | str]:
    """Message ids, and the names of control records, in the order they stand for."""
    record: list[int | str] = []
    for batch in batches:
        controls = list(batch.controls)
        for index in range(len(batch.messages) + 1):
            while controls and controls[0].at == index:
                record.append(type(controls.pop(0)).__name__)
            if index < len(batch.messages):
                record.append(batch.messages[index].message_id)
        assert not controls
    return record


def test_a_whole_datagram_becomes_a_message_with_all_its_facts() -> None:
    collector = Collector("c1")
    send(collector, message_datagram(7, b"{}"))
    assert collector.take(0, 1000) == MessageBatch(
        source="udp-notif",
        messages=[
            Message("192.0.2.1", 50000, 1, 7, SECOND, MediaType.JSON, b"{}", "192.0.2.9", 10003, collector_id="c1"),
        ],
    )
    assert collector.take(0, 1000) is None


def test_the_arrival_of_a_message_is_that_of_its_last_segment() -> None:
    collector = Collector("c1")
    parts = segments_of(bytes(40), media_type=MediaType.CBOR, publisher_id=1, message_id=1, max_segment_size=30)
    for number, part in enumerate(parts):
        send(collector, part, at=SECOND + number)
    (batch,) = drain(collector)
    assert batch.messages[0].arrival_us == SECOND + len(parts) - 1
    assert batch.messages[0].payload == bytes(40)


def test_control_records_stand_where_they_happened() -> None:
    collector = Collector("c1")
    send(collector, message_datagram(1))
    send(collector, b"?")
    send(collector, message_datagram(2))
    collector.heartbeat(2 * SECOND, kernel_drops=3)
    send(collector, message_datagram(3))
    collector.end(3 * SECOND)
    (batch,) = drain(collector)
    assert in_order([batch]) == [1, "Refused", 2, "Heartbeat", 3, "Heartbeat", "EndOfInput"]
    refused, beat, last, end = batch.controls
    assert refused == Refused(
        1, "malformed", refused.detail, "192.0.2.1", 50000, SECOND, b"?", None, None, "device", "c1"
    )
    assert isinstance(beat, Heartbeat)
    assert (beat.collector_id, beat.clock_us, beat.counters["datagrams"]) == ("c1", 2 * SECOND, 3)
    assert (beat.counters["kernel_drops"], beat.counters["malformed"]) == (3, 1)
    assert isinstance(last, Heartbeat)
    assert (last.counters["kernel_drops"], last.counters["messages"]) == (3, 3)
    assert (beat.given, last.given) == (3, 4)
    assert end == EndOfInput(3, 3 * SECOND)


def test_a_heartbeat_says_what_was_given_to_its_own_shard() -> None:
    collector = Collector("c1", shards=4)
    exporters = [f"192.0.2.{number}" for number in range(40)]
    for exporter in exporters:
        collector.datagram(message_datagram(1), exporter, 50000, "192.0.2.9", 10003, SECOND)
    collector.end(2 * SECOND)
    shards = [shard_of(exporter, 4) for exporter in exporters]
    for shard in range(4):
        batch = collector.take(shard, 1 << 20)
        assert batch is not None
        assert isinstance(beat := batch.controls[0], Heartbeat)
        assert beat.given == shards.count(shard) == len(batch.messages)
    assert collector.given == 40


def test_an_incomplete_message_is_refused_when_its_time_is_over_and_stands_there() -> None:
    collector = Collector("c1")
    first, _ = segments_of(bytes(20), media_type=MediaType.JSON, publisher_id=1, message_id=9, max_segment_size=30)
    send(collector, first)
    collector.tick(11 * SECOND - 1)
    assert collector.take(0, 1000) is None
    send(collector, message_datagram(1), at=11 * SECOND - 1)
    collector.heartbeat(11 * SECOND)
    (batch,) = drain(collector)
    assert in_order([batch]) == [1, "Refused", "Heartbeat"]
    refused = batch.controls[0]
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.publisher_id, refused.message_id) == ("incomplete", 1, 9)
    assert (refused.original, refused.arrival_us) == (first, SECOND)


def test_an_empty_payload_is_delivered_and_counted_whole_or_in_segments() -> None:
    collector = Collector("c1")
    send(collector, bytes.fromhex("210c000c0000000100000007"))
    send(collector, bytes.fromhex("2110001000000001000000080104" + "0001"))
    (batch,) = drain(collector)
    assert [message.payload for message in batch.messages] == [b"", b""]
    assert collector.counters["empty_payload"] == 2


def test_each_exporter_has_its_shard_and_heartbeats_go_to_all() -> None:
    exporters = [f"192.0.2.{number}" for number in range(20)]
    collector = Collector("c1", shards=4, source="s")
    for number, exporter in enumerate(exporters):
        send(collector, message_datagram(number), exporter)
        send(collector, b"?", exporter)
    collector.end(2 * SECOND)
    for shard in range(4):
        (batch,) = drain(collector, shard)
        assert (batch.shard, batch.ordinal, batch.source) == (shard, 0, "s")
        mine = [exporter for exporter in exporters if shard_of(exporter, 4) == shard]
        assert [message.exporter for message in batch.messages] == mine
        assert [control.exporter for control in batch.controls if isinstance(control, Refused)] == mine
        assert [type(control) for control in batch.controls[-2:]] == [Heartbeat, EndOfInput]


@given(
    events=st.lists(st.sampled_from(["message", "refused", "heartbeat"]), max_size=40),
    max_bytes=st.integers(1, 60),
    most=st.integers(1, 5),
)
def test_cutting_into_batches_keeps_order_and_limits(events: list[str], max_bytes: int, most: int) -> None:
    collector, uncut = Collector("c1"), Collector("c1")
    for number, event in enumerate(events):
        for one in (collector, uncut):
            if event == "message":
                send(one, message_datagram(number, bytes(number % 7)))
            elif event == "refused":
                send(one, bytes(1 + number % 5))
            else:
                one.heartbeat(SECOND)
    before = module.MAX_RECORDS
    expected = in_order(drain(uncut))
    try:
        module.MAX_RECORDS = most
        batches = drain(collector, max_bytes=max_bytes)
    finally:
        module.MAX_RECORDS = before
    assert in_order(batches) == expected
    assert [batch.ordinal for batch in batches] == list(range(len(batches)))
    for batch in batches:
        refused = [control.original for control in batch.controls if isinstance(control, Refused)]
        payloads = [message.payload for message in batch.messages]
        assert len(batch.messages) <= most
        assert sum(map(len, payloads + refused)) <= max_bytes or len(payloads + refused) == 1
    assert (collector.octets(0), collector.records(0)) == (0, 0)


def test_a_flood_of_forged_exporters_is_forgotten_not_misrouted() -> None:
    collector = Collector("c1", shards=2)
    collector._heard = Heard(3)
    for number in range(20):
        send(collector, message_datagram(number), f"192.0.2.{number}")
        send(collector, message_datagram(number), "198.51.100.1")
    assert len(collector._heard) <= 6
    assert collector._heard.again("198.51.100.1") is not None or collector._heard.get("198.51.100.1") is not None
    for shard in range(2):
        for batch in drain(collector, shard):
            assert {shard_of(message.exporter, 2) for message in batch.messages} == {shard}


def test_what_is_evicted_goes_to_the_shard_of_its_own_exporter() -> None:
    collector = Collector("c1", shards=2, limits=ReassemblyLimits(max_messages=1))
    exporters = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]
    first, _ = segments_of(bytes(20), media_type=MediaType.JSON, publisher_id=1, message_id=9, max_segment_size=30)
    for exporter in exporters:
        send(collector, first, exporter)
    refused = [
        (shard, control.exporter)
        for shard in range(2)
        for batch in drain(collector, shard)
        for control in batch.controls
        if isinstance(control, Refused)
    ]
    assert sorted(exporter for _, exporter in refused) == exporters[:3]
    assert all(shard_of(exporter, 2) == shard for shard, exporter in refused)


def test_a_message_that_came_whole_stands_among_the_others_in_its_shard() -> None:
    collector = Collector("c", shards=2)
    whole = Message("192.0.2.1", 443, 0, 0, SECOND, MediaType.JSON, b"{}", "192.0.2.9", 8443, "https-notif")
    send(collector, message_datagram(1, b"[]"))
    collector.message(whole)
    collector.refuse("malformed", "no JSON", b"{", exporter="192.0.2.1", arrival_us=SECOND)
    (batch,) = drain(collector, shard_of("192.0.2.1", 2))
    assert batch.messages[1] == whole
    assert [control.at for control in batch.controls] == [2]
    assert collector.counters["messages"] == 2
    assert collector.counters["datagrams"] == 1

import gzip
import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import zstandard

from tests.shared_data import shared
from tests.wire import (
    COLLECTOR,
    EXPORTER,
    EXPORTER_6,
    enhanced,
    ethernet,
    interface,
    ipv4,
    ipv6,
    message_datagram,
    messages_of,
    pcap,
    read_all,
    section,
    udp,
)
from yangbeam.core.elements import EndOfInput, Heartbeat, MediaType, Message, MessageBatch, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.pcap import CaptureError, CaptureParser
from yangbeam.core.reader import END
from yangbeam.core.udp_notif import segments_of
from yangbeam.io import capture_files
from yangbeam.io.capture_files import CaptureReader

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
BATCH = 1 << 20

CAPTURES = {
    "ipf-zbl1243-r-daisy-21-yangpush-20241102-1030": (924, 539, 0),
    "n7-sa1_yang-push": (40, 4, 2),
    "6wind-vsr-yang-push-20250304-0811-receiver-json": (73, 62, 40),
    "huawei-MA5800T-X17-yang-push-20250306-1330-receiver": (486, 109, 0),
}
NAMES = {
    MediaType.JSON.value: "YangDataJson",
    MediaType.XML.value: "YangDataXml",
    MediaType.CBOR.value: "YangDataCbor",
}


def frame(datagram: bytes) -> bytes:
    return ethernet(ipv4(udp(datagram)))


def written(tmp_path: Path, octets: bytes, name: str = "a.pcap") -> Path:
    path = tmp_path / name
    path.write_bytes(octets)
    return path


def controls_of(batches: Iterable[MessageBatch]) -> list[object]:
    return [control for batch in batches for control in batch.controls]


def refused_of(batches: Iterable[MessageBatch]) -> list[str]:
    return [control.reason for control in controls_of(batches) if isinstance(control, Refused)]


@pytest.mark.parametrize("name", CAPTURES)
def test_a_real_capture_gives_exactly_the_expected_messages_and_refuses_nothing(name: str) -> None:
    folder = shared(f"captures/{name}")
    reader = CaptureReader([folder / "capture.pcap"])
    batches = read_all(reader)
    messages = messages_of(batches)
    found = [
        {
            "media_type": NAMES[message.media_type],
            "message_id": message.message_id,
            "options": {str(kind): data.hex() for kind, data in message.options},
            "payload": json.loads(message.payload),
            "publisher_id": message.publisher_id,
        }
        for message in messages
    ]
    expected = [json.loads(line) for line in (folder / "expected-packets.jsonl").read_text().splitlines()]
    assert found == expected
    counters = reader.counters
    assert (counters["datagrams"], counters["messages"], counters["other_traffic"]) == CAPTURES[name]
    assert refused_of(batches) == []
    assert reader.position() == reader.size()


@pytest.mark.parametrize("name", CAPTURES)
def test_a_real_capture_is_the_same_in_small_batches_and_with_its_ports_named(name: str) -> None:
    path = shared(f"captures/{name}/capture.pcap")
    messages = messages_of(read_all(CaptureReader([path])))
    ports = frozenset(message.collector_port for message in messages)
    small = read_all(CaptureReader([path], ports=ports), max_bytes=5000)
    assert messages_of(small) == messages
    assert all(sum(len(m.payload) for m in batch.messages) <= 5000 or len(batch.messages) == 1 for batch in small)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_real_capture_cut_anywhere_gives_a_prefix_and_reports_the_cut(name: str, tmp_path: Path) -> None:
    path = shared(f"captures/{name}/capture.pcap")
    octets = path.read_bytes()
    everything = messages_of(read_all(CaptureReader([path])))
    for cut in [0, 1, 23, 24, 30, *range(100, len(octets), len(octets) // 17), len(octets) - 1]:
        reader = CaptureReader([written(tmp_path, octets[:cut])])
        batches = read_all(reader)
        messages = messages_of(batches)
        assert messages == everything[: len(messages)]
        assert set(refused_of(batches)) <= {"capture_cut", "incomplete"}
        assert reader.counters["incomplete"] == refused_of(batches).count("incomplete")
        at_the_end_of_a_packet = is_whole(octets[:cut])
        assert refused_of(batches).count("capture_cut") == (not at_the_end_of_a_packet)


def is_whole(octets: bytes) -> bool:
    parser = CaptureParser()
    list(parser.feed(octets))
    return parser.end() == b"" and len(octets) > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CAPTURES)
def test_a_real_capture_with_delays_that_change_its_order_gives_the_same_messages(
    name: str, seed: int, tmp_path: Path
) -> None:
    """Segments may come in any order; routers that reuse ids at once forbid a shuffle over all of it."""
    path = shared(f"captures/{name}/capture.pcap")
    expected = messages_of(read_all(CaptureReader([path])))
    frames = list(CaptureParser().feed(path.read_bytes()))
    chance = random.Random(seed)
    late = sorted((at.time_us + chance.randrange(500_000), at.data) for at in frames)
    mixed = pcap(late, link=frames[0].link)
    found = messages_of(read_all(CaptureReader([written(tmp_path, mixed)])))
    assert sorted(facts(message) for message in found) == sorted(facts(message) for message in expected)


def facts(message: Message) -> tuple[str, int, int, int, bytes]:
    return (message.exporter, message.port, message.publisher_id, message.message_id, message.payload)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_real_capture_given_twice_gives_every_message_twice(name: str) -> None:
    path = shared(f"captures/{name}/capture.pcap")
    once = messages_of(read_all(CaptureReader([path])))
    reader = CaptureReader([path, path])
    assert messages_of(read_all(reader)) == once * 2
    assert reader.position() == reader.size() == 2 * path.stat().st_size


def test_files_are_read_in_order_and_end_with_a_heartbeat_and_the_end_of_input(tmp_path: Path) -> None:
    first = written(tmp_path, pcap([(START, frame(message_datagram(1)))]))
    second = written(
        tmp_path,
        section() + interface() + enhanced("<", 0, START + 300_000, ethernet(ipv6(udp(message_datagram(2))))),
        "b.pcapng",
    )
    (batch,) = read_all(CaptureReader([first, second], source="s", collector_id="c"))
    assert (batch.source, batch.shard, batch.ordinal) == ("s", 0, 0)
    assert [(m.exporter, m.message_id, m.arrival_us) for m in batch.messages] == [
        (EXPORTER, 1, START),
        (EXPORTER_6, 2, START + 300_000),
    ]
    assert (batch.messages[0].collector, batch.messages[0].collector_port) == (COLLECTOR, 10003)
    beat, end = batch.controls[-2:]
    assert isinstance(beat, Heartbeat)
    assert (beat.at, beat.collector_id, beat.clock_us) == (2, "c", START + 300_000)
    assert (beat.counters["datagrams"], beat.counters["frames"]) == (2, 2)
    assert end == EndOfInput(2, START + 300_000)


def test_heartbeats_stand_at_each_second_of_capture_time(tmp_path: Path) -> None:
    times = [0, 900_000, 1_000_000, 3_500_000]
    path = written(tmp_path, pcap([(START + at, frame(message_datagram(n))) for n, at in enumerate(times)]))
    (batch,) = read_all(CaptureReader([path]))
    beats = [(c.at, c.clock_us - START) for c in batch.controls if isinstance(c, Heartbeat)]
    assert beats == [(0, 0), (2, SECOND), (3, 2 * SECOND), (3, 3 * SECOND), (4, 3_500_000)]


def test_a_long_silence_is_stepped_over_and_a_clock_that_steps_back_is_waited_for(tmp_path: Path) -> None:
    times = [0, 86_400 * SECOND + 5, 0, 86_401 * SECOND]
    path = written(tmp_path, pcap([(START + at, frame(message_datagram(n))) for n, at in enumerate(times)]))
    (batch,) = read_all(CaptureReader([path]))
    clocks = [(c.clock_us - START) // SECOND for c in batch.controls if isinstance(c, Heartbeat)]
    assert clocks == [*range(60), 86_400, 86_401, 86_401]


def test_an_incomplete_message_is_refused_in_capture_time_or_at_the_end(tmp_path: Path) -> None:
    parts = [
        segments_of(bytes(30), media_type=MediaType.JSON, publisher_id=1, message_id=n, max_segment_size=30)[0]
        for n in (1, 2)
    ]
    frames = [(START, frame(parts[0])), (START + 20 * SECOND, frame(parts[1]))]
    (batch,) = read_all(CaptureReader([written(tmp_path, pcap(frames))]))
    refused = [control for control in batch.controls if isinstance(control, Refused)]
    assert [(r.reason, r.message_id, r.original) for r in refused] == [
        ("incomplete", 1, parts[0]),
        ("incomplete", 2, parts[1]),
    ]
    before = [
        c.clock_us - START for c in batch.controls[: batch.controls.index(refused[0])] if isinstance(c, Heartbeat)
    ]
    assert before[-1] == 9 * SECOND


def test_every_shard_ends_and_has_its_own_ordinals(tmp_path: Path) -> None:
    frames = [(START + n, frame(message_datagram(n, bytes(50)))) for n in range(20)]
    batches = read_all(CaptureReader([written(tmp_path, pcap(frames))], shards=3), max_bytes=100)
    for shard in range(3):
        mine = [batch for batch in batches if batch.shard == shard]
        assert [batch.ordinal for batch in mine] == list(range(len(mine)))
        assert [type(control) for control in mine[-1].controls[-2:]] == [Heartbeat, EndOfInput]
        assert sum(isinstance(control, EndOfInput) for control in controls_of(mine)) == 1


def test_a_damaged_file_gives_all_before_the_damage_and_the_next_file_follows(tmp_path: Path) -> None:
    bad = pcap([(START, frame(message_datagram(1)))]) + b"\xff" * 40
    good = pcap([(START + 1, frame(message_datagram(2)))])
    reader = CaptureReader([written(tmp_path, bad), written(tmp_path, good, "b.pcap")])
    batches = read_all(reader)
    assert [message.message_id for message in messages_of(batches)] == [1, 2]
    assert refused_of(batches) == ["capture_damaged"]
    (refused,) = [control for control in controls_of(batches) if isinstance(control, Refused)]
    assert isinstance(refused, Refused)
    assert (refused.fault, refused.original, refused.exporter) == ("environment", b"\xff" * 40, "")
    assert "a.pcap" in refused.detail
    assert reader.counters["capture_damaged"] == 1
    assert reader.position() == reader.size()


def test_a_capture_cut_at_any_octet_gives_what_is_whole_and_one_report(tmp_path: Path) -> None:
    file = pcap([(START + n, frame(message_datagram(n))) for n in range(3)])
    packet = (len(file) - 24) // 3
    for cut in range(len(file) + 1):
        reader = CaptureReader([written(tmp_path, file[:cut])])
        batches = read_all(reader)
        whole, rest = divmod(cut - 24, packet) if cut >= 24 else (0, 1)
        assert [message.message_id for message in messages_of(batches)] == list(range(whole))
        assert refused_of(batches) == ["capture_cut"] * bool(rest)
        assert reader.position() == cut


def test_packets_without_a_time_do_not_each_start_the_clock(tmp_path: Path) -> None:
    (batch,) = read_all(CaptureReader([written(tmp_path, pcap([(0, frame(message_datagram(n))) for n in range(3)]))]))
    assert [type(control) for control in batch.controls] == [Heartbeat, Heartbeat, EndOfInput]


def test_a_file_is_read_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_files, "CHUNK", 100)
    frames = [(START + n, frame(message_datagram(n, bytes(50)))) for n in range(20)]
    reader = CaptureReader([written(tmp_path, pcap(frames))])
    first = reader.poll(100, 0.0)
    assert isinstance(first, MessageBatch)
    assert [message.message_id for message in first.messages] == [0, 1]
    assert 0 < reader.position() < reader.size() / 2
    rest = read_all(reader, 100)
    assert [message.message_id for message in messages_of(rest)] == list(range(2, 20))


def test_unrelated_traffic_and_chosen_ports_are_counted_apart(tmp_path: Path) -> None:
    frames = [
        (START, frame(message_datagram(1))),
        (START, ethernet(ipv4(udp(b"<14>syslog", 40000, 514)))),
        (START, ethernet(ipv4(b"tcp", protocol=6))),
    ]
    path = written(tmp_path, pcap(frames))
    reader = CaptureReader([path])
    assert len(messages_of(read_all(reader))) == 1
    assert (reader.counters["other_traffic"], reader.counters["tcp"], reader.counters["frames"]) == (1, 1, 3)
    reader = CaptureReader([path], ports=frozenset({514}))
    assert refused_of(read_all(reader)) == ["malformed"]
    assert reader.counters["other_traffic"] == 1


def test_a_closed_reader_reads_no_more(tmp_path: Path) -> None:
    reader = CaptureReader([written(tmp_path, pcap([(START, frame(message_datagram(1)))]))])
    reader.close()
    reader.close()
    assert reader.poll(BATCH, 0.0) is END


def test_files_that_cannot_be_read_are_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.pcap"):
        CaptureReader([tmp_path / "absent.pcap"])
    with pytest.raises(CaptureError, match=r"a\.pcap.*neither"):
        CaptureReader([written(tmp_path, b"GIF89a")])
    with pytest.raises(ConfigurationError, match="at least one"):
        CaptureReader([])


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstandard"])
def test_a_compressed_capture_gives_the_same_as_the_capture(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    capture = pcap([(START + number * SECOND, frame(message_datagram(number))) for number in range(50)])
    plain = CaptureReader([written(tmp_path, capture)])
    packed = CaptureReader([written(tmp_path, compress(capture), "a.pcap.packed")])
    assert messages_of(read_all(packed)) == messages_of(read_all(plain))
    assert packed.position() == packed.size() == len(compress(capture))


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstandard"])
def test_a_compressed_capture_that_is_cut_short_gives_what_came_before(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    noise = random.Random(1)
    capture = pcap([(START, frame(message_datagram(number, noise.randbytes(1_000)))) for number in range(500)])
    reader = CaptureReader([written(tmp_path, compress(capture)[:-100])])
    batches = read_all(reader)
    assert refused_of(batches) == ["capture_cut"]
    assert len(messages_of(batches)) > 300


def test_a_compressed_file_that_is_no_capture_is_refused_at_the_start(tmp_path: Path) -> None:
    for octets in (gzip.compress(b"no capture"), zstandard.compress(b"no capture"), b"\x1f\x8bno gzip"):
        with pytest.raises(CaptureError) as caught:
            CaptureReader([written(tmp_path, octets)])
        assert caught.value.reason == "not-a-capture"


@pytest.mark.parametrize(("name", "count"), [("c.pcap", 2), ("old-block.pcapng", 1)])
def test_the_frames_of_the_field_that_nobody_was_told_of_are_read(name: str, count: int) -> None:
    reader = CaptureReader([shared(f"cases/capture-frames-silent/{name}")])
    assert len(messages_of(read_all(reader))) == reader.counters["frames"] == count

"""Receiving processes against librdkafka's mock cluster: what arrives in the raw topic, and what survives what."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.certificates import Authority
from tests.waiting import PATIENCE_S, until
from tests.wire import message_datagram
from yangbeam.core.elements import Heartbeat, MediaType, Message, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.raw_record import Beat, read_record
from yangbeam.core.shards import shard_of
from yangbeam.core.udp_notif import segments_of
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.pipeline.receive import parent
from yangbeam.pipeline.receive.metrics import metrics
from yangbeam.pipeline.receive.order import KafkaOrder
from yangbeam.pipeline.receive.parent import Receive, ReceivePlan
from yangbeam.pipeline.receive.process import ReceiveEndedError

SHARDS = 4
"""The mock's topics have four partitions."""
AWAY = "127.0.0.1:9"
_CLUSTER = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})


@pytest.fixture
def bootstrap() -> str:
    broker = next(iter(_CLUSTER.list_topics(timeout=PATIENCE_S).brokers.values()))
    return f"{broker.host}:{broker.port}"


class Site:
    """A plan that runs in a thread of the test."""

    def __init__(self, folder: Path, bootstrap: str, topic: str, **more: Any) -> None:
        self.said: list[str] = []
        self.error: BaseException | None = None
        record_bytes = more.pop("record_bytes", 20 << 20)
        flush_s = more.pop("flush_s", 5.0)
        stall_s = more.pop("stall_s", 30.0)
        https = more.pop("https", ())
        spool_bytes = more.pop("spool_bytes", 1 << 30)
        properties = {"bootstrap.servers": bootstrap, "linger.ms": "1", "log_level": "0"}
        kafka = KafkaOrder(topic, properties, record_bytes, 8 << 20, stall_s, flush_s)
        udp = () if https else (UdpSettings(shards=SHARDS, collector_id="c", **{"heartbeat_ms": 50, **more}),)
        self.receive = Receive(ReceivePlan(udp, https, kafka, folder / "spool", spool_bytes), self.said.append)
        self.receive.open()
        self.address = self.receive.addresses[0]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.first = self.receive.receivers[0]

    def _run(self) -> None:
        try:
            self.receive.run()
        except BaseException as error:  # noqa: BLE001 # the test looks at it
            self.error = error

    def wait(self, name: str, value: int) -> None:
        until(lambda: self.first.report.counters.get(name, 0) >= value, f"{name} {value}: {self.first.report}")

    def send(self, *datagrams: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for datagram in datagrams:
                sender.sendto(datagram, self.address)

    def end(self) -> None:
        self.receive.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def opened(bootstrap: str, topic: str, **more: Any) -> Site:
        sites.append(Site(tmp_path, bootstrap, topic, **more))
        return sites[-1]

    yield opened
    for each in sites:
        each.end()


def written(bootstrap: str, topic: str) -> dict[int, list[tuple[bytes, Message | Refused | Beat]]]:
    """Returns everything that a topic holds, by partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(SHARDS)])
    found: dict[int, list[tuple[bytes, Any]]] = {partition: [] for partition in range(SHARDS)}
    ended: set[int] = set()

    def all_ended() -> bool:
        for record in consumer.consume(1000, timeout=0.2):
            if record.error():
                ended.add(record.partition())
                continue
            read = read_record(record.headers() or [], record.value() or b"", record.partition(), record.offset())
            found[record.partition()].append((record.key(), read))
        return len(ended) == SHARDS

    until(all_ended, f"{topic} does not end", lambda: {shard: len(records) for shard, records in found.items()})
    consumer.close()
    return found


def messages(records: dict[int, list[tuple[bytes, Any]]], shard: int) -> list[int]:
    return [each.message_id for _, each in records[shard] if isinstance(each, Message)]


OWN = shard_of("127.0.0.1", SHARDS)


def test_messages_refusals_and_heartbeats_stand_in_the_raw_topic_in_order(
    site: Callable[..., Site], bootstrap: str
) -> None:
    one = site(bootstrap, "in-order")
    one.send(message_datagram(1, b"[1]"), b"nonsense", message_datagram(2, b"[2]"))
    one.wait("acknowledged", 3)
    one.end()
    records = written(bootstrap, "in-order")
    own = [(key, each) for key, each in records[OWN] if not isinstance(each, Beat)]
    assert [key for key, _ in own] == [b"127.0.0.1"] * 3
    assert [type(each) for _, each in own] == [Message, Refused, Message]
    message = own[0][1]
    assert isinstance(message, Message)
    assert (message.payload, message.exporter, message.collector_port) == (b"[1]", "127.0.0.1", one.address[1])
    refused = own[1][1]
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.original) == ("malformed", b"nonsense")
    for partition in range(SHARDS):
        beats = [each for _, each in records[partition] if isinstance(each, Beat)]
        assert len(beats) >= 2
        assert {beat.shards for beat in beats} == {SHARDS}
        last: Heartbeat = beats[-1].heartbeat
        assert (last.collector_id, last.counters["messages"], last.counters["malformed"]) == ("c/0", 2, 1)
        assert last.counters["kernel_drops"] == 0


def test_the_end_loses_nothing_that_the_sockets_hold(site: Callable[..., Site], bootstrap: str) -> None:
    one = site(bootstrap, "the-end", processes=2)
    until(lambda: all(receiver.report.counters for receiver in one.receive.receivers))
    for port in range(8):
        one.send(*[message_datagram(100 * port + number) for number in range(100)])
    one.end()
    assert one.said == []
    assert sorted(messages(written(bootstrap, "the-end"), OWN)) == list(range(800))


def test_what_kafka_did_not_take_is_written_by_the_next_start(site: Callable[..., Site], bootstrap: str) -> None:
    one = site(AWAY, "restart", flush_s=0.2)
    one.send(*[message_datagram(number) for number in range(50)])
    one.wait("messages", 50)
    one.end()
    assert one.first.report.spool_octets > 0
    again = site(bootstrap, "restart")
    again.send(message_datagram(50))
    again.wait("messages", 1)
    until(lambda: again.first.report.spool_octets == 0)
    again.end()
    assert messages(written(bootstrap, "restart"), OWN) == list(range(51))


def test_without_kafka_memory_and_disk_are_bounded_and_the_rest_is_counted(
    site: Callable[..., Site], bootstrap: str
) -> None:
    one = site(AWAY, "bounded", stall_s=0.2, spool_bytes=200_000, flush_s=0.1)
    payload = bytes(10_000)
    for number in range(0, 100, 10):
        one.send(*[message_datagram(each, payload) for each in range(number, number + 10)])
        one.wait("messages", number + 10)
    one.wait("stalls", 1)
    one.wait("spool_drops", 1)
    one.end()
    counters = one.first.report.counters
    assert one.first.report.spool_octets <= 200_000
    assert counters["spool_drops"] >= counters["ring_drops"] > 0
    again = site(bootstrap, "bounded")
    until(lambda: again.first.report.counters and again.first.report.spool_octets == 0)
    again.end()
    found = messages(written(bootstrap, "bounded"), OWN)
    assert found == sorted(found)
    assert 5 < len(found) < 100


def test_a_receiver_that_crashes_is_started_anew_and_its_socket_keeps_what_came_meanwhile(
    site: Callable[..., Site], bootstrap: str
) -> None:
    one = site(bootstrap, "crash")
    one.send(message_datagram(1))
    one.wait("acknowledged", 1)
    until(lambda: one.first.report.counters["messages"] == 1 and one.first.report.queue_records == 0)
    before = one.first.pid
    os.kill(before, signal.SIGSTOP)
    one.send(message_datagram(2))
    os.kill(before, signal.SIGKILL)
    until(lambda: one.first.restarts == 1)
    one.wait("messages", 2)
    one.end()
    assert len(one.said) == 1
    assert "c/0 ended by itself" in one.said[0]
    records = written(bootstrap, "crash")
    assert messages(records, OWN) == [1, 2]
    counts = [each.heartbeat.counters["messages"] for _, each in records[OWN] if isinstance(each, Beat)]
    assert counts == sorted(counts)  # the counters went on where they had stopped


PARENT = """
import sys, threading, time
from pathlib import Path
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.pipeline.receive.parent import Receive, ReceivePlan
from yangbeam.pipeline.receive.order import KafkaOrder
kafka = KafkaOrder("orphans", {"bootstrap.servers": sys.argv[1]}, 1 << 20, 1 << 20, 10.0, 5.0)
one = Receive(ReceivePlan((UdpSettings(shards=4),), (), kafka, Path(sys.argv[2]), 1 << 20), print)
one.open()
threading.Thread(target=one.run).start()
while not one.receivers[0].report.counters:
    time.sleep(0.01)
print(one.addresses[0][1], one.receivers[0].pid, flush=True)
"""


def test_receivers_flush_and_end_when_their_parent_is_killed(bootstrap: str, tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", PARENT, bootstrap, str(tmp_path / "spool")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port, pid = map(int, parent.stdout.readline().split())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(20):
                sender.sendto(message_datagram(number), ("127.0.0.1", port))
        parent.kill()
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert messages(written(bootstrap, "orphans"), OWN) == list(range(20))


def test_the_spool_of_a_receiver_that_is_no_more_is_written_by_another(
    site: Callable[..., Site], bootstrap: str, tmp_path: Path
) -> None:
    one = site(AWAY, "adopted", flush_s=0.1)
    one.send(message_datagram(7))
    one.wait("messages", 1)
    one.end()
    (tmp_path / "spool" / "c-0").rename(tmp_path / "spool" / "c-9")
    again = site(bootstrap, "adopted")
    until(lambda: again.first.report.counters and again.first.report.spool_octets == 0)
    again.end()
    assert messages(written(bootstrap, "adopted"), OWN) == [7]


def test_a_record_that_kafka_can_never_take_holds_up_nothing_and_is_counted(
    site: Callable[..., Site], bootstrap: str
) -> None:
    one = site(bootstrap, "never", record_bytes=2000)
    one.send(message_datagram(1, bytes(3000)), message_datagram(2))
    one.wait("unwritable", 2)  # the refusal is as large as the message was
    one.end()
    assert messages(written(bootstrap, "never"), OWN) == [2]
    assert one.first.report.counters["refused_by_kafka"] == 1


def test_a_large_message_that_kafka_can_never_take_is_kept_in_part(site: Callable[..., Site], bootstrap: str) -> None:
    one = site(bootstrap, "never-large", record_bytes=70_000)
    parts = segments_of(bytes(90_000), media_type=MediaType.JSON, publisher_id=1, message_id=5)
    one.send(message_datagram(1), *parts, message_datagram(2))
    one.wait("refused_by_kafka", 1)
    one.wait("acknowledged", 3)
    one.end()
    own = [each for _, each in written(bootstrap, "never-large")[OWN] if not isinstance(each, Beat)]
    (refused,) = [each for each in own if isinstance(each, Refused)]
    assert (refused.reason, refused.message_id, len(refused.original)) == ("refused_by_kafka", 5, 65_536)
    assert "65536 of 90000 octets" in refused.detail
    assert one.first.report.counters["unwritable"] == 1
    assert messages({OWN: [(b"", each) for each in own]}, OWN) == [1, 2]


def test_two_receives_do_not_share_a_spool(site: Callable[..., Site], bootstrap: str) -> None:
    one = site(bootstrap, "shared")
    until(lambda: one.first.report.counters)
    other = site(bootstrap, "shared")
    until(lambda: other.error)
    assert isinstance(other.error, ConfigurationError)
    assert "in use" in str(other.error)
    # The processes hold the lock, too: when their parent dies, they still flush.
    opened = [str(each.readlink()) for each in Path(f"/proc/{one.first.pid}/fd").iterdir()]
    assert any(name.endswith("/spool/lock") for name in opened)


def test_a_receiver_that_can_do_nothing_more_ends_all_of_them(
    site: Callable[..., Site], bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "UDP", "tests.pipeline.fatal_receiver")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    one = site(bootstrap, "fatal", processes=2)
    until(lambda: one.error)
    assert isinstance(one.error, ReceiveEndedError)
    assert not any(receiver.is_running for receiver in one.receive.receivers)


def test_a_spool_that_cannot_be_used_ends_it_with_a_word(
    site: Callable[..., Site], bootstrap: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "c-0").write_text("a file where a folder should be")
    one = site(bootstrap, "unusable")
    until(lambda: one.error)
    assert isinstance(one.error, ReceiveEndedError)
    assert "receiver c/0: " in str(one.error)
    assert "choose another spool folder" in str(one.error)
    assert "spool" not in capfd.readouterr().err  # said once, by who ends the command


def test_https_is_answered_when_kafka_has_it(site: Callable[..., Site], bootstrap: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("receiver", address="127.0.0.1")
    settings = HttpsSettings(
        certificate_file=str(certificate), key_file=str(key), shards=SHARDS, collector_id="h", heartbeat_ms=50
    )
    one = site(bootstrap, "https", https=(settings,))
    until(lambda: one.first.report.counters)
    verify = ssl.create_default_context(cafile=str(authority.certificate))
    with httpx.Client(base_url=f"https://127.0.0.1:{one.address[1]}", verify=verify) as client:
        headers = {"content-type": "application/json"}
        assert client.post("/relay-notification", content=b'{"a:b":{}}', headers=headers).status_code == 204
        at_once = [each for _, each in written(bootstrap, "https")[OWN] if isinstance(each, Message)]
        assert [each.payload for each in at_once] == [b'{"a:b":{}}']
        assert client.post("/relay-notification", content=b"{", headers=headers).status_code == 400
    one.wait("malformed", 1)
    one.end()
    assert [each.reason for _, each in written(bootstrap, "https")[OWN] if isinstance(each, Refused)] == ["malformed"]
    assert at_once[0].transport == "https-notif"


def test_https_is_answered_when_the_disk_has_it(site: Callable[..., Site], bootstrap: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("receiver", address="127.0.0.1")
    settings = HttpsSettings(
        certificate_file=str(certificate), key_file=str(key), shards=SHARDS, collector_id="h", heartbeat_ms=50
    )
    one = site(AWAY, "https-disk", https=(settings,), stall_s=0.3, flush_s=0.1)
    until(lambda: one.first.report.counters)
    verify = ssl.create_default_context(cafile=str(authority.certificate))
    with httpx.Client(base_url=f"https://127.0.0.1:{one.address[1]}", verify=verify, timeout=PATIENCE_S) as client:
        headers = {"content-type": "application/json"}
        for number in range(3):
            content = b'{"a:b":{"n":%d}}' % number
            assert client.post("/relay-notification", content=content, headers=headers).status_code == 204
    os.kill(one.first.pid, signal.SIGKILL)  # it is on disk: a crash costs nothing
    one.end()
    again = site(bootstrap, "https-disk", https=(settings,))
    until(lambda: again.first.report.counters and again.first.report.spool_octets == 0)
    again.end()
    found = [each for _, each in written(bootstrap, "https-disk")[OWN] if isinstance(each, Message)]
    assert [each.payload for each in found] == [b'{"a:b":{"n":%d}}' % number for number in range(3)]


def test_prometheus_reads_the_totals_of_every_receiver(site: Callable[..., Site], bootstrap: str) -> None:
    one = site(bootstrap, "metrics", processes=2)
    with metrics(0, lambda: one.receive.receivers) as port:
        one.send(message_datagram(1))
        until(lambda: sum(each.report.counters.get("messages", 0) for each in one.receive.receivers) == 1)
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("yangbeam_receive_messages_total")]
    assert sorted(line.split()[1] for line in lines) == ["0.0", "1.0"]
    assert 'yangbeam_receive_restarts_total{receiver="c/0"} 0.0' in text
    assert 'yangbeam_receive_running{receiver="c/1"} 1.0' in text
    assert "yangbeam_receive_spool_bytes" in text

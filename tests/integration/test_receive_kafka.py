"""`yangbeam receive` as it is run, against a real broker: limits, passwords, a broker that dies, a large message."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message as Record
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from tests.integration.topics import Follower, topic_of
from tests.waiting import PATIENCE_S, until
from tests.wire import message_datagram
from yangbeam.core.elements import MediaType, Message
from yangbeam.core.raw_record import Beat, read_record
from yangbeam.core.udp_notif import segments_of
from yangbeam.runners.servers.kafka import PASSWORD, USER, KafkaServer

pytestmark = pytest.mark.integration

SHARDS = 3


class Command:
    """The command in a process of its own, with what it said on standard error."""

    def __init__(self, folder: Path, text: str) -> None:
        configuration = folder / "receive.toml"
        configuration.write_text(text)
        self._errors = folder / f"errors-{time.monotonic_ns()}"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yangbeam.runners.launch", "receive", "--config", str(configuration), "--json"],
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    @property
    def said(self) -> str:
        return self._errors.read_text()

    def until(self, condition: Callable[[], Any]) -> Any:
        def holds() -> Any:
            assert self.process.poll() is None, self.said
            return condition()

        return until(holds, "it does not say so", lambda: self.said)

    def address(self) -> tuple[str, int]:
        found = self.until(lambda: re.search(r"listening on (\S+) port (\d+)", self.said))
        return found[1], int(found[2])

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[[str], Command]]:
    started: list[Command] = []

    def start(text: str) -> Command:
        started.append(Command(tmp_path, text))
        return started[-1]

    yield start
    for each in started:
        each.end()


def configuration(server: KafkaServer, topic: str, *, more: str = "", source: str = "", password: Path) -> str:
    return f"""
        [[sources]]
        kind = "udp-notif"
        port = 0
        {source}
        [kafka]
        bootstrap = "{server.bootstrap("SASL")}"
        topics = {{ raw = "{topic}" }}
        tls = {{ enabled = true, ca_file = "{server.certificates.authority}" }}
        sasl = {{ username = "{USER}", password = {{ file = "{password}" }} }}
        [receive]
        shards = {SHARDS}
        heartbeat_ms = 200
        {more}
        """


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    return file


def read(records: list[Record]) -> list[Message]:
    found = [
        read_record(record.headers() or [], record.value() or b"", record.partition(), record.offset())
        for record in records
    ]
    return [each for each in found if isinstance(each, Message)]


def send(address: tuple[str, int], datagrams: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, address)


def queued(address: tuple[str, int]) -> int:
    """Returns the octets that wait in the kernel for whoever is bound to a port."""
    sockets = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return sum(int(each[4].partition(":")[2], 16) for each in sockets if each[1].endswith(f":{address[1]:04X}"))


def test_it_creates_the_topic_and_brings_a_large_message_through_tls_and_scram(
    kafka: KafkaServer, command: Callable[[str], Command], password: Path
) -> None:
    more = 'create_topic = true\nreplication = 1\nqueue_bytes = 1048576\nspool = "spool"'
    one = command(configuration(kafka, "receive-created", more=more, password=password))
    large = bytes(range(256)) * 8192
    datagrams = segments_of(large, media_type=MediaType.JSON, publisher_id=1, message_id=2)
    send(one.address(), [message_datagram(1), *datagrams, message_datagram(3)])
    follower = Follower(kafka, "receive-created")
    messages = read(follower.until(lambda records: len(read(records)) == 3))
    assert [len(each.payload) for each in messages] == [2, len(large), 2]
    assert messages[1].payload == large
    follower.until(lambda records: {each.partition() for each in records} == set(range(SHARDS)))
    follower.close()
    assert one.end() == 0
    resource = ConfigResource(ResourceType.TOPIC, "receive-created")
    admin = AdminClient(kafka.properties())
    told = admin.describe_configs([resource])[resource].result(PATIENCE_S)
    assert int(told["max.message.bytes"].value) > 16 << 20


def test_a_topic_that_takes_too_little_is_refused_with_the_cure(
    kafka: KafkaServer, command: Callable[[str], Command], password: Path
) -> None:
    wanted = NewTopic("receive-small", SHARDS, 1, config={"max.message.bytes": "1000000"})
    admin = AdminClient(kafka.properties())
    admin.create_topics([wanted])["receive-small"].result(PATIENCE_S)
    one = command(configuration(kafka, "receive-small", password=password))
    assert one.process.wait(PATIENCE_S) == 2
    assert "takes records of 1000000 octets" in one.said
    assert "max_message_bytes" in one.said
    again = command(
        configuration(kafka, "receive-small", source="reassembly = { max_message_bytes = 700000 }", password=password)
    )
    again.address()
    assert again.end() == 0


def test_a_topic_with_too_few_partitions_is_refused_with_the_cure(
    kafka: KafkaServer, command: Callable[[str], Command], password: Path
) -> None:
    one = command(configuration(kafka, topic_of(kafka, 2), password=password))
    assert one.process.wait(PATIENCE_S) == 2
    assert "receive.shards to 2" in one.said.replace("\n", " ")


def test_a_wrong_password_ends_it_at_the_start(
    kafka: KafkaServer, command: Callable[[str], Command], password: Path
) -> None:
    password.write_text("wrong")
    one = command(configuration(kafka, "receive-created", password=password))
    assert one.process.wait(PATIENCE_S) == 3
    assert "SASL" in one.said
    assert "wrong" not in one.said.replace("wrong password", "")


def test_a_broker_that_is_killed_costs_nothing_and_the_order_stays(
    tmp_path: Path, command: Callable[[str], Command], password: Path
) -> None:
    with KafkaServer(tmp_path / "kafka") as server:
        more = 'create_topic = true\nreplication = 1\nstall_s = 1.0\nqueue_bytes = 1048576\nspool = "spool"'
        one = command(configuration(server, "receive-killed", more=more, password=password))
        address = one.address()
        follower = Follower(server, "receive-killed")
        numbers = iter(range(1_000_000))

        def some(count: int) -> int:
            sent = [next(numbers) for _ in range(count)]
            send(address, [message_datagram(number, bytes(2000)) for number in sent])
            return sent[-1]

        some(300)
        follower.until(lambda records: len(read(records)) >= 300)
        server.processes[0].kill()
        for _ in range(20):  # more than memory may hold
            last = some(100)
            until(lambda: not queued(address), "the receiver does not take its datagrams")
        one.until(lambda: "go to the disk" in one.said)
        server.start()
        last = some(100)
        follower.until(lambda records: any(each.message_id == last for each in read(records)))
        one.until(lambda: "everything that waited" in one.said)
        last = some(100)
        follower.until(lambda records: any(each.message_id == last for each in read(records)))
        found = [each.message_id for each in read(follower.messages)]
        follower.close()
        assert one.end() == 0
        assert list(dict.fromkeys(found)) == list(range(last + 1))


def test_a_broker_that_freezes_again_and_again_costs_nothing_and_the_order_stays(
    tmp_path: Path, command: Callable[[str], Command], password: Path
) -> None:
    with KafkaServer(tmp_path / "kafka") as server:
        more = 'create_topic = true\nreplication = 1\nstall_s = 1.0\nqueue_bytes = 1048576\nspool = "spool"'
        one = command(configuration(server, "receive-frozen", more=more, password=password))
        address = one.address()
        follower = Follower(server, "receive-frozen")
        sent = 0

        def some(count: int) -> None:
            nonlocal sent
            send(address, [message_datagram(number, bytes(2000)) for number in range(sent, sent + count)])
            sent += count

        some(100)
        follower.until(lambda records: len(read(records)) >= 100, 60)
        before = _held(one)
        for _ in range(3):
            stalls = one.said.count("nothing acknowledged for 1 s")
            server.processes[0].signal(signal.SIGSTOP)
            try:
                some(100)  # taken by the client, and under way when it is taken back
                one.until(lambda stalls=stalls: one.said.count("nothing acknowledged for 1 s") > stalls)
                some(100)
            finally:
                server.processes[0].signal(signal.SIGCONT)
            restored = one.said.count("everything that waited")
            some(100)
            last = sent - 1
            follower.until(lambda records, last=last: any(each.message_id == last for each in read(records)), 90)
            one.until(lambda restored=restored: one.said.count("everything that waited") >= max(restored, 1))
        found = [each.message_id for each in read(follower.messages)]
        after = _held(one)
        follower.close()
        assert one.end() == 0
        assert list(dict.fromkeys(found)) == list(range(sent))
        assert after <= before + 4


def _held(one: Command) -> int:
    """Threads of the receiving processes."""
    children = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children").read_text().split()
    return sum(len(list(Path(f"/proc/{child}/task").iterdir())) for child in children)


def test_a_broker_that_is_away_at_the_start_costs_nothing(
    tmp_path: Path, command: Callable[[str], Command], password: Path
) -> None:
    with KafkaServer(tmp_path / "kafka") as server:
        more = 'create_topic = true\nreplication = 1\nstall_s = 1.0\nspool = "spool"'
        text = configuration(server, "receive-late", more=more, password=password)
        server.processes[0].kill()
        one = command(text)
        send(one.address(), [message_datagram(number) for number in range(50)])
        one.until(lambda: "go to the disk" in one.said)
        assert "what comes waits on disk until it does" in one.said
        server.start()
        one.until(lambda: "everything that waited" in one.said)
        follower = Follower(server, "receive-late")
        follower.until(lambda records: len(read(records)) >= 50, 60)
        found = [each.message_id for each in read(follower.messages)]
        follower.close()
        assert list(dict.fromkeys(found)) == list(range(50))
        assert one.end() == 0


def test_what_was_under_way_at_the_end_is_written_by_the_next_start(
    tmp_path: Path, command: Callable[[str], Command], password: Path
) -> None:
    with KafkaServer(tmp_path / "kafka") as server:
        more = 'create_topic = true\nreplication = 1\nflush_s = 1.0\nspool = "spool"'
        text = configuration(server, "receive-ended", more=more, password=password)
        one = command(text)
        address = one.address()
        follower = Follower(server, "receive-ended")
        send(address, [message_datagram(number) for number in range(100)])
        follower.until(lambda records: len(read(records)) == 100)
        server.processes[0].kill()
        send(address, [message_datagram(number) for number in range(100, 200)])
        until(lambda: not queued(address), "the receiver does not take its datagrams")
        one.until(lambda: "unreachable" in one.said)
        assert one.end() == 3
        assert re.search(
            r"Error: kafka \S+ unreachable since \S+Z, .* octets on disk; the next start writes it", one.said
        )
        server.start()
        again = command(text)
        again.address()
        follower.until(lambda records: {each.message_id for each in read(records)} == set(range(200)))
        beats = [read_record(record.headers() or [], record.value() or b"", 0, 0) for record in follower.messages]
        follower.close()
        assert again.end() == 0
        assert any(isinstance(each, Beat) for each in beats)

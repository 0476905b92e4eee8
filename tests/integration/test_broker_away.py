"""`run`, `collect` and `ingest` as they are run, and a real broker that goes away: it comes back, or it does not."""

import re
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import payload
from tests.integration.collecting import Collecting
from tests.integration.running import Command
from tests.integration.topics import Follower, topic_of
from tests.wire import message_datagram
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import free_ports

pytestmark = pytest.mark.integration

SOME = 100
BACKLOG = 3_000
"""Messages of each exporter: more than are written at once."""
AWAY = r"kafka {} unreachable since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ, ([\d,]+) messages waiting"

Start = Callable[[str, Path], Command]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One node: with it everything is away."""
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture
def server(broker: KafkaServer) -> Iterator[KafkaServer]:
    """The broker, which is there again after the test."""
    yield broker
    broker.processes[0].signal(signal.SIGCONT)
    broker.start()


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Command] = []

    def one(name: str, configuration: Path) -> Command:
        started.append(Command(name, configuration))
        return started[-1]

    yield one
    for each in started:
        each.kill()


def away(server: KafkaServer) -> str:
    return AWAY.format(re.escape(server.bootstrap()))


def reached(server: KafkaServer) -> str:
    return f'yangbeam_outside_reached{{address="{server.bootstrap()}",kind="kafka"}}'


def kafka_in(report: dict[str, Any]) -> dict[str, Any]:
    (found,) = (outside for outside in report["outside"] if outside["kind"] == "kafka")
    return dict(found)


DELIVERED = 'yangbeam_ledger_total{{what="delivered:{}"}}'


class Sockets:
    """`run` between UDP and a broker, and its traffic."""

    def __init__(self, server: KafkaServer, folder: Path) -> None:
        topic = topic_of(server)
        self.topics = {kind: topic_of(server, 1, f"{topic}-{kind}") for kind in ("telemetry", "loss", "ledger", "dead")}
        (self._port,) = free_ports(1, socket.SOCK_DGRAM)
        self.sent = 0
        self.config = folder / "run.toml"
        self.config.write_text(f"""
out = "out"
[[sources]]
kind = "udp-notif"
port = {self._port}
[kafka]
bootstrap = "{server.bootstrap()}"
[kafka.topics]
telemetry = "{self.topics["telemetry"]}"
loss = "{self.topics["loss"]}"
ledger = "{self.topics["ledger"]}"
dead_letters = "{self.topics["dead"]}"
[dead_letters]
kind = "kafka"
[beam]
flush_s = 2.0
[status]
metrics_port = 0
plain_every_s = 1.0
""")

    def send(self, count: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(self.sent, self.sent + count):
                sender.sendto(message_datagram(number, payload(number)), ("127.0.0.1", self._port))
        self.sent += count

    def begin(self, start: Start, server: KafkaServer) -> Command:
        """Starts it, and waits until the first messages are delivered."""
        one = start("run", self.config)
        one.until_said(r"metrics at")
        one.until(lambda: f":{self._port:04X} " in Path("/proc/net/udp").read_text())
        self.send(SOME)
        one.until_metric(DELIVERED.format("kafka"), self.sent)
        assert f"{reached(server)} 1.0" in one.metrics()
        return one


@pytest.mark.parametrize("breaking", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_run_says_what_waits_while_the_broker_is_away_and_delivers_it_when_it_is_back(
    server: KafkaServer, tmp_path: Path, start: Start, breaking: signal.Signals
) -> None:
    job = Sockets(server, tmp_path)
    one = job.begin(start, server)
    server.processes[0].signal(breaking)
    job.send(SOME)
    one.until_metric("yangbeam_waiting_messages", SOME)
    one.until_metric(reached(server), 0)
    assert one.until_said(away(server) + r" \(\S")
    one.until(lambda: any(found == str(SOME) for found in re.findall(away(server), one.said)))
    if breaking == signal.SIGSTOP:
        server.processes[0].signal(signal.SIGCONT)
    server.start()
    one.until_metric(DELIVERED.format("kafka"), job.sent)
    one.until_metric(reached(server), 1)
    job.send(SOME)
    one.until_metric(DELIVERED.format("kafka"), job.sent)
    assert one.end() == ExitCode.OK, one.said
    report = one.report()
    assert report["balanced"] is True
    assert report["messages"]["received"] == report["messages"]["delivered"] == job.sent
    outside = kafka_in(report)
    assert (outside["state"], outside["outages"]) == ("reached", 1)
    follower = Follower(server, job.topics["telemetry"])
    follower.to_the_end()
    assert len({each.value() for each in follower.messages}) == job.sent
    follower.close()


def test_run_ends_by_one_interrupt_though_the_broker_stays_away_and_says_what_waited(
    server: KafkaServer, tmp_path: Path, start: Start
) -> None:
    job = Sockets(server, tmp_path)
    one = job.begin(start, server)
    server.processes[0].kill()
    job.send(SOME)
    one.until_metric("yangbeam_waiting_messages", SOME)
    one.until_metric(reached(server), 0)
    assert one.end() == ExitCode.ENVIRONMENT, one.said
    assert "wait longer: beam.flush_s" in one.said
    assert "is lost with this process: `yangbeam receive` keeps it on disk" in one.said
    assert re.search(f"Error: .*{away(server)}", one.said)
    assert "Traceback" not in one.said
    report = one.report()
    assert report["balanced"] is False
    counted = report["messages"]
    assert (counted["received"], counted["delivered"]) == (2 * SOME, SOME)
    assert counted["in_flight"] + counted["pending"] == SOME
    outside = kafka_in(report)
    assert (outside["address"], outside["state"]) == (server.bootstrap(), "away")


MORE = """
[beam]
flush_s = 2.0
[status]
plain_every_s = 1.0
"""


def collecting(server: KafkaServer, folder: Path) -> Collecting:
    job = Collecting(server, folder, MORE)
    text = job.config.read_text()
    text = text.replace("groups = 2", "groups = 2\nmetrics_port = 0").replace("log_level = 0", "")
    job.config.write_text(text.replace('end = "latest"', "metrics_port = 0"))
    return job


def until_collected(job: Collecting, one: Command) -> None:
    """Waits until all that was written raw is delivered; totals are told behind heartbeats."""
    line = f"{DELIVERED.format('kafka')} {float(len(job.sent))}\n"

    def is_told() -> bool:
        job.beat()
        return line in one.metrics()

    one.until(is_told)


def killed_under_way(server: KafkaServer, one: Command) -> None:
    """Kills the broker when messages have been read and are not written."""
    line = re.compile(r"^yangbeam_waiting_messages ([1-9]\S+)$", re.MULTILINE)
    one.until(lambda: line.search(one.metrics()))
    server.processes[0].kill()
    one.until_metric(reached(server), 0)
    assert one.until_said(away(server) + r" \(\S")[1] != "0"


def test_collect_says_what_waits_while_the_broker_is_away_and_delivers_it_when_it_is_back(
    server: KafkaServer, tmp_path: Path, start: Start
) -> None:
    job = collecting(server, tmp_path)
    job.publish(BACKLOG)
    one = start("collect", job.config)
    killed_under_way(server, one)
    server.start()
    one.until_metric(reached(server), 1)
    job.publish(SOME)
    until_collected(job, one)
    assert one.end() == ExitCode.OK, one.said
    job.until_arrived()
    report = one.report()
    assert report["balanced"] is True
    assert report["messages"]["received"] == report["messages"]["delivered"] == len(job.sent)
    outside = kafka_in(report)
    assert (outside["state"], outside["outages"]) == ("reached", 1)
    job.close()


def test_collect_ends_by_one_interrupt_though_the_broker_stays_away_and_the_next_start_reads_what_waited(
    server: KafkaServer, tmp_path: Path, start: Start
) -> None:
    job = collecting(server, tmp_path)
    job.publish(BACKLOG)
    one = start("collect", job.config)
    killed_under_way(server, one)
    assert_held_up(server, one, one.end())
    server.start()
    again = start("collect", job.config)
    until_collected(job, again)
    assert again.end() == ExitCode.OK, again.said
    job.until_arrived()
    assert again.report()["balanced"] is True
    job.close()


def assert_held_up(server: KafkaServer, one: Command, code: int) -> None:
    assert code == ExitCode.ENVIRONMENT, one.said
    assert re.search(f"Error: .*{away(server)}", one.said)
    assert "what waits is read again by the next start" in one.said
    assert "Traceback" not in one.said
    report = one.report()
    assert report["balanced"] is False
    counted = report["messages"]
    assert counted["received"] > 0
    assert counted["in_flight"] + counted["pending"] == counted["received"] - counted["delivered"] > 0
    outside = kafka_in(report)
    assert (outside["address"], outside["state"]) == (server.bootstrap(), "away")


def published(server: KafkaServer, folder: Path, start: Start) -> Collecting:
    """Returns a job whose telemetry topic holds a backlog for `ingest`."""
    job = collecting(server, folder)
    job.publish(BACKLOG)
    one = start("collect", job.config)
    until_collected(job, one)
    assert one.end() == ExitCode.OK, one.said
    return job


@pytest.mark.nightly  # a fast machine may have written everything before the broker is gone
def test_ingest_says_what_waits_while_the_broker_is_away_and_writes_it_when_it_is_back(
    server: KafkaServer, tmp_path: Path, start: Start
) -> None:
    job = published(server, tmp_path, start)
    one = start("ingest", job.config)
    killed_under_way(server, one)
    server.start()
    one.until_metric(reached(server), 1)
    one.until_metric(DELIVERED.format("tables"), len(job.sent))
    assert one.end() == ExitCode.OK, one.said
    report = one.report()
    assert report["balanced"] is True
    assert report["messages"]["received"] == report["messages"]["delivered"] == len(job.sent)
    assert report["tables"]["ietf_interfaces__interfaces__interface"] == len(job.sent)
    job.close()


@pytest.mark.nightly  # a fast machine may have written everything before the broker is gone
def test_ingest_ends_by_one_interrupt_though_the_broker_stays_away_and_the_next_start_writes_what_waited(
    server: KafkaServer, tmp_path: Path, start: Start
) -> None:
    job = published(server, tmp_path, start)
    one = start("ingest", job.config)
    killed_under_way(server, one)
    assert_held_up(server, one, one.end())
    server.start()
    again = start("ingest", job.config)
    again.until_metric(DELIVERED.format("tables"), len(job.sent))
    assert again.end() == ExitCode.OK, again.said
    assert again.report()["balanced"] is True
    job.close()

"""`collect` on a real broker, each of its topics fed with records larger than it takes: no record ends a job."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import apache_beam as beam
import orjson
import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.builders import ARRIVAL_US, message, payload
from tests.integration.flink_jobs import submitted
from tests.integration.topics import Follower, topic_of
from tests.waiting import PATIENCE_S
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import Heartbeat
from yangbeam.core.raw_record import of_heartbeat, of_message
from yangbeam.pipeline.collect import collect_graph
from yangbeam.pipeline.config.file import load
from yangbeam.runners.launch import main
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration

KINDS = ("telemetry", "loss", "ledger", "dead")
LARGE = bytes(range(256)) * 200
"""51,200 octets that are no JSON."""


class Limited:
    """A job some of whose topics take so many octets, and what came of it."""

    def __init__(self, kafka: KafkaServer, folder: Path, limits: dict[str, int], end: str = "latest") -> None:
        self._kafka = kafka
        self._out = folder / "out"
        self._raw = topic_of(kafka)
        self.names = {each: f"{self._raw}-{each}" for each in KINDS}
        admin = AdminClient(kafka.properties())
        for each, name in self.names.items():
            settings = {"max.message.bytes": str(limits[each])} if each in limits else {}
            admin.create_topics([NewTopic(name, 1, 1, config=settings)])[name].result(PATIENCE_S)
        self._config = folder / "collect.toml"
        self._config.write_text(f"""
out = "out"
[kafka]
bootstrap = "{kafka.bootstrap()}"
[kafka.topics]
raw = "{self._raw}"
telemetry = "{self.names["telemetry"]}"
loss = "{self.names["loss"]}"
ledger = "{self.names["ledger"]}"
dead_letters = "{self.names["dead"]}"
[kafka.properties]
"compression.type" = "none"
[collect]
start = "earliest"
end = "{end}"
""")

    def graph(self, pipeline: beam.Pipeline) -> None:
        """Builds the job."""
        collect_graph(load(self._config))(pipeline)

    def publish(self, payloads: dict[int, bytes], clock_us: int = ARRIVAL_US + 1_000_000) -> None:
        """Writes messages by their number, and a heartbeat: what waits behind a hole waits for data time."""
        producer = Producer({**self._kafka.properties(), "enable.idempotence": True, "log_level": 0})
        for number, body in payloads.items():
            record = of_message(message(body, message_id=number))
            producer.produce(self._raw, record.value, record.key, 0, headers=record.headers)
        beat = of_heartbeat(Heartbeat(at=0, collector_id="collector", clock_us=clock_us, counters={}), 1)
        producer.produce(self._raw, beat.value, beat.key, 0, headers=beat.headers)
        assert producer.flush(PATIENCE_S) == 0

    def collect(self, payloads: dict[int, bytes]) -> dict[str, Any]:
        """Collects messages by their number, and returns the report."""
        self.publish(payloads)
        assert main(["collect", "--config", str(self._config), "--view", "off"]) == 0
        report: dict[str, Any] = orjson.loads((self._out / "report-collect.json").read_bytes())
        assert report["balanced"] is True
        assert report["messages"]["received"] == len(payloads)
        return report

    def written(self, kind: str) -> list[Any]:
        follower = Follower(self._kafka, self.names[kind])
        follower.to_the_end()
        follower.close()
        return follower.messages

    def letters(self) -> list[dict[str, Any]]:
        return [from_record(each.headers() or (), each.value() or b"") for each in self.written("dead")]


def long(number: int, octets: int) -> bytes:
    interface = {"name": "eth0", "type": "iana-if-type:ethernetCsmacd", "description": "d" * octets}
    return payload(number, {"ietf-interfaces:interfaces": {"interface": [interface]}})


def test_a_telemetry_message_that_its_topic_cannot_take_is_a_letter_and_all_others_are_delivered(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    job = Limited(kafka, tmp_path, {"telemetry": 5_000})
    report = job.collect({number: long(number, 10_000) if number == 20 else payload(number) for number in range(50)})
    assert report["messages"]["delivered"] == len(job.written("telemetry")) == 49
    assert report["dead_letters"] == {"record-refused": 1}
    (letter,) = job.letters()
    assert (letter["stage"], letter["reason"], letter["fault"]) == ("write kafka", "record-refused", "configuration")
    assert letter["identity"] == "0/20/0"
    assert b"d" * 10_000 in letter["original"]


def test_a_dead_letter_that_its_topic_cannot_take_is_cut_with_length_and_digest(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    job = Limited(kafka, tmp_path, {"dead": 5_000})
    report = job.collect({0: payload(0), 1: LARGE, 2: b"no JSON", 3: payload(3)})
    assert report["messages"]["delivered"] == 2
    assert report["records"] == {"replaced": {"letters-kafka": 1}, "unwritten": {}}
    small, cut = sorted(job.letters(), key=lambda letter: int(letter["octets"]))
    assert (small["original"], cut["original"]) == (b"no JSON", LARGE[:1_024])
    assert (cut["octets"], cut["sha256"]) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert cut["identity"] == "0/1/0"


@pytest.mark.parametrize("kind", ["loss", "ledger"])
def test_losses_and_totals_that_their_topic_cannot_take_are_letters(
    kafka: KafkaServer, tmp_path: Path, kind: str
) -> None:
    job = Limited(kafka, tmp_path, {kind: 100})
    report = job.collect({number: payload(number) for number in range(50) if number not in {20, 21}})
    assert report["messages"]["delivered"] == 48
    assert job.written(kind) == []
    letters = job.letters()
    assert Counter((letter["stage"], letter["reason"]) for letter in letters) == {
        (f"write {job.names[kind]}", "record-refused"): report["records"]["replaced"][f"{kind}-kafka"]
    }
    assert letters
    assert report["records"]["unwritten"] == {}


def test_on_flink_no_record_that_its_topic_cannot_take_ends_the_job(
    kafka: KafkaServer, flink: FlinkCluster, runner: JobServer, tmp_path: Path
) -> None:
    job = Limited(kafka, tmp_path, {"telemetry": 5_000, "loss": 100, "ledger": 100, "dead": 5_000}, end="never")
    refused = {("write kafka", "record-refused"), ("decode", "not-json")}
    refused |= {(f"write {job.names[kind]}", "record-refused") for kind in ("loss", "ledger")}
    with submitted(flink, runner, tmp_path, job.graph) as running:
        good = {number: payload(number) for number in range(50) if number not in {20, 21}}
        job.publish({**good, 30: long(30, 10_000), 31: LARGE})
        letters = Follower(kafka, job.names["dead"])
        letters.until(lambda found: {whose(each) for each in found} >= refused, "not every topic has its letter")
        letters.close()
        running.until_checkpoint()
        job.publish({number: payload(number) for number in range(50, 60)}, ARRIVAL_US + 2_000_000)
        telemetry = Follower(kafka, job.names["telemetry"])
        telemetry.until(lambda found: len(found) >= 56, "what came behind does not arrive")
        telemetry.close()
        assert running.rest.is_running(running.job)
        assert running.rest.checkpoints(running.job).restored == 0
    (cut,) = [letter for letter in job.letters() if letter["stage"] == "decode"]
    assert (cut["original"], cut["octets"]) == (LARGE[:1_024], len(LARGE))
    assert job.written("loss") == job.written("ledger") == []


def whose(record: Message) -> tuple[str, str]:
    letter = from_record(record.headers() or (), record.value() or b"")
    return letter["stage"], letter["reason"]

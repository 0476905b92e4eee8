"""The production job `collect` on the shared servers: a raw topic that is written, and what came of it, compared.

What is written are whole messages of two exporters, one in each raw partition, numbered without a gap in both counters;
and heartbeats, as `receive` writes them. So any loss event, any duplicate in the ledger, is the pipeline's own.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import duckdb
import orjson
from confluent_kafka import Message as KafkaMessage
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from tests.builders import message, payload
from tests.integration.topics import Follower, topic_of
from tests.waiting import PATIENCE_S, until
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import Heartbeat, LedgerTotal, LedgerTotals
from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message
from yangbeam.core.totals import Line, by_exporter, latest, line_of, unbalanced
from yangbeam.pipeline.collect import collect_graph
from yangbeam.pipeline.config.file import load
from yangbeam.runners.launch import main
from yangbeam.runners.servers.kafka import KafkaServer

EXPORTERS = ("192.0.2.10", "192.0.2.11")
STEP_US = 1_000_000
TOPICS = ("telemetry", "loss", "ledger", "dead-letters")

Told = dict[str, list[KafkaMessage]]


class Collecting:
    """The topics of one job, its traffic and its results."""

    def __init__(self, kafka: KafkaServer, folder: Path, more: str = "") -> None:
        """``more``: sections of the configuration beside ours."""
        self.kafka = kafka
        self._tables = folder / "out" / "tables.duckdb"
        self.raw = topic_of(kafka, len(EXPORTERS))
        self.names = {kind: topic_of(kafka, 1, f"{self.raw}-{kind}") for kind in TOPICS}
        for kind in ("loss", "ledger"):
            topic_of(kafka, 1, f"{self.names[kind]}-ingest")
        self.sent: dict[tuple[int, int], bytes] = {}
        """By partition and offset in the raw topic: the payload."""
        self.poison = 0
        self._exporters = list(EXPORTERS)
        """The exporter of each partition."""
        self._numbers = [0] * len(EXPORTERS)
        self._clock_us = time.time_ns() // 1000
        self._producer = Producer({**kafka.properties(), "enable.idempotence": True, "log_level": 0})
        self._followers = {kind: Follower(kafka, name) for kind, name in self.names.items()}
        self.config = folder / "yangbeam.toml"
        self.config.write_text(f"""
out = "out"
[kafka]
bootstrap = "{kafka.bootstrap()}"
[kafka.topics]
raw = "{self.raw}"
telemetry = "{self.names["telemetry"]}"
loss = "{self.names["loss"]}"
ledger = "{self.names["ledger"]}"
dead_letters = "{self.names["dead-letters"]}"
[kafka.properties]
log_level = 0
[collect]
start = "earliest"
groups = 2
[ingest]
end = "latest"
{more}""")

    def graph(self, pipeline: beam.Pipeline) -> None:
        """Builds the job."""
        collect_graph(load(self.config))(pipeline)

    def publish(self, count: int) -> None:
        """Writes the next ``count`` messages of each exporter, and a heartbeat behind every hundredth."""
        for at in range(count):
            for partition, exporter in enumerate(self._exporters):
                number = self._numbers[partition]
                self._numbers[partition] += 1
                body = payload(number).replace(b"T10:00:10.00Z", _time(partition, number))
                facts = {"exporter": exporter, "message_id": number, "arrival_us": self._clock_us}
                self._produce(partition, of_message(message(body, **facts)), body)
            self._clock_us += 1000
            if at % 100 == 99:
                self.beat()
        assert self._producer.flush(PATIENCE_S) == 0

    def beat(self) -> None:
        """Writes a heartbeat into every partition: the ledger tells its totals behind it."""
        self._clock_us += STEP_US
        heartbeat = Heartbeat(at=0, collector_id="collector", clock_us=self._clock_us, counters={})
        beat = of_heartbeat(heartbeat, len(self._exporters))
        for partition in range(len(self._exporters)):
            self._produce(partition, beat, None)

    def while_under_way(self, breaking: Callable[[], None]) -> None:
        """Publishes on and on, and breaks something when some of that has arrived and more of it is under way."""
        before, ending = set(self.sent), threading.Event()

        def publish() -> None:
            while not ending.is_set():
                self.publish(10)

        publisher = threading.Thread(target=publish)
        publisher.start()
        try:
            self._followers["telemetry"].until(lambda _: before < set(self.arrived()) < set(self.sent))
            breaking()
        finally:
            ending.set()
            publisher.join(PATIENCE_S)

    def under_way(self) -> set[tuple[int, int]]:
        """Returns what was written to the raw topic and is not in the telemetry topic, as it stands now."""
        self._followers["telemetry"].to_the_end()
        return set(self.sent) - set(self.arrived())

    def ends(self) -> dict[int, int]:
        """Returns the offset behind the last record of each raw partition."""
        return Follower(self.kafka, self.raw).ends()

    @property
    def partitions(self) -> int:
        """How many the raw topic has."""
        return len(self._exporters)

    def add_partition(self) -> None:
        """Adds a raw partition, with an exporter of its own."""
        self._exporters.append(f"192.0.2.{10 + len(self._exporters)}")
        self._numbers.append(0)
        admin = AdminClient(self.kafka.properties())
        admin.create_partitions([NewPartitions(self.raw, len(self._exporters))])[self.raw].result(PATIENCE_S)

        def known() -> bool:
            return len(self._producer.list_topics(self.raw, timeout=PATIENCE_S).topics[self.raw].partitions) == len(
                self._exporters
            )

        until(known, "the producer does not know the partition")

    def delete(self, kind: str) -> None:
        """Deletes a topic, ``raw`` or one of TOPICS, with all that stands in it."""
        name = self.raw if kind == "raw" else self.names[kind]
        admin = AdminClient(self.kafka.properties())
        admin.delete_topics([name])[name].result(PATIENCE_S)

    def make_anew(self, kind: str) -> None:
        """Makes a deleted topic again, and follows it from its beginning."""
        topic_of(self.kafka, 1, self.names[kind])
        self._followers[kind].close()
        self._followers[kind] = Follower(self.kafka, self.names[kind])

    def publish_poison(self, count: int) -> None:
        """Writes records that `receive` never writes."""
        for _ in range(count):
            self._produce(0, RawRecord(b"?", b"\xffnot ours", [], self._clock_us // 1000), None)
        self.poison += count
        assert self._producer.flush(PATIENCE_S) == 0

    def _produce(self, partition: int, record: RawRecord, body: bytes | None) -> None:
        def delivered(error: Any, written: KafkaMessage) -> None:
            assert error is None, error
            if body is not None:
                self.sent[written.partition(), written.offset()] = body

        self._producer.produce(
            self.raw,
            record.value,
            record.key,
            partition,
            headers=record.headers,
            timestamp=record.timestamp_ms,
            on_delivery=delivered,
        )

    def arrived(self) -> dict[tuple[int, int], list[bytes]]:
        """Returns the telemetry messages by what they were made of, each as often as it was written."""
        found: dict[tuple[int, int], list[bytes]] = {}
        for each in self._followers["telemetry"].messages:
            headers = dict(each.headers() or ())
            partition, offset, index = map(int, headers[IDENTITY_HEADER].split(b"/"))
            assert index == 0
            found.setdefault((partition, offset), []).append(each.value())
        return found

    def until_arrived(self, wanted: set[tuple[int, int]] | None = None) -> None:
        """Waits until every message that was written (or ``wanted``) is in the telemetry topic."""
        wanted = set(self.sent) if wanted is None else wanted
        self._followers["telemetry"].until(lambda _: wanted <= set(self.arrived()))

    def lines(self) -> tuple[list[Line], dict[str, dict[str, int]]]:
        """Returns what does not balance, and the counts by exporter, as the ledger's topic tells now."""
        totals = [
            LedgerTotal(**orjson.loads(each.value()))
            for each in self._followers["ledger"].messages
            if (each.key() or b"") and b'"revision"' in each.value()
        ]
        exporters = by_exporter(latest(LedgerTotals(totals=totals, shard=0, source="", ordinal=0)))
        return unbalanced(exporters, ["kafka"]), exporters

    def assert_all_accounted(self, arrived: set[tuple[int, int]] | None = None) -> None:
        """Each message at least once, the same in every copy; no loss, no duplicate in state; the ledger balanced.

        ``arrived``: what is to stand in the telemetry topic; all that was written, unless the topic was deleted.
        """
        self.until_arrived(arrived)
        self._assert_equal_copies()
        wanted = dict.fromkeys(self._exporters, 0)
        for partition, _ in self.sent:
            wanted[self._exporters[partition]] += 1

        def balances() -> bool:
            self.beat()
            assert self._producer.flush(PATIENCE_S) == 0
            self._drain()
            return self._balances(wanted)

        until(balances, f"the ledger does not come to {wanted}", lambda: str(self.lines()))
        self._assert_nothing_else()

    def assert_in_tables_once(self) -> None:
        """Ingests what was published since the last time: a row for each message of the raw topic, and no other."""
        assert main(["ingest", "--config", str(self.config), "--view", "off"]) == 0
        with duckdb.connect(str(self._tables), read_only=True) as tables:
            found = tables.execute("SELECT count(*), count(DISTINCT ts) FROM ietf_interfaces__interfaces__interface")
            assert found.fetchone() == (len(self.sent), len(self.sent))

    def _balances(self, wanted: dict[str, int]) -> bool:
        wrong, exporters = self.lines()
        told = {exporter: line_of(exporters.get(exporter, {}), "kafka") for exporter in wanted}
        return not wrong and all(
            (line.received, line.delivered, line.duplicates) == (wanted[exporter], wanted[exporter], 0)
            for exporter, line in told.items()
        )

    def _drain(self) -> None:
        for follower in self._followers.values():
            follower.poll()

    def _assert_equal_copies(self) -> None:
        for identity, copies in self.arrived().items():
            assert identity in self.sent, f"{identity} was never written"
            assert len(set(copies)) == 1, f"{identity} arrived in different forms"
            told = orjson.loads(copies[0][5:])["ietf-telemetry-message:message"]["payload"]
            assert told == orjson.loads(self.sent[identity])

    def _assert_nothing_else(self) -> None:
        assert [each.value() for each in self._followers["loss"].messages] == [], (
            "the pipeline lost or invented numbers"
        )
        letters = {(letter["reason"], letter["detail"]) for letter in self.letters()}
        assert {reason for reason, _ in letters} <= {"not-a-raw-record"}, letters

    def letters(self) -> list[dict[str, Any]]:
        return [from_record(each.headers() or (), each.value()) for each in self._followers["dead-letters"].messages]

    def until_letters(self, enough: Callable[[list[dict[str, Any]]], bool]) -> None:
        self._followers["dead-letters"].until(lambda _: enough(self.letters()))

    def close(self) -> None:
        for follower in self._followers.values():
            follower.close()


def _time(partition: int, number: int) -> bytes:
    """A time for each message: rows are told apart by it."""
    seconds, hundredths = divmod(number, 100)
    return b"T%02d:%02d:%02d.%02dZ" % (partition, seconds // 60, seconds % 60, hundredths)

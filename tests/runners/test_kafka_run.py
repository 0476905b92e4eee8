"""A run into Kafka, as the command line starts it, against librdkafka's own mock cluster."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from tests.builders import payload
from tests.waiting import PATIENCE_S
from tests.wire import EXPORTER, ethernet, ipv4, pcap, udp
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import LedgerTotal, MediaType
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.totals import by_exporter, unbalanced
from yangbeam.core.udp_notif import segments_of
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.runners.launch import main

_CLUSTER = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
TOPICS = ("telemetry", "loss", "ledger", "dead-letters")
LOST = range(40, 43)
INVALID = {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "mtu": 1500}]}}
INVALID_AT = 20
SENT = 100


def traffic() -> bytes:
    """A capture of one publisher whose numbers have a gap and whose contents are invalid once."""
    frames = []
    for number in range(SENT):
        body = payload(number, INVALID if number == INVALID_AT else None)
        if number not in LOST:
            (datagram,) = segments_of(body, media_type=MediaType.JSON, publisher_id=1, message_id=number)
            frames.append((1_795_168_800_000_000 + number * 1_000_000, ethernet(ipv4(udp(datagram)))))
    return pcap(frames)


@pytest.fixture(scope="module")
def bootstrap() -> str:
    broker = next(iter(_CLUSTER.list_topics(timeout=PATIENCE_S).brokers.values()))
    return f"{broker.host}:{broker.port}"


@pytest.fixture(scope="module")
def out(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("kafka")
    for topic in TOPICS:
        _CLUSTER.list_topics(f"run-{topic}", timeout=PATIENCE_S)
    (folder / "capture.pcap").write_bytes(traffic())
    (folder / "yangbeam.toml").write_text(f"""
out = "out"
[[sources]]
kind = "capture"
files = ["capture.pcap"]
[kafka]
bootstrap = "{bootstrap}"
[kafka.topics]
telemetry = "run-telemetry"
loss = "run-loss"
ledger = "run-ledger"
dead_letters = "run-dead-letters"
[kafka.properties]
log_level = 0
[dead_letters]
kind = "kafka"
[status]
view = "off"
""")
    assert main(["run", "--config", str(folder / "yangbeam.toml")]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def topics(out: Path, bootstrap: str) -> dict[str, list[Message]]:
    """What stands in each topic after the run."""
    return {topic: consumed(bootstrap, f"run-{topic}") for topic in TOPICS}


def consumed(bootstrap: str, topic: str) -> list[Message]:
    """Reads a topic to its end."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    messages: list[Message] = []
    open_partitions = len(partitions)
    while open_partitions:
        message = consumer.poll(PATIENCE_S)
        assert message is not None, f"{topic} does not end"
        if message.error() is None:
            messages.append(message)
        else:
            open_partitions -= 1
    consumer.close()
    return messages


def records(messages: list[Message]) -> list[dict[str, Any]]:
    return [orjson.loads(message.value()) for message in messages]


def test_the_schema_id_of_a_telemetry_message_leads_to_a_set_that_validates_its_contents(
    out: Path, topics: dict[str, list[Message]]
) -> None:
    values = [message.value() for message in topics["telemetry"]]
    assert len(values) == SENT - len(LOST) - 1
    assert {value[:1] for value in values} == {b"\x00"}
    (schema_id,) = {int.from_bytes(value[1:5], "big") for value in values}
    schema = EmbeddedRegistry(out / "registry.sqlite").schema(schema_id)
    for value in values:
        told = orjson.loads(value[5:])["ietf-telemetry-message:message"]["payload"]
        update = told["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]
        schema.validate_contents(orjson.dumps(update["datastore-contents"]))
    with pytest.raises(InvalidInstanceError):
        schema.validate_contents(orjson.dumps(INVALID))


def test_a_telemetry_message_is_keyed_by_node_and_subscription_and_dated_when_it_was_written(
    topics: dict[str, list[Message]],
) -> None:
    assert {message.key() for message in topics["telemetry"]} == {b"example-router\n6666"}
    assert all(abs(message.timestamp()[1] / 1000 - time.time()) < 600 for message in topics["telemetry"])


def _loss(message: Message) -> dict[str, Any]:
    (event,) = orjson.loads((message.value() or b"")[5:])["yangbeam-loss:losses"]["loss"]
    return dict(event)


def test_losses_stand_in_their_topic_under_their_identity(topics: dict[str, list[Message]]) -> None:
    last = {message.key(): _loss(message) for message in topics["loss"]}
    found = sorted((event["counter"], event["first"], event["last"], event["state"]) for event in last.values())
    assert found == [("notification", 40, 42, "confirmed"), ("transport", 40, 42, "confirmed")]
    assert all(event["identity"].encode() == key for key, event in last.items())


def test_the_schema_id_of_a_loss_leads_to_a_set_that_validates_it(out: Path, topics: dict[str, list[Message]]) -> None:
    values = [message.value() or b"" for message in topics["loss"]]
    (schema_id,) = {int.from_bytes(value[1:5], "big") for value in values}
    schema = EmbeddedRegistry(out / "registry.sqlite").schema(schema_id)
    for value in values:
        schema.validate_contents(value[5:], "full")
    with pytest.raises(InvalidInstanceError, match="count"):
        schema.validate_contents(values[0][5:].replace(b'"count":"3"', b'"count":"three"'), "full")


def test_the_dead_letter_holds_the_original_octets(topics: dict[str, list[Message]]) -> None:
    (record,) = topics["dead-letters"]
    letter = from_record(record.headers() or (), record.value() or b"")
    assert letter["reason"] == "unknown-node"
    assert letter["original"] == record.value() == payload(INVALID_AT, INVALID)
    assert topics["dead-letters"][0].key() == EXPORTER.encode()


def test_the_totals_in_the_ledgers_topic_balance(out: Path, topics: dict[str, list[Message]]) -> None:
    totals: dict[bytes, LedgerTotal] = {}
    for message in topics["ledger"]:
        total = LedgerTotal(**orjson.loads(message.value()))
        if message.key() not in totals or totals[message.key()].revision <= total.revision:
            totals[message.key()] = total
    exporters = by_exporter(totals.values())
    assert unbalanced(exporters, ["kafka", "tables"]) == []
    assert exporters[EXPORTER]["delivered:kafka"] == SENT - len(LOST) - 1
    assert orjson.loads((out / "report.json").read_bytes())["balanced"]


def test_no_files_stand_beside_the_topics(out: Path) -> None:
    assert not list(out.glob("*.jsonl"))

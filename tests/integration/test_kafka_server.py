"""The broker that the project starts: what its listeners let in, and what survives a power cut."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.integration.topics import topic_of
from tests.waiting import PATIENCE_S, until
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import ServerError

pytestmark = pytest.mark.integration


def read(properties: dict[str, str], topic: str, count: int) -> list[bytes]:
    consumer = Consumer({**properties, "group.id": topic})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[bytes] = []
    for _ in range(count):
        message = consumer.poll(PATIENCE_S)
        assert message is not None, "no message comes"
        assert message.error() is None
        found.append(message.value())
    consumer.close()
    return found


def refused(client: Producer, told: list[str]) -> list[str]:
    """Asks a broker that does not let us in: a question has no answer, so it is a short one; returns what was said."""
    with pytest.raises(KafkaException):
        client.list_topics(timeout=1.0)  # between two looks: no answer can come
    client.poll(0)
    return told


@pytest.mark.parametrize("listener", ["PLAINTEXT", "TLS", "SASL"])
def test_each_listener_takes_and_gives_records(kafka: KafkaServer, listener: str) -> None:
    topic = topic_of(kafka)
    properties = kafka.properties(listener)
    producer = Producer({**properties, "enable.idempotence": True})
    producer.produce(topic, b"one")
    assert producer.flush(PATIENCE_S) == 0
    assert read(properties, topic, 1) == [b"one"]


def test_a_wrong_password_is_refused_with_its_name(kafka: KafkaServer) -> None:
    told: list[str] = []
    properties = kafka.properties("SASL", password="wrong") | {"log_level": "0"}
    client = Producer({**properties, "error_cb": lambda error: told.append(error.str())})
    until(lambda: any("Authentication failed" in line for line in refused(client, told)), "it is not named")


def test_an_expired_certificate_is_refused_with_its_name(kafka: KafkaServer) -> None:
    told: list[str] = []
    client = Producer(
        {
            **kafka.properties("EXPIRED"),
            "log_level": "0",
            "error_cb": lambda error: told.append(error.str()),
        }
    )
    until(lambda: any("certificate verify failed" in line for line in refused(client, told)), "it is not named")


def test_records_survive_the_kill_of_a_broker_and_its_ports_stay(tmp_path: Path) -> None:
    with KafkaServer(tmp_path, nodes=2) as server:
        topic = topic_of(server)
        producer = Producer({**server.properties(), "enable.idempotence": True, "log_level": 0})
        producer.produce(topic, b"before")
        assert producer.flush(PATIENCE_S) == 0
        bootstrap = server.bootstrap()
        for process in server.processes:
            process.kill()
        server.start()
        assert server.bootstrap() == bootstrap
        producer.produce(topic, b"after")
        assert producer.flush(PATIENCE_S) == 0
        assert read({**server.properties(), "log_level": "0"}, topic, 2) == [b"before", b"after"]
    assert not any(process.alive() for process in server.processes)


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = KafkaServer(tmp_path, settings={"log.segment.bytes": "1"})
    with pytest.raises(ServerError, match=r"segment\.bytes"):
        server.start()
    assert not server.processes[0].alive()

"""Topics of a real broker, as a test makes and reads them."""

import time
import uuid
from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from yangbeam.runners.servers.kafka import KafkaServer


def topic_of(server: KafkaServer, partitions: int = 1, name: str = "") -> str:
    """Makes a topic and returns its name."""
    name = name or f"test-{uuid.uuid4().hex}"
    admin = AdminClient(server.properties())
    admin.create_topics([NewTopic(name, partitions, replication_factor=len(server.processes))])[name].result(30)
    return name


class Follower:
    """Reads a topic from its beginning, on and on."""

    def __init__(self, server: KafkaServer, topic: str) -> None:
        self.messages: list[Message] = []
        self._consumer = Consumer({**server.properties(), "group.id": topic, "log_level": 0})
        partitions = self._consumer.list_topics(topic, timeout=30).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

    def until(self, enough: Callable[[list[Message]], bool], deadline_s: float) -> list[Message]:
        """Reads until what was read is enough; fails when it is not within the deadline."""
        until = time.monotonic() + deadline_s
        while not enough(self.messages):
            assert time.monotonic() < until, f"not enough within {deadline_s:.0f} s: {len(self.messages)} messages"
            self.messages += self._new(0.2)
        return self.messages

    def poll(self, wait_s: float = 0.5) -> None:
        """Reads what there is, waiting for the first of it."""
        self.messages += self._new(wait_s)

    def _new(self, wait_s: float) -> Iterator[Message]:
        for message in self._consumer.consume(1000, wait_s):
            if message.error() is None:
                yield message

    def close(self) -> None:
        self._consumer.close()

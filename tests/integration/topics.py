"""Topics of a real broker, as a test makes and reads them."""

import uuid
from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, ElectionType, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.waiting import PATIENCE_S, until
from yangbeam.runners.servers.kafka import KafkaServer

CONTROLLER = 1
"""Number of the node that is broker and controller: without it nobody else becomes a leader."""


def topic_of(server: KafkaServer, partitions: int = 1, name: str = "") -> str:
    """Makes a topic and returns its name."""
    name = name or f"test-{uuid.uuid4().hex}"
    admin = AdminClient(server.properties())
    admin.create_topics([NewTopic(name, partitions, replication_factor=len(server.processes))])[name].result(PATIENCE_S)
    return name


def leaders(server: KafkaServer, topic: str) -> dict[int, int]:
    """Returns the node that leads each partition; -1: nobody does."""
    found = AdminClient(server.properties()).list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    return {partition: each.leader for partition, each in found.items()}


def leader_beside_the_controller(server: KafkaServer, topic: str) -> int:
    """Returns a node that leads a partition and may be killed: the others hold all of it, and it is no controller.

    Leadership may have gone to one node by what was broken before: it is given back to whom it was meant for.
    """
    admin = AdminClient(server.properties())

    def in_sync() -> bool:
        partitions = admin.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions.values()
        return all(len(each.isrs) == len(server.processes) for each in partitions)

    until(in_sync, f"the copies of {topic} do not catch up")
    places = [TopicPartition(topic, partition) for partition in leaders(server, topic)]
    admin.elect_leaders(ElectionType.PREFERRED, places).result(PATIENCE_S)
    (node,) = until(
        lambda: (set(leaders(server, topic).values()) - {CONTROLLER, -1}) or None,
        f"no partition of {topic} is led by a broker that may be killed",
    )
    return node


class Follower:
    """Reads a topic from its beginning, on and on."""

    def __init__(self, server: KafkaServer, topic: str) -> None:
        self.messages: list[Message] = []
        self._topic = topic
        self._consumer = Consumer({**server.properties(), "group.id": topic, "log_level": 0})
        partitions = self._consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

    def until(self, enough: Callable[[list[Message]], bool], what: str = "not enough messages come") -> list[Message]:
        """Reads until what was read is enough; fails when nothing more comes."""

        def read() -> bool:
            self.messages += self._new(0.2)
            return enough(self.messages)

        until(read, f"{self._topic}: {what}", lambda: len(self.messages))
        return self.messages

    def poll(self, wait_s: float = 0.5) -> None:
        """Reads what there is, waiting for the first of it."""
        self.messages += self._new(wait_s)

    def ends(self) -> dict[int, int]:
        """Returns the offset behind the last record, by partition."""
        places = self._consumer.assignment()
        return {place.partition: self._consumer.get_watermark_offsets(place, PATIENCE_S)[1] for place in places}

    def to_the_end(self) -> None:
        """Reads everything that stands in the topic now."""
        ends = self.ends()

        def is_there() -> bool:
            self.poll()
            places = self._consumer.position(self._consumer.assignment())
            return all(max(place.offset, 0) >= ends[place.partition] for place in places)

        until(is_there, f"{self._topic} does not give what stands in it", lambda: len(self.messages))

    def _new(self, wait_s: float) -> Iterator[Message]:
        for message in self._consumer.consume(1000, wait_s):
            if message.error() is None:
                yield message

    def close(self) -> None:
        self._consumer.close()

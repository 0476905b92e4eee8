"""What stands in the topics of a job: counted as a stranger would, from the outside."""

from collections import Counter

import orjson
from confluent_kafka import Consumer, Message, TopicPartition

from yangbeam.core.elements import LedgerTotal, LedgerTotals
from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.core.raw_record import MESSAGE, REFUSED
from yangbeam.core.totals import Line, by_exporter, latest, line_of, sums, unbalanced
from yangbeam.pipeline.config.file import Config

SINK = "kafka"


class Topics:
    """The topics of a configuration, read on and on.

    Args:
        properties: librdkafka's.
        config: Names the topics.
    """

    def __init__(self, properties: dict[str, str], config: Config) -> None:
        assert config.kafka is not None  # noqa: S101 # the caller's configuration has one
        names = config.kafka.topics
        self._consumers = {
            kind: _consumer(properties, name)
            for kind, name in (
                ("raw", names.raw),
                ("telemetry", names.telemetry),
                ("ledger", names.ledger),
            )
        }
        self._raw = 0
        self._published: Counter[bytes] = Counter()
        self._totals: list[LedgerTotal] = []

    def _read(self) -> None:
        for message in self._new("raw"):
            self._raw += not {MESSAGE, REFUSED}.isdisjoint(dict(message.headers() or ()))
        for message in self._new("telemetry"):
            self._published[_identity(message)] += 1
        self._totals += [LedgerTotal(**orjson.loads(message.value() or b"")) for message in self._new("ledger")]

    def _new(self, kind: str) -> list[Message]:
        found: list[Message] = []
        while True:
            some = self._consumers[kind].consume(1000, 0.2)
            found += [message for message in some if message.error() is None]
            if not some:
                return found

    def settled(self) -> bool:
        """Whether the ledger accounts for every message of the raw topic, and the telemetry topic for the ledger."""
        self._read()
        line = self.line()
        return 0 < self._raw == line.received == line.accounted and line.delivered == len(self._published)

    def raw_messages(self) -> int:
        """Returns how many messages stand in the raw topic, refused ones among them: the ledger receives both."""
        return self._raw

    def published(self) -> Counter[bytes]:
        """Returns how often each message stands in the telemetry topic, by its identity."""
        return self._published

    def counts(self) -> dict[str, int]:
        """Returns the ledger's counts."""
        return sums(self._latest())

    def line(self) -> Line:
        """Returns the ledger's line of the telemetry topic."""
        return line_of(self.counts(), SINK)

    def unbalanced(self) -> list[Line]:
        """Returns the exporters whose line does not balance."""
        return unbalanced(by_exporter(self._latest()), [SINK])

    def _latest(self) -> list[LedgerTotal]:
        return latest(LedgerTotals(totals=self._totals, shard=0, source="", ordinal=0))


def _identity(message: Message) -> bytes:
    found = dict(message.headers() or ())[IDENTITY_HEADER] or b""
    return found.encode() if isinstance(found, str) else found


def _consumer(properties: dict[str, str], topic: str) -> Consumer:
    consumer = Consumer({**properties, "group.id": f"demo-{topic}", "log_level": 0})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    return consumer

"""What stands in the topics of a job: counted as a stranger would, from the outside."""

from collections import Counter

import orjson
from confluent_kafka import Consumer, Message, TopicPartition

from yangbeam.core.elements import Heartbeat, LedgerTotal, LedgerTotals
from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.core.raw_record import Beat, read_record
from yangbeam.core.totals import Line, by_exporter, latest, line_of, sums, unbalanced
from yangbeam.pipeline.config.file import Config
from yangbeam.runners.servers.processes import wait_until

SINK = "kafka"
PATIENCE_S = 300.0
"""How long nothing may move before the demo gives up, in seconds; while anything moves, it waits."""


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
        self._beats: dict[str, Heartbeat] = {}
        self._published: Counter[bytes] = Counter()
        self._totals: list[LedgerTotal] = []

    def read(self) -> None:
        """Reads what is new, each topic to the end that it had when the look began.

        Raises:
            ServerError: A topic does not give what stands in it.
        """
        for message in self._new("raw"):
            place = message.partition() or 0, message.offset() or 0
            record = read_record(message.headers() or (), message.value() or b"", *place)  # type: ignore[arg-type] # octets
            if isinstance(record, Beat):
                beat, known = record.heartbeat, self._beats.get(record.heartbeat.collector_id)
                if known is None or known.clock_us <= beat.clock_us:  # each stands in every partition
                    self._beats[beat.collector_id] = beat
            else:
                self._raw += 1
        for message in self._new("telemetry"):
            self._published[_identity(message)] += 1
        self._totals += [LedgerTotal(**orjson.loads(message.value() or b"")) for message in self._new("ledger")]

    def _new(self, kind: str) -> list[Message]:
        consumer, found = self._consumers[kind], list[Message]()
        places = consumer.assignment()
        ends = {place.partition: consumer.get_watermark_offsets(place, PATIENCE_S)[1] for place in places}

        def is_at_end() -> bool:
            found.extend(message for message in consumer.consume(1000, 0.2) if message.error() is None)
            return all(max(place.offset, 0) >= ends[place.partition] for place in consumer.position(places))

        what = f"the {kind} topic does not give what stands in it"
        wait_until(is_at_end, PATIENCE_S, what, progress=lambda: len(found))
        return found

    def heard(self) -> int:
        """Returns how many datagrams `receive` has taken or seen dropped, as its heartbeats in the raw topic count."""
        counters = [beat.counters for beat in self._beats.values()]
        return sum(each.get("datagrams", 0) + each.get("kernel_drops", 0) for each in counters)

    def is_under_way(self) -> bool:
        """Whether something is published, and something that was received is not yet."""
        self.read()
        line = self.line()
        return 0 < len(self._published) < self._raw - line.dead_lettered - line.duplicates

    def is_settled(self, sent: int) -> bool:
        """Whether all that was sent has been heard, the ledger accounts for all of it, and the topic for the ledger."""
        self.read()
        line = self.line()
        arrived = self.heard() >= sent and 0 < self._raw == line.received == line.accounted
        return arrived and not line.pending and line.delivered == len(self._published)

    def seen(self) -> tuple[int, ...]:
        """Returns what changes as long as anything moves."""
        line = self.line()
        return self.heard(), self._raw, line.received, line.accounted, self._published.total()

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
    partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    return consumer

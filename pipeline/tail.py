"""What `tail` reads, leaves out and prints."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from yangbeam.core.elements import TopicRecord
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.core.ingest.verdicts import BAD, GOOD, UNJUDGED, Judge, Verdict
from yangbeam.core.policy import Policy
from yangbeam.core.yang.engine import Choice
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.kafka.raw_topic import as_record
from yangbeam.pipeline.assembly import registry_of
from yangbeam.pipeline.config.file import Config

MOST: Final = 500
"""Records of one request."""
WAIT_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are shown.

    Attributes:
        topic: Empty: the telemetry topic of the configuration.
        start: ``earliest``, ``latest``, or how many records of each partition before its end.
        offsets: Where to begin, by partition; only these partitions are read then.
        follow: Go on behind the end.
        most: Show this many at most; None: all.
        exporter: Only those of this address.
        node: Only those of this node.
        subscription: Only those of this subscription.
        verdict: ``pass``, ``fail`` or ``unvalidated``: only those.
        key: Only those whose key holds this text.
    """

    topic: str = ""
    start: str | int = 10
    offsets: dict[int, int] = field(default_factory=dict)
    follow: bool = False
    most: int | None = None
    exporter: str = ""
    node: str = ""
    subscription: int | None = None
    verdict: str = ""
    key: str = ""

    def takes(self, found: Verdict) -> bool:
        """Says whether a record is shown."""
        message, notification = found.told, found.notification
        node = notification.node if notification is not None else None
        known = message.subscription if message is not None else None
        return (
            (not self.verdict or found.verdict == self.verdict)
            and (not self.exporter or (message is not None and message.message.exporter == self.exporter))
            and (not self.node or self.node in {node, known.node if known is not None else None})
            and (
                self.subscription is None
                or (notification is not None and notification.subscription_id == self.subscription)
            )
            and (not self.key or self.key in found.record.key.decode(errors="replace"))
        )


class Tail:
    """Reads a topic and judges its records.

    Args:
        config: Where Kafka is, and which registry knows the schemas.
        wanted: Which records are shown.

    Raises:
        ConfigurationError: There is no [kafka], or no such topic or partition.
        KafkaAwayError: No broker answers.
    """

    def __init__(self, config: Config, wanted: Wanted) -> None:
        if config.kafka is None:
            raise ConfigurationError("kafka", "there is no cluster to read from: write [kafka] with its bootstrap")
        self._wanted = wanted
        registry = registry_of(config)
        policy = Policy(choice=Choice(config.validation.profile))
        self._judge = Judge(lru_cache(registry.schema), registry.id_of_guid, policy, registry.identity)
        self._consumer = TopicConsumer(wanted.topic or config.kafka.topics.telemetry, config.kafka.client_properties())
        self.counts: Counter[str] = Counter({GOOD: 0, BAD: 0, UNJUDGED: 0})
        """Verdicts of what was read, shown or not."""

    def verdicts(self, is_over: Callable[[], bool] = lambda: False) -> Iterator[Verdict]:
        """Yields the records that are wanted, as they come.

        Args:
            is_over: Asked between requests; ends the read.
        """
        until = self._assign()
        shown = 0
        while not is_over() and (until is None or any(self._consumer.next[each] < end for each, end in until.items())):
            for record in map(as_record, self._consumer.take(MOST, WAIT_S)):
                if until is not None and record.offset >= until[record.partition]:
                    continue
                found = self._judge.verdict(record)
                self.counts[found.verdict] += 1
                if self._wanted.takes(found):
                    yield found
                    shown += 1
                    if shown == self._wanted.most:
                        return

    def _assign(self) -> dict[int, int] | None:
        """Begins to read; returns where to stop before, None for nowhere."""
        edges = {partition: self._consumer.edges(partition) for partition in self._consumer.partitions()}
        unknown = sorted(self._wanted.offsets.keys() - edges.keys())
        if unknown:
            raise ConfigurationError("kafka-partition", f"{self._consumer.topic} has no partition {unknown[0]}")
        begin = {partition: self._begin(*edge) for partition, edge in edges.items()}
        begin = self._wanted.offsets or begin
        self._consumer.assign({partition: max(offset, edges[partition][0]) for partition, offset in begin.items()})
        return None if self._wanted.follow else {partition: edges[partition][1] for partition in begin}

    def _begin(self, first: int, end: int) -> int:
        start = self._wanted.start
        if isinstance(start, int):
            return max(end - start, first)
        return first if start == "earliest" else end

    def close(self) -> None:
        """Leaves the cluster."""
        self._consumer.close()


def line_of(found: Verdict) -> str:
    """Returns a record as one line for people: where, when, who, what, and its verdict."""
    record, notification = found.record, found.notification
    parts = [f"{record.topic}[{record.partition}]@{record.offset}", _moment(record)]
    if found.told is not None:
        known = found.told.subscription
        node = notification.node if notification is not None else None
        parts.append(node or (known.node if known is not None else found.told.message.exporter))
    if notification is not None:
        number = notification.subscription_id
        parts += [notification.kind, *([f"subscription {number}"] if number is not None else [])]
        parts += [f"sequence {notification.sequence_number}"] if notification.sequence_number is not None else []
    parts.append(_schema(found))
    return "  ".join([*parts, f"{found.verdict}: {found.why}" if found.why else found.verdict])


def _schema(found: Verdict) -> str:
    if found.frame is None or not found.frame.framing:
        return "no schema"
    number = found.schema_id if found.schema_id is not None else (found.frame.guid or b"").hex()
    return f"schema {number} ({found.frame.framing})"


def _moment(record: TopicRecord) -> str:
    moment = datetime.fromtimestamp(record.timestamp_us / 1_000_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_of(found: Verdict, *, with_message: bool = False) -> bytes:
    """Returns a record as one JSON object on one line, for programs."""
    record, message, notification = found.record, found.told, found.notification
    told: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": _moment(record),
        "key": record.key.decode(errors="replace"),
        "verdict": found.verdict,
        "why": found.why or None,
        "framing": found.frame.framing if found.frame is not None else None,
        "schema-id": found.schema_id,
        "identity": next((value.decode() for name, value in record.headers if name == IDENTITY_HEADER), None),
        "exporter": message.message.exporter if message is not None else None,
        "node": notification.node if notification is not None else None,
        "kind": notification.kind if notification is not None else None,
        "subscription": notification.subscription_id if notification is not None else None,
        "sequence-number": notification.sequence_number if notification is not None else None,
    }
    if with_message:
        payload = found.frame.payload if found.frame is not None else record.value
        told["message"] = payload.decode(errors="replace") if message is None else orjson.Fragment(payload)
    return orjson.dumps({name: value for name, value in told.items() if value is not None})

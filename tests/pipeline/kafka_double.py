"""A producer of raw records whose broker does what a test says."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError

from yangbeam.core.spool import Header
from yangbeam.io.kafka.raw_producer import KafkaFatalError

FULL = KafkaError._QUEUE_FULL
PURGED = KafkaError._PURGE_QUEUE
TOO_LARGE = KafkaError.MSG_SIZE_TOO_LARGE
UNKNOWN_TOPIC = KafkaError._UNKNOWN_TOPIC


class Sent:
    """A record as librdkafka gives it to a callback: without its headers."""

    def __init__(self, partition: int, key: bytes | None, value: bytes, timestamp_ms: int) -> None:
        self.facts = partition, key, value, timestamp_ms

    def partition(self) -> int:
        return self.facts[0]

    def key(self) -> bytes | None:
        return self.facts[1]

    def value(self) -> bytes:
        return self.facts[2]

    def timestamp(self) -> tuple[int, int]:
        return 1, self.facts[3]


class Double:
    """A producer whose broker does what the test says; ``log`` is what the broker keeps."""

    def __init__(self, log: list[tuple[Any, ...]], capacity: int = 3, *, reports: bool = False) -> None:
        self.log = log
        self.capacity = capacity
        self.reports = reports
        self.queue: list[tuple[Sent, list[Header], Callable[[KafkaError | None, Any], None]]] = []
        self.produced = 0
        self.fatal = False
        self.refused: int | None = None
        self.closed = False
        self.is_away = False

    def put(
        self, partition: int, key: bytes | None, value: bytes, headers: list[Header], timestamp_ms: int, settled: Any
    ) -> KafkaError | None:
        if self.fatal:
            raise KafkaFatalError("kafka-refused", "no more")
        if self.refused is not None and len(value) > self.refused:
            return KafkaError(TOO_LARGE)
        if self.closed:
            return KafkaError(UNKNOWN_TOPIC)
        if len(self.queue) >= self.capacity:
            return KafkaError(FULL)
        self.queue.append((Sent(partition, key, value, timestamp_ms), headers, settled))
        self.produced += 1
        return None

    def poll(self, _wait_s: float) -> int:
        return 0

    def check(self) -> None:
        if self.fatal:
            raise KafkaFatalError("kafka-fatal", "fenced")

    @property
    def waiting(self) -> int:
        return len(self.queue)

    def acknowledge(self, count: int = 1 << 30) -> None:
        for sent, headers, settled in self._taken(count):
            self.log.append((*sent.facts, headers))
            if self.reports:
                settled(None, sent)

    def fail(self, code: int, count: int = 1 << 30) -> None:
        for sent, _, settled in self._taken(count):
            settled(KafkaError(code), sent)

    def _taken(self, count: int) -> list[Any]:
        taken, self.queue = self.queue[:count], self.queue[count:]
        return taken

    def answered(self) -> None:
        self.is_away = False

    def failed(self, why: str) -> None:
        self.is_away = True

    def take_back(self) -> None:
        self.fail(PURGED)

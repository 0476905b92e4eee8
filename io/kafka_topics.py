"""WriteKafka: batches of records to topics, idempotent, acknowledged by all in-sync replicas, nothing lost silently."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue
from confluent_kafka import KafkaError, KafkaException, Producer

from yangbeam.core.elements import EndOfInput, LedgerDelta
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.framing import Headers
from yangbeam.transforms.outputs import LEDGER, written

FLUSH_BYTES: Final = 8 * 1024 * 1024
"""Octets produced between two waits for acknowledgements: a bundle may be a whole capture."""
FLUSH_SECONDS: Final = 1.0
"""Longest time between them, so that the ledger's ``delivered`` is never much older."""

REQUIRED: Final = {"enable.idempotence": "true", "acks": "all"}
"""What the delivery promise rests on; a configuration that says otherwise is refused."""

DEFAULTS: Final = {
    "linger.ms": "20",
    "compression.type": "lz4",
    # One reassembled message may reach a quarter of a megabyte, an MDT row several; the broker's limit still decides.
    "message.max.bytes": "16777216",
    # librdkafka retries for this long, then the bundle fails and says so.
    "message.timeout.ms": "60000",
}


class KafkaUnavailableError(YangbeamError):
    """The cluster did not take a record: fails the bundle, so that nothing counts as delivered."""

    fault = Fault.ENVIRONMENT


class Record(NamedTuple):
    """One record to produce."""

    key: bytes | None
    value: bytes
    headers: Headers
    timestamp_ms: int


Records = Callable[[Any], Iterable[Record]]
Counted = Callable[[Any], LedgerDelta | None]


@dataclass(slots=True)
class _Client:
    """One producer of this process, and the first error its deliveries met."""

    producer: Producer
    failed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self.failed.append(f"{message.topic()}[{message.partition()}]: {error.str()}")

    def produce(self, topic: str, record: Record) -> None:
        while True:
            try:
                self.producer.produce(
                    topic,
                    value=record.value,
                    key=record.key,
                    headers=[*record.headers],
                    timestamp=record.timestamp_ms,
                    on_delivery=self.delivered,
                )
            except BufferError:
                self.producer.poll(0.1)  # the queue is full: deliveries make room, or time out and fail
            except KafkaException as error:
                raise KafkaUnavailableError("kafka-refused", f"{topic}: {error.args[0].str()}") from error
            else:
                return

    def flush(self) -> None:
        """Waits until everything produced is acknowledged, or failed for good (message.timeout.ms)."""
        with self.lock:
            while self.producer.flush(1.0):
                pass
            if self.failed:
                first, count = self.failed[0], len(self.failed)
                self.failed.clear()
                raise KafkaUnavailableError(
                    "kafka-delivery",
                    f"{count} record(s) were not acknowledged, the first to {first}; "
                    "check that the brokers are up and the topic takes writes",
                )


_clients: dict[tuple[tuple[str, str], ...], _Client] = {}
_clients_lock = threading.Lock()


def producer_properties(properties: dict[str, str]) -> dict[str, str]:
    """Returns librdkafka's properties: the operator's over our defaults, and what the promise rests on.

    Raises:
        ValueError: The operator's properties contradict REQUIRED.
    """
    for name, value in REQUIRED.items():
        if properties.get(name, value) not in {value, "-1" if name == "acks" else value}:
            raise ValueError(f"{name} must be {value}, got {properties[name]}: delivery is promised on it")
    return DEFAULTS | properties | REQUIRED


def _client(properties: tuple[tuple[str, str], ...]) -> _Client:
    with _clients_lock:
        client = _clients.get(properties)
        if client is None:
            client = _clients[properties] = _Client(Producer(dict(properties)))
        return client


class WriteKafka(beam.PTransform):
    """Produces each batch's records to one topic.

    Delivery: at least once, in order within (key, shard); duplicates only when a bundle is retried. A batch counts as
    delivered after all its records were acknowledged; a record that is not fails the bundle with
    ``KafkaUnavailableError``. Producers are shared by the process and flushed at the end of every bundle, every
    FLUSH_BYTES or FLUSH_SECONDS within one, and at the end of input.

    Args:
        topic: Name of the topic.
        properties: librdkafka's, ``bootstrap.servers`` among them; secrets already resolved.
        records: Batch to records; picklable.
        counted: Batch to what is tallied once it is delivered; picklable.
    """

    def __init__(self, topic: str, properties: dict[str, str], records: Records, counted: Counted) -> None:
        super().__init__()
        ordered = tuple(sorted(producer_properties(properties).items()))
        self._produce = _Produce(topic, ordered, records, counted)

    def expand(self, batches: PCollection) -> PCollection:
        """Applies the sink; returns what it counted."""
        return written(batches | "Produce" >> beam.ParDo(self._produce).with_outputs(LEDGER, main="none"))


class _Produce(beam.DoFn):
    def __init__(self, topic: str, properties: tuple[tuple[str, str], ...], records: Records, counted: Counted) -> None:
        super().__init__()
        self._topic = topic
        self._properties = properties
        self._records = records
        self._counted = counted
        self.start_bundle()

    def start_bundle(self) -> None:
        """Forgets what an earlier, failed bundle left."""
        self._waiting: list[LedgerDelta] = []
        self._octets = 0
        self._since: float | None = None

    def process(self, batch: Any) -> Iterator[Any]:
        client = _client(self._properties)
        for record in self._records(batch):
            client.produce(self._topic, record)
            self._octets += len(record.value)
        client.producer.poll(0)
        delta = self._counted(batch)
        if delta is not None:
            self._waiting.append(delta)
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        ended = any(isinstance(control, EndOfInput) for control in getattr(batch, "controls", ()))
        if ended or self._octets >= FLUSH_BYTES or now - self._since >= FLUSH_SECONDS:
            yield from (TaggedOutput(LEDGER, delta) for delta in self._flush(client))

    def finish_bundle(self) -> Iterator[Any]:
        """Flushes: the bundle ends well only when all of it is acknowledged."""
        for delta in self._flush(_client(self._properties)):
            yield TaggedOutput(LEDGER, WindowedValue(delta, MIN_TIMESTAMP, (GlobalWindow(),)))

    def _flush(self, client: _Client) -> list[LedgerDelta]:
        client.flush()
        waiting = self._waiting
        self.start_bundle()
        return waiting

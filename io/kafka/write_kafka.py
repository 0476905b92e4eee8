"""WriteKafka: batches of records to topics, idempotent, acknowledged by all in-sync replicas, nothing lost silently."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from yangbeam.core.elements import LedgerDelta, LedgerTotals
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.framing import Headers
from yangbeam.core.ledger import REPLACED, UNWRITTEN
from yangbeam.core.secret_source import Properties, SecretSource, resolved
from yangbeam.core.stage import LEDGER, LETTERS, is_ended
from yangbeam.io.kafka.properties import refused
from yangbeam.io.kafka.watching import Watch
from yangbeam.transforms.acknowledged import ACKNOWLEDGED
from yangbeam.transforms.outputs import kept, refused_by_sink
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.stage import StageOutput, sunk

_log: Final = logging.getLogger(__name__)

FLUSH_BYTES: Final = 8 * 1024 * 1024
"""Octets produced between two waits for acknowledgements: a bundle may be a whole capture."""
FLUSH_SECONDS: Final = 1.0
"""Longest time between them, so that the ledger's ``delivered`` is never much older."""

STEP_S: Final = 0.2
"""Between two looks, while acknowledgements are waited for, at how long the wait lasts and may last."""
QUIET_S: Final = 5.0
"""Without any acknowledgement for so long the cluster counts as away, though its connections may stand."""

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

NEVER: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_TIMESTAMP})
"""Errors that another attempt does not mend: they are the record's own."""
_AWAY: Final = frozenset({KafkaError._MSG_TIMED_OUT, KafkaError._TRANSPORT, KafkaError._TIMED_OUT})  # noqa: SLF001
"""Errors of records that say that no broker answered for long."""


class KafkaUnavailableError(YangbeamError):
    """The cluster did not take a record: fails the bundle, so that nothing counts as delivered."""

    fault = Fault.ENVIRONMENT


class RecordRefusedError(YangbeamError):
    """A record that the topic can never take; the cure is in the configuration of the topic or of its writer."""

    fault = Fault.CONFIGURATION


class Record(NamedTuple):
    """One record to produce. Its timestamp is the moment of writing.

    Not a time of the data: retention counts from the timestamp, so that a replay of old data would go at once, brokers
    refuse the timestamps of a router whose clock is ahead, and readers merge partitions in the order of writing.
    """

    key: bytes | None
    value: bytes
    headers: Headers
    topic: str = ""
    """Empty: the sink's own."""


Records = Callable[[Any], Iterable[Record]]
Instead = Callable[[Record, RecordRefusedError], Iterable[Record]]
"""What may be written in the place of a record that its topic can never take, best first."""
Counted = Callable[[Any], LedgerDelta | None]
Value = TypeVar("Value", bound="str | SecretSource")

_clients: dict[Properties, Producer] = {}
"""By properties with secrets as references."""
_clients_lock = threading.Lock()


def producer_properties(properties: Mapping[str, Value]) -> dict[str, Value | str]:
    """Returns librdkafka's properties: the operator's over our defaults, and what the promise rests on.

    Raises:
        ValueError: The operator's properties contradict REQUIRED.
    """
    for name, value in REQUIRED.items():
        if properties.get(name, value) not in {value, "-1" if name == "acks" else value}:
            raise ValueError(f"{name} must be {value}, got {properties[name]}: delivery is promised on it")
    return {**DEFAULTS, **properties, **REQUIRED}


def _client(properties: Properties) -> Producer:
    with _clients_lock:
        client = _clients.get(properties)
        if client is None:
            settings: Any = {**resolved(properties), **Watch(dict(properties)).settings()}
            try:
                client = Producer(settings)
            except KafkaException as error:
                raise refused(error) from error
            _clients[properties] = client
        return client


class _Settled:
    """What became of the records of one bundle, as the broker said of each of them; called by the client.

    One for each bundle: what is said late of a bundle that failed must not count for the next.
    """

    def __init__(self) -> None:
        self.acknowledged = 0
        self.failed: list[tuple[KafkaError, bytes]] = []

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.failed.append((error, message.value() or b""))


class WriteKafka(beam.PTransform):
    """Produces each batch's records.

    Delivery: at least once, in order within (key, shard); duplicates only when a bundle is retried. What a broker
    refuses is given again, each record alone, behind what came after it. A batch counts as
    delivered for as many records as the broker acknowledged, one by one; a record that fails makes the bundle fail with
    ``KafkaUnavailableError``. One that the topic can never take ends no job: it becomes a dead letter where the sink
    counts what it delivers; elsewhere the first of ``instead`` is written that a topic takes, and both this and what
    nothing took are counted beside what is kept (``replaced:SINK``, ``unwritten:SINK``) and logged.

    Producers are shared by the process and flushed at the end of every bundle, every FLUSH_BYTES or FLUSH_SECONDS
    within one, and at the end of input.

    Args:
        topic: Name of the topic.
        properties: librdkafka's, ``bootstrap.servers`` among them; secrets by reference.
        records: Batch to records, one for each of ``batch.records`` and in their order where ``sink`` is named.
        sink: Name under which ``batch.records`` count as delivered.
        instead: Of a sink without that name: what is written in the place of what a topic can never take.
        account: Name under which records count as kept, of a sink of the account; of one of the ledger itself they are
            counted in this process (``transforms.acknowledged``).
    """

    def __init__(
        self,
        topic: str,
        properties: Mapping[str, str | SecretSource],
        records: Records,
        sink: str = "",
        instead: Instead | None = None,
        account: str = "",
    ) -> None:
        super().__init__()
        ordered = tuple(sorted(producer_properties(properties).items()))
        self._produce = _Produce(topic, ordered, records, _Names(sink, account), instead or _nothing)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the sink; returns what it counted, and the letters of what it refused."""
        return sunk(self._produce, batches, "Produce", LETTERS, LEDGER)


def _nothing(_: Record, __: RecordRefusedError) -> Iterable[Record]:
    return ()


class _Wait:
    """A wait for acknowledgements: says when the cluster seems to be away, and when the end of the run waits no more.

    Args:
        watch: Of the cluster.
        client: Whose records wait.
    """

    def __init__(self, watch: Watch, client: Producer) -> None:
        self._watch = watch
        self._client = client
        self._left, self._since_s = len(client), time.monotonic()

    def look(self) -> None:
        """Looks at what became of the records.

        Raises:
            KafkaUnavailableError: The run is to end, and its time to wait is over; nothing waits any more.
        """
        left, now = len(self._client), time.monotonic()
        if left != self._left or self._watch.is_away:
            self._left, self._since_s = left, now  # of one that is back, too: its answers need their time
        elif now - self._since_s >= QUIET_S:
            self._watch.failed(f"nothing acknowledged for {QUIET_S:g} s")
        if OUTSIDES.is_over:
            with suppress(KafkaException):
                self._client.purge()
            self._client.flush(STEP_S)
            if not self._watch.is_away:
                self._watch.failed("not everything was acknowledged in time")
            raise KafkaUnavailableError(
                "kafka-unreachable",
                f"kafka {self._watch.address} had not acknowledged {left:,} records when the end of the run could wait "
                "no longer; check that the brokers are up, or wait longer: beam.flush_s",
            )


class _Names(NamedTuple):
    """Under which names a sink counts."""

    sink: str
    account: str


class _Produce(beam.DoFn):
    def __init__(self, topic: str, properties: Properties, records: Records, names: "_Names", instead: Instead) -> None:
        super().__init__()
        self._account = names.account
        self._instead = instead
        self._topic = topic
        self._properties = properties
        self._records = records
        self._sink = names.sink
        self._watch = Watch(dict(properties))
        self.start_bundle()

    def start_bundle(self) -> None:
        """Forgets what an earlier, failed bundle left."""
        self._batches: list[tuple[Any, list[Record]]] = []
        self._settled = _Settled()
        self._octets = 0
        self._since: float | None = None

    def process(self, batch: Any) -> Iterator[Any]:
        client = _client(self._properties)
        records = list(self._records(batch))
        for record in records:
            self._octets += len(record.value)
            self._give(client, record)
        client.poll(0)
        self._batches.append((batch, records))
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if is_ended(batch) or self._octets >= FLUSH_BYTES or now - self._since >= FLUSH_SECONDS:
            yield from (TaggedOutput(tag, value) for tag, value in self._flush(client))

    def finish_bundle(self) -> Iterator[Any]:
        """Flushes: the bundle ends well only when all of it is acknowledged."""
        for tag, value in self._flush(_client(self._properties)):
            yield TaggedOutput(tag, WindowedValue(value, MIN_TIMESTAMP, (GlobalWindow(),)))

    def _give(self, client: Producer, record: Record) -> None:
        wait: _Wait | None = None
        while True:
            try:
                client.produce(
                    record.topic or self._topic,
                    record.value,
                    record.key,
                    on_delivery=self._settled,
                    headers=record.headers,  # type: ignore[arg-type] # a list is invariant; nothing is put into it
                )
            except BufferError:
                client.poll(STEP_S)  # the queue is full: deliveries make room, or time out and fail
                wait = wait or _Wait(self._watch, client)
                wait.look()
            except KafkaException as error:
                self._settled.failed.append((error.args[0], record.value))
                return
            else:
                return

    def _settle(self, client: Producer) -> None:
        """Waits until everything produced is acknowledged, or failed for good, or the end of the run waits no more."""
        wait = _Wait(self._watch, client)
        while client.flush(STEP_S):
            wait.look()
        if self._octets and not self._settled.failed:
            self._watch.answered()

    def _flush(self, client: Producer) -> list[tuple[str, Any]]:
        """Waits until everything produced is acknowledged, or failed for good; returns what is to be put out."""
        self._settle(client)
        refused = self._judged()
        batches, acknowledged = self._batches, self._settled.acknowledged
        self.start_bundle()
        if refused:
            suspects = [record for _, records in batches for record in records if record.value in refused]
            refused, more = self._one_by_one(client, suspects)
            acknowledged += more
        if not self._sink:
            too_large = [record for _, records in batches for record in records if refused and record.value in refused]
            replaced = sum(self._replace(client, record, refused[record.value]) for record in too_large)
            beside = {REPLACED: replaced, UNWRITTEN: len(too_large) - replaced}
            return self._kept(batches, acknowledged + replaced, beside)
        outputs: list[tuple[str, Any]] = []
        for batch, records in batches:
            outputs += self._outputs(batch, records, refused, acknowledged)
            acknowledged -= sum(record.value not in refused for record in records)
        return outputs

    def _one_by_one(self, client: Producer, records: list[Record]) -> tuple[dict[bytes, RecordRefusedError], int]:
        """Gives records alone, as a broker refuses a request as a whole: what is small has come with what is too large.

        Returns:
            What is refused even so, by its value; and how many of the others were acknowledged.
        """
        refused: dict[bytes, RecordRefusedError] = {}
        acknowledged = 0
        for record in records:
            self._give(client, record)
            self._settle(client)
            refused |= self._judged()
            acknowledged += self._settled.acknowledged
            self.start_bundle()
        return refused, acknowledged

    def _kept(
        self, batches: list[tuple[Any, list[Record]]], acknowledged: int, beside: dict[str, int]
    ) -> list[tuple[str, Any]]:
        """Returns what a sink of the account counts; the ledger's own cannot be in the ledger."""
        if not batches or not self._account or not (acknowledged or any(beside.values())):
            return []
        if isinstance(batches[-1][0], LedgerTotals):
            ACKNOWLEDGED.add(self._account, acknowledged)
            for name, count in beside.items():
                ACKNOWLEDGED.add(f"{name}:{self._account}", count)
            return []
        return [(LEDGER, kept(batches[-1][0], self._account, acknowledged, beside))]

    def _replace(self, client: Producer, record: Record, why: RecordRefusedError) -> bool:
        """Writes the first of what may stand for a record that its topic takes; says whether there was one."""
        for substitute in self._instead(record, why):
            self._give(client, substitute)
            self._settle(client)
            refused = self._judged()
            self.start_bundle()
            if not refused:
                _log.warning("%s; a shorter form of it was written to %s", why.detail, substitute.topic or self._topic)
                return True
        _log.error("%s; nothing of it was written", why.detail)
        return False

    def _judged(self) -> dict[bytes, RecordRefusedError]:
        """Returns what can never be taken, by its value; anything else that failed fails the bundle."""
        refused: dict[bytes, RecordRefusedError] = {}
        failed = self._settled.failed
        for error, value in failed:
            if error.code() not in NEVER:
                if error.code() in _AWAY:
                    self._watch.failed(error.str())
                raise KafkaUnavailableError(
                    "kafka-delivery",
                    f"{len(failed)} record(s) were not acknowledged, the first to {self._topic}: {error.str()}; "
                    "check that the brokers are up and the topic takes writes",
                )
            refused[value] = RecordRefusedError(
                "record-refused",
                f"{self._topic} can never take this record of {len(value)} octets: {error.str()}; raise the topic's "
                "max.message.bytes, and message.max.bytes in [kafka.properties]",
            )
        return refused

    def _outputs(
        self, batch: Any, records: list[Record], refused: dict[bytes, RecordRefusedError], acknowledged: int
    ) -> Iterator[tuple[str, Any]]:
        """Yields the letters of a batch, and what it counts."""
        why = [refused.get(record.value) if refused else None for record in records] if refused else []
        letters, delta = refused_by_sink(batch, self._sink, why, acknowledged)
        if letters is not None:
            yield LETTERS, letters
        yield LEDGER, delta

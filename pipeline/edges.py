"""The two ends of the graph, chosen by configuration: readers in front, sinks behind."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import msgspec
import orjson

from yangbeam.core.dead_letter import CUTS, letter_of_written, to_record
from yangbeam.core.dead_letter import to_json as letter_json
from yangbeam.core.elements import DeadLetter, DeadLetterBatch, LedgerTotals, LossBatch, TelemetryBatch
from yangbeam.core.errors import ConfigurationError, SchemaPendingError, YangbeamError
from yangbeam.core.framing import IDENTITY_HEADER, PUBLISHER_HEADER, REGISTRY_HEADER, VERDICT_HEADER, frame
from yangbeam.core.loss.loss_json import MODULE, loss_json
from yangbeam.core.reader import Reader
from yangbeam.core.tables.accounts import LEDGER, LOSS, SCOPES, ledger_rows, loss_rows, scope_rows
from yangbeam.io.capture_files import CaptureReader
from yangbeam.io.duckdb_tables import WriteAccount, WriteTables
from yangbeam.io.json_lines import WriteJsonLines
from yangbeam.io.kafka.raw_reader import RawTopicReader
from yangbeam.io.kafka.raw_topic import TopicSettings
from yangbeam.io.kafka.write_kafka import Instead, Record, WriteKafka
from yangbeam.io.udp_sockets import UdpReader
from yangbeam.pipeline.assembly import AnyRegistry, registry_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.sources import Capture, Source, UdpNotif
from yangbeam.pipeline.config.topics import TopicSource
from yangbeam.pipeline.graph import Sinks
from yangbeam.pipeline.source_settings import https_settings, udp_settings

FILES = "files"
KAFKA = "kafka"
TABLES = "tables"
"""Names of the sinks in the ledger."""
ORIGINALS_FILE = "pruned-originals.jsonl"
"""Beside the file of dead letters."""


def readers_of(config: Config) -> list[Reader]:
    """Opens the sources.

    Raises:
        YangbeamError: A file is not to be read, or an address cannot be bound.
    """
    return [_reader(source, config, number) for number, source in enumerate(config.sources)]


def _reader(source: Source, config: Config, number: int) -> Reader:
    shards = config.beam.shards
    if isinstance(source, Capture):
        return _capture(source, config)
    if isinstance(source, TopicSource):
        return RawTopicReader(topic_settings(source, config))
    if isinstance(source, UdpNotif):
        return UdpReader(udp_settings(source, config, number, shards))
    from yangbeam.pipeline.https_reader import HttpsReader  # noqa: PLC0415 # a web server that few runs need

    return HttpsReader(https_settings(source, config, number, shards))


def topic_settings(source: TopicSource, config: Config, topic: str = "") -> TopicSettings:
    """Returns how a topic is read; the raw topic unless another is named.

    Raises:
        ConfigurationError: There is no [kafka].
    """
    if config.kafka is None:
        raise ConfigurationError("kafka", "the raw topic is in Kafka: write [kafka] with its bootstrap")
    return TopicSettings(
        topic or config.kafka.topics.raw,
        tuple(sorted(config.kafka.client_settings().items())),
        start=source.start_at,
        end=source.end_at,
        gone=source.gone,
        max_bytes=config.beam.batch_bytes,
    )


def _capture(source: Capture, config: Config) -> CaptureReader:
    return CaptureReader(
        source.files,
        ports=frozenset(source.ports) or None,
        shards=config.beam.shards,
        settings=source.dialect.settings(),
        limits=source.reassembly.limits(),
    )


def sinks_of(config: Config, more: Mapping[str, Mapping[str, beam.PTransform]]) -> Sinks:
    """Returns the sinks that the configuration names, each once.

    Args:
        config: The configuration.
        more: Further sinks by kind (``loss``, ``dead_letters``, ``totals``) and label: the view of the run.
    """
    telemetry: dict[str, beam.PTransform] = {}
    loss: dict[str, beam.PTransform] = {}
    letters: dict[str, beam.PTransform] = {}
    totals: dict[str, beam.PTransform] = {}
    folder = config.files.directory
    if config.files.enabled:
        telemetry["Files"] = WriteJsonLines(folder / "telemetry.jsonl", telemetry_lines, FILES)
        loss["Files"] = WriteJsonLines(folder / "loss.jsonl", loss_lines, account="loss-files")
        totals["Files"] = WriteJsonLines(folder / "ledger.jsonl", total_lines, account="ledger-files")
    if config.kafka is not None:
        dead = config.kafka.topics.dead_letters if config.dead_letters.kind == "kafka" else ""
        _add_kafka(config.kafka, dead, registry_of(config), telemetry, loss, totals)
    if config.dead_letters.kind == "kafka" and config.kafka is not None:
        topic = config.kafka.topics.dead_letters
        letters["Kafka"] = _to_kafka(config.kafka, topic, letter_records, account="letters-kafka", instead=cut)
        letters["OriginalsKafka"] = _to_kafka(
            config.kafka, topic, original_records, account="originals-kafka", instead=cut
        )
    else:
        path = Path(config.dead_letters.path)
        letters["Files"] = WriteJsonLines(path, letter_lines, account="letters-files")
        letters["OriginalsFiles"] = WriteJsonLines(
            path.with_name(ORIGINALS_FILE), original_lines, account="originals-files"
        )
    if config.tables.enabled:
        path = Path(config.tables.path)
        loss["Tables"] = WriteAccount(path, LOSS, loss_rows, events_in, "loss-tables")
        loss["Scopes"] = WriteAccount(path, SCOPES, scope_rows, learned_in, "scopes-tables")
        totals["Tables"] = WriteAccount(path, LEDGER, ledger_rows, totals_in, "ledger-tables")
    return Sinks(
        telemetry=telemetry,
        tables=WriteTables(Path(config.tables.path)) if config.tables.enabled else None,
        loss=loss | dict(more.get("loss", {})),
        dead_letters=letters | dict(more.get("dead_letters", {})),
        totals=totals | dict(more.get("totals", {})),
    )


def _add_kafka(
    kafka: Kafka,
    dead: str,
    registry: AnyRegistry,
    telemetry: dict[str, beam.PTransform],
    loss: dict[str, beam.PTransform],
    totals: dict[str, beam.PTransform],
) -> None:
    guid_of = registry.guid if kafka.framing == "header-guid" else None
    telemetry["Kafka"] = _to_kafka(
        kafka, kafka.topics.telemetry, partial(telemetry_records, kafka.framing, guid_of, registry.identity), KAFKA
    )
    framed = partial(loss_records, kafka.framing, guid_of, partial(_own, registry, MODULE))
    for name, sinks, topic, records in (
        ("loss-kafka", loss, kafka.topics.loss, framed),
        ("ledger-kafka", totals, kafka.topics.ledger, total_records),
    ):
        instead = partial(as_letter, topic, dead) if dead else None
        sinks["Kafka"] = _to_kafka(kafka, topic, records, account=name, instead=instead)


def _own(registry: AnyRegistry, module: str) -> int | None:
    """Returns the id of a module of ours; None while the registry is away: a loss is told all the same."""
    try:
        return registry.own(module)
    except SchemaPendingError:
        return None


def _to_kafka(
    kafka: Kafka, topic: str, records: Any, sink: str = "", *, account: str = "", instead: Instead | None = None
) -> WriteKafka:
    return WriteKafka(topic, kafka.client_settings(), records, sink, instead, account)


def events_in(batch: LossBatch) -> int:
    """Returns the number of loss events."""
    return len(batch.events)


def learned_in(batch: LossBatch) -> int:
    """Returns the number of what was learned."""
    return len(batch.learned)


def totals_in(batch: LedgerTotals) -> int:
    """Returns the number of totals."""
    return len(batch.totals)


def telemetry_lines(batch: TelemetryBatch) -> Iterator[bytes]:
    """Yields each record as ``{"schema-id", "key", "value"}``; line breaks of a payload become blanks.

    A line break inside a JSON document can only be white space: within a string it is escaped.
    """
    for record in batch.records:
        head = b'{"schema-id":%s,"key":' % (b"null" if record.schema_id is None else b"%d" % record.schema_id)
        value = record.value.replace(b"\n", b" ").replace(b"\r", b" ")
        yield b"".join((head, orjson.dumps(record.key.decode()), b',"value":', value, b"}"))


def telemetry_records(
    framing: str, guid_of: Callable[[int], bytes] | None, identity_of: Callable[[], str], batch: TelemetryBatch
) -> Iterator[Record]:
    """Yields each record framed with its schema id, with its identity in the raw topic and that of its registry.

    The identity is the same in every attempt, so that readers know what they have read before.
    """
    counted_by = [(REGISTRY_HEADER, registry.encode())] if guid_of is None and (registry := identity_of()) else []
    for record in batch.records:
        guid = guid_of(record.schema_id) if guid_of is not None and record.schema_id is not None else b""
        value, headers = frame(framing, record.schema_id, record.value, guid)
        if record.raw_offset >= 0:
            identity = b"%d/%d/%d" % (record.raw_partition, record.raw_offset, record.raw_index)
            headers += [(IDENTITY_HEADER, identity), (PUBLISHER_HEADER, b"%d" % record.publisher_id)]
        if record.schema_id is not None:
            headers += counted_by
        if record.verdict:
            headers.append((VERDICT_HEADER, record.verdict))
        yield Record(record.key or None, value, headers, record.topic)


def loss_lines(batch: LossBatch) -> Iterator[bytes]:
    """Yields each event as instance data of yangbeam-loss."""
    return map(loss_json, batch.events)


def loss_records(
    framing: str, guid_of: Callable[[int], bytes] | None, id_of: Callable[[], int | None], batch: LossBatch
) -> Iterator[Record]:
    """Yields each event framed with the schema id of yangbeam-loss, under its identity: a later one replaces it."""
    schema_id = id_of()
    guid = guid_of(schema_id) if guid_of is not None and schema_id is not None else b""
    for event in batch.events:
        value, headers = frame(framing, schema_id, loss_json(event), guid)
        yield Record(event.identity.encode(), value, headers)


def letter_lines(batch: DeadLetterBatch) -> Iterator[bytes]:
    """Yields each letter as an object, original in base64."""
    return map(letter_json, batch.letters)


def original_lines(batch: DeadLetterBatch) -> Iterator[bytes]:
    """Yields each original of a pruned message in the form of a dead letter."""
    return map(letter_json, batch.originals)


def letter_records(batch: DeadLetterBatch) -> Iterator[Record]:
    """Yields each letter under its exporter: the original as value, everything else in a header."""
    return _letter_records(batch.letters)


def original_records(batch: DeadLetterBatch) -> Iterator[Record]:
    """Yields each original of a pruned message likewise; its reason is ``pruned``."""
    return _letter_records(batch.originals)


def _letter_records(letters: list[DeadLetter]) -> Iterator[Record]:
    for letter in letters:
        value, header = to_record(letter)
        yield Record(letter.exporter.encode(), value, [header])


def cut(record: Record, _: YangbeamError) -> Iterator[Record]:
    """Yields a dead letter with less of its original, whose length and digest stand in its header."""
    for octets in CUTS:
        if len(record.value) > octets:
            yield record._replace(value=record.value[:octets])


def as_letter(topic: str, dead: str, record: Record, error: YangbeamError) -> Iterator[Record]:
    """Yields a record of another topic as a dead letter for the topic ``dead``, whole and then cut."""
    value, header = to_record(letter_of_written(topic, record.key or b"", record.value, error))
    whole = Record(b"unknown", value, [header], dead)
    yield whole
    yield from cut(whole, error)


def total_lines(batch: LedgerTotals) -> Iterator[bytes]:
    """Yields each total as an object by its field names."""
    return _objects(batch.totals)


def total_records(batch: LedgerTotals) -> Iterator[Record]:
    """Yields each total under what it is the total of."""
    for total, line in zip(batch.totals, _objects(batch.totals), strict=True):
        key = orjson.dumps(
            [
                total.shard,
                total.exporter,
                total.publisher_id,
                total.subscription_id,
                total.bucket_us,
            ]
        )
        yield Record(key, line, [])


def _objects(records: list[Any]) -> Iterator[bytes]:
    for record in records:
        yield msgspec.json.encode({name: getattr(record, name) for name in record.__struct_fields__})

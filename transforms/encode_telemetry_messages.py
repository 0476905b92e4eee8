"""EncodeTelemetryMessages: validated notifications to ietf-telemetry-message records with their schema ids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import (
    EndOfInput,
    LedgerDelta,
    Subscription,
    TelemetryBatch,
    TelemetryRecord,
    Validated,
    ValidatedBatch,
    place,
)
from yangbeam.core.errors import SchemaError
from yangbeam.core.ledger import ENCODED, Tallies
from yangbeam.core.message_key.records import KeySettings, Part, RecordMaker, plain_part
from yangbeam.core.schemas import Schemas
from yangbeam.core.telemetry_message import Encoder, Parts
from yangbeam.transforms.outputs import LEDGER

STAGE: Final = "encode"


@dataclass(frozen=True, slots=True)
class Keys:
    """How records are keyed, and the schemas that say what a key is.

    Attributes:
        schemas: Handle on the registered schemas.
        settings: Which key and topic, and whether messages are split.
    """

    schemas: Schemas
    settings: KeySettings


_MAKERS: Final = 256
"""Schemas whose record makers are kept; when there are more, all are forgotten."""


class Encoded(NamedTuple):
    """What EncodeTelemetryMessages returns."""

    out: PCollection
    """TelemetryBatch."""
    ledger: PCollection
    """LedgerDelta."""


class EncodeTelemetryMessages(beam.PTransform):
    """Wraps each notification in the ietf-telemetry-message, its payload spliced in; stateless, order kept.

    ``ValidatedBatch`` to ``TelemetryBatch``, one record per notification (when messages are split: one or more, the
    parts of a message next to each other), nothing fails; and one ``LedgerDelta`` per batch.

    Args:
        collector: Name of this collector.
        version: Its software version.
        keys: How records are keyed; None: by node and subscription.
    """

    def __init__(self, collector: str, version: str, keys: Keys | None = None) -> None:
        super().__init__()
        self._encode = _Encode(collector, version, keys)

    @no_annotations
    def expand(self, batches: PCollection) -> Encoded:
        """Applies the stage."""
        encoded = batches | "Encode" >> beam.ParDo(self._encode).with_outputs(LEDGER, main="encoded")
        encoded.encoded.element_type, encoded[LEDGER].element_type = TelemetryBatch, LedgerDelta
        return Encoded(encoded.encoded, encoded[LEDGER])


class _Encode(beam.DoFn):
    def __init__(self, collector: str, version: str, keys: Keys | None) -> None:
        super().__init__()
        self._collector = collector
        self._version = version
        self._keys = keys
        self._makers: dict[int, RecordMaker] = {}

    def process(self, batch: ValidatedBatch) -> Iterator[Any]:
        encoder = Encoder(self._collector, self._version, batch.subscriptions)
        if self._keys is None:
            records = [encoder.encode(validated) for validated in batch.notifications]
        else:
            parts: Parts = self._parts
            records = [record for validated in batch.notifications for record in encoder.records(validated, parts)]
        yield TelemetryBatch(records=records, controls=batch.controls, **place(batch))
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield TaggedOutput(LEDGER, _tallied(records).delta(**place(batch), end=ended))

    def _parts(self, validated: Validated, known: Subscription | None, node: str) -> Sequence[Part]:
        """Returns the records of a message; one whose schema is not to be had goes by node and subscription alone."""
        keys, schema_id = self._keys, validated.bound.schema_id
        if keys is None or schema_id is None:
            return (plain_part(validated, node, keys.settings if keys is not None else KeySettings()),)
        maker = self._makers.get(schema_id)
        if maker is None:
            try:
                schema = keys.schemas.schema(schema_id)
            except SchemaError:  # it was there to validate by a moment ago
                return (plain_part(validated, node, keys.settings),)
            if len(self._makers) >= _MAKERS:
                self._makers.clear()
            maker = self._makers[schema_id] = RecordMaker(schema.tree, schema.prefixes, keys.settings)
        return maker.parts(validated, known, node)


def _tallied(records: Iterable[TelemetryRecord]) -> Tallies:
    """Counts the messages by the first record of each."""
    tallies = Tallies(STAGE)
    for record in records:
        if not record.raw_index:
            tallies.add(ENCODED, record.exporter, record.publisher_id, record.subscription_id, record.arrival_us)
    return tallies

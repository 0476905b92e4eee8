"""Encode: which ietf-telemetry-message records a notification becomes, with which key and schema id."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.elements import (
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
from yangbeam.core.stage import StepResult
from yangbeam.core.telemetry_message import Encoder, Parts

STAGE: Final = "encode"
MAKERS: Final = 256
"""Schemas whose record makers are kept; when there are more, all are forgotten."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How records are keyed, and the schemas that say what a key is.

    Attributes:
        schemas: Handle on the registered schemas.
        settings: Which key and topic, and whether messages are split.
    """

    schemas: Schemas
    settings: KeySettings


@dataclass(frozen=True, slots=True)
class Encode:
    """``ValidatedBatch`` to ``TelemetryBatch``; stateless, order kept, nothing fails.

    One record per notification, its payload spliced in; when messages are split: one or more, the parts of a message
    next to each other.

    Attributes:
        collector: Name of this collector.
        version: Its software version.
        keys: How records are keyed; None: by node and subscription.
    """

    collector: str
    version: str
    keys: Keys | None = None
    _makers: dict[int, RecordMaker] = field(default_factory=dict, init=False, repr=False, compare=False)

    def step(self, batch: ValidatedBatch) -> StepResult:
        """Returns the records of a batch."""
        encoder = Encoder(self.collector, self.version, batch.subscriptions)
        if self.keys is None:
            records = [encoder.encode(validated) for validated in batch.notifications]
        else:
            parts: Parts = self._parts
            records = [record for validated in batch.notifications for record in encoder.records(validated, parts)]
        out = TelemetryBatch(records=records, controls=batch.controls, **place(batch))
        return StepResult(out, _tallied(records))

    def _parts(self, validated: Validated, known: Subscription | None, node: str) -> Sequence[Part]:
        """Returns the records of a message; one whose schema is missing goes by node and subscription alone."""
        keys, schema_id = self.keys, validated.bound.schema_id
        if keys is None or schema_id is None:
            return (plain_part(validated, node, keys.settings if keys is not None else KeySettings()),)
        maker = self._makers.get(schema_id)
        if maker is None:
            try:
                schema = keys.schemas.schema(schema_id)
            except SchemaError:  # it was there to validate by a moment ago
                return (plain_part(validated, node, keys.settings),)
            if len(self._makers) >= MAKERS:
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

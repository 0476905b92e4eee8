"""The graph, once: sources to sinks, in the words and order of ARCHITECTURE.md section 1. A runner never changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import apache_beam as beam
from apache_beam.pvalue import PCollection

from yangbeam.core.pending import Limits
from yangbeam.core.policy import Policy
from yangbeam.core.schemas import Schemas
from yangbeam.core.stages.encode import Keys
from yangbeam.transforms.bind_subscriptions import BindSubscriptions
from yangbeam.transforms.decode_notifications import DecodeNotifications
from yangbeam.transforms.detect_loss import DetectLoss
from yangbeam.transforms.encode_telemetry_messages import EncodeTelemetryMessages
from yangbeam.transforms.keep_ledger import KeepLedger
from yangbeam.transforms.map_to_rows import MapToRows
from yangbeam.transforms.stage import StageOutput
from yangbeam.transforms.validate_notifications import ValidateNotifications


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where each kind of result goes. Labels are part of state compatibility: they name the transforms.

    Attributes:
        telemetry: By label: ``TelemetryBatch`` to what it counted.
        tables: ``RowBatch`` to what it counted; None: no tables, and nothing is mapped.
        loss: By label: ``LossBatch`` to what it counted, or to nothing where it leaves no trace outside.
        dead_letters: By label: ``DeadLetterBatch`` to the same.
        totals: By label: ``LedgerTotals``; what they count cannot be in the ledger (``transforms.acknowledged``).
    """

    telemetry: Mapping[str, beam.PTransform]
    tables: beam.PTransform | None = None
    loss: Mapping[str, beam.PTransform] = field(default_factory=dict)
    dead_letters: Mapping[str, beam.PTransform] = field(default_factory=dict)
    totals: Mapping[str, beam.PTransform] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stages:
    """What the stages between the ends are configured with."""

    schemas: Schemas
    policy: Policy
    detect_loss: DetectLoss | None
    collector: str
    version: str
    pending: Limits = field(default_factory=Limits)
    keys: Keys | None = None


def build(pipeline: beam.Pipeline, source: beam.PTransform, stages: Stages, sinks: Sinks) -> None:
    """Builds the graph between a source of ``MessageBatch`` and the sinks."""
    messages = pipeline | "ReadSources" >> source
    decoded = messages | "DecodeNotifications" >> DecodeNotifications(stages.policy.sids)
    bind = BindSubscriptions(stages.schemas, pass_unbound=stages.policy.pass_unbound, limits=stages.pending)
    bound = decoded.out | "BindSubscriptions" >> bind
    validated = bound.out | "ValidateNotifications" >> ValidateNotifications(stages.schemas, stages.policy)
    encode = EncodeTelemetryMessages(stages.collector, stages.version, stages.keys)
    encoded = validated.out | "EncodeTelemetryMessages" >> encode
    done = [decoded, bound, validated, encoded, *applied(encoded.out, "Write", sinks.telemetry)]
    if sinks.tables is not None:
        rows = validated.out | "MapToRows" >> MapToRows(stages.schemas)
        done += [rows, rows.out | "WriteTables" >> sinks.tables]
    if stages.detect_loss is not None:
        losses = decoded.out | "DetectLoss" >> stages.detect_loss
        done += [losses, *applied(losses.out, "WriteLoss", sinks.loss)]
    account(done, sinks)


def account(done: list[StageOutput], sinks: Sinks) -> None:
    """Brings what all stages and sinks refused to the dead letters, and what they counted to the ledger."""
    letters = [one.dead_letters for one in done if one.dead_letters is not None]
    refused = letters | "AllDeadLetters" >> beam.Flatten()
    counted = [*done, *applied(refused, "WriteDeadLetters", sinks.dead_letters)]
    ledgers = [one.ledger for one in counted if one.ledger is not None]
    totals = ledgers | "AllLedgers" >> beam.Flatten() | "KeepLedger" >> KeepLedger()
    for label, sink in sinks.totals.items():
        _ = totals | f"WriteTotals{label}" >> sink


def applied(collection: PCollection, name: str, sinks: Mapping[str, beam.PTransform]) -> list[StageOutput]:
    """Applies sinks of one kind; returns what those put out that count."""
    written = [collection | f"{name}{label}" >> sink for label, sink in sinks.items()]
    return [one for one in written if isinstance(one, StageOutput)]

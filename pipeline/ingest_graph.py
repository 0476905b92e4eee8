"""The graph of `ingest`: telemetry topic to tables, validated and accounted for once more."""

from collections.abc import Mapping
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.pvalue import PCollection

from yangbeam.core.elements import NotificationBatch
from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.pipeline.graph import Sinks, Stages, kept
from yangbeam.transforms.keep_ledger import KeepLedger
from yangbeam.transforms.map_to_rows import MapToRows
from yangbeam.transforms.unwrap_telemetry import UnwrapTelemetry, unbound
from yangbeam.transforms.validate_notifications import ValidateNotifications


@dataclass(frozen=True, slots=True)
class IngestStages:
    """What the stages between the ends are configured with.

    Attributes:
        stages: As those of `collect`; nothing is bound or encoded here.
        unwrapper: How records are unwrapped.
    """

    stages: Stages
    unwrapper: Unwrapper


def build_ingest(pipeline: beam.Pipeline, source: beam.PTransform, ingest: IngestStages, sinks: Sinks) -> None:
    """Builds the graph between a source of ``TopicBatch`` and the tables.

    What is found missing here and was not found by `collect` was lost between them.
    """
    stages = ingest.stages
    records = pipeline | "ReadSources" >> source
    bound = records | "UnwrapTelemetry" >> UnwrapTelemetry(ingest.unwrapper)
    validated = bound.out | "ValidateNotifications" >> ValidateNotifications(stages.schemas, stages.policy)
    letters, ledgers = [bound.dead_letters, validated.dead_letters], [bound.ledger, validated.ledger]
    if sinks.tables is not None:
        rows = validated.out | "MapToRows" >> MapToRows(stages.schemas)
        written = rows.out | "WriteTables" >> sinks.tables
        letters += [rows.dead_letters, written.dead_letters]
        ledgers += [rows.ledger, written.ledger]
    losses = [bound.loss]
    if stages.detect_loss is not None:
        notifications = bound.out | "Unbind" >> beam.Map(unbound).with_output_types(NotificationBatch)
        found = notifications | "DetectLoss" >> stages.detect_loss
        losses.append(found.out)
        ledgers.append(found.ledger)
    ledgers += _write("Loss", losses, sinks.loss)
    ledgers += _write("DeadLetters", letters, sinks.dead_letters)
    totals = ledgers | "AllLedgers" >> beam.Flatten() | "KeepLedger" >> KeepLedger()
    for label, sink in sinks.totals.items():
        _ = totals | f"WriteTotals{label}" >> sink


def _write(what: str, collections: list[PCollection], sinks: Mapping[str, beam.PTransform]) -> list[PCollection]:
    everything = collections | f"All{what}" >> beam.Flatten()
    return kept(everything, f"Write{what}", sinks)

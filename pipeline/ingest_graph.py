"""The graph of `ingest`: telemetry topic to tables, validated and accounted for once more."""

from dataclasses import dataclass

import apache_beam as beam

from yangbeam.core.elements import NotificationBatch
from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.pipeline.graph import Sinks, Stages, account, applied
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
    done = [bound, validated]
    if sinks.tables is not None:
        rows = validated.out | "MapToRows" >> MapToRows(stages.schemas)
        done += [rows, rows.out | "WriteTables" >> sinks.tables]
    losses = [bound.loss]
    if stages.detect_loss is not None:
        notifications = bound.out | "Unbind" >> beam.Map(unbound).with_output_types(NotificationBatch)
        found = notifications | "DetectLoss" >> stages.detect_loss
        losses.append(found.out)
        done.append(found)
    done += applied(losses | "AllLoss" >> beam.Flatten(), "WriteLoss", sinks.loss)
    account(done, sinks)

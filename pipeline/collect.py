"""The production job `collect`: raw topic to telemetry, loss, ledger and dead letters, on a runner that restores."""

from collections.abc import Callable
from functools import partial

import apache_beam as beam

from yangbeam.io.kafka.read_kafka import ReadKafka
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.edges import sinks_of, topic_settings
from yangbeam.pipeline.graph import build


def collect_graph(config: Config) -> Callable[[beam.Pipeline], None]:
    """Returns what builds the graph of `collect` on a pipeline, its source a splittable DoFn.

    Args:
        config: As written; what `collect` does not use of it is left out.

    Raises:
        ConfigurationError: There is no [kafka].
    """
    collecting = config.as_collect()
    source = collecting.collect
    read = ReadKafka(topic_settings(source, collecting), source.groups, source.slice_ms / 1000)
    return partial(_build, read=read, config=collecting)


def _build(pipeline: beam.Pipeline, *, read: ReadKafka, config: Config) -> None:
    build(pipeline, read, stages_of(config), sinks_of(config, {}))

"""Runs a graph over input that ends, on Beam's in-process FnApiRunner, named explicitly.

The whole graph fuses into one stage: each batch passes to the sinks before the next is polled. The run is one bundle
and nothing is retried; an error ends it.
"""

from collections.abc import Callable

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult

from yangbeam.transforms.handoff import Handoff
from yangbeam.transforms.read_sources import ReadSources

Build = Callable[[beam.Pipeline, beam.PTransform], object]
"""Builds the graph on a pipeline, reading from the given source transform."""


def run_bounded(build: Build, handoff: Handoff, options: PipelineOptions | None = None) -> PipelineResult:
    """Runs the graph until every reader has ended.

    Args:
        build: Builds the graph.
        handoff: The readers; ``handoff.stop()`` from a signal handler ends the run early, in order.
        options: Beam options.

    Raises:
        Exception: What a stage or reader raised.
    """
    with handoff:
        pipeline = beam.Pipeline(FnApiRunner(), options or PipelineOptions([]))
        build(pipeline, ReadSources(handoff))
        result = pipeline.run()
        result.wait_until_finish()
        return result

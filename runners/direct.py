"""Runs a graph on one machine: over input that ends, or live through the bridge; and ends it on a signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.runners.runner import PipelineResult
from apache_beam.testing.test_stream_service import TestStreamServiceController

from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.pipeline.view.status import STATUS
from yangbeam.runners.bounded import Build, run_bounded
from yangbeam.runners.bridge import Bridge
from yangbeam.runners.hard_stop import ended_in_time
from yangbeam.runners.memoise import memoised_reflection
from yangbeam.transforms.handoff import Handoff
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.read_sources import ReadSources

_ONE_LIVE_RUN = threading.Lock()
"""Beam keeps the event stream in a class attribute: a second live run would take the first one's events."""


class StreamCutError(YangbeamError):
    """The live stream ended before its end: what was in flight is lost."""

    fault = Fault.COLLECTOR


def run_live(build: Build, handoff: Handoff, options: PipelineOptions | None = None) -> PipelineResult:
    """Runs the graph until every reader has ended, each batch as it comes.

    Args:
        build: Builds the graph.
        handoff: The readers; ``handoff.stop()`` from a signal handler ends the run in order.
        options: Beam options; ``streaming`` is set.

    Raises:
        ConfigurationError: This process already runs a live graph.
        StreamCutError: The stream ended without its end token.
        Exception: What a stage or reader raised.
    """
    if not _ONE_LIVE_RUN.acquire(blocking=False):
        raise ConfigurationError("live-run", "this process already runs a live graph; start another process")
    try:
        return _run_live(build, handoff, options)
    finally:
        _ONE_LIVE_RUN.release()


def _run_live(build: Build, handoff: Handoff, options: PipelineOptions | None) -> PipelineResult:
    bridge = Bridge(handoff)
    service = TestStreamServiceController(bridge)
    handoff.endpoint = service.endpoint
    with handoff, memoised_reflection():
        service.start()
        try:
            result = _pipeline(build, handoff, options)
            bridge.start()
            result.wait_until_finish()
        finally:
            bridge.abort()
            service.stop()
    if bridge.error is not None:
        raise bridge.error
    if not handoff.ended.is_set():
        raise StreamCutError("stream-cut", "the live stream ended without its end token; batches in flight are lost")
    return result


def _pipeline(build: Build, handoff: Handoff, options: PipelineOptions | None) -> PipelineResult:
    options = options or PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    # Named explicitly: Beam's switching DirectRunner would choose among three engines, one of them downloaded.
    pipeline = beam.Pipeline(BundleBasedDirectRunner(), options)
    build(pipeline, ReadSources(handoff))
    # Beam's trial of the portable form would replace the key coders by fakes.
    return pipeline.run(test_runner_api=False)


@contextmanager
def stopped_by_signals(handoff: Handoff) -> Iterator[None]:
    """Lets the first SIGINT or SIGTERM end the run in order, and the second at once (KeyboardInterrupt).

    Does nothing outside the main thread, where Python allows no handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # Not handoff.stopping: the run may have been asked to end before, by its duration.
    asked = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            OUTSIDES.end_within(0.0)
            raise KeyboardInterrupt
        asked.set()
        handoff.stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _counted() -> object:
    counted = STATUS.snapshot()
    return counted.told, counted.position, tuple(sorted(counted.acknowledged.items()))


def run(build: Build, handoff: Handoff, *, live: bool, options: PipelineOptions | None = None) -> PipelineResult:
    """Runs the graph as its sources need it, and ends it in order on SIGINT or SIGTERM.

    Raises:
        StuckError: The end was asked for, and a call of something outside never returns.
    """
    with stopped_by_signals(handoff):
        work = partial(run_live if live else run_bounded, build, handoff, options)
        return ended_in_time(work, lambda: (handoff.in_flight(), _counted()))

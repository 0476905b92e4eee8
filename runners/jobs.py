"""Runs a job of the command line: opens its ends, builds the graph, launches it, and closes what it opened."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

from yangbeam.core.elements import MessageBatch, TopicBatch
from yangbeam.core.reader import Counting, Placed, Reader, Resumable
from yangbeam.io.capture_files import CaptureReader
from yangbeam.io.duckdb_tables import close_tables, identities_in
from yangbeam.io.json_lines import close_below
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.edges import readers_of, sinks_of
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.ingest import ingest_readers, ingest_stages
from yangbeam.pipeline.ingest_graph import build_ingest
from yangbeam.pipeline.launching import Job
from yangbeam.pipeline.topic_checks import check_topics
from yangbeam.pipeline.view.status import STATUS
from yangbeam.pipeline.view.status_sink import status_sinks
from yangbeam.runners.direct import run
from yangbeam.runners.hard_stop import close_in_time
from yangbeam.runners.memory import batches_carried
from yangbeam.transforms.handoff import Handoff

Began = Callable[[list[Reader], Handoff], None]


def run_job(job: Job, *, live: bool, began: Began | None = None) -> None:
    """Runs a job to its end; see ``pipeline.launching.Launcher``.

    Args:
        job: The run.
        live: Through the bridge; else over input that ends.
        began: Called once the sources are open, before anything is read; ``handoff.stop()`` ends the run in order.
    """
    config = job.config
    check_topics(config, job.kind)
    is_ingest = job.kind == "ingest"
    readers: list[Any] = ingest_readers(config) if is_ingest else readers_of(config)
    try:
        handoff = Handoff(
            readers,
            max_bytes=config.beam.batch_bytes,
            seen=partial(_progress, readers),
            flush_s=config.beam.flush_s,
            element=TopicBatch if is_ingest else MessageBatch,
        )
        graph = _graph_of(job)
        if all(isinstance(reader, Counting) for reader in readers):
            STATUS.follow_readers(partial(_received, readers), partial(_again, readers))
        if began is not None:
            began(readers, handoff)
        before = identities_in(Path(config.tables.path)) if config.tables.enabled else {}
        timer = Timer(job.duration_s, handoff.stop) if job.duration_s is not None else None
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            with batches_carried():
                run(graph, handoff, live=live, options=PipelineOptions(list(job.beam_options)))
        finally:
            if timer is not None:
                timer.cancel()
        if config.tables.enabled:
            STATUS.record_tables(before, identities_in(Path(config.tables.path)))
        for reader in readers:
            if isinstance(reader, Resumable):
                reader.succeeded()
    finally:
        close_in_time(partial(_close, readers, config))


def _close(readers: list[Any], config: Config) -> None:
    for reader in readers:
        reader.close()
    close_below(str(config.out))
    close_tables(Path(config.tables.path))


def _graph_of(job: Job) -> Callable[..., None]:
    sinks = sinks_of(job.config, status_sinks())
    if job.kind == "ingest":
        return partial(build_ingest, ingest=ingest_stages(job.config), sinks=sinks)
    return partial(build, stages=stages_of(job.config), sinks=sinks)


def _received(readers: list[Any]) -> int:
    return sum(reader.received() for reader in readers)


def _again(readers: list[Any]) -> int:
    return sum(reader.again() for reader in readers if isinstance(reader, Placed))


def _progress(readers: list[Reader], _: MessageBatch) -> None:
    position = sum(reader.position() for reader in readers)
    STATUS.record_progress(position, sum(reader.size() for reader in readers if isinstance(reader, CaptureReader)))

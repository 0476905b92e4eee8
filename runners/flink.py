"""Launches a graph on Flink: makes its executable jar, and submits it anew or from a savepoint."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from yangbeam.io.temporary_folders import temporary_folder
from yangbeam.pipeline.config.flink import Flink as FlinkConfig
from yangbeam.pipeline.launching import FlinkStart
from yangbeam.runners.flink_job import ENTRY_CLASS, make_jar
from yangbeam.runners.flink_options import options_of
from yangbeam.runners.flink_rest import Flink
from yangbeam.runners.servers.flink_job_server import job_server, job_server_at

Build = Callable[[beam.Pipeline], object]


def launch(config: FlinkConfig, build: Build, start: FlinkStart, beam_options: Sequence[str] = ()) -> str:
    """Starts a graph on the configured cluster, or writes its jar; returns what came of it in words.

    Delivery: state is exactly once (checkpoints hold it together with the sources' offsets); what sinks write is at
    least once, because what was written after the last checkpoint is written again after a restore.

    Args:
        config: Where, how wide, how often its state is made durable.
        build: Builds the graph.
        start: From where it begins.
        beam_options: Beam's own, as written on a command line, over ours.

    Raises:
        ServerError: No job server is configured, and none is to be had.
        FlinkError: The cluster is out of reach, or refuses the job.
    """
    server = job_server() if config.job_server is None else job_server_at(config.job_server)
    written = PipelineOptions(list(beam_options)).get_all_options(drop_default=True)
    options = options_of({**chosen_of(config), **written})
    if start.jar is not None:
        make_jar(server.jar, start.jar, config.name, options, build)
        return f"{start.jar}: run it with entry class {ENTRY_CLASS} ({server})"
    with temporary_folder() as folder:
        jar = make_jar(server.jar, folder / f"{config.name}.jar", config.name, options, build)
        job = Flink(config.url).submit(
            jar, parallelism=config.parallelism, savepoint=start.savepoint, lose_state=start.lose_state
        )
    return f"job {job} on {config.url} ({server})"


def chosen_of(config: FlinkConfig) -> dict[str, Any]:
    """Returns the options that a configuration sets, by Beam's names."""
    chosen: dict[str, Any] = {
        "max_parallelism": config.max_parallelism,
        "checkpointing_interval": round(config.checkpoint_interval_s * 1000),
        "max_bundle_time_mills": config.bundle_ms,
        "max_cache_memory_usage_mb": config.worker_cache_mb,
    }
    if config.worker is not None:
        chosen["environment_config"] = json.dumps({"command": config.worker})
    return chosen

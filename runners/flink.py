"""Launches a graph on Flink: makes its executable jar, and submits it anew or from a savepoint."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam

from yangbeam.pipeline.config_flink import Flink as FlinkConfig
from yangbeam.runners.flink_job import make_jar
from yangbeam.runners.flink_options import options_of
from yangbeam.runners.flink_rest import Flink
from yangbeam.runners.servers.flink_job_server import job_server, job_server_at

Build = Callable[[beam.Pipeline], object]


@dataclass(frozen=True, slots=True)
class Start:
    """How a job begins.

    Attributes:
        savepoint: What to resume from; None: with empty state, at the source's own beginning.
        lose_state: Accept that some of the savepoint's state has no stage any more.
        jar: Where to leave the executable jar instead of submitting it; None: it is submitted and deleted.
        beam_options: Beam's own, over ours.
    """

    savepoint: str | None = None
    lose_state: bool = False
    jar: Path | None = None
    beam_options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Launched:
    """What came of it: the job's id, or None where only the jar was wanted."""

    job: str | None
    runner: str
    """Which job server it runs by."""


def launch(config: FlinkConfig, build: Build, start: Start | None = None) -> Launched:
    """Starts a graph on the configured cluster, or writes its jar.

    Delivery: state is exactly once (checkpoints hold it together with the sources' offsets); what sinks write is at
    least once, because what was written after the last checkpoint is written again after a restore.

    Raises:
        ServerError: No job server is configured, and none is to be had.
        FlinkError: The cluster is out of reach, or refuses the job.
    """
    start = start or Start()
    server = job_server() if config.job_server is None else job_server_at(config.job_server)
    options = options_of({**chosen_of(config), **dict(start.beam_options)})
    if start.jar is not None:
        make_jar(server.jar, start.jar, config.name, options, build)
        return Launched(None, str(server))
    with tempfile.TemporaryDirectory(prefix="yangbeam-") as folder:
        jar = make_jar(server.jar, Path(folder) / f"{config.name}.jar", config.name, options, build)
        job = Flink(config.url).submit(
            jar, parallelism=config.parallelism, savepoint=start.savepoint, lose_state=start.lose_state
        )
    return Launched(job, str(server))


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

"""What a job on Flink is launched with: each option with its reason; measured where a figure stands."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from yangbeam.core.errors import ConfigurationError

DEFAULTS: Final[Mapping[str, Any]] = {
    # Sources that return and come back need a streaming job even when their input ends.
    "streaming": True,
    # Recovery repeats at most this much; each checkpoint costs some 10 ms of pause per stage and a write of all state.
    "checkpointing_interval": 10_000,
    # Else the output of an open bundle is kept in the checkpoint, split among subtasks when the parallelism changes,
    # and overtaken there by what the source reads anew: order within a shard would break at every rescaling.
    "finish_bundle_before_checkpointing": True,
    # A checkpoint that takes longer than the interval must not be followed by the next at once.
    "min_pause_between_checkpoints": 2_000,
    # After a rest longer than this the store of checkpoints is broken, and so is the job.
    "checkpoint_timeout_millis": 300_000,
    # One lost checkpoint (a slow disk, a full network) must not restart the job.
    "tolerable_checkpoint_failure_number": 3,
    # A cancelled job leaves its last checkpoint: cancelling by mistake loses nothing.
    "externalized_checkpoints_enabled": True,
    "retain_externalized_checkpoints_on_cancellation": True,
    # A source's output waits for the end of its bundle: 1 s by default costs 960 ms at the median, 50 ms costs 103 ms.
    "max_bundle_time_mills": 50,
    # A fifth of a worker's CPU time: state cells are weighed in microseconds, and old objects are looked at every five
    # minutes. What a worker has made waits for the end of its bundle; never use Beam's experiment
    # data_buffer_time_limit_ms: its timer cuts an element that is being encoded in two (the job fails with an
    # EOFException), and what is encoded while it sends is lost without a word.
    "beam_plugins": [f"yangbeam.runners.{name}" for name in ("cheap_cells", "rare_collections")],
    # Key groups are cut by this number for ever: no savepoint is resumed with another. It bounds the parallelism.
    "max_parallelism": 128,
    # Beam names the source of each graph by its place among chained operators, and with parallelism 1 other ones chain:
    # a savepoint would only fit the parallelism that it was taken with. Most stages are keyed, and chain with none.
    "operator_chaining": False,
    # Off by default: every read of a state cell would be a round trip to the TaskManager.
    "max_cache_memory_usage_mb": 100,
    # One Python process per TaskManager: a second one on the same cores would only share them.
    "sdk_worker_parallelism": 1,
}
"""By Beam's names."""

LOSSY: Final = "data_buffer_time_limit_ms"
"""An experiment of Beam's whose timer races with what it buffers."""
WORKER: Final = "yangbeam-worker"
"""The console script that a TaskManager starts; it stands beside the interpreter wherever the package is installed."""


def worker_command() -> str:
    """Returns where a TaskManager on this machine finds the worker; ``YANGBEAM_WORKER`` names it elsewhere."""
    return os.environ.get("YANGBEAM_WORKER") or str(Path(sys.executable).parent / WORKER)


def options_of(chosen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Returns the options of a job: the defaults, and what was chosen over them; plugins are added to ours.

    Raises:
        ConfigurationError: An option that loses data was chosen.
    """
    # Always PROCESS: the kind of environment is part of each operator's uid, and another one breaks savepoints.
    environment = {"environment_type": "PROCESS", "environment_config": json.dumps({"command": worker_command()})}
    _refuse_timed_buffers(chosen or {})
    plugins = [*DEFAULTS["beam_plugins"], *(chosen or {}).get("beam_plugins", ())]
    return {**DEFAULTS, **environment, **(chosen or {}), "beam_plugins": plugins}


def _refuse_timed_buffers(chosen: Mapping[str, Any]) -> None:
    """Raises what is said of LOSSY in DEFAULTS."""
    if any(str(each).startswith(LOSSY) for each in chosen.get("experiments") or ()):
        raise ConfigurationError(LOSSY, "it cuts elements in two under load and loses some: leave this experiment out")

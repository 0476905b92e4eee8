"""How a job runs on Flink: where the cluster is, how wide, and how often its state is made durable."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from yangbeam.pipeline.config.types import InputFile, Section, Text, problem

_Width = Annotated[int, Field(strict=True, ge=1, le=32_768)]


class Flink(Section):
    """The Flink cluster that `yangbeam collect --runner flink` submits to."""

    url: Annotated[str, Field(strict=True, pattern=r"^https?://[^\s/]+(/[^\s]*)?$")] = "http://127.0.0.1:8081"
    """REST interface of its JobManager."""
    name: Text = "yangbeam-collect"
    """Name of the job, as the cluster lists it."""
    parallelism: _Width = 1
    """Subtasks of each stage; no more than there are raw partitions are of use."""
    max_parallelism: _Width = 128
    """Bound of the parallelism for the whole life of the job's state: no savepoint can be resumed with another."""
    checkpoint_interval_s: Annotated[float, Field(strict=True, ge=0.1, le=3600, allow_inf_nan=False)] = 10.0
    """Time between checkpoints: what a restore repeats at most, and how long a bundle's results may be repeated."""
    bundle_ms: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 50
    """Longest time that results wait for the end of their bundle; each bundle ends with a flush to Kafka."""
    worker: Text | None = None
    """Command that starts the Python worker on a TaskManager. Absent: `yangbeam-worker` beside this Python."""
    worker_cache_mb: Annotated[int, Field(strict=True, ge=0, le=65_536)] = 100
    """Memory of each Python worker for state that it has read."""
    job_server: InputFile | None = None
    """The jar of Beam's Flink job server. Absent: fetched by Maven."""

    @field_validator("max_parallelism")
    @classmethod
    def _is_wide_enough(cls, width: int, info: ValidationInfo) -> int:
        if width < info.data.get("parallelism", 1):
            raise problem(f"max_parallelism {width} is below parallelism", "raise it before the job's first start")
        return width

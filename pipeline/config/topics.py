"""What is read from Kafka: the raw topic by `collect`, the telemetry topic by `ingest`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from yangbeam.pipeline.config.types import Port, Section

_Ends = Literal["never", "latest"]
TopicOrBeginning = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._-]+\*?$", max_length=250)]


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


class TopicSource(Section):
    """A topic of the cluster in `[kafka]`, read as a source."""

    kind: Literal["kafka"] = "kafka"
    """The raw topic `kafka.topics.raw`, as `yangbeam receive` writes it."""
    start: Literal["committed", "earliest", "latest"] | AwareDatetime = "committed"
    """Where a new run begins: where the last one that ended well left off (else at the beginning), at an end of the
    topic, or at a time. A job that is resumed from a savepoint begins where that stands."""
    end: _Ends | AwareDatetime = "never"
    """Where the run ends: never, at what is there when it starts, or at a time."""
    gone: Literal["fail", "continue"] = "fail"
    """What to do when records were deleted before they were read, or the topic with them: end with an error, or go on
    with what is there, or comes, and write a dead letter that says what is missing."""

    @property
    def is_bounded(self) -> bool:
        """Whether it ends by itself."""
        return self.end != "never"

    @property
    def start_at(self) -> Literal["committed", "earliest", "latest"] | int:
        """Returns the start as readers take it, a time in microseconds since the epoch."""
        return _microseconds(self.start) if isinstance(self.start, datetime) else self.start

    @property
    def end_at(self) -> Literal["latest"] | int | None:
        """Returns the end as readers take it."""
        if isinstance(self.end, datetime):
            return _microseconds(self.end)
        return None if self.end == "never" else "latest"


class CollectSource(TopicSource):
    """How `collect` reads."""

    groups: Annotated[int, Field(strict=True, ge=1, le=4_096)] = 2
    """On Flink: elements that read, each a fixed share of the partitions; one or two for each slot of a worker. Part of
    the state: another number needs a new start."""
    slice_ms: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 20
    """On Flink: how long one call may read while records keep coming."""
    metrics_port: Port | None = None
    """Port of Prometheus metrics on loopback, of `collect` on this machine, or of `metrics` for a job on Flink; 0 takes
    a free one and prints it. Absent: none."""


class TelemetrySource(TopicSource):
    """How `ingest` reads."""

    kind: Literal["kafka"] = "kafka"
    """The telemetry topic, or `topics`."""
    gone: Literal["fail"] = "fail"
    """Records that were deleted before they were read end the run: begin it anew at `earliest`, and `reconcile` tells
    what is missing."""
    metrics_port: Port | None = None
    """Port of Prometheus metrics on loopback, of `ingest`; 0 takes a free one and prints it. Absent: none."""
    topics: tuple[TopicOrBeginning, ...] = ()
    """Topics to read; a name that ends in `*` stands for all that begin so and hold telemetry. Empty:
    `kafka.topics.telemetry`; where each subject has a topic, `kafka.topics.subscriptions` as well, and those that begin
    with `kafka.keys.topic_prefix`."""

"""How `yangbeam receive` writes the raw topic: its shape, what may wait where, and how long."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from yangbeam.pipeline.config.types import Flag, OutputPath, Port, Section

_Mebibytes = Annotated[int, Field(strict=True, ge=1 << 20, le=1 << 40)]
_Patience = Annotated[float, Field(strict=True, ge=0.1, le=600, allow_inf_nan=False)]


class Receive(Section):
    """How `yangbeam receive` writes the raw topic; sources and cluster are those of `[[sources]]` and `[kafka]`."""

    shards: Annotated[int, Field(strict=True, ge=1, le=4_096)] = 16
    """Partitions of the raw topic that are filled; an exporter belongs to one. State downstream is kept by it: a
    change is a migration, so choose some times the cores that will ever read it."""
    create_topic: Flag = False
    """Create the raw topic, if it is not there, with the limits that are needed."""
    replication: Annotated[int, Field(strict=True, ge=1, le=32)] = 3
    """Replicas of a topic that is created."""
    retention_h: Annotated[int, Field(strict=True, ge=1, le=8_760)] = 72
    """Hours for which a topic that is created keeps its records: how far back a replay can go."""
    queue_bytes: _Mebibytes = 32 << 20
    """Octets that each process holds in memory for Kafka; beyond it, records go to the disk."""
    stall_s: _Patience = 10.0
    """Without any acknowledgement for so long, what waits in memory goes to the disk."""
    spool: OutputPath = Path("yangbeam-out/spool")
    """Folder where records wait while Kafka does not take them; of one `receive` alone."""
    spool_bytes: _Mebibytes = 4 << 30
    """Octets that each process keeps there at most; beyond it, records are dropped and counted."""
    flush_s: _Patience = 10.0
    """How long the end waits for Kafka; what is not acknowledged then stays in the spool for the next start."""
    heartbeat_ms: Annotated[int, Field(strict=True, ge=100, le=60_000)] = 1_000
    """Time between two heartbeats in each partition: the clock of quiet streams."""
    metrics_port: Port | None = None
    """Port of Prometheus metrics on loopback; 0 takes a free one and prints it. Absent: none."""

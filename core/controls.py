"""What travels between the messages of a batch: heartbeats, what the receiver refused, the end of input."""

from yangbeam.core.record import Record


class Heartbeat(Record, frozen=True, tag="heartbeat"):
    """A collector's clock and cumulative counters; one a second live, one before the end of input.

    It is the clock of quiet streams: nothing arrived between two heartbeats but what stands between them.
    """

    at: int
    """Index in the batch's messages before which this record stands."""
    collector_id: str
    clock_us: int
    counters: dict[str, int]
    """Cumulative: ``datagrams``, the names of COUNTERS in core.udp_notif, ``kernel_drops``, ``ring_drops``."""
    given: int = -1
    """Messages and refusals that this collector gave to this shard before, since it began; -1: it does not say."""


class Refused(Record, frozen=True, tag="refused"):
    """What the receiver could not make a message of, with its original bytes; becomes a dead letter."""

    at: int
    reason: str
    detail: str
    exporter: str
    port: int
    arrival_us: int
    original: bytes
    """The datagram; for an incomplete message what came of it, segments in order."""
    publisher_id: int | None = None
    message_id: int | None = None
    fault: str = "device"
    collector_id: str = ""
    """Whose heartbeats count it; empty: no collector's, as of what a reader of a topic refused."""
    raw_partition: int = -1
    raw_offset: int = -1
    """Its place in the raw topic; -1: it came without one."""


class EndOfInput(Record, frozen=True, tag="end"):
    """The reader's last record of a shard: flush everything."""

    at: int
    clock_us: int


Control = Heartbeat | Refused | EndOfInput

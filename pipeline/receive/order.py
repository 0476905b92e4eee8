"""What a receiving process is told by its parent, and what it reports back: one line of JSON each."""

import signal
from typing import Final

import msgspec

from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.outside import Outside
from yangbeam.core.udp_receiving import UdpSettings

HURRY: Final = signal.SIGUSR1
"""Told to a process that flushes: keep the rest on disk at once."""
FATAL: Final = 3
"""Exit code of a process that can do nothing more, and said why; another one would not fare better."""


class KafkaOrder(msgspec.Struct, frozen=True):
    """Where records go; properties hold secrets, which is why an order travels through a pipe."""

    topic: str
    properties: dict[str, str]
    record_bytes: int
    queue_bytes: int
    stall_s: float
    flush_s: float


class SpoolOrder(msgspec.Struct, frozen=True):
    """Where records wait while Kafka does not take them."""

    folder: str
    max_bytes: int
    adopted: tuple[str, ...] = ()
    """Folders of receivers that are no more."""


class WorkerOrder(msgspec.Struct, frozen=True):
    """All that a receiving process needs; the descriptors are inherited."""

    name: str
    sockets: list[int]
    kafka: KafkaOrder
    spool: SpoolOrder
    counters: dict[str, int]
    """What the process before it had counted: cumulative counters never step back."""
    udp: UdpSettings | None = None
    https: HttpsSettings | None = None


class WorkerReport(msgspec.Struct, frozen=True):
    """How a receiving process stands."""

    counters: dict[str, int]
    """Cumulative, those of the heartbeats."""
    spool_octets: int
    queue_records: int
    ended: tuple[str, str, str] | None = None
    """The last word of one that can do nothing more: reason, detail and fault of its error."""
    outsides: tuple[Outside, ...] = ()
    """The outside systems, as the process sees them."""


ENCODER: Final = msgspec.json.Encoder()
ORDER: Final = msgspec.json.Decoder(WorkerOrder)
REPORT: Final = msgspec.json.Decoder(WorkerReport)

"""What the outlet of raw records needs of a producer, and how patient it is with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import KafkaError

from yangbeam.core.spool import Header

Done = Callable[[bool], None]
"""Called once with whether the record is safe."""


class Producer(Protocol):
    """What the outlet needs of ``io.kafka.raw_producer.RawProducer``."""

    produced: int

    @property
    def waiting(self) -> int:
        """Records taken and not settled."""
        ...

    def put(
        self, partition: int, key: bytes | None, value: bytes, headers: list[Header], timestamp_ms: int, settled: Any
    ) -> KafkaError | None:
        """Takes a record, or says why not."""
        ...

    def poll(self, wait_s: float, /) -> Any:
        """Serves what was settled, and waits at most so long for it."""
        ...

    def check(self) -> None:
        """Raises KafkaFatalError when nothing more can be produced."""
        ...

    def answered(self) -> None:
        """Notes that the brokers took something."""
        ...

    def failed(self, why: str) -> None:
        """Notes that they do not."""
        ...

    def take_back(self) -> None:
        """Settles everything that waits as failed, and goes on."""
        ...


@dataclass(frozen=True, slots=True)
class OutletLimits:
    """How patient an outlet is."""

    stall_s: float = 10.0
    """Without any acknowledgement, what waits in memory goes to the disk."""
    retry_s: float = 1.0
    """From a failure to the next attempt."""
    chunk_bytes: int = 2 << 20
    """Of the spool, produced between two waits for acknowledgements."""

"""Where the readers of a run and the first stage of its graph meet: a process-wide table, by the run's handle.

Readers hold sockets and processes, and batches may be megabytes: neither can travel inside a graph. What travels is a
handle, and on the live bridge an 8-byte token for each batch.
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Final, Self

from yangbeam.core.elements import MessageBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.reader import Reader, Stoppable
from yangbeam.transforms.outsides import OUTSIDES

TOKEN_OCTETS: Final = 8
END_OF_STREAM: Final = b"\xff" * TOKEN_OCTETS
"""Token behind everything else; a stream that ends without it was cut."""

Seen = Callable[[MessageBatch], None]


class Handoff:
    """What one run hands over: its readers, and on the live bridge its batches in flight.

    Args:
        readers: The sources; polled by the first stage itself in a bounded run, by feeders on the live bridge.
        credits_: Batches at most between the feeders and the first stage.
        max_bytes: Payload octets of one batch at most; a larger message travels alone.
        seen: Called with each batch that enters the graph, for progress.
        flush_s: How long the end may wait for the outside, once it was asked for.
        element: What the readers give: ``MessageBatch``, or ``TopicBatch`` where the telemetry topic is read.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        *,
        credits_: int = 4,
        max_bytes: int = 1 << 20,
        seen: Seen | None = None,
        flush_s: float = 10.0,
        element: type = MessageBatch,
    ) -> None:
        self.handle = uuid.uuid4().hex
        self.readers = tuple(readers)
        self.max_bytes = max_bytes
        self.element = element
        self.endpoint: str | None = None
        """Where the live bridge's event service listens; None: bounded."""
        self.stopping = threading.Event()
        """Set when the operator asked for the end: finish what is in flight."""
        self.ended = threading.Event()
        """Set when the end of the stream has passed the first stage."""
        self.free = threading.Semaphore(credits_)
        self._seen = seen
        self._flush_s = flush_s
        self._lock = threading.Lock()
        self._waiting: dict[int, MessageBatch | None] = {}
        self._last: tuple[int, MessageBatch | None] = (0, None)
        self._sent = 0
        OUTSIDES.begin()

    def __enter__(self) -> Self:
        _OPEN[self.handle] = self
        return self

    def __exit__(self, *_: object) -> None:
        _OPEN.pop(self.handle, None)
        OUTSIDES.begin()

    def stop(self) -> None:
        """Asks every reader that can be asked for its end; the others are polled no more."""
        self.stopping.set()
        OUTSIDES.end_within(self._flush_s)
        for reader in self.readers:
            if isinstance(reader, Stoppable):
                reader.stop()

    def put(self, batch: MessageBatch | None) -> bytes:
        """Leaves a batch for the first stage and returns its token; the caller holds a credit for it.

        None leaves a tick: a token without a batch or credit, whose taking shows how far the graph has come.
        """
        with self._lock:
            self._sent += 1
            self._waiting[self._sent] = batch
            return self._sent.to_bytes(TOKEN_OCTETS, "big")

    def take(self, token: bytes) -> MessageBatch | None:
        """Swaps a token for its batch; None for a token without one.

        The batch is kept until the next token comes: the runner retries a bundle that failed. Its credit returns here
        and not at the sinks, which a held or dead batch never reaches.

        Raises:
            RuntimeError: The token was swapped before the last one, or never made: a defect of the bridge.
        """
        if token == END_OF_STREAM:
            self.ended.set()
            return None
        number = int.from_bytes(token, "big")
        with self._lock:
            if self._last[0] == number:
                return self._last[1]
            if number not in self._waiting:
                raise RuntimeError(f"token {number} stands for no batch")
            batch = self._waiting.pop(number)
            self._last = (number, batch)
        if batch is not None:
            self.free.release()
            self.seen(batch)
        return batch

    def seen(self, batch: MessageBatch) -> None:
        """Reports a batch that enters the graph."""
        if self._seen is not None:
            self._seen(batch)

    def in_flight(self) -> int:
        """Returns how many tokens the first stage has not yet taken."""
        with self._lock:
            return len(self._waiting)


_OPEN: dict[str, Handoff] = {}


def handoff_of(handle: str) -> Handoff:
    """Returns the open handoff of a handle.

    Raises:
        ConfigurationError: No run of this process has it: the graph was sent to another process.
    """
    try:
        return _OPEN[handle]
    except KeyError:
        raise ConfigurationError(
            "readers-elsewhere",
            f"no run of this process holds the readers {handle}: sockets and files cannot be sent to another process; "
            "use the direct runner for them, or read from Kafka",
        ) from None

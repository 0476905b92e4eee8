"""Chooses how batches enter the graph: polled in place in a bounded run, through the live bridge otherwise.

Everything downstream is the same. Promise: each batch that a reader gave enters once per run; nothing is replayed after
a crash. The last element of each shard is its end of input.
"""

from collections.abc import Iterator
from typing import Final

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import InputEnd, newest_us
from yangbeam.core.reader import END, Poll, Reader, Stoppable
from yangbeam.transforms import coders  # noqa: F401 # registers the coders
from yangbeam.transforms.handoff import Handoff, handoff_of

POLL_S: Final = 0.05
"""Longest wait for a batch before the other readers, and a wish to stop, get their turn."""


class ReadSources(beam.PTransform):
    """Reads the batches of all readers of a run.

    One element is one batch; its timestamp is its newest arrival. The live bridge advances the watermark to two seconds
    before the newest arrival, or before now when idle.

    Args:
        handoff: The readers, entered as a context while the graph runs in this process.
    """

    def __init__(self, handoff: Handoff) -> None:
        super().__init__()
        self._element = handoff.element
        self._handle = handoff.handle
        self._endpoint = handoff.endpoint

    def expand(self, begin: PBegin) -> PCollection:
        """Applies the source of the run's kind."""
        if self._endpoint is None:
            poll_readers = beam.ParDo(_PollReaders(self._handle)).with_output_types(self._element)
            return begin | "Begin" >> beam.Impulse() | "Poll" >> poll_readers
        tokens = begin | "Tokens" >> TestStream(coder=BytesCoder(), endpoint=self._endpoint)
        return tokens | "Take" >> beam.ParDo(_TakeBatches(self._handle)).with_output_types(self._element)


class _PollReaders(beam.DoFn):
    """Polls the readers until all have ended; a generator, so that the fused graph takes each batch at once."""

    def __init__(self, handle: str) -> None:
        super().__init__()
        self._handle = handle

    def process(self, _impulse: bytes) -> Iterator[TimestampedValue[MessageBatch]]:
        handoff = handoff_of(self._handle)
        for batch in _batches(handoff):
            handoff.seen(batch)
            yield TimestampedValue(batch, Timestamp(micros=newest_us(batch)))
        handoff.ended.set()


def _batches(handoff: Handoff) -> Iterator[MessageBatch]:
    """Yields the batches of all readers in turn, then the end of each shard."""
    end = InputEnd(handoff.element)
    active: list[Reader] = list(handoff.readers)
    while active:
        for reader in tuple(active):
            polled = poll(reader, handoff, POLL_S / len(active))
            if polled is END:
                active.remove(reader)
            elif not isinstance(polled, Poll):
                yield end.hold(polled)
    yield from end.batches()


def poll(reader: Reader, handoff: Handoff, max_wait_s: float) -> MessageBatch | Poll:
    """Polls a reader once; one that cannot be asked to stop is at its end as soon as the operator wishes it."""
    if handoff.stopping.is_set() and not isinstance(reader, Stoppable):
        return END
    return reader.poll(handoff.max_bytes, max_wait_s)


class _TakeBatches(beam.DoFn):
    """Swaps each token for its batch."""

    def __init__(self, handle: str) -> None:
        super().__init__()
        self._handle = handle

    def process(self, token: bytes) -> Iterator[MessageBatch]:
        batch = handoff_of(self._handle).take(token)
        if batch is not None:
            yield batch

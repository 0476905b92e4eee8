"""Feeds a live graph on the direct runner: one event stream for all readers, tokens for batches, a clock and an end.

Beam's direct runner streams from one source only, its TestStream, whose events may come from a gRPC service of this
process. Its client silently ends on an event above 4 MiB, so that batches wait in the handoff and 8-byte tokens travel.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from apache_beam.portability.api import beam_runner_api_pb2

from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import InputEnd, newest_us
from yangbeam.core.reader import END, Poll, Reader
from yangbeam.transforms.handoff import END_OF_STREAM, Handoff
from yangbeam.transforms.read_sources import POLL_S, poll

Event = beam_runner_api_pb2.TestStreamPayload.Event

BEAT_S: Final = 0.1
"""Between two steps of processing time; the runner gives up when no event comes for 30 s."""
LAG_US: Final = 2_000_000
"""The watermark stays this far behind the newest arrival, and behind now when idle."""
IDLE_STEP_US: Final = 1_000_000
"""Step of the watermark when idle: each one wakes every stage, and nothing but backstops waits for it."""
ABORT_S: Final = 1.0
"""How long an aborted feeder may take to return from its reader."""
TIMERS_US: Final = 24 * 3600 * 1_000_000
"""How far processing time is advanced at the end: beyond every timer, so that none keeps the runner waiting."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A feeder's last word."""

    error: Exception | None = None


class Bridge:
    """The events of one live run, made from its readers.

    One thread per reader polls it and acquires a credit for each batch; the runner's gRPC client draws the events.

    Args:
        handoff: Readers and table of batches.
        clock: Wall clock in seconds since the epoch.
    """

    def __init__(self, handoff: Handoff, clock: Callable[[], float] = time.time) -> None:
        self._handoff = handoff
        self._clock = clock
        self._queue: queue.SimpleQueue[MessageBatch | _Done] = queue.SimpleQueue()
        self._aborted = threading.Event()
        self._now_us = 0
        self._watermark_us = 0
        self._end = InputEnd(handoff.element)
        self._feeders = [
            threading.Thread(target=self._feed, args=(reader,), name=f"feeder-{index}", daemon=True)
            for index, reader in enumerate(handoff.readers)
        ]
        self.error: Exception | None = None
        """What ended the stream before its time."""

    def start(self) -> None:
        """Starts polling the readers."""
        for feeder in self._feeders:
            feeder.start()

    def abort(self) -> None:
        """Ends feeders and stream at once; what is in flight is lost."""
        self._aborted.set()
        for feeder in self._feeders:
            if feeder.is_alive():
                feeder.join(ABORT_S)  # its reader will be closed next

    def _feed(self, reader: Reader) -> None:
        try:
            while not self._aborted.is_set():
                polled = poll(reader, self._handoff, POLL_S)
                if polled is END:
                    break
                if not isinstance(polled, Poll):
                    if not self._credit():
                        break
                    self._queue.put(polled)
        except Exception as error:  # noqa: BLE001 # handed to the run, which raises it
            self._queue.put(_Done(error))
        else:
            self._queue.put(_Done())

    def _credit(self) -> bool:
        while not self._aborted.is_set():
            if self._handoff.free.acquire(timeout=BEAT_S):
                return True
        return False

    def read_multiple(self, labels: list[Any]) -> Iterator[Event]:
        """Yields the events of the run; the name and argument are Beam's."""
        del labels  # one source, one label
        try:
            yield from self._events()
        except Exception as error:  # noqa: BLE001 # the runner would take the stream's end for the input's
            self.error = error

    def _events(self) -> Iterator[Event]:
        yield from self._advance_clock()
        active = len(self._handoff.readers)
        while active and not self._aborted.is_set():
            item = self._next()
            if isinstance(item, _Done):
                active -= 1
                if item.error is not None:
                    raise item.error
            elif item is not None:
                yield from self._batch(self._end.hold(item))
            else:
                yield from self._idle()
        if not self._aborted.is_set():
            yield from self._finish()

    def _next(self) -> MessageBatch | _Done | None:
        try:
            return self._queue.get(timeout=BEAT_S)
        except queue.Empty:
            return None

    def _batch(self, batch: MessageBatch) -> Iterator[Event]:
        # Timers that are due fire before the batch, and the watermark passes only behind it.
        yield from self._advance_clock()
        newest = newest_us(batch)
        yield _element(self._handoff.put(batch), newest)
        yield from self._advance_watermark(newest - LAG_US)

    def _idle(self) -> Iterator[Event]:
        # The runner queues events without bound: while it is busy with one, the clock waits.
        if self._handoff.in_flight():
            return
        yield from self._advance_clock()
        yield _element(self._handoff.put(None), self._now_us)
        if self._now_us - LAG_US >= self._watermark_us + IDLE_STEP_US:
            yield from self._advance_watermark(self._now_us - LAG_US)

    def _finish(self) -> Iterator[Event]:
        for batch in self._end.batches():
            if self._credit():
                yield from self._batch(batch)
        # Timers first, then the watermark: what a timer emits must not be late.
        yield _processing_time(TIMERS_US)
        yield from self._advance_watermark(self._now_us + TIMERS_US)
        yield _element(END_OF_STREAM, self._watermark_us)

    def _advance_clock(self) -> Iterator[Event]:
        """Follows the wall clock, never backward: timers are set by it."""
        now_us = int(self._clock() * 1_000_000)
        if now_us > self._now_us:
            yield _processing_time(now_us - self._now_us)
            self._now_us = now_us

    def _advance_watermark(self, to_us: int) -> Iterator[Event]:
        if to_us > self._watermark_us:
            self._watermark_us = to_us
            yield Event(watermark_event=Event.AdvanceWatermark(new_watermark=to_us))


def _element(token: bytes, timestamp_us: int) -> Event:
    element = beam_runner_api_pb2.TestStreamPayload.TimestampedElement(encoded_element=token, timestamp=timestamp_us)
    return Event(element_event=Event.AddElements(elements=[element]))


def _processing_time(by_us: int) -> Event:
    return Event(processing_time_event=Event.AdvanceProcessingTime(advance_duration=by_us))

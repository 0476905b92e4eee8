"""A small graph with a keyed stateful stage, readers of fixed batches, and a place where its outputs land."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import VarIntCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer

from yangbeam.core.elements import EndOfInput, Heartbeat, Message, MessageBatch
from yangbeam.core.reader import END, Poll
from yangbeam.transforms.coders import KeyedMessageBatch

LANDED: dict[str, list[Any]] = {}
ATTEMPTS: dict[str, int] = {}


def landing() -> str:
    """Makes a place for outputs: the graph is pickled, a list in it would be a copy."""
    name = uuid.uuid4().hex
    LANDED[name] = []
    ATTEMPTS[name] = 0
    return name


def message(number: int, octets: int = 10, arrival_us: int | None = None) -> Message:
    arrival = int(time.time() * 1_000_000) if arrival_us is None else arrival_us
    return Message("192.0.2.1", 4000, 1, number, arrival, "application/yang-data+json", bytes(octets))


class FixedReader:
    """Gives batches of messages that count up, then a heartbeat and the end of input."""

    def __init__(self, source: str, sizes: list[int], octets: int = 10) -> None:
        self._source, self._sizes, self._octets = source, sizes, octets
        self._at = self._number = 0
        self.closed = False

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        if self._at == len(self._sizes):
            return END
        size = self._sizes[self._at]
        messages = [message(self._number + index, self._octets) for index in range(size)]
        self._number += size
        self._at += 1
        clock = int(time.time() * 1_000_000)
        last = self._at == len(self._sizes)
        controls = [Heartbeat(size, self._source, clock, {}), EndOfInput(size, clock)] if last else []
        return MessageBatch(source=self._source, ordinal=self._at - 1, messages=messages, controls=controls)

    def position(self) -> int:
        return self._number

    def close(self) -> None:
        self.closed = True


def keyed(batch: MessageBatch) -> KeyedMessageBatch:
    return batch.shard, batch


class Count(beam.DoFn):
    """Counts messages and octets of a shard; gives the totals at the end of input."""

    TOTAL = ReadModifyWriteStateSpec("total", VarIntCoder())
    OCTETS = ReadModifyWriteStateSpec("octets", VarIntCoder())

    def process(
        self,
        element: KeyedMessageBatch,
        total: Any = beam.DoFn.StateParam(TOTAL),
        octets: Any = beam.DoFn.StateParam(OCTETS),
    ) -> Iterator[tuple[str, int, int]]:
        _, batch = element
        total.write((total.read() or 0) + len(batch.messages))
        octets.write((octets.read() or 0) + sum(len(each.payload) for each in batch.messages))
        if any(isinstance(control, EndOfInput) for control in batch.controls):
            yield "end", total.read(), octets.read()
        elif batch.messages:
            yield batch.source, batch.ordinal, len(batch.messages)


class Alarm(beam.DoFn):
    """Sets one processing-time timer and reports that it fired."""

    TIMER = TimerSpec("graph-alarm", TimeDomain.REAL_TIME)

    def __init__(self, after_s: float) -> None:
        super().__init__()
        self._after_s = after_s

    def process(self, element: KeyedMessageBatch, timer: Any = beam.DoFn.TimerParam(TIMER)) -> None:
        timer.set(time.time() + self._after_s)

    @on_timer(TIMER)
    def fired(self) -> Iterator[str]:
        yield "fired"


class Land(beam.DoFn):
    """Puts every element to its landing; raises on the attempts it was told to fail."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def process(self, element: Any) -> None:
        LANDED[self._name].append(element)


class Flaky(beam.DoFn):
    """Fails the first attempts, recording what it was given."""

    def __init__(self, name: str, failures: int) -> None:
        super().__init__()
        self._name, self._failures = name, failures

    def process(self, element: MessageBatch) -> Iterator[MessageBatch]:
        ATTEMPTS[self._name] += 1
        if ATTEMPTS[self._name] <= self._failures:
            raise OSError("transient")
        yield element


def counting(name: str) -> Any:
    """Returns the builder of: source, key, count per shard, landing."""

    def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
        counted = pipeline | "Read" >> source | "Key" >> beam.Map(keyed) | "Count" >> beam.ParDo(Count())
        _ = counted | "Land" >> beam.ParDo(Land(name))

    return build


class EndlessReader:
    """Gives small batches for ever; polled no more once the operator asks for the end."""

    def __init__(self) -> None:
        self._number = 0

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        self._number += 1
        return MessageBatch(source="endless", ordinal=self._number - 1, messages=[message(self._number)])

    def position(self) -> int:
        return self._number

    def close(self) -> None:
        return


class BrokenReader(FixedReader):
    """Gives its batches, then fails as a source does when its outside system is gone."""

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        polled = super().poll(max_bytes, max_wait_s)
        if polled is END:
            raise ConnectionResetError("the source is gone")
        return polled

"""Measures the live bridge: elements per CPU-second and latency through a trivial graph of twelve steps.

    python benchmarks/bridge.py [--plain] [--profile] [batch sizes …]

``--plain`` leaves Beam's reflection as it is, to show what memoising it brings.
"""

# ruff: noqa: ARG002, D102 # the methods are those of Beam and of Reader

import yangbeam.transforms  # noqa: F401 # first: keeps the small talk of Beam out of the log

# isort: split
import contextlib
import cProfile
import pstats
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.runners.direct.executor import _ExecutorService
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer

from yangbeam.core.elements import Message, MessageBatch
from yangbeam.core.reader import END, Poll
from yangbeam.runners import direct
from yangbeam.runners.bounded import run_bounded
from yangbeam.transforms.coders import KeyedMessageBatch
from yangbeam.transforms.handoff import Handoff

PAYLOAD = b'{"ietf-yp-notification:envelope":{"contents":{}}}'.ljust(815)
LATENCIES: list[float] = []


class Steady:
    """Gives ``count`` batches of ``size`` messages, one every ``pause_s`` seconds, 0 for as fast as they are taken."""

    def __init__(self, count: int, size: int, pause_s: float = 0.0) -> None:
        self._left, self._size, self._pause_s = count, size, pause_s

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        if self._left == 0:
            return END
        self._left -= 1
        if self._pause_s:
            time.sleep(self._pause_s)
        now = time.time_ns() // 1000
        messages = [
            Message("192.0.2.1", 1, 1, number, now, "application/yang-data+json", PAYLOAD)
            for number in range(self._size)
        ]
        return MessageBatch(messages=messages)

    def position(self) -> int:
        return self._left

    def close(self) -> None:
        return


def touch(batch: Any) -> Any:
    """A step that looks at each message."""
    for _message in batch.messages:
        pass
    return batch


def keyed(batch: MessageBatch) -> KeyedMessageBatch:
    return batch.shard, batch


class Stateful(beam.DoFn):
    """Keeps one cell and one timer per shard, as the real stages do."""

    CELL = ReadModifyWriteStateSpec("cell", BytesCoder())
    TIMER = TimerSpec("benchmark", TimeDomain.REAL_TIME)

    def process(
        self,
        element: KeyedMessageBatch,
        cell: Any = beam.DoFn.StateParam(CELL),
        timer: Any = beam.DoFn.TimerParam(TIMER),
    ) -> Iterator[Any]:
        cell.write((cell.read() or b"x")[:100])
        timer.set(time.time() + 60)
        yield element[1]

    @on_timer(TIMER)
    def fired(self) -> None:
        return


class Stateful2(Stateful):
    """Another stage: timer ids are unique in a graph."""

    CELL2 = ReadModifyWriteStateSpec("cell", BytesCoder())

    def process(self, element: KeyedMessageBatch, cell: Any = beam.DoFn.StateParam(CELL2)) -> Iterator[Any]:
        cell.write((cell.read() or b"x")[:100])
        yield element[1]


class Sink(beam.DoFn):
    """Notes how old a batch is."""

    def process(self, batch: MessageBatch) -> None:
        if batch.messages:
            LATENCIES.append(time.time() - batch.messages[-1].arrival_us / 1_000_000)


def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
    """Twelve steps behind the source: maps, two stateful stages with their keys, a sink."""
    batches = pipeline | "Read" >> source
    for index in range(4):
        batches |= f"Map{index}" >> beam.Map(touch)
    batches = batches | "Key" >> beam.Map(keyed).with_output_types(KeyedMessageBatch) | beam.ParDo(Stateful())
    batches |= "Map5" >> beam.Map(touch).with_output_types(MessageBatch)
    batches = batches | "Key2" >> beam.Map(keyed).with_output_types(KeyedMessageBatch) | beam.ParDo(Stateful2())
    for index in (6, 7):
        batches |= f"Map{index}" >> beam.Map(touch)
    _ = batches | "Sink" >> beam.ParDo(Sink())


def measure(size: int, count: int, pause_s: float, *, live: bool) -> str:
    LATENCIES.clear()
    cpu, wall = time.process_time(), time.monotonic()
    (direct.run_live if live else run_bounded)(build, Handoff([Steady(count, size, pause_s)]))
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    latency = sorted(LATENCIES)
    return (
        f"{'bridge ' if live else 'bounded'} batch {size:>5}: {count / cpu:7,.0f} elements/CPU-s, "
        f"{count * size / cpu:9,.0f} messages/CPU-s, {1000 * cpu / count:5.1f} ms/element; latency p50 "
        f"{1000 * latency[len(latency) // 2]:5.0f} ms, p99 {1000 * latency[len(latency) * 99 // 100]:5.0f} ms "
        f"in {wall:.1f} s"
    )


def main(arguments: list[str]) -> None:
    sizes = [int(each) for each in arguments if each.isdigit()] or [100, 500, 2000]
    plain = mock.patch.object(direct, "memoised_reflection", contextlib.nullcontext)
    with plain if "--plain" in arguments else contextlib.nullcontext():
        for size in sizes:
            print(measure(size, 100, 0.0, live=False), flush=True)
            print("full  ", measure(size, 300, 0.0, live=True), flush=True)
            print("paced ", measure(size, 100, 0.02, live=True), flush=True)


def profiled(arguments: list[str]) -> None:
    """Profiles the executor's thread."""
    profile = cProfile.Profile()
    worker = _ExecutorService._ExecutorServiceWorker  # noqa: SLF001 # the one thread that matters
    run = worker.run

    def run_profiled(self: threading.Thread) -> None:
        profile.runcall(run, self)

    with mock.patch.object(worker, "run", run_profiled):
        main([each for each in arguments if each != "--profile"])
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    # By its own name: what __main__ defines is pickled by value, and LATENCIES would be a copy.
    import bridge

    (bridge.profiled if "--profile" in sys.argv else bridge.main)(sys.argv[1:])

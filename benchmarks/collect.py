"""The production job `collect`: what a message costs on Flink and in process, how late it is, how a job catches up.

    python benchmarks/collect.py [rate | latency | catchup | exporters | backlog | all]

A real broker and a real Flink cluster with one TaskManager on this machine, the job with its defaults, messages of
several exporters in a raw topic of four partitions, contents validated. CPU is that of the Python worker, all threads,
import yangbeam.transforms  # noqa: F401 # first: keeps the small talk of Beam out of the log

# isort: split
from /proc. `rate` works off a backlog; `latency` is from arrival to the broker's timestamp in the telemetry topic;
`catchup` stops the job with a savepoint for a minute, while traffic goes on.

    python benchmarks/collect.py local-exporters | local-backlog

In this process: the graph of `collect` on Beam's FnApiRunner, from memory to librdkafka's mock broker in a process of
its own. CPU is that of this process, all threads.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

from apache_beam.options.pipeline_options import PipelineOptions
from graph import config_of, cpu_s
from line_rate import broker
from parts.flink import Bench, bench
from parts.on_flink import by_backlog, catch_up, drained, late
from parts.traffic import OCTETS, Traffic, payload

from yangbeam.core.elements import EndOfInput, MessageBatch
from yangbeam.core.reader import END, Poll
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.edges import sinks_of
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.view.status import STATUS
from yangbeam.pipeline.view.status_sink import status_sinks
from yangbeam.runners.direct import run
from yangbeam.transforms.handoff import Handoff

BATCH = 1200
"""Messages of a batch: as many of 815 octets as fill a mebibyte."""
RATE = 20_000.0
"""Messages a second of arrival time."""


class Made:
    """A Reader that makes its messages when they are asked for; says how much CPU it took for that.

    Args:
        exporters: How many.
        count: Messages in all.
    """

    def __init__(self, exporters: int, count: int) -> None:
        self._traffic = Traffic(exporters, 1, int(time.time() * 1e6))
        self._left = count
        self._sent = 0
        self._ended = False
        self.spent_s = 0.0

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns the next batch."""
        del max_bytes, max_wait_s
        if self._ended:
            return END
        before = time.thread_time()
        messages = [message for _, message in self._traffic.next(min(BATCH, self._left), 1e6 / RATE)]
        self._left -= len(messages)
        self._ended = not messages
        controls = [EndOfInput(0, self._traffic.now_us)] if self._ended else []
        batch = MessageBatch(messages=messages, controls=controls, ordinal=self._sent, source="made")
        self._sent += len(messages)
        self.spent_s += time.thread_time() - before
        return batch

    def position(self) -> int:
        """Returns how many messages it has given."""
        return self._sent

    def close(self) -> None:
        """Has nothing to close."""


def local(address: str, exporters: int, count: int) -> float:
    """Returns microseconds of CPU per message, making the messages not counted."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(
            Path(folder), tables__enabled=False, files__enabled=False, kafka__bootstrap=address,
        )  # fmt: skip
        reader = Made(exporters, count)
        graph = partial(build, stages=stages_of(config), sinks=sinks_of(config, status_sinks()))
        STATUS.clear()
        before = cpu_s()
        run(graph, Handoff([reader]), live=False, options=PipelineOptions([]))
        spent = cpu_s() - before - reader.spent_s
        counts = STATUS.snapshot().counts
        if counts.get("delivered:kafka") != count or counts.get("validated") != count:
            raise SystemExit(f"not all of {count} messages were validated and delivered: {counts}")
    return spent / count * 1e6


def local_exporters(count: int) -> None:
    """Prints the cost of a message by the number of exporters, and what the first messages of one cost once."""
    with broker() as address:
        local(address, 1, 5000)  # warm
        one = 0.0
        for exporters in (1, 100, 1000, 10_000):
            few = 2 * exporters
            first = local(address, exporters, few) * few
            cost = (local(address, exporters, few + count) * (few + count) - first) / count
            one = one or cost
            print(
                f"{exporters:6,} exporters: {cost:6.1f} µs a message, {cost / one:.2f} of one exporter's; "
                f"two messages of all of them, and their schema: {first / 1e6:.2f} s in all",
                flush=True,
            )


def local_backlog() -> None:
    """Prints the cost by how much was waiting."""
    with broker() as address:
        local(address, 1, 5000)
        for count in (1000, 10_000, 100_000, 1_000_000):
            print(f"{count:9,} messages: {local(address, 4, count):6.1f} µs a message", flush=True)


def rate(servers: Bench, chosen: argparse.Namespace) -> None:
    """Prints what a message costs, and what one exporter's shard carries."""
    print(f"four exporters: {drained(servers, chosen.messages)}", flush=True)
    print(f"one exporter:   {drained(servers, chosen.messages, 1, 1)}", flush=True)


def latency(servers: Bench, chosen: argparse.Namespace) -> None:
    """Prints how late messages are at a live rate."""
    print(late(servers, chosen.live, 40), flush=True)


def catchup(servers: Bench, chosen: argparse.Namespace) -> None:
    """Prints how fast a job catches up after a minute."""
    print(catch_up(servers, chosen.catchup), flush=True)


def exporters(servers: Bench, chosen: argparse.Namespace) -> None:
    """Prints what a message costs, by the number of exporters."""
    one = 0.0
    for count in (1, 100, 10_000):
        cost = drained(servers, chosen.messages // 2, count)
        each = cost.worker_s / cost.messages
        one = one or each
        print(f"{count:6,} exporters, {each / one:.2f} of one exporter's cost: {cost}", flush=True)


def backlog(servers: Bench, chosen: argparse.Namespace) -> None:
    """Prints what a message costs, by how much waits."""
    for left, cost, resident in by_backlog(servers, chosen.backlog, chosen.backlog // 5):
        print(f"{left:9,} waiting: {cost}; {resident:,.0f} MB", flush=True)


MODES = {each.__name__: each for each in (rate, latency, catchup, exporters, backlog)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=(*MODES, "all", "local-exporters", "local-backlog"), nargs="?", default="all")
    parser.add_argument("--count", type=int, default=100_000, help="messages of a local measurement")
    parser.add_argument("--messages", type=int, default=200_000, help="messages of a measurement on Flink")
    parser.add_argument("--live", type=float, default=9_000, help="messages a second of `latency`")
    parser.add_argument("--catchup", type=float, default=4_500, help="messages a second of `catchup`")
    parser.add_argument("--backlog", type=int, default=1_000_000, help="messages of `backlog`")
    chosen = parser.parse_args()
    print(f"a message has {len(payload(1))} octets (wanted: {OCTETS})")
    if chosen.mode == "local-exporters":
        local_exporters(chosen.count)
    elif chosen.mode == "local-backlog":
        local_backlog()
    else:
        with bench() as servers:
            print(servers.server)
            for mode in MODES if chosen.mode == "all" else (chosen.mode,):
                print(f"-- {mode}", flush=True)
                MODES[mode](servers, chosen)


if __name__ == "__main__":
    main()

"""The collector's line rate into Kafka: messages per CPU-second by kind of message and engine, and live at some rates.

Run: ``./dev bench line_rate``. The broker is librdkafka's mock cluster in a process of its own; CPU is that of the
collector alone: all its threads, and in live runs its receiver process. ``--live RATE --seconds S`` sends over UDP.
"""

import yangbeam.transforms  # noqa: F401 # first: keeps the small talk of Beam out of the log

# isort: split
import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from graph import Memory, bounded, config_of, cpu_s, payload

from yangbeam.io.udp_sockets import UdpReader
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.edges import readers_of, sinks_of
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.view.status import STATUS
from yangbeam.pipeline.view.status_sink import status_sinks
from yangbeam.runners.direct import run
from yangbeam.runners.memory import batches_carried
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.send import start
from yangbeam.transforms.handoff import Handoff

KINDS = (1, 10, 48)
"""Interfaces of a message, 22 leaves each."""
ENGINES = (("compiled", {"engine": "auto"}), ("libyang", {"engine": "libyang"}), ("none", {"validate": False}))

_BROKER = """
import sys
from confluent_kafka import Producer
cluster = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
broker = next(iter(cluster.list_topics(timeout=10).brokers.values()))
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""


@contextmanager
def broker() -> Iterator[str]:
    """A mock cluster in another process; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", _BROKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate("")


def bounded_table(address: str, seconds: float) -> None:
    """Prints the table of bounded runs."""
    print("| interfaces | octets | " + " | ".join(name for name, _ in ENGINES) + " |")
    for interfaces in KINDS:
        cells = [f"{steady(address, seconds, interfaces, settings):,.0f}" for _, settings in ENGINES]
        print(f"| {interfaces} | {len(payload(1, interfaces)):,} | " + " | ".join(cells) + " |", flush=True)


def steady(address: str, seconds: float, interfaces: int, settings: dict[str, Any]) -> float:
    """Returns messages per CPU-second of a long run beyond a short one: what starts a run, 0.4 s, is in both."""
    run = partial(bounded, tables=False, kafka=address, interfaces=interfaces, **settings)
    few = 20_000 // interfaces
    short_s = few / run(few)
    more = max(few, round(few / short_s * seconds))
    return more / ((few + more) / run(few + more) - short_s)


def live(address: str, rate: int, seconds: float, *, engine: str = "auto", validate: bool = True) -> str:
    """Returns what came of a live run through sockets, the bridge and Kafka."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(
            Path(folder), tables__enabled=False, files__enabled=False, kafka__bootstrap=address,
            validation__engine=engine, validation__enabled=validate, sources=[{"kind": "udp-notif", "port": 0}],
        )  # fmt: skip
        readers = readers_of(config)
        reader = readers[0]
        assert isinstance(reader, UdpReader)
        host, port = reader.addresses[0]
        handoff = Handoff(readers)
        options = SimulateOptions(
            target=f"{host}:{port}", routers=1, habits=("standard",), rate=rate, duration_s=seconds, fast=True,
            subscriptions=1, segment_size=9000,
        )  # fmt: skip
        STATUS.clear()
        sender = _Sender(options, handoff)
        threading.Thread(target=sender.run, daemon=True).start()
        before = cpu_s(children=True)
        graph = partial(build, stages=stages_of(config), sinks=sinks_of(config, status_sinks()))
        with batches_carried():
            run(graph, handoff, live=True, options=PipelineOptions([]))
        for each in readers:
            each.close()
        spent = cpu_s(children=True) - before - sender.cpu_s
        snapshot = STATUS.snapshot()
    delivered = snapshot.counts.get("delivered:kafka", 0)
    drops = snapshot.datagrams().get("kernel_drops", 0)
    return (
        f"{rate:,}/s for {seconds:g} s: {delivered:,} delivered, {drops:,} kernel drops, "
        f"{delivered / spent:,.0f} messages/CPU-s, receiver included"
    )


class _Sender:
    """The simulator's process, and what it cost: it is no part of the collector."""

    def __init__(self, options: SimulateOptions, handoff: Handoff) -> None:
        self._options = options
        self._handoff = handoff
        self.cpu_s = 0.0

    def run(self) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = start(self._options)
        process.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        time.sleep(1)
        self._handoff.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--live", type=int, default=0)
    chosen = parser.parse_args()
    with broker() as address:
        if chosen.live:
            print(live(address, chosen.live, chosen.seconds))
            return
        Memory(10)
        bounded_table(address, chosen.seconds)
        for rate in (10_000, 20_000):
            print(live(address, rate, 10.0))


if __name__ == "__main__":
    main()

"""What is measured of `collect` on Flink: cost, latency, catching up; by exporters and by backlog."""

import threading
import time
from typing import NamedTuple

from parts.flink import Bench, Job
from parts.traffic import Filler, Traffic

PARTITIONS = 4
WARM = 20_000
"""Messages before the clock starts: imports, schema, first bundles."""


class Cost(NamedTuple):
    """What some messages cost."""

    messages: int
    wall_s: float
    worker_s: float
    java_s: float

    def __str__(self) -> str:
        return (
            f"{self.messages / self.worker_s:,.0f} messages per CPU-second of the Python worker "
            f"({self.worker_s / self.messages * 1e6:.1f} µs; {self.messages / self.wall_s:,.0f}/s, "
            f"worker {self.worker_s / self.wall_s:.2f} and TaskManager {self.java_s / self.wall_s:.2f} cores)"
        )


def filler(bench: Bench, prefix: str, exporters: int, partitions: int, age_s: float = 0.0) -> Filler:
    """Returns what writes into the raw topic of a job; its first message arrived ``age_s`` ago."""
    traffic = Traffic(exporters, partitions, int((time.time() - age_s) * 1e6))
    return Filler(bench.kafka.properties(), f"{prefix}-raw", traffic)


def cost_of(job: Job, first: int, last: int) -> Cost:
    """Returns the cost of the records from ``first`` to ``last`` of the telemetry topic."""
    job.until(first)
    began, before, at = time.monotonic(), job.spent(), job.delivered()
    job.until(last)
    ended, after, end = time.monotonic(), job.spent(), job.delivered()
    return Cost(end - at, ended - began, after.worker - before.worker, after.java - before.java)


def drained(bench: Bench, count: int, exporters: int = PARTITIONS, partitions: int = PARTITIONS) -> Cost:
    """Returns the cost of a backlog of ``count`` messages, after WARM first ones."""
    prefix = bench.topics(partitions)
    fill = filler(bench, prefix, exporters, partitions, age_s=120.0)
    fill.backlog(WARM + count, (WARM + count) / 100)
    with bench.job(prefix) as job:
        return cost_of(job, WARM, WARM + count)


class Lateness(NamedTuple):
    """Percentiles in milliseconds."""

    p50: float
    p99: float
    most: float
    cost: Cost


def late(bench: Bench, rate: float, seconds: float, exporters: int = PARTITIONS) -> Lateness:
    """Returns how late messages are at a rate, after ten seconds of it."""
    prefix = bench.topics(PARTITIONS)
    fill = filler(bench, prefix, exporters, PARTITIONS)
    fill.backlog(WARM, 1e9)
    with bench.job(prefix) as job:
        job.until(WARM)
        sender = threading.Thread(target=fill.live, args=(rate, seconds + 10))
        began = time.time()
        sender.start()
        time.sleep(10)
        cost = cost_of(job, 0, int(WARM + rate * (seconds + 9)))
        sender.join()
        sent = fill.messages
        job.until(sent)
        ages = job.latencies(fill.arrivals, int((began + 10) * 1e6), sent)
        print(f"  checkpoints: {job.checkpoints()}")
    at = [ages[min(int(len(ages) * share), len(ages) - 1)] * 1000 for share in (0.5, 0.99, 1.0)]
    return Lateness(*at, cost)

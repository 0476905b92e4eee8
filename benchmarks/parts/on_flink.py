"""What is measured of `collect` on Flink: cost, latency, catching up; by exporters and by backlog."""

import os
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from parts.flink import Bench, Job, machine_s
from parts.traffic import Filler, Traffic

PARTITIONS = 4
WARM = 60_000
"""Messages before the clock starts: imports, schema, first bundles."""


class Cost(NamedTuple):
    """What some messages cost."""

    messages: int
    wall_s: float
    worker_s: float
    java_s: float
    busy_s: float
    """CPU seconds that everybody on the machine took."""

    def __str__(self) -> str:
        return (
            f"{self.messages / self.worker_s:,.0f} messages per CPU-second of the Python worker "
            f"({self.worker_s / self.messages * 1e6:.1f} µs; {self.messages / self.wall_s:,.0f}/s, "
            f"worker {self.worker_s / self.wall_s:.2f}, TaskManager {self.java_s / self.wall_s:.2f}, "
            f"machine {self.busy_s / self.wall_s:.1f} of {os.cpu_count()} cores)"
        )


def filler(bench: Bench, prefix: str, exporters: int, partitions: int, age_s: float = 0.0) -> Filler:
    """Returns what writes into the raw topic of a job; its first message arrived ``age_s`` ago."""
    traffic = Traffic(exporters, partitions, int((time.time() - age_s) * 1e6))
    return Filler(bench.kafka.properties(), f"{prefix}-raw", traffic)


def cost_of(job: Job, first: int, last: int) -> Cost:
    """Returns the cost of the records from ``first`` to ``last`` of the telemetry topic."""
    job.until(first)
    began, before, at, busy = time.monotonic(), job.spent(), job.delivered(), machine_s()
    job.until(last)
    ended, after, end = time.monotonic(), job.spent(), job.delivered()
    return Cost(end - at, ended - began, after.worker - before.worker, after.java - before.java, machine_s() - busy)


def drained(bench: Bench, count: int, exporters: int = PARTITIONS, partitions: int = PARTITIONS) -> Cost:
    """Returns the cost of a backlog of ``count`` messages, behind first ones: WARM, and three of each exporter."""
    warm = WARM + 3 * exporters
    prefix = bench.topics(partitions)
    fill = filler(bench, prefix, exporters, partitions, age_s=120.0)
    fill.backlog(warm + count, (warm + count) / 100)
    with bench.job(prefix) as job:
        return cost_of(job, warm, warm + count)


class Lateness(NamedTuple):
    """How late messages were, in milliseconds; p50 and p99 of all, and of those that no checkpoint held up."""

    rate: float
    p50: float
    p99: float
    p50_between: float
    p99_between: float
    cost: Cost

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f}/s: p50 {self.p50_between:.0f} ms, p99 {self.p99_between:.0f} ms between checkpoints; "
            f"{self.p50:.0f} and {self.p99:.0f} ms of all; {self.cost}"
        )


def late(bench: Bench, rate: float, seconds: float) -> Lateness:
    """Returns how late messages are at a rate, after ten seconds of it."""
    prefix = bench.topics(PARTITIONS)
    fill = filler(bench, prefix, PARTITIONS, PARTITIONS)
    fill.backlog(WARM, 1e9)
    with bench.job(prefix) as job:
        job.until(WARM)
        sender = threading.Thread(target=fill.live, args=(rate, seconds + 10))
        began = time.time()
        sender.start()
        time.sleep(10)
        cost = cost_of(job, 0, int(WARM + rate * (seconds + 9)))
        sender.join()
        job.until(fill.messages)
        ages = job.latencies(fill.arrivals, int((began + 10) * 1e6), fill.messages)
        pauses = job.pauses()
    between = [(come, gone) for come, gone in ages if not any(come < end and at < gone for at, end in pauses)]
    return Lateness(rate, *_percentiles(ages), *_percentiles(between), cost)


def _percentiles(ages: list[tuple[float, float]]) -> tuple[float, float]:
    """Returns the median and the 99th percentile in milliseconds."""
    late_by = sorted(gone - come for come, gone in ages)
    return late_by[len(late_by) // 2] * 1000, late_by[int(len(late_by) * 0.99)] * 1000


class CatchUp(NamedTuple):
    """How a job came back after it was away."""

    live: float
    away_s: float
    backlog: int
    seconds: float
    rate: float

    def __str__(self) -> str:
        return (
            f"{self.live:,.0f}/s live, {self.away_s:.0f} s away: {self.backlog:,} messages of backlog gone after "
            f"{self.seconds:.1f} s at {self.rate:,.0f}/s, {self.rate / self.live:.1f} times the live rate"
        )


def catch_up(bench: Bench, live: float, away_s: float = 60.0) -> CatchUp:
    """Returns how fast a job that was stopped with a savepoint catches up while traffic goes on."""
    prefix = bench.topics(PARTITIONS)
    fill = filler(bench, prefix, PARTITIONS, PARTITIONS)
    sender = threading.Thread(target=fill.live, args=(live, away_s + 100), daemon=True)
    with bench.job(prefix) as job:
        sender.start()
        job.until(int(live * 8))
        savepoint = job.stop()
        gone = time.monotonic()
    time.sleep(max(away_s - (time.monotonic() - gone), 0.0))
    with bench.job(prefix, savepoint) as job:
        began, first, backlog = time.monotonic(), job.delivered(), fill.messages - job.delivered()
        while fill.messages - job.delivered() > live / 2:
            time.sleep(0.2)
        seconds, last = time.monotonic() - began, job.delivered()
    fill.end()
    sender.join()
    return CatchUp(live, away_s, backlog, seconds, (last - first) / seconds)


def by_backlog(bench: Bench, count: int, step: int) -> Iterator[tuple[int, Cost, float]]:
    """Yields, as a backlog is worked off, how much is left, what a step cost, and the memory of the worker."""
    prefix = bench.topics(PARTITIONS)
    fill = filler(bench, prefix, PARTITIONS, PARTITIONS, age_s=120.0)
    fill.backlog(WARM + count, (WARM + count) / 100)
    with bench.job(prefix) as job:
        for first in range(WARM, WARM + count, step):
            yield WARM + count - first, cost_of(job, first, first + step), job.resident_mb()

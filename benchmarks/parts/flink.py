"""A broker, a Flink cluster and the job `collect` with its defaults, for measuring; started here and ended here.

Timestamps of the telemetry topic are the broker's, of when it took the record: what latency is measured by.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

import httpx
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.pipeline.collect import collect_graph
from yangbeam.pipeline.config.file import load
from yangbeam.runners.flink import chosen_of
from yangbeam.runners.flink_job import make_jar
from yangbeam.runners.flink_options import options_of
from yangbeam.runners.flink_rest import DONE, Checkpoints, Flink
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer, job_server
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import wait_until

TICKS: Final = os.sysconf("SC_CLK_TCK")
OTHERS: Final = ("loss", "ledger", "dead-letters", "subscriptions")
START_S: Final = 90.0


class Spent(NamedTuple):
    """CPU seconds since a process began."""

    worker: float
    """The Python workers, all threads."""
    java: float
    """The TaskManagers."""


class Bench:
    """Servers for some jobs in turn.

    Args:
        folder: Their files.
        task_managers: Each with one slot and one Python worker.
    """

    def __init__(self, folder: Path, task_managers: int = 1) -> None:
        self.folder = folder
        self.server: JobServer = job_server()
        self.kafka = KafkaServer(folder / "kafka", heap_mb=512)
        self.flink = FlinkCluster(folder / "flink", self.server.flink, task_managers=task_managers, heap_mb=512)
        self._made = 0

    def __enter__(self) -> Self:
        self.kafka.start()
        try:
            self.flink.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.flink.stop()
        self.kafka.stop()

    def topics(self, partitions: int) -> str:
        """Makes the topics of one job; returns their prefix."""
        self._made += 1
        prefix = f"bench-{self._made}"
        appended = {"message.timestamp.type": "LogAppendTime"}
        new = [
            NewTopic(f"{prefix}-raw", partitions, 1),
            NewTopic(f"{prefix}-telemetry", partitions, 1, config=appended),
        ]
        new += [NewTopic(f"{prefix}-{kind}", 1, 1) for kind in OTHERS]
        admin = AdminClient(self.kafka.properties())
        for made in admin.create_topics(new).values():
            made.result(30)
        return prefix

    @contextmanager
    def job(self, prefix: str, savepoint: str | None = None) -> Iterator["Job"]:
        """Submits `collect` on the topics of a prefix, with its defaults; anew, or from a savepoint."""
        folder = self.folder / prefix
        folder.mkdir(exist_ok=True)
        written = folder / "yangbeam.toml"
        written.write_text(f"""
out = "{folder}/out"
[kafka]
bootstrap = "{self.kafka.bootstrap()}"
[kafka.topics]
raw = "{prefix}-raw"
telemetry = "{prefix}-telemetry"
loss = "{prefix}-loss"
ledger = "{prefix}-ledger"
dead_letters = "{prefix}-dead-letters"
[kafka.properties]
log_level = 0
[collect]
start = "earliest"
""")
        config = load(written)
        options = options_of(chosen_of(config.flink))
        jar = make_jar(self.server.jar, folder / "job.jar", prefix, options, collect_graph(config))
        rest = Flink(self.flink.url)
        name = rest.submit(jar, parallelism=config.flink.parallelism, savepoint=savepoint)
        jar.unlink()
        try:
            wait_until(lambda: rest.is_running(name), START_S, "the job does not run")
            yield Job(self, rest, name, prefix)
        finally:
            if rest.state(name) not in DONE:
                rest.cancel(name)


class Job:
    """A running job: how far it is, and what it cost."""

    def __init__(self, bench: Bench, rest: Flink, name: str, prefix: str) -> None:
        self._bench = bench
        self._rest = rest
        self._name = name
        self._topic = f"{prefix}-telemetry"
        self._consumer = Consumer({
            **bench.kafka.properties(), "group.id": "bench", "log_level": 0, "enable.auto.commit": False,
        })  # fmt: skip
        self._partitions = sorted(self._consumer.list_topics(self._topic, timeout=30).topics[self._topic].partitions)

    def delivered(self) -> int:
        """Returns how many records the telemetry topic holds."""
        places = [TopicPartition(self._topic, partition) for partition in self._partitions]
        return sum(self._consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)

    def until(self, count: int, deadline_s: float = 170.0) -> None:
        """Waits until so many records are there."""
        wait_until(lambda: self.delivered() >= count, deadline_s, f"{count:,} records do not arrive")

    def spent(self) -> Spent:
        """Returns the CPU that workers and TaskManagers took so far."""
        parents = {process.pid() for process in self._bench.flink.task_managers}
        java = sum(_cpu_s(pid)[0] for pid in parents if pid)
        return Spent(sum(_cpu_s(pid)[0] for pid in _workers(parents)), java)

    def resident_mb(self) -> float:
        """Returns the memory of the Python workers."""
        parents = {process.pid() for process in self._bench.flink.task_managers}
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _workers(parents))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def workers(self) -> list[int]:
        """Returns the pids of the Python workers."""
        return _workers({process.pid() for process in self._bench.flink.task_managers})

    def checkpoints(self) -> Checkpoints:
        """Returns what became of its checkpoints."""
        return self._rest.checkpoints(self._name)

    def stop(self) -> str:
        """Ends it with a savepoint, whose place is returned."""
        return self._rest.stop(self._name, self._bench.flink.savepoints)

    def pauses(self) -> list[tuple[float, float]]:
        """Returns from when to when each checkpoint was taken, in seconds since the epoch."""
        told = httpx.get(f"{self._bench.flink.url}/jobs/{self._name}/checkpoints", timeout=10).json()["history"]
        began = [(each["trigger_timestamp"] / 1000, each["end_to_end_duration"] / 1000) for each in told]
        return [(at, at + max(took, 0.0)) for at, took in began]

    def latencies(self, arrivals: list[list[int]], after_us: int, count: int) -> list[tuple[float, float]]:
        """Returns arrival and broker's timestamp of what arrived after a moment, in seconds since the epoch."""
        self._consumer.assign([TopicPartition(self._topic, partition, 0) for partition in self._partitions])
        found: list[tuple[float, float]] = []
        read, until = 0, time.monotonic() + 60
        while read < count and time.monotonic() < until:
            for record in self._consumer.consume(2000, 1.0):
                if record.error() is not None:
                    continue
                read += 1
                identity = next(value for name, value in record.headers() or () if name == IDENTITY_HEADER)
                partition, offset, _ = map(int, bytes(identity or b"").split(b"/"))
                arrival = arrivals[partition][offset]
                if arrival >= after_us:
                    found.append((arrival / 1e6, record.timestamp()[1] / 1000))
        return found


def machine_s() -> float:
    """Returns the CPU seconds that all processes took since the machine started."""
    user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8])
    return (user + nice + system + sum(interrupts)) / TICKS


def _cpu_s(pid: int) -> tuple[float, int, bytes]:
    """Returns CPU seconds, parent and command line of a process; nothing of one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return 0.0, 0, b""
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[1]), command


def _workers(parents: set[int | None]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            _, parent, command = _cpu_s(int(entry.name))
            if parent in parents and b"sdk_worker_main" in command:
                found.append(int(entry.name))
    return found


@contextmanager
def bench(task_managers: int = 1) -> Iterator[Bench]:
    """Runs the servers in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="yangbeam-bench-") as folder, Bench(Path(folder), task_managers) as made:
        yield made

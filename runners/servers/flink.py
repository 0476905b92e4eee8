"""A real Flink cluster on loopback: one JobManager and its TaskManagers, bounded memory, state in files, free ports.

The processes are started as Flink's own scripts would start them, without the scripts: each has a pid of its own, that
a test can kill.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import httpx
import orjson

from yangbeam.runners.servers.artifacts import flink_jars
from yangbeam.runners.servers.processes import HOST, Process, free_ports, wait_until

START_S: Final = 90.0
METASPACE_MB: Final = 768
"""Every start and restore of a job loads Beam's classes anew, and its threads keep the old ones: with Flink's default
of 256 MB a TaskManager ends after a dozen."""
_OPENED: Final = ("lang", "lang.reflect", "net", "io", "nio", "text", "time", "util", "util.concurrent")
_DEEPER: Final = ("java.util.concurrent.atomic", "java.util.concurrent.locks")
_JAVA: Final = (
    "java",
    "-XX:+UseSerialGC",
    "-XX:+IgnoreUnrecognizedVMOptions",
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED),
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (*_DEEPER, "sun.nio.ch")),
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
)
"""Flink's serializers and its RPC look into Java 17's own classes; its scripts pass the same."""
_LOGGING: Final = """\
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
appender.out.name = out
appender.out.type = CONSOLE
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} %m%n
logger.graph.name = org.apache.flink.runtime.executiongraph
logger.graph.level = INFO
logger.start.name = org.apache.flink.runtime.taskexecutor
logger.start.level = INFO
logger.worker.name = org.apache.beam.runners.fnexecution.logging
logger.worker.level = INFO
"""
"""What went up and down, and what the Python workers say; Flink's own tale of every step would hide both."""


class FlinkCluster:
    """A cluster that a ``with`` block starts and stops.

    Args:
        folder: Configuration, checkpoints, uploaded jars, logs and pid files.
        version: Of Flink; its minor version must be the runner's.
        task_managers: How many, with one slot each.
        heap_mb: Of each TaskManager's heap; Python workers come on top.
        settings: More Flink properties.
        environment: Variables for the TaskManagers, and so for their Python workers.
    """

    def __init__(
        self,
        folder: Path,
        version: str,
        *,
        task_managers: int = 2,
        heap_mb: int = 384,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._version = version
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._environment = dict(environment or {})
        self._rpc, self._rest = _ports(folder)
        self.job_manager = Process("jobmanager", folder)
        self.task_managers = [Process(f"taskmanager-{number}", folder) for number in range(1, task_managers + 1)]

    @property
    def url(self) -> str:
        """Where its REST interface and its pages are."""
        return f"http://{HOST}:{self._rest}"

    @property
    def savepoints(self) -> Path:
        """The folder of savepoints."""
        return self._folder / "savepoints"

    def start(self) -> Self:
        """Starts every process that does not run, and waits until all slots are registered.

        Raises:
            ServerError: A process ended, or was not ready in time.
        """
        self._configure()
        if not self.job_manager.alive():
            main = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
            self.job_manager.start(self._command(main, heap_mb=384, direct_mb=128))
        for number in range(len(self.task_managers)):
            self.start_task_manager(number)
        self.job_manager.wait_for(lambda: self.slots() is not None, START_S)
        for process in self.task_managers:
            process.wait_for(lambda: self.slots() == len(self.task_managers), START_S)
        return self

    def start_task_manager(self, number: int) -> None:
        """Starts one TaskManager, unless it runs."""
        process = self.task_managers[number]
        if not process.alive():
            main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
            process.start(self._command(main, heap_mb=self._heap_mb, direct_mb=256), self._environment)

    def slots(self) -> int | None:
        """Returns how many slots the JobManager knows; None: it does not answer."""
        try:
            return int(httpx.get(f"{self.url}/overview", timeout=2.0).json()["slots-total"])
        except (httpx.HTTPError, orjson.JSONDecodeError, ValueError, KeyError):
            return None

    def wait_for_slots(self, count: int, deadline_s: float = START_S) -> None:
        """Waits until the JobManager knows exactly ``count`` slots."""
        wait_until(lambda: self.slots() == count, deadline_s, f"Flink does not have {count} slots")

    def stop(self) -> None:
        """Ends every process, and the Python workers with their TaskManagers."""
        for process in (*self.task_managers, self.job_manager):
            process.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self, main: str, *, heap_mb: int, direct_mb: int) -> list[str]:
        memory = (f"-Xmx{heap_mb}m", f"-XX:MaxDirectMemorySize={direct_mb}m", f"-XX:MaxMetaspaceSize={METASPACE_MB}m")
        logging = f"-Dlog4j.configurationFile={self._folder / 'log4j.properties'}"
        class_path = f"{flink_jars(self._version)}/*"
        return [*_JAVA, *memory, logging, "-cp", class_path, main, "--configDir", str(self._folder)]

    def _configure(self) -> None:
        for name in ("checkpoints", "savepoints", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "log4j.properties").write_text(_LOGGING)
        lines = (f"{name}: {value}\n" for name, value in self._properties().items())
        (self._folder / "config.yaml").write_text("".join(lines))

    def _properties(self) -> dict[str, str]:
        return {
            "jobmanager.rpc.address": HOST,
            "jobmanager.rpc.port": str(self._rpc),
            "jobmanager.bind-host": HOST,
            "rest.address": HOST,
            "rest.bind-address": HOST,
            "rest.port": str(self._rest),
            "rest.server.max-content-length": str(1 << 29),
            "taskmanager.host": HOST,
            "taskmanager.bind-host": HOST,
            "taskmanager.numberOfTaskSlots": "1",
            # What Flink's scripts compute from a total; these are the parts that a TaskManager must be told.
            "taskmanager.cpu.cores": "1.0",
            "taskmanager.memory.framework.heap.size": "128mb",
            "taskmanager.memory.framework.off-heap.size": "128mb",
            "taskmanager.memory.task.heap.size": f"{self._heap_mb - 128}mb",
            "taskmanager.memory.task.off-heap.size": "128mb",
            "taskmanager.memory.network.min": "64mb",
            "taskmanager.memory.network.max": "64mb",
            "taskmanager.memory.managed.size": "32mb",
            "taskmanager.memory.jvm-metaspace.size": f"{METASPACE_MB}mb",
            "taskmanager.memory.jvm-overhead.min": "192mb",
            "taskmanager.memory.jvm-overhead.max": "192mb",
            "io.tmp.dirs": str(self._folder / "tmp"),
            "execution.checkpointing.dir": (self._folder / "checkpoints").as_uri(),
            "state.checkpoints.dir": (self._folder / "checkpoints").as_uri(),
            "state.savepoints.dir": self.savepoints.as_uri(),
            # Records wait this long for a buffer to fill, at every exchange between stages.
            "execution.buffer-timeout.interval": "10ms",
            # A dead TaskManager is missed after this time: what a restore takes is mostly this.
            "heartbeat.interval": "1000",
            "heartbeat.timeout": "8000",
            "restart-strategy.type": "exponential-delay",
            "restart-strategy.exponential-delay.initial-backoff": "500ms",
            "restart-strategy.exponential-delay.max-backoff": "5s",
            "slot.request.timeout": "120000",
            "classloader.check-leaked-classloader": "false",
            **self._settings,
        }


def _ports(folder: Path) -> list[int]:
    kept = folder / "ports"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(" ".join(map(str, free_ports(2))))
    return list(map(int, kept.read_text().split()))

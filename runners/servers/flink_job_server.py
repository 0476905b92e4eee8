"""Beam's job server for Flink as one jar: the official one where the repository has it, else built from a class path.

The jar turns into an executable job when a graph is added to it (``runners/flink_job.py``), and is then all that a
cluster needs. Runners before 2.76 leave about 1.5 KB in the checkpoint for every return of a source's ``process``
(apache/beam #27648): production needs the official one.
"""

import shutil
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yangbeam.runners.servers.artifacts import copy_artifact, copy_dependencies, home, once
from yangbeam.runners.servers.processes import ServerError

OFFICIAL: Final = "org.apache.beam:beam-runners-flink-1.20-job-server:2.77.0"
FLAT_FROM: Final = (2, 76)
ASK_AGAIN_S: Final = 24 * 3600
"""How long a repository that lacked the official one is believed to lack it."""
_BUILT: Final = "job-server-class-path"
_JAR: Final = "job-server.jar"
_CLUSTER_HAS: Final = (
    "flink-annotations",
    "flink-clients",
    "flink-core",
    "flink-hadoop-fs",
    "flink-java",
    "flink-metrics-core",
    "flink-optimizer",
    "flink-rpc",
    "flink-runtime",
    "flink-shaded",
    "flink-streaming-java",
    "log4j",
    "slf4j-simple",
)
"""Jars of the class path that every Flink cluster brings; they are half of it, and each job would upload them."""


@dataclass(frozen=True, slots=True)
class JobServer:
    """A job server's jar and what it fits.

    Attributes:
        jar: The file.
        beam: Version of Beam's runner.
        flink: Version of Flink for the cluster; empty: the operator's business.
        official: As published; else made here from the class path.
    """

    jar: Path
    beam: str
    flink: str
    official: bool

    @property
    def keeps_checkpoints_flat(self) -> bool:
        """Whether a source's returns leave nothing in checkpoints: from 2.76 on."""
        return tuple(map(int, self.beam.split(".")[:2])) >= FLAT_FROM

    def __str__(self) -> str:
        kind = "official" if self.official else "from its class path"
        flat = "" if self.keeps_checkpoints_flat else "; checkpoints grow with every source return (before 2.76)"
        flink = f" for Flink {self.flink}" if self.flink else ""
        return f"Beam {self.beam}{flink}, {kind}{flat}"


def job_server() -> JobServer:
    """Returns the job server, fetching it at the first call: the official one, else the one from the class path.

    Raises:
        ServerError: The repository has neither.
    """
    built = home() / "jars" / _BUILT / _JAR
    if built.exists() and time.time() - built.stat().st_mtime < ASK_AGAIN_S:
        return _from_class_path(built)
    try:
        folder = once("job-server-official", lambda into: copy_artifact(OFFICIAL, into))
        return JobServer(next(folder.glob("*.jar")), beam="2.77.0", flink="1.20.5", official=True)
    except ServerError as missing:
        if missing.reason != "fetch":
            raise
    built = once(_BUILT, _build) / _JAR
    built.touch()
    return _from_class_path(built)


def job_server_at(jar: Path) -> JobServer:
    """Returns the job server of a jar that the operator chose; its version of Beam stands in it.

    Raises:
        ServerError: The jar is none.
    """
    try:
        with zipfile.ZipFile(jar) as content:
            lines = content.read("org/apache/beam/sdk/sdk.properties").decode().splitlines()
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise ServerError("job-server", f"{jar} is no jar of Beam's Flink job server: {error}") from error
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    return JobServer(jar, beam=told["version"], flink="", official=True)


def _from_class_path(jar: Path) -> JobServer:
    return JobServer(jar, beam="2.62.0", flink="1.19.3", official=False)


def _build(into: Path) -> None:
    jars = into / "jars"
    copy_dependencies("flink_job_server", jars)
    merge(sorted(jar for jar in jars.glob("*.jar") if not jar.name.startswith(_CLUSTER_HAS)), into / _JAR)
    shutil.rmtree(jars)


def merge(jars: Iterable[Path], into: Path) -> None:
    """Makes one jar of many: the first of equal names wins, lists of services are joined, signatures dropped."""
    services: dict[str, bytes] = {}
    seen = {"META-INF/MANIFEST.MF"}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as merged:
        merged.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        for jar in jars:
            with zipfile.ZipFile(jar) as part:
                for name in part.namelist():
                    if name.startswith("META-INF/services/") and not name.endswith("/"):
                        services[name] = services.get(name, b"") + part.read(name) + b"\n"
                    elif not (name.endswith(("/", ".SF", ".RSA", ".DSA", "module-info.class")) or name in seen):
                        seen.add(name)
                        merged.writestr(name, part.read(name))
        for name, providers in services.items():
            merged.writestr(name, providers)

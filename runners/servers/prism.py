"""Prism, Beam's own local runner: one binary, built by Go from its module proxy. A second opinion on semantics."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, Self

import apache_beam as beam

from yangbeam.core.errors import YangbeamError
from yangbeam.pipeline.cli.console import fail, output
from yangbeam.runners.servers.artifacts import home
from yangbeam.runners.servers.processes import HOST, Process, ServerError, accepts, free_ports

_MODULE: Final = "github.com/apache/beam/sdks/v2/go/cmd/prism"
START_S: Final = 30.0
BUILD_S: Final = 1800
"""How long the build may take: some minutes of two cores."""


def prism() -> Path | None:
    """Returns the binary that fits the installed Beam; None: it was not built here (``./dev prism``)."""
    binary = _folder() / "prism"
    return binary if binary.exists() else None


def install() -> Path:
    """Builds it, unless it is there, and returns it.

    Raises:
        ServerError: Go is missing, or the build failed.
    """
    found = prism()
    if found is not None:
        return found
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    command = ("go", "install", f"{_MODULE}@v{beam.__version__}")
    try:
        subprocess.run(  # noqa: S603 # our own command line
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            env={**os.environ, "GOBIN": str(folder)},
        )
    except FileNotFoundError as error:
        raise ServerError("program", "Go is not installed; Prism is built with it") from error
    except subprocess.TimeoutExpired as error:
        raise ServerError("fetch", f"Prism was not built within {BUILD_S} s") from error
    except subprocess.CalledProcessError as error:
        told = "\n".join(error.stderr.strip().splitlines()[-4:])
        raise ServerError("fetch", f"{' '.join(command)} failed:\n{told}") from error
    return folder / "prism"


class Prism:
    """A Prism that a ``with`` block starts and stops.

    Args:
        folder: Its log and pid file.

    Raises:
        ServerError: It was not built here.
    """

    def __init__(self, folder: Path) -> None:
        found = prism()
        if found is None:
            raise ServerError("program", "Prism is not built here; run ./dev prism")
        self._binary = found
        self._process = Process("prism", folder)
        self._job_port, self._web_port = free_ports(2)

    @property
    def endpoint(self) -> str:
        """Where jobs go: Beam's ``--job_endpoint``."""
        return f"{HOST}:{self._job_port}"

    def __enter__(self) -> Self:
        ports = (f"--job_port={self._job_port}", f"--web_port={self._web_port}")
        self._process.start([str(self._binary), *ports])
        try:
            self._process.wait_for(lambda: accepts(self._job_port), START_S)
        except BaseException:
            self._process.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


def _folder() -> Path:
    return home() / "jars" / f"prism-{beam.__version__}"


def main() -> int:
    """``./dev prism``: builds it and says where it is; returns the exit code."""
    try:
        output().print(str(install()), soft_wrap=True)
    except YangbeamError as error:
        fail(str(error))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())

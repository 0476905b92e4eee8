"""Real servers for the integration tests: each kind is started once and shared, and ended by its pid."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer, job_server
from yangbeam.runners.servers.kafka import KafkaServer

ROOT = Path(__file__).resolve().parents[2]
NOTES: list[str] = []
"""What is printed below the results."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for note in NOTES:
        terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def notes() -> list[str]:
    """What a test wants to be printed below the results."""
    return NOTES


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    with KafkaServer(tmp_path_factory.mktemp("kafka"), nodes=2) as server:
        yield server


@pytest.fixture(scope="session")
def runner() -> JobServer:
    """Which job server there is; printed with the results, because checkpoints of the old one grow."""
    found = job_server()
    NOTES.append(f"job server: {found}")
    return found


@pytest.fixture(scope="session")
def flink(runner: JobServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    # The workers import the graphs of these tests by name.
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment = {"PYTHONPATH": os.pathsep.join(paths)}
    kept = {"state.checkpoints.num-retained": "100"}
    folder = tmp_path_factory.mktemp("flink")
    with FlinkCluster(folder, runner.flink, environment=environment, settings=kept) as cluster:
        yield cluster

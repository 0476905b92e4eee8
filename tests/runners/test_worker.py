"""What Beam's harness is started with."""

import os
import sys

import pytest

from yangbeam.runners import worker


def test_the_harness_keeps_the_memory_of_a_batch_unless_the_operator_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(sys, "argv", ["yangbeam-worker", "--id=1-1", "--provision_endpoint=127.0.0.1:1", "--more"])
    monkeypatch.setattr(worker, "environment_of", lambda name, endpoint: {"WORKER_ID": name, "SEEN": endpoint})
    monkeypatch.setattr(os, "execve", lambda _, command, environment: started.append((command, dict(environment))))
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "4096")
    worker.main()
    ((command, environment),) = started
    assert command[-1].endswith("sdk_worker_main")
    assert (environment["WORKER_ID"], environment["SEEN"]) == ("1-1", "127.0.0.1:1")
    assert environment["MALLOC_MMAP_THRESHOLD_"] == worker.ALLOCATION["MALLOC_MMAP_THRESHOLD_"]
    assert environment["MALLOC_TRIM_THRESHOLD_"] == "4096"

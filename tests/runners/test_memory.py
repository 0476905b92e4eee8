"""A worker looks for old garbage now and then, and not while it works."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

before = gc.get_threshold()

from yangbeam.runners import memory, rare_collections  # noqa: E402 # importing the latter changes the process
from yangbeam.runners.flink_options import DEFAULTS  # noqa: E402
from yangbeam.runners.servers.processes import wait_until  # noqa: E402

rare_collections.ENDED.set()
gc.set_threshold(*before)


@pytest.fixture(autouse=True)
def _as_python_has_it() -> Iterator[None]:
    yield
    gc.set_threshold(*before)


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


def test_old_cycles_are_found_in_time() -> None:
    ended = memory.collect_rarely(every_s=0.01)
    try:
        assert gc.get_threshold() == memory.YOUNG
        knot = Knot()
        gc.collect()
        gc.collect()  # it is old now
        gone = threading.Event()
        weakref.finalize(knot, gone.set)
        del knot
        wait_until(gone.is_set, 10, "nobody looked")
    finally:
        ended.set()


def test_workers_load_it() -> None:
    assert "yangbeam.runners.rare_collections" in DEFAULTS["beam_plugins"]


def test_a_run_treats_memory_so_and_leaves_the_process_as_it_was() -> None:
    with memory.batches_carried():
        assert gc.get_threshold() == memory.YOUNG
    assert gc.get_threshold() == before


def test_the_c_library_takes_what_it_is_told() -> None:
    assert memory.keep_memory()

"""A worker looks for old garbage now and then, and not while it works."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

before = gc.get_threshold()

from yangbeam.runners import rare_collections  # noqa: E402 # importing it changes the process
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
    ended = rare_collections.install(every_s=0.01)
    try:
        assert gc.get_threshold() == rare_collections.YOUNG
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

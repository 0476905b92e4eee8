"""What holds for every test: nothing is timed, a run has one tier, and its seconds are printed by file."""

import atexit
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import tiers
from tests.threads import left_behind
from tests.times import Times
from yangbeam.pipeline import logs
from yangbeam.pipeline.view.status import begin_run

# A machine half as fast must give the same verdicts: no deadline, and no complaint that making examples takes long.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


# DuckDB's binding lists what it calls leaked when Python has ended: objects that a thread or a module still holds.
atexit.register(logs._close_standard_error)


@pytest.fixture(autouse=True)
def _a_new_run_begins() -> None:
    """As each command begins: what the runs before found out in this process is not this one's."""
    begin_run(())


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """The first fixture of a test, so the last that ends; what fixtures of modules start is theirs."""
    before = set(threading.enumerate())
    yield
    assert not (left := left_behind(before)), f"the test left threads behind: {'; '.join(left)}"


def pytest_addoption(parser: pytest.Parser) -> None:
    tiers.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # of xdist: the process that collects the reports prints them
        config.pluginmanager.register(Times(), "yangbeam-times")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tiers.select(config, items)

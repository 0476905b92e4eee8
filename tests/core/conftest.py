from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.yang.schemas import example_set, loaded, notification_set
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import bundled


@pytest.fixture(scope="session")
def module_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.fixture(scope="session")
def plant(module_cache: Path) -> Iterator[Schema]:
    """The example modules, with one of the two features of example-plant."""
    with loaded(example_set(features={"example-plant": ("heating",)}), module_cache) as schema:
        yield schema


@pytest.fixture(scope="session")
def drafts(module_cache: Path) -> Iterator[Schema]:
    """The bundled modules of notifications, ours among them, with ietf-interfaces."""
    with loaded(notification_set(bundled()), module_cache) as schema:
        yield schema

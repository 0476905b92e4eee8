"""Configuration files written for a test, and the problems found in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from yangbeam.pipeline.config.errors import InvalidConfigurationError, Problem
from yangbeam.pipeline.config.file import load

SECRET = "hunter2-Äö"
Write = Callable[[str | bytes], Path]


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidConfigurationError) as caught:
        load(path)
    return caught.value.problems


def only(path: Path) -> Problem:
    found = problems(path)
    assert len(found) == 1, found
    return found[0]

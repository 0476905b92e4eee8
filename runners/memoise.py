"""Decides how often the direct runner inspects a DoFn: once."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def memoised_reflection() -> Iterator[None]:
    """Stub."""
    yield

"""What of the log an operator sees during a run: warnings and errors, without Beam's small talk."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from yangbeam.core.errors import YangbeamError

SMALL_TALK: Final = ("apitools not found",)  # Beam on machines without Google's cloud libraries
"""Beginnings of messages that say nothing to act on."""


class _StandardError(logging.Handler):
    """Writes to what standard error is now: the live view puts something else in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def is_of_use(record: logging.LogRecord) -> bool:
    """Tells whether a record is for the operator.

    An expected error that ends the run is not: the command prints it at its end, in words and without a traceback.
    """
    kind = record.exc_info[0] if record.exc_info else None
    if kind is not None and issubclass(kind, YangbeamError):
        return False
    return not record.getMessage().startswith(SMALL_TALK)


@contextmanager
def on_standard_error() -> Iterator[None]:
    """Shows warnings and errors on standard error until it is left."""
    handler = _StandardError(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(is_of_use)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)

"""What the schemas of this process are read without: told once in the log, and kept for the report.

Found by name, like the outside systems of a process: whoever registers or reads a schema may be any thread.
"""

import logging
import threading
from collections.abc import Iterable
from typing import Final

from yangbeam.core.yang.left_out import LeftOut

_log: Final = logging.getLogger("yangbeam.schemas")
MOST: Final = 1_024
"""Quirks that are kept; of more it is told that there are."""


class Quirks:
    """The quirks of one process; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[LeftOut, int] = {}

    def clear(self) -> None:
        """Forgets all: a new run begins."""
        with self._lock:
            self._known.clear()

    def note(self, schema_id: int, left_out: Iterable[LeftOut]) -> None:
        """Notes what a schema is read without; each once, with the first schema that it was found at."""
        for each in left_out:
            with self._lock:
                is_new = each not in self._known and len(self._known) < MOST
                if is_new:
                    self._known[each] = schema_id
            if is_new:
                _log.warning("schema %d is read without %s", schema_id, each)

    def all(self) -> tuple[tuple[int, LeftOut], ...]:
        """Returns schema id and quirk, in the order in which they were found."""
        with self._lock:
            return tuple((schema_id, each) for each, schema_id in self._known.items())


QUIRKS: Final = Quirks()

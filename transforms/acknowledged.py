"""What the outside of the ledger's own sinks acknowledged, in this process: what counts the ledger cannot be in it.

Beside it what such a sink could not write as it was: ``replaced:SINK`` and ``unwritten:SINK`` (core.ledger).
"""

import threading
from collections import Counter
from typing import Final


class Acknowledged:
    """Counts by the name of the sink; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, sink: str, count: int) -> None:
        """Adds what a sink's outside acknowledged."""
        if count:
            with self._lock:
                self._counts[sink] += count

    def counts(self) -> dict[str, int]:
        """Returns the counts so far."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Forgets everything: a new run begins."""
        with self._lock:
            self._counts.clear()


ACKNOWLEDGED: Final = Acknowledged()
"""Of this process's run: Beam's DoFns are pickled, so they find it here by name."""

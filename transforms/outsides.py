"""What this process sees of the outside: one thread-safe table that adapters report into and views read.

Like the status of a run it is found by name: DoFns are pickled and may run in any thread of the process.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from yangbeam.core.ending import Ending
from yangbeam.core.outside import AWAY_IN_WORDS, Kind, Outside, Seen, after

_LOG: Final = logging.getLogger("yangbeam.outside")
MOST: Final = 64
"""Outside systems remembered: a configuration names a handful."""


class Outsides:
    """The outside systems of one process, and how long its end may wait for them.

    Args:
        clock: Seconds since the epoch.
        monotonic: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forgets everything: a new run begins."""
        with self._lock:
            self._known: dict[tuple[Kind, str], Outside] = {}
            self._ending = Ending()

    def begin(self) -> None:
        """Forgets that an end was asked for: another run begins, or this one is over."""
        with self._lock:
            self._ending = Ending()

    def answered(self, kind: Kind, address: str) -> None:
        """Notes that an outside system did what was asked of it; costs next to nothing while nothing changes."""
        known = self._known.get((kind, address))
        if known is None or known.since_s == 0.0 or known.is_away:
            self._note(kind, address, Seen.ANSWERED, "")

    def failed(self, kind: Kind, address: str, why: str, *, is_told: bool = False) -> None:
        """Notes that it did not, and why.

        Args:
            kind: What it is.
            address: Where.
            why: What was said.
            is_told: An error tells it that may end the run: the log does not.
        """
        self._note(kind, address, Seen.FAILED, why, is_told=is_told)

    def _note(self, kind: Kind, address: str, seen: Seen, why: str, *, is_told: bool = False) -> None:
        key = (kind, address)
        with self._lock:
            before = self._known.get(key, Outside(kind, address))
            if key not in self._known and len(self._known) >= MOST:
                return
            now = self._known[key] = after(before, seen, self._clock(), why)
        if now.is_away and not before.is_away and not is_told:
            _LOG.warning("%s %s %s: %s", kind, address, AWAY_IN_WORDS[kind], now.why or "no answer")
        elif before.is_away and not now.is_away:
            _LOG.warning("%s %s is back after %.0f s", kind, address, now.since_s - before.since_s)

    def is_away(self, kind: Kind, address: str) -> bool:
        """Whether it was last seen failing."""
        known = self._known.get((kind, address))
        return known is not None and known.is_away

    def all(self) -> tuple[Outside, ...]:
        """Returns what is known of each, by kind and address."""
        with self._lock:
            return tuple(self._known[key] for key in sorted(self._known))

    def end_within(self, flush_s: float) -> None:
        """Lets every wait for the outside last ``flush_s`` seconds from now at most; 0: none any more."""
        self._ending.ask(self._monotonic(), flush_s)

    def left_s(self) -> float | None:
        """Returns how long the end may still wait; None: nobody asked for it."""
        return self._ending.left_s(self._monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the end was asked for and may wait no more."""
        return self._ending.is_over(self._monotonic())


OUTSIDES: Final = Outsides()
"""Those of this process."""

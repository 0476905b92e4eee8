"""Decides when to wait so that messages leave at their rate; the clock is given."""

import time
from collections.abc import Callable

GRAIN_S = 0.001
"""Waiting less than this is not worth a system call; what is due within it goes out together."""


class Pace:
    """Holds a simulation to its own time.

    Args:
        monotonic: Seconds of a clock that never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._began = monotonic()

    def wait_until(self, elapsed_s: float) -> None:
        """Returns once ``elapsed_s`` seconds have passed since the beginning, within GRAIN_S; at once when late."""
        ahead = self._began + elapsed_s - self._monotonic()
        if ahead > GRAIN_S:
            self._sleep(ahead)

    def elapsed_s(self) -> float:
        """Returns seconds since the beginning."""
        return self._monotonic() - self._began

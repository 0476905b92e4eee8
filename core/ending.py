"""How long an end may take: from the moment it is asked for, what waits for the outside has so many seconds left."""

from dataclasses import dataclass


@dataclass(slots=True)
class Ending:
    """The end of a run, asked for or not; time is seconds of one monotonic clock.

    Attributes:
        until_s: When waiting is over; None: nobody asked for the end.
    """

    until_s: float | None = None

    def ask(self, now_s: float, flush_s: float) -> None:
        """Asks for the end within ``flush_s`` seconds; a later wish makes it no later."""
        until = now_s + flush_s
        self.until_s = until if self.until_s is None else min(self.until_s, until)

    def left_s(self, now_s: float) -> float | None:
        """Returns how long may still be waited; None: for ever."""
        return None if self.until_s is None else max(self.until_s - now_s, 0.0)

    def is_over(self, now_s: float) -> bool:
        """Whether nothing may be waited for any more."""
        return self.until_s is not None and now_s >= self.until_s

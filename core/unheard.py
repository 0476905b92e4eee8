"""Decides how many exporters that were never heard before are let in: a start of a whole network at once, then a rate.

UDP says nothing of who sent a datagram: whoever forges addresses makes exporters, and each costs memory in every stage.
Source of the numbers: a collector that begins anew hears all its routers within their period, up to START of them.
"""

from typing import Final

UNHEARD_PER_S: Final = 1_000
"""Exporters let in, a second, where nothing else is set."""
START: Final = 100_000
"""Exporters let in at once after a time without new ones."""
MOST_HEARD: Final = 131_072
"""Exporters remembered in each of two generations; the older one is dropped as a whole."""
_SECOND_US: Final = 1_000_000


class Admission:
    """A bucket of tokens, one for each exporter that is let in; time is a parameter, in microseconds.

    Args:
        per_s: Tokens that come back in a second, up to START.
    """

    def __init__(self, per_s: int = UNHEARD_PER_S) -> None:
        self._per_s = per_s
        self._left = START * _SECOND_US
        """In millionths of a token."""
        self._at_us = 0

    def admits(self, now_us: int) -> bool:
        """Lets one more exporter in, or not."""
        if now_us > self._at_us:
            self._left = min(START * _SECOND_US, self._left + (now_us - self._at_us) * self._per_s)
        self._at_us = now_us
        if self._left < _SECOND_US:
            return False
        self._left -= _SECOND_US
        return True


class Heard:
    """Which shard the exporters belong to that were heard lately: two generations, so that who goes on is kept."""

    def __init__(self, most: int = MOST_HEARD) -> None:
        self._most = most
        self._now: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self.get = self._now.get
        """Shard of an exporter of the newer generation, or None."""

    def __len__(self) -> int:
        return len(self._now) + len(self._before)

    def again(self, exporter: str) -> int | None:
        """Returns the shard of an exporter of the older generation, which is of the newer from now on."""
        shard = self._before.pop(exporter, None)
        if shard is not None:
            self.keep(exporter, shard)
        return shard

    def keep(self, exporter: str, shard: int) -> None:
        """Remembers an exporter."""
        if len(self._now) >= self._most:
            self._before, self._now = self._now, {}
            self.get = self._now.get
        self._now[exporter] = shard

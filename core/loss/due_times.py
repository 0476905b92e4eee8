"""Keys by when they are due: those that are, are found without looking at the others."""

from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=tuple[object, ...])

SPARE: Final = 64
"""Entries of no key any more that are not worth cleaning up."""


class DueTimes(Generic[K]):
    """A heap of times; a key has one time, and setting it anew leaves an entry behind that is passed over later."""

    __slots__ = ("_heap", "_times")

    def __init__(self) -> None:
        self._heap: list[tuple[int, K]] = []
        self._times: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._times)

    def set(self, key: K, time: int | None) -> None:
        """Sets when a key is due; None: never."""
        if time is None:
            self._times.pop(key, None)
        elif self._times.get(key) != time:
            self._times[key] = time
            heappush(self._heap, (time, key))
        if len(self._heap) > 2 * len(self._times) + SPARE:
            self._heap = [(at, one) for one, at in self._times.items()]
            heapify(self._heap)

    def take(self, now: int) -> list[K]:
        """Takes out the keys that are due, in the order of their times."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            time, key = heappop(self._heap)
            if self._times.get(key) == time:
                del self._times[key]
                found.append(key)
        return found

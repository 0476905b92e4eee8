"""In which order telemetry topics are read: as written, so that numbers spread over them stay near.

A publisher counts over all its subscriptions, and these lie in different partitions. Read one partition ahead of the
others, and what they hold of its numbers would look lost, or counted in another scope.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from typing import Final

from yangbeam.core.elements import TopicRecord
from yangbeam.core.framing import IDENTITY_HEADER

MOST: Final = 2048
"""Records of one run at most."""
FULL: Final = 8192
"""Records of one partition that wait at most before no more is fetched of it."""

Partition = tuple[str, int]
"""Topic and number."""
Head = tuple[int, tuple[int, ...], Partition]
"""When a record was written; which came first to the collector of those of one millisecond; its partition."""


class Merge:
    """Records that wait, by partition; those of one partition stay in order.

    Args:
        max_bytes: Octets of the values of one run.
    """

    def __init__(self, max_bytes: int) -> None:
        self._waiting: dict[Partition, deque[TopicRecord]] = {}
        self._max_bytes = max_bytes

    def add(self, records: Iterable[TopicRecord]) -> None:
        """Takes records in."""
        for record in records:
            self._waiting.setdefault((record.topic, record.partition), deque()).append(record)

    def waiting(self, partition: Partition) -> int:
        """Returns how many records of a partition wait."""
        return len(self._waiting.get(partition, ()))

    def next(self, behind: Iterable[Partition] = ()) -> list[TopicRecord]:
        """Returns the next run, of all partitions, in the order in which it was written.

        Args:
            behind: Partitions that have more in the topic; nothing is given while nothing of theirs waits, as it may
                be older.
        """
        heads = [_head(waiting[0]) for waiting in self._waiting.values() if waiting]
        if any(not self.waiting(partition) for partition in behind):
            return []
        heapq.heapify(heads)
        return self._run(heads)

    def _run(self, heads: list[Head]) -> list[TopicRecord]:
        run: list[TopicRecord] = []
        octets = 0
        while heads and len(run) < MOST:
            waiting = self._waiting[heads[0][2]]
            octets += len(waiting[0].value)
            if run and octets > self._max_bytes:
                break
            run.append(waiting.popleft())
            if not waiting:
                break  # what follows in its partition may be older than what the others have
            heapq.heapreplace(heads, _head(waiting[0]))
        return run


def _head(record: TopicRecord) -> Head:
    return record.timestamp_us, _identity(record), (record.topic, record.partition)


def _identity(record: TopicRecord) -> tuple[int, ...]:
    for name, value in record.headers:
        if name == IDENTITY_HEADER:
            parts = value.split(b"/")
            return tuple(int(part) for part in parts if part.isdigit() and len(part) < 19)
    return ()

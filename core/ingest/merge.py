"""In which order the partitions of the telemetry topic are read: by time, so that numbers spread over them stay near.

A publisher counts over all its subscriptions, and these lie in different partitions. Read one partition ahead of the
others, and what they hold of its numbers would look lost.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from yangbeam.core.elements import TopicRecord

SLACK_US: Final = 1_000_000
"""How far a partition may be read ahead of the others, in time of the records."""
MOST: Final = 2048
"""Records of one run at most."""
FULL: Final = 8192
"""Records of one partition that wait at most before no more is fetched of it."""


class Merge:
    """Records that wait, by partition; those of one partition stay in order.

    Args:
        max_bytes: Octets of the values of one run.
    """

    def __init__(self, max_bytes: int) -> None:
        self._waiting: dict[int, deque[TopicRecord]] = {}
        self._max_bytes = max_bytes

    def add(self, records: Iterable[TopicRecord]) -> None:
        """Takes records in."""
        for record in records:
            self._waiting.setdefault(record.partition, deque()).append(record)

    def waiting(self, partition: int) -> int:
        """Returns how many records of a partition wait."""
        return len(self._waiting.get(partition, ()))

    def next(self, behind: Iterable[int] = ()) -> list[TopicRecord]:
        """Returns the next run of one partition: the oldest, and what follows it within the slack of the others.

        Args:
            behind: Partitions that have more in the topic; nothing is given while nothing of theirs waits, as it may
                be older.
        """
        heads = {partition: waiting[0].timestamp_us for partition, waiting in self._waiting.items() if waiting}
        if not heads or any(partition not in heads for partition in behind):
            return []
        oldest = min(heads, key=lambda partition: (heads[partition], partition))
        until = min((head for partition, head in heads.items() if partition != oldest), default=None)
        return self._run(self._waiting[oldest], None if until is None else until + SLACK_US)

    def _run(self, waiting: deque[TopicRecord], until_us: int | None) -> list[TopicRecord]:
        run: list[TopicRecord] = []
        octets = 0
        while waiting and len(run) < MOST:
            record = waiting[0]
            octets += len(record.value)
            if run and (octets > self._max_bytes or (until_us is not None and record.timestamp_us > until_us)):
                break
            run.append(waiting.popleft())
        return run

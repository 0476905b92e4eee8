"""Reads the telemetry topic for the live bridge and for bounded runs: a Reader of records, in the order of writing.

Promise: every record from the starting offset on, in the order of its partition; offsets are committed only when the
run ended well. Added partitions are found at the next start.
"""

from collections import deque

from yangbeam.core.elements import TopicBatch
from yangbeam.core.ingest.merge import FULL, Merge
from yangbeam.core.input_end import InputEnd
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.kafka.raw_topic import MOST, TopicSettings, as_record, begin_of, ends_of


class TelemetryTopicReader:
    """Reads all partitions of a telemetry topic into one shard, since numbers run across them; can be stopped.

    Args:
        settings: What to read.

    Raises:
        ConfigurationError: The topic does not exist.
        KafkaAwayError: No broker answers.
    """

    def __init__(self, settings: TopicSettings) -> None:
        self._consumer = TopicConsumer(settings.topic, dict(settings.properties))
        self._source = f"kafka:{settings.topic}"
        self._merge = Merge(settings.max_bytes)
        self._paused: set[int] = set()
        self._ready: deque[TopicBatch] = deque()
        self._end = InputEnd()
        self._is_stopping = self._is_ended = False
        self._given = 0
        offsets = begin_of(self._consumer, settings, self._consumer.partitions())
        self._until = ends_of(self._consumer, settings, list(offsets))
        self._consumer.assign(offsets)

    def poll(self, max_bytes: int, max_wait_s: float) -> TopicBatch | Poll:
        """Returns the next batch, of all partitions; raises as ``TopicConsumer.take``."""
        del max_bytes
        if self._is_ended:
            return self._ready.popleft() if self._ready else END
        run = self._merge.next(self._behind())
        if not run:
            self._fetch(max_wait_s)
            run = self._merge.next(self._behind())
        if run:
            self._given += len(run)
            return self._end.hold(TopicBatch(source=self._source, ordinal=self._given - len(run), records=run))
        if self._is_stopping or self._has_all():
            self._is_ended = True
            self._ready.extend(self._end.batches())
            return self._ready.popleft()
        return NOTHING

    def _fetch(self, max_wait_s: float) -> None:
        if self._is_stopping or self._has_fetched():
            return
        records = map(as_record, self._consumer.take(MOST, max_wait_s))
        self._merge.add(each for each in records if self._until is None or each.offset < self._until[each.partition])
        self._hold_back()

    def _hold_back(self) -> None:
        """Fetches no more of partitions that are far ahead of the others."""
        full = {partition for partition in self._consumer.next if self._merge.waiting(partition) > FULL}
        if full - self._paused:
            self._consumer.pause(sorted(full - self._paused))
        free = {partition for partition in self._paused if self._merge.waiting(partition) < FULL // 2}
        if free:
            self._consumer.resume(sorted(free))
        self._paused = (self._paused | full) - free

    def _behind(self) -> list[int]:
        """Returns the partitions that have more in the topic and nothing here."""
        if self._is_stopping:
            return []
        return [
            partition
            for partition in self._consumer.next
            if not self._merge.waiting(partition) and self._consumer.has_more(partition, self._until)
        ]

    def _has_fetched(self) -> bool:
        return self._until is not None and all(
            self._consumer.next[partition] >= offset for partition, offset in self._until.items()
        )

    def _has_all(self) -> bool:
        return self._has_fetched() and not any(self._merge.waiting(partition) for partition in self._consumer.next)

    def position(self) -> int:
        """Returns how many records it has given."""
        return self._given

    def stop(self) -> None:
        """Asks for the end: what was fetched is still given, then ``END``."""
        self._is_stopping = True

    def succeeded(self) -> None:
        """Commits how far was read: everything before is in the tables."""
        self._consumer.commit(self._consumer.next)

    def close(self) -> None:
        """Leaves the cluster; safe to call twice."""
        self._consumer.close()

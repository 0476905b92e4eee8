"""Reads telemetry topics for the live bridge and for bounded runs: a Reader of records, in the order of writing.

Promise: every record from the starting offset on, in the order of its partition; offsets are committed only when the
run ended well. Added topics and partitions are found at the next start.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from yangbeam.core.elements import Control, Heartbeat, TopicBatch, TopicRecord
from yangbeam.core.ingest.merge import Merge, Partition
from yangbeam.core.input_end import InputEnd
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.io.kafka.raw_topic import TopicSettings
from yangbeam.io.kafka.telemetry_feed import TelemetryFeed

BEAT_S: Final = 1.0
"""Between two heartbeats of a live run: behind each the ledger tells what was counted since."""
COLLECTOR_ID: Final = "ingest"


class TelemetryTopicReader:
    """Reads all partitions of some topics into one shard, since numbers run across them; can be stopped.

    Args:
        settings: What to read.
        topics: Instead of the one topic of ``settings``.
        clock: Monotone seconds.

    Raises:
        ConfigurationError: A topic does not exist.
        KafkaAwayError: No broker answers.
    """

    def __init__(
        self, settings: TopicSettings, topics: Sequence[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        names = tuple(topics) or (settings.topic,)
        self._source = f"kafka:{'+'.join(names)}"
        self._merge = Merge(settings.max_bytes)
        self._feeds = [TelemetryFeed(replace(settings, topic=name), self._merge.waiting) for name in names]
        self._ready: deque[TopicBatch] = deque()
        self._end = InputEnd(TopicBatch)
        self._is_stopping = self._is_ended = False
        self._given = 0
        self._newest_us = 0
        self._is_live = settings.end is None
        self._clock = clock
        self._beaten_s = clock()

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
            self._newest_us = run[-1].timestamp_us
            return self._batch(run, self._beat(len(run)))
        if self._is_stopping or all(feed.is_empty() for feed in self._feeds):
            self._is_ended = True
            self._ready.extend(self._end.batches())
            return self._ready.popleft()
        beat = self._beat(0)
        return self._batch([], beat) if beat else NOTHING

    def _batch(self, run: list[TopicRecord], controls: list[Control]) -> TopicBatch:
        ordinal = self._given - len(run)
        return self._end.hold(TopicBatch(source=self._source, ordinal=ordinal, records=run, controls=controls))

    def _beat(self, at: int) -> list[Control]:
        """Returns a live run's heartbeat when it is due, with records or without: the sinks may count later."""
        now_s = self._clock()
        if not self._is_live or not self._given or now_s - self._beaten_s < BEAT_S:
            return []
        self._beaten_s = now_s
        return [Heartbeat(at, COLLECTOR_ID, self._newest_us, {})]

    def _fetch(self, max_wait_s: float) -> None:
        if self._is_stopping:
            return
        for feed in self._feeds:
            self._merge.add(feed.fetch(max_wait_s / len(self._feeds)))
            feed.hold_back()

    def _behind(self) -> list[Partition]:
        """Returns the partitions that have more in their topic and nothing here."""
        return [] if self._is_stopping else [partition for feed in self._feeds for partition in feed.behind()]

    def position(self) -> int:
        """Returns how many records it has given."""
        return self._given

    def received(self) -> int:
        """Returns how many records came so far."""
        return sum(feed.received for feed in self._feeds)

    def again(self) -> int:
        """Returns how many records came that had been read before."""
        return sum(feed.again for feed in self._feeds)

    def stop(self) -> None:
        """Asks for the end: what was fetched is still given, then ``END``."""
        self._is_stopping = True

    def succeeded(self) -> None:
        """Commits how far was read: everything before is in the tables."""
        for feed in self._feeds:
            feed.commit()

    def close(self) -> None:
        """Leaves the cluster; safe to call twice."""
        for feed in self._feeds:
            feed.close()

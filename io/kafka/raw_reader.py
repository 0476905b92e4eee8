"""Reads the raw topic for the live bridge and for bounded runs: a Reader.

Promise: every record from the starting offset on enters in the order of its partition; offsets are committed only when
the run ended well, so that after a crash everything since is read again. Partitions that are added later are found.
"""

from collections import deque

from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import InputEnd
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.io.kafka.raw_topic import RawTopic, TopicSettings, ends_of


class RawTopicReader:
    """Reads all partitions of the raw topic; a Reader that can be stopped.

    Args:
        settings: What to read.

    Raises:
        ConfigurationError: The topic does not exist.
        KafkaAwayError: No broker answers.
    """

    def __init__(self, settings: TopicSettings) -> None:
        self._topic = RawTopic(settings)
        self._ready: deque[MessageBatch] = deque()
        self._end = InputEnd()
        self._is_stopping = self._is_ended = False
        self._read = 0
        offsets = self._topic.begin()
        self._until = ends_of(self._topic.consumer, settings, list(offsets))
        self._topic.assign(offsets)

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns the next batch of a partition, of at most ``settings.max_bytes``; raises as ``RawTopic.take``."""
        del max_bytes
        if not self._ready and not self._is_stopping and not self._has_all():
            self._ready.extend(self._topic.take(max_wait_s, self._until))
        if self._ready:
            return self._given(self._ready.popleft())
        if self._is_ended:
            return END
        if self._is_stopping or self._has_all():
            self._is_ended = True
            self._ready.extend(self._end.batches())
            return self._ready.popleft()
        return NOTHING

    def _given(self, batch: MessageBatch) -> MessageBatch:
        self._read += len(batch.messages)
        return batch if self._is_ended else self._end.hold(batch)

    def _has_all(self) -> bool:
        return self._until is not None and all(
            self._topic.next[partition] >= offset for partition, offset in self._until.items()
        )

    def position(self) -> int:
        """Returns how many messages it has given."""
        return self._read

    def received(self) -> int:
        """Returns how many records came so far, but for heartbeats."""
        return self._topic.received

    def again(self) -> int:
        """Returns how many records came that had been read before."""
        return self._topic.again

    def stop(self) -> None:
        """Asks for the end: what was taken from the consumer is still given, then ``END``."""
        self._is_stopping = True

    def succeeded(self) -> None:
        """Commits how far was read: everything before went through every sink."""
        self._topic.consumer.commit(self._topic.next)

    def close(self) -> None:
        """Leaves the cluster; safe to call twice."""
        self._topic.close()

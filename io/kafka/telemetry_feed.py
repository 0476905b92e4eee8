"""What one telemetry topic still has to give: its consumer, where it ends, and which of its partitions wait."""

from collections.abc import Callable, Iterable, Mapping

from yangbeam.core.elements import TopicRecord
from yangbeam.core.ingest.merge import FULL, Partition
from yangbeam.core.secret_source import resolved
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.kafka.raw_topic import MOST, TopicSettings, as_record, begin_of, ends_of


class TelemetryFeed:
    """Fetches one topic; not thread-safe.

    Args:
        settings: What to read.
        waiting: How many fetched records of a partition were not given yet.

    Raises:
        ConfigurationError: The topic does not exist.
        KafkaAwayError: No broker answers.
    """

    def __init__(self, settings: TopicSettings, waiting: Callable[[Partition], int]) -> None:
        self._topic = settings.topic
        self._consumer = TopicConsumer(settings.topic, resolved(settings.properties))
        self._waiting = waiting
        self._paused: set[int] = set()
        offsets = begin_of(self._consumer, settings, self._consumer.partitions())
        self._until = ends_of(self._consumer, settings, list(offsets))
        self._consumer.assign(offsets)

    def fetch(self, wait_s: float) -> Iterable[TopicRecord]:
        """Returns what came; fetches no more of partitions that are far ahead of the others."""
        if self.has_fetched():
            return []
        return [as_record(each) for each in self._consumer.take(MOST, wait_s, self._until)]

    @property
    def received(self) -> int:
        """Records that the consumer gave so far."""
        return self._consumer.taken

    @property
    def again(self) -> int:
        """Records that the consumer gave although it had given them before."""
        return self._consumer.again

    def hold_back(self) -> None:
        """Pauses partitions of which much waits, and resumes those of which little does."""
        full = {number for number in self._consumer.next if self._waiting((self._topic, number)) > FULL}
        if full - self._paused:
            self._consumer.pause(sorted(full - self._paused))
        free = {number for number in self._paused if self._waiting((self._topic, number)) < FULL // 2}
        if free:
            self._consumer.resume(sorted(free))
        self._paused = (self._paused | full) - free

    def behind(self) -> list[Partition]:
        """Returns the partitions that have more in the topic and nothing here."""
        return [
            (self._topic, number)
            for number in self._consumer.next
            if not self._waiting((self._topic, number)) and self._consumer.has_more(number, self._until)
        ]

    def has_fetched(self) -> bool:
        """Says whether everything up to the end was fetched."""
        return self._until is not None and all(
            self._consumer.next[number] >= offset for number, offset in self._until.items()
        )

    def is_empty(self) -> bool:
        """Says whether nothing is left, neither there nor here."""
        return self.has_fetched() and not any(self._waiting((self._topic, number)) for number in self._consumer.next)

    def commit(self) -> None:
        """Leaves with the broker how far was read."""
        self._consumer.commit(self._consumer.next)

    def close(self) -> None:
        """Leaves the cluster; safe to call twice."""
        self._consumer.close()


def topics_there(properties: Mapping[str, str]) -> list[str]:
    """Returns the topics of the cluster that we may see.

    Raises:
        KafkaAwayError: No broker answers.
    """
    consumer = TopicConsumer("", properties)
    try:
        return consumer.topics()
    finally:
        consumer.close()

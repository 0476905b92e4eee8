"""ReadKafka: the raw topic as a splittable DoFn, for runners that restore: Flink and Prism.

Promise: exactly once in state. The offsets are the restriction, so that a checkpoint holds them with the state that
they led to. One element reads a fixed group of partitions, those that are added later among them, and returns as soon
as a batch is out: elements of one worker slot take turns.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import apache_beam as beam
from apache_beam.coders import Coder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import newest_us
from yangbeam.core.topic_offsets import FORMAT, TopicOffsets, closed, forward
from yangbeam.io.kafka import turns
from yangbeam.io.kafka.raw_topic import RawTopic, TopicSettings
from yangbeam.transforms.coders import BatchCoder

LATENESS: Final = Duration(seconds=2)
"""The watermark stands this much before the newest arrival, or before now when a partition is idle."""
_LEAST: Final = 1
"""Size of a restriction without backlog: it is never empty."""
_backlogs: dict[int, int] = {}
"""Records that each group of this process has still to read, as of its last call: runners ask for sizes at every
checkpoint, and no broker is asked then."""


class OffsetsTracker(RestrictionTracker):
    """Claims batches of a group of partitions; a restriction ends only by being closed.

    Args:
        offsets: The restriction.
    """

    def __init__(self, offsets: TopicOffsets) -> None:
        self._offsets = offsets

    def current_restriction(self) -> TopicOffsets:
        """Returns how far was claimed."""
        return self._offsets

    def try_claim(self, position: dict[int, int]) -> bool:
        """Claims a batch: by partition the offset behind its last record. False: closed; give nothing more."""
        if self._offsets.is_closed:
            return False
        self._offsets = forward(self._offsets, position)
        return True

    def try_split(self, fraction_of_remainder: float) -> tuple[TopicOffsets, TopicOffsets] | None:
        """Closes the restriction where it stands; whatever the fraction, all that follows is the residual."""
        del fraction_of_remainder
        if self._offsets.is_closed:
            return None
        self._offsets, residual = closed(self._offsets)
        return self._offsets, residual

    def check_done(self) -> bool:
        """Checks that the DoFn left something for later.

        Raises:
            ValueError: It returned without deferring the rest: records would be lost.
        """
        if not self._offsets.is_closed:
            raise ValueError("the topic has no end: the rest must be deferred")
        return True

    def current_progress(self) -> RestrictionProgress:
        """Says nothing: a topic has no end, and how much waits in it is the restriction's size, and a metric."""
        return RestrictionProgress(completed=0, remaining=_LEAST)

    def is_bounded(self) -> bool:
        """Returns False: the topic grows for ever."""
        return False


class OffsetsProvider(RestrictionProvider):
    """Restrictions of the reading DoFn."""

    def initial_restriction(self, element: int) -> TopicOffsets:
        """Returns one that has not begun; the worker finds out where to."""
        del element
        return TopicOffsets()

    def create_tracker(self, restriction: TopicOffsets) -> OffsetsTracker:
        """Returns its tracker."""
        return OffsetsTracker(restriction)

    def restriction_size(self, element: int, restriction: TopicOffsets) -> int:
        """Returns the records that the group has still to read."""
        return 0 if restriction.is_closed else _size(element)

    def restriction_coder(self) -> Coder:
        """Returns the coder of the versioned struct."""
        return BatchCoder(TopicOffsets, FORMAT)

    def truncate(self, element: int, restriction: TopicOffsets) -> None:
        """Returns nothing: a drained job reads no more."""
        del element, restriction


class ReadKafka(beam.PTransform):
    """Reads the raw topic for ever; ``MessageBatch`` out, shard = partition.

    Args:
        settings: What to read; ``end`` is not looked at.
        groups: Elements: group g reads the partitions p with p % groups == g. One or two per worker slot. Part of the
            state: another number needs a new start.
        slice_s: Longest time in one call while records keep coming.
    """

    def __init__(self, settings: TopicSettings, groups: int = 1, slice_s: float = 0.02) -> None:
        super().__init__()
        self._groups = groups
        self._read = _ReadPartitions(settings, groups, slice_s)

    def expand(self, begin: PBegin) -> PCollection:
        """Applies the source."""
        # Not ``Create``: a line number of Beam stands in the label of a step of it, and labels are part of a savepoint.
        groups = begin | "Impulse" >> beam.Impulse() | "Groups" >> beam.FlatMap(_groups, self._groups)
        return groups | "Read" >> beam.ParDo(self._read).with_output_types(MessageBatch)


def _groups(_impulse: bytes, count: int) -> Iterable[int]:
    return range(count)


class _ReadPartitions(beam.DoFn):
    def __init__(self, settings: TopicSettings, groups: int, slice_s: float) -> None:
        super().__init__()
        self._settings = settings
        self._groups = groups
        self._slice_s = slice_s

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        group: int,
        # First: Beam passes the other two by name, and this one by its place.
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
        tracker: Any = beam.DoFn.RestrictionParam(OffsetsProvider()),  # noqa: B008 # how Beam declares it
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008
    ) -> Iterator[TimestampedValue[MessageBatch]]:
        topic = _topic_of(self._settings, group, self._groups)
        _resume(topic, tracker.current_restriction().next)
        until = time.monotonic() + self._slice_s
        wait_s = turns.patience(topic)
        while True:
            batches = topic.take(wait_s)
            if not tracker.try_claim(dict(topic.next)):
                return  # closed meanwhile: what was taken is read again behind the checkpoint
            for batch in batches:
                yield TimestampedValue(batch, Timestamp(micros=newest_us(batch)))
            _advance(watermark, batches, is_idle=turns.is_idle(topic, has_records=bool(batches)))
            if not batches or time.monotonic() >= until:
                break
            wait_s = 0.0
        _tell_backlog(group, topic)
        if turns.is_due(topic):
            finalizer.register(_Commit(topic, topic.next))
        tracker.defer_remainder(Duration())


def _size(group: int) -> int:
    return max(_backlogs.get(group, 0), _LEAST)


def _tell_backlog(group: int, topic: RawTopic) -> None:
    _backlogs[group] = topic.consumer.backlog()
    Metrics.gauge("yangbeam", f"raw_backlog_records_{group}").set(_backlogs[group])


def _resume(topic: RawTopic, offsets: dict[int, int]) -> None:
    """Goes on from the restriction: nearly always where the consumer stands."""
    wanted = offsets or topic.begin()
    if topic.next != wanted:
        topic.assign(wanted)


def _advance(watermark: Any, batches: list[MessageBatch], *, is_idle: bool) -> None:
    """An idle partition must hold nothing back, so that without records the watermark follows the clock."""
    newest = [Timestamp(micros=at) for at in map(newest_us, batches) if at]
    stand = (max(newest) if newest else Timestamp.now()) - LATENESS
    if newest or is_idle:
        current = watermark.current_watermark()
        if current is None or stand > current:
            watermark.set_watermark(stand)


class _Commit:
    """Leaves the offsets of a bundle with the broker once it is durable: for monitoring and a cold start."""

    def __init__(self, topic: RawTopic, offsets: dict[int, int]) -> None:
        self._topic = topic
        self._offsets = dict(offsets)

    def __call__(self) -> None:
        self._topic.consumer.commit_later(self._offsets)


_topics: dict[tuple[TopicSettings, int, int], RawTopic] = {}
_lock = threading.Lock()


def _topic_of(settings: TopicSettings, group: int, groups: int) -> RawTopic:
    """Returns the consumer of a group, one per process: ``setup`` is not called reliably."""
    key = (settings, group, groups)
    with _lock:
        topic = _topics.get(key)
        if topic is None:
            topic = _topics[key] = RawTopic(settings, lambda partition: partition % groups == group)
        return topic


def close_consumers() -> None:
    """Closes the consumers of this process: at the end of a test, or of a worker."""
    with _lock:
        turns.forget()
        while _topics:
            _topics.popitem()[1].close()

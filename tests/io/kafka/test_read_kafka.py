"""ReadKafka as a runner drives it: claims, checkpoints, failed bundles, closed restrictions."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.transforms.core import DoFn
from apache_beam.utils.timestamp import Timestamp

from tests.builders import ARRIVAL_US
from tests.io.kafka.clusters import fill, new_topic, properties
from tests.io.kafka.test_raw_reader import ids, numbered
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import MessageBatch
from yangbeam.core.topic_offsets import TopicOffsets, offsets_of
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.kafka.raw_topic import TopicSettings
from yangbeam.io.kafka.read_kafka import OffsetsProvider, OffsetsTracker, ReadKafka, close_consumers


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_consumers()


class Driver:
    """Calls the DoFn as a runner does, bundle by bundle."""

    def __init__(self, topic: str, group: int = 0, groups: int = 1, **facts: Any) -> None:
        settings = replace(TopicSettings(topic, properties()), **facts)
        self._dofn: Any = ReadKafka(settings, groups)._read
        self._group = group
        self.watermark = ManualWatermarkEstimator(None)
        self.finalizer = DoFn.BundleFinalizerParam()

    def bundle(self, restriction: TopicOffsets) -> tuple[list[MessageBatch], TopicOffsets, TopicOffsets]:
        """Returns batches, the closed restriction, and the residual."""
        safe = ThreadsafeRestrictionTracker(OffsetsTracker(restriction))
        found = self._dofn.process(self._group, self.finalizer, RestrictionTrackerView(safe), self.watermark)
        batches = [each.value for each in found]
        safe.check_done()
        residual, _ = safe.deferred_status()
        return batches, safe.current_restriction(), residual

    def until(self, restriction: TopicOffsets, count: int) -> tuple[list[MessageBatch], TopicOffsets]:
        """Runs bundles until so many messages came."""
        batches: list[MessageBatch] = []
        for _ in range(100):
            more, _, restriction = self.bundle(restriction)
            batches += more
            if len(ids(batches)) >= count:
                return batches, restriction
        raise AssertionError(ids(batches))


def test_each_bundle_goes_on_where_the_last_one_was_checkpointed() -> None:
    topic = new_topic()
    fill(topic, numbered(300, 0) + numbered(200, 3, 1000))
    driver = Driver(topic)
    batches, restriction = driver.until(TopicOffsets(), 500)
    assert ids(batches, 0) == list(range(300))
    assert ids(batches, 3) == list(range(1000, 1200))
    assert restriction.next == {0: 300, 1: 0, 2: 0, 3: 200}
    fill(topic, numbered(10, 0, 300))
    more, _ = driver.until(restriction, 10)
    assert ids(more) == list(range(300, 310))


def test_a_failed_bundle_is_read_again_from_its_restriction() -> None:
    topic = new_topic()
    fill(topic, numbered(50))
    driver = Driver(topic)
    first, _ = driver.until(offsets_of({0: 10}), 40)
    again, _ = driver.until(offsets_of({0: 10}), 40)
    assert ids(first) == ids(again) == list(range(10, 50))
    assert first[0].ordinal == again[0].ordinal == 10


def test_a_restriction_closed_in_mid_bundle_gives_nothing_more_and_loses_nothing() -> None:
    topic = new_topic()
    fill(topic, numbered(20))
    driver = Driver(topic)
    start = offsets_of({0: 0})
    safe = ThreadsafeRestrictionTracker(OffsetsTracker(start))
    split = safe.try_split(0)
    assert split is not None
    found = driver._dofn.process(0, driver.finalizer, RestrictionTrackerView(safe), driver.watermark)
    assert list(found) == []
    batches, _ = driver.until(split[1], 20)
    assert ids(batches) == list(range(20))


def test_groups_share_the_partitions_between_them() -> None:
    topic = new_topic()
    fill(topic, [record for partition in range(4) for record in numbered(5, partition, 100 * partition)])
    found = [ids(Driver(topic, group, 2).until(TopicOffsets(), 10)[0]) for group in range(2)]
    assert [sorted(each) for each in found] == [
        [*range(5), *range(200, 205)],
        [*range(100, 105), *range(300, 305)],
    ]


def test_the_watermark_stands_two_seconds_before_the_newest_arrival_and_follows_the_clock_when_idle() -> None:
    topic = new_topic()
    fill(topic, numbered(3))
    driver = Driver(topic)
    _, restriction = driver.until(TopicOffsets(), 3)
    assert driver.watermark.current_watermark() == Timestamp(micros=ARRIVAL_US + 2000) - 2
    driver.watermark = ManualWatermarkEstimator(Timestamp(0))
    before = Timestamp.now()
    driver.bundle(restriction)
    assert driver.watermark.current_watermark() >= before - 2


def test_offsets_are_left_with_the_broker_when_the_bundle_is_durable() -> None:
    topic = new_topic()
    fill(topic, numbered(3))
    driver = Driver(topic)
    _, restriction = driver.until(TopicOffsets(), 3)
    driver.finalizer.finalize_bundle()
    later = Driver(topic, start="committed")
    close_consumers()
    fill(topic, numbered(1, first=3))
    assert ids(later.until(TopicOffsets(), 1)[0]) == [3]
    assert restriction.next[0] == 3


def test_returning_without_deferring_the_rest_is_a_defect() -> None:
    with pytest.raises(ValueError, match="must be deferred"):
        OffsetsTracker(offsets_of({0: 1})).check_done()


def test_a_closed_restriction_is_neither_claimed_nor_split_again() -> None:
    tracker = OffsetsTracker(offsets_of({0: 1}))
    assert tracker.try_split(0.5) is not None
    assert tracker.try_split(0.0) is None
    assert not tracker.try_claim({0: 2})
    assert tracker.check_done()


def test_a_restriction_travels_as_versioned_bytes_and_has_a_size_without_asking_a_broker() -> None:
    provider = OffsetsProvider()
    coder = provider.restriction_coder()
    assert coder.decode(coder.encode(offsets_of({1: 2}))) == offsets_of({1: 2})
    assert provider.restriction_size(0, TopicOffsets()) == 1
    assert provider.restriction_size(0, TopicOffsets(is_closed=True)) == 0
    assert not provider.create_tracker(TopicOffsets()).is_bounded()


def test_what_waits_in_the_topic_is_the_size_of_what_remains() -> None:
    topic = new_topic()
    fill(topic, numbered(5000))
    driver = Driver(topic)
    driver._dofn._slice_s = 0.0  # one request a bundle
    restriction = TopicOffsets()
    sizes = set()
    for _ in range(100):
        batches, _, restriction = driver.bundle(restriction)
        waiting = 5000 - restriction.next[0]
        if batches:  # before, how much there is was not heard of yet
            sizes.add(OffsetsProvider().restriction_size(0, restriction))
            assert OffsetsProvider().restriction_size(0, restriction) == max(waiting, 1)
        if not waiting:
            break
    assert {1, 5000 - 2048} <= sizes


def test_the_transform_makes_one_element_per_group() -> None:
    pipeline = beam.Pipeline("FnApiRunner")
    out = pipeline | ReadKafka(TopicSettings("raw", properties()), groups=3)
    assert out.element_type is MessageBatch
    assert not out.is_bounded


def test_a_request_returns_what_is_there_without_waiting_for_more() -> None:
    topic = new_topic()
    fill(topic, numbered(20))
    consumer = TopicConsumer(topic, dict(properties()))
    consumer.assign({0: 0})
    before = time.monotonic()
    taken = consumer.take(2048, 2 * PATIENCE_S)
    consumer.close()
    assert taken
    assert time.monotonic() - before < PATIENCE_S, "it waited for the other two thousand"

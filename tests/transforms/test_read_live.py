"""ReadLive as a runner drives it: claims, checkpoints, closed restrictions; and through a graph."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.utils.timestamp import Timestamp

from tests.builders import ARRIVAL_US, message
from yangbeam.core.elements import MessageBatch
from yangbeam.core.reader import NOTHING, Poll
from yangbeam.transforms.read_live import LATENESS, Given, GivenProvider, GivenTracker, ReadLive, close_readers

OPENED: list["Queue"] = []


class Queue:
    """A reader of what a test puts into it."""

    def __init__(self) -> None:
        self.waiting: deque[MessageBatch] = deque()
        self.is_closed = False
        OPENED.append(self)

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        del max_bytes, max_wait_s
        return self.waiting.popleft() if self.waiting else NOTHING

    def position(self) -> int:
        return 0

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    OPENED.clear()
    yield
    close_readers()


class Driver:
    """Calls the DoFn as a runner does, bundle by bundle."""

    def __init__(self, slice_s: float = 60.0) -> None:
        self._dofn: Any = ReadLive({"a": Queue, "b": Queue}, slice_s)._read
        self.watermark = ManualWatermarkEstimator(None)

    def bundle(self, given: Given, name: str = "a") -> tuple[list[int], Given, Given]:
        """Returns the numbers of the batches, the closed restriction, and the residual."""
        safe = ThreadsafeRestrictionTracker(GivenTracker(given))
        found = list(self._dofn.process(name, RestrictionTrackerView(safe), self.watermark))
        safe.check_done()
        residual, _ = safe.deferred_status()
        return [each.value.ordinal for each in found], safe.current_restriction(), residual


def batch(ordinal: int) -> MessageBatch:
    return MessageBatch(shard=0, source="s", ordinal=ordinal, messages=[message(b"{}", arrival_us=ARRIVAL_US)])


def test_each_bundle_gives_what_came_and_leaves_the_rest_to_the_next() -> None:
    driver = Driver()
    _, _, residual = driver.bundle(Given())
    OPENED[0].waiting.extend(map(batch, range(3)))
    numbers, ended, residual = driver.bundle(residual)
    assert numbers == [0, 1, 2]
    assert ended.is_closed
    OPENED[0].waiting.append(batch(3))
    assert driver.bundle(residual)[0] == [3]
    assert len(OPENED) == 1


def test_a_bundle_ends_after_its_slice_though_more_waits() -> None:
    driver = Driver(slice_s=0.0)
    _, _, residual = driver.bundle(Given())
    OPENED[0].waiting.extend(map(batch, range(3)))
    seen = []
    for _ in range(3):
        numbers, _, residual = driver.bundle(residual)
        seen.append(numbers)
    assert seen == [[0], [1], [2]]


def test_each_name_has_a_reader_of_its_own_that_is_closed_at_the_end() -> None:
    driver = Driver()
    driver.bundle(Given(), "a")
    driver.bundle(Given(), "b")
    driver.bundle(Given(), "a")
    assert len(OPENED) == 2
    close_readers()
    assert all(reader.is_closed for reader in OPENED)


def test_nothing_is_taken_for_a_restriction_that_the_runner_closed() -> None:
    driver = Driver()
    driver.bundle(Given())
    OPENED[0].waiting.append(batch(0))
    safe = ThreadsafeRestrictionTracker(GivenTracker(Given(batches=1, is_closed=True)))
    assert list(driver._dofn.process("a", RestrictionTrackerView(safe), driver.watermark)) == []
    assert len(OPENED[0].waiting) == 1


def test_the_watermark_follows_arrivals_and_without_them_the_clock() -> None:
    driver = Driver(slice_s=0.0)
    before = Timestamp.now()
    driver.bundle(Given(), "a")
    idle = driver.watermark.current_watermark()
    assert idle is not None
    assert idle >= before - LATENESS
    OPENED[0].waiting.append(batch(0))  # much older: what stands is never taken back
    driver.bundle(Given(), "a")
    assert driver.watermark.current_watermark() == idle


def test_a_socket_that_was_not_deferred_is_an_error() -> None:
    with pytest.raises(ValueError, match="deferred"):
        GivenTracker(Given()).check_done()


def test_a_restriction_survives_its_coder_and_is_as_large_as_what_can_come() -> None:
    provider = GivenProvider()
    coder = provider.restriction_coder()
    given = Given(batches=7)
    assert coder.decode(coder.encode(given)) == given
    assert provider.restriction_size("a", given) == 1
    assert provider.restriction_size("a", Given(is_closed=True)) == 0
    assert provider.create_tracker(given).current_progress().completed_work == 0
    assert not provider.create_tracker(given).is_bounded()

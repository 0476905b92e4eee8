"""ReadLive: sockets as a splittable DoFn, for runners that know no bridge: Prism, Flink.

Promise: at most once, as what is read. A checkpoint says only how far the readers of one process were; after a crash
new ones are opened, and what the old ones held is lost and shows as a gap in the publishers' numbers.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import apache_beam as beam
import msgspec
from apache_beam.coders import Coder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from yangbeam.core.elements import MessageBatch
from yangbeam.core.input_end import newest_us
from yangbeam.core.reader import Poll, Reader
from yangbeam.transforms.coders import BatchCoder

FORMAT: Final = 1
LATENESS: Final = Duration(seconds=2)
"""The watermark stands this much before the newest arrival, or before now while nothing comes."""
WAIT_S: Final = 0.05
"""Longest wait for a batch within one call: readers of one worker slot take turns."""
MAX_BYTES: Final = 1 << 20

Open = Callable[[], Reader]


class Given(msgspec.Struct, array_like=True, frozen=True):
    """The restriction of one reader: how many batches it gave."""

    format: int = FORMAT
    batches: int = 0
    is_closed: bool = False
    """Nothing is read for it any more: what follows is another restriction."""


class GivenTracker(RestrictionTracker):
    """Claims one batch after another; a restriction ends only by being closed.

    Args:
        given: The restriction.
    """

    def __init__(self, given: Given) -> None:
        self._given = given

    def current_restriction(self) -> Given:
        """Returns how far was claimed."""
        return self._given

    def try_claim(self, position: int) -> bool:
        """Claims ``position`` batches more. False: closed; nothing more may be given."""
        if self._given.is_closed:
            return False
        self._given = Given(batches=self._given.batches + position)
        return True

    def try_split(self, fraction_of_remainder: float) -> tuple[Given, Given] | None:
        """Closes the restriction where it stands; whatever the fraction, all that follows is the residual."""
        del fraction_of_remainder
        if self._given.is_closed:
            return None
        residual = self._given
        self._given = msgspec.structs.replace(residual, is_closed=True)
        return self._given, residual

    def check_done(self) -> bool:
        """Checks that the DoFn left something for later.

        Raises:
            ValueError: It returned without deferring the rest: nothing would be read any more.
        """
        if not self._given.is_closed:
            raise ValueError("a socket has no end: the rest must be deferred")
        return True

    def current_progress(self) -> RestrictionProgress:
        """Says nothing: a socket has no end."""
        return RestrictionProgress(completed=0, remaining=1)

    def is_bounded(self) -> bool:
        """Returns False: messages come for ever."""
        return False


class GivenProvider(RestrictionProvider):
    """Restrictions of the reading DoFn."""

    def initial_restriction(self, element: str) -> Given:
        """Returns one that has not begun."""
        del element
        return Given()

    def create_tracker(self, restriction: Given) -> GivenTracker:
        """Returns its tracker."""
        return GivenTracker(restriction)

    def restriction_size(self, element: str, restriction: Given) -> int:
        """Returns 1: nobody knows what will come."""
        del element
        return 0 if restriction.is_closed else 1

    def restriction_coder(self) -> Coder:
        """Returns the coder of the versioned struct."""
        return BatchCoder(Given, FORMAT)

    def truncate(self, element: str, restriction: Given) -> None:
        """Returns nothing: a drained job reads no more."""
        del element, restriction


class ReadLive(beam.PTransform):
    """Reads for ever from readers that each worker process opens itself; ``MessageBatch`` out.

    Args:
        readers: By name; one element each, opened where the runner puts it: a socket on the machine of the worker.
        slice_s: Longest time in one call while batches keep coming.
    """

    def __init__(self, readers: Mapping[str, Open], slice_s: float = 0.02) -> None:
        super().__init__()
        self._names = tuple(readers)
        self._read = _Read(dict(readers), slice_s)

    def expand(self, begin: PBegin) -> PCollection:
        """Applies the source."""
        names = begin | "Impulse" >> beam.Impulse() | "Readers" >> beam.FlatMap(_names, self._names)
        return names | "Read" >> beam.ParDo(self._read).with_output_types(MessageBatch)


def _names(_impulse: bytes, names: tuple[str, ...]) -> Iterable[str]:
    return names


class _Read(beam.DoFn):
    def __init__(self, readers: dict[str, Open], slice_s: float) -> None:
        super().__init__()
        self._readers = readers
        self._slice_s = slice_s

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        name: str,
        tracker: Any = beam.DoFn.RestrictionParam(GivenProvider()),  # noqa: B008 # how Beam declares it
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008
    ) -> Iterator[TimestampedValue[MessageBatch]]:
        reader = _reader_of(name, self._readers[name])
        until = time.monotonic() + self._slice_s
        wait_s = WAIT_S
        while tracker.try_claim(1):  # before it is taken: what was taken has nowhere to go back to
            polled = reader.poll(MAX_BYTES, wait_s)
            if isinstance(polled, Poll):
                _advance(watermark, Timestamp.now())
                return tracker.defer_remainder(Duration())
            newest = Timestamp(micros=newest_us(polled))
            yield TimestampedValue(polled, newest)
            _advance(watermark, newest)
            if time.monotonic() >= until:
                return tracker.defer_remainder(Duration())
            wait_s = 0.0


def _advance(watermark: Any, newest: Timestamp) -> None:
    """A quiet socket must hold nothing back, so that without messages the watermark follows the clock."""
    current = watermark.current_watermark()
    if current is None or newest - LATENESS > current:
        watermark.set_watermark(newest - LATENESS)


_readers: dict[str, Reader] = {}
_lock = threading.Lock()


def _reader_of(name: str, opening: Open) -> Reader:
    """Returns the reader of a name, one per process: ``setup`` is not called reliably."""
    with _lock:
        reader = _readers.get(name)
        if reader is None:
            reader = _readers[name] = opening()
        return reader


def close_readers() -> None:
    """Closes the readers of this process: at the end of a test, or of a worker."""
    with _lock:
        while _readers:
            _readers.popitem()[1].close()

"""A small graph that knows what it should have seen: numbers from a source, checked in state, told to a topic."""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from confluent_kafka import Producer

SLICE_S = 0.1


class Numbers(RestrictionProvider):
    """The numbers of an element (shard, count): all of 0..count-1."""

    def create_tracker(self, restriction: OffsetRange) -> OffsetRestrictionTracker:
        return OffsetRestrictionTracker(restriction)

    def initial_restriction(self, element: tuple[int, int]) -> OffsetRange:
        return OffsetRange(0, element[1])

    def restriction_size(self, element: tuple[int, int], restriction: OffsetRange) -> float:
        return 1.0

    def truncate(self, element: tuple[int, int], restriction: OffsetRange) -> None:
        return None


TRACKER = beam.DoFn.RestrictionParam(Numbers())


class Count(beam.DoFn):
    """Emits the numbers of a shard in order, ``per_slice`` at a time, and returns after each slice."""

    def __init__(self, per_slice: int) -> None:
        self.per_slice = per_slice

    @beam.DoFn.unbounded_per_element()
    def process(self, element: tuple[int, int], tracker: Any = TRACKER) -> Iterator[tuple[int, int]]:
        restriction = tracker.current_restriction()
        at = restriction.start
        until = min(at + self.per_slice, restriction.stop)
        time.sleep(SLICE_S)  # the rate at which numbers come into being
        while at < until and tracker.try_claim(at):
            yield element[0], at
            at += 1
        if at < restriction.stop:
            tracker.defer_remainder()


class Seen(msgspec.Struct, array_like=True):
    """What a shard's state knows."""

    next: int = 0
    count: int = 0
    gaps: int = 0
    repeats: int = 0


class Check(beam.DoFn):
    """Compares each number with the one that state expects."""

    SEEN = ReadModifyWriteStateSpec("seen", BytesCoder())

    def process(self, item: tuple[int, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[tuple[int, bytes]]:
        before = seen.read()
        known = msgspec.msgpack.decode(before, type=Seen) if before else Seen()
        yield from _checked(item, known)
        seen.write(msgspec.msgpack.encode(known))


def _checked(item: tuple[int, int], known: Seen) -> Iterator[tuple[int, bytes]]:
    shard, number = item
    known.gaps += max(0, number - known.next)
    known.repeats += number < known.next
    known.count += 1
    known.next = number + 1
    yield shard, msgspec.json.encode({"shard": shard, "number": number, **msgspec.structs.asdict(known)})


class SeenNext(Seen):
    """The next version of the state: a field added."""

    added: int = 0


class CheckNext(beam.DoFn):
    """The next version of the code."""

    SEEN = ReadModifyWriteStateSpec("seen", BytesCoder())

    def process(self, item: tuple[int, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[tuple[int, bytes]]:
        before = seen.read()
        known = msgspec.msgpack.decode(before, type=SeenNext) if before else SeenNext()
        known.added += 1
        yield from _checked(item, known)
        seen.write(msgspec.msgpack.encode(known))


@cache
def producer(bootstrap: str) -> Producer:
    return Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "log_level": 0})


class Tell(beam.DoFn):
    """Writes to a topic, at least once."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap, self.topic = bootstrap, topic

    def process(self, item: tuple[int, bytes]) -> None:
        producer(self.bootstrap).produce(self.topic, item[1], str(item[0]).encode())

    def finish_bundle(self) -> None:
        if producer(self.bootstrap).flush(30):
            raise RuntimeError("not all records were delivered")


def counting(
    pipeline: beam.Pipeline,
    bootstrap: str,
    topic: str,
    *,
    shards: int,
    count: int,
    per_slice: int,
    check: type[beam.DoFn] = Check,
) -> None:
    """Builds the graph."""
    _ = (
        pipeline
        | "Shards" >> beam.Create([(shard, count) for shard in range(shards)], reshuffle=False)
        | "Count" >> beam.ParDo(Count(per_slice)).with_output_types(tuple[int, int])
        | "Check" >> beam.ParDo(check()).with_output_types(tuple[int, bytes])
        | "Tell" >> beam.ParDo(Tell(bootstrap, topic))
    )

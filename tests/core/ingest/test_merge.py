"""Partitions of the telemetry topic, read in the order in which they were written."""

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.elements import TopicRecord
from yangbeam.core.ingest.merge import MOST, Merge


def record(partition: int, offset: int, second: float, octets: int = 1, raw: str = "") -> TopicRecord:
    headers = (("yangbeam-raw", raw.encode()),) if raw else ()
    return TopicRecord("t", partition, offset, round(second * 1_000_000), b"", b"x" * octets, headers)


def drained(merge: Merge) -> list[TopicRecord]:
    found: list[TopicRecord] = []
    while run := merge.next():
        found += run
    return found


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=60))
def test_everything_comes_once_and_in_the_order_of_its_partition(places: list[tuple[int, int]]) -> None:
    merge = Merge(1 << 20)
    given_records = [record(partition, at, second) for at, (partition, second) in enumerate(places)]
    merge.add(given_records)
    found = drained(merge)
    assert sorted(each.offset for each in found) == list(range(len(places)))
    for partition in range(4):
        offsets = [each.offset for each in found if each.partition == partition]
        assert offsets == sorted(offsets)


@given(st.lists(st.integers(0, 3), max_size=200), st.integers(0, 3), st.integers(1, 60))
def test_what_one_collector_wrote_is_read_in_its_order(spread: list[int], pace: int, most: int) -> None:
    written = [record(to, at, at // (pace + 1) / 1000, raw=f"0/{at}/0") for at, to in enumerate(spread)]
    merge = Merge(most)
    merge.add(sorted(written, key=lambda each: each.partition))
    assert drained(merge) == written


def test_records_of_one_millisecond_go_by_number_not_by_text() -> None:
    merge = Merge(1 << 20)
    merge.add([record(0, 0, 1, raw="0/10/0"), record(1, 0, 1, raw="0/9/1"), record(2, 0, 1, raw="0/9/0")])
    assert [each.partition for each in drained(merge)] == [2, 1, 0]


def test_it_waits_for_a_partition_that_has_more_in_the_topic() -> None:
    merge = Merge(1 << 20)
    merge.add([record(0, 0, 5)])
    assert merge.next(behind=[("t", 1)]) == []
    merge.add([record(1, 0, 3)])
    assert [each.partition for each in merge.next(behind=[("t", 1)])] == [1]
    assert [each.partition for each in merge.next()] == [0]


def test_a_clock_far_in_the_future_holds_only_its_own_partition_back() -> None:
    merge = Merge(1 << 20)
    merge.add([record(0, 0, 2e9), record(0, 1, 1), record(1, 0, 1), record(1, 1, 2)])
    assert [(each.partition, each.offset) for each in drained(merge)] == [(1, 0), (1, 1), (0, 0), (0, 1)]


def test_a_run_has_limits_and_a_large_record_travels_alone() -> None:
    merge = Merge(100)
    merge.add(
        [
            record(0, 0, 1, 90),
            record(0, 1, 1, 90),
            record(0, 2, 1, 500),
            *(record(0, 3 + at, 1) for at in range(MOST * 2)),
        ]
    )
    assert [len(merge.next()) for _ in range(4)] == [1, 1, 1, 100]

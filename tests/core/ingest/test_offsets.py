"""Holes in the offsets of the telemetry topic."""

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.ingest.offsets import Hole, Offsets


def test_offsets_in_a_row_leave_no_hole() -> None:
    offsets = Offsets()
    assert [offsets.follow("t", 0, offset) for offset in (7, 8, 9)] == [None] * 3


def test_a_jump_is_a_hole_of_exactly_what_is_missing() -> None:
    offsets = Offsets()
    offsets.follow("t", 0, 7)
    assert offsets.follow("t", 0, 11) == Hole("t", 0, 8, 10)
    assert offsets.follow("t", 0, 12) is None


def test_partitions_and_topics_are_followed_apart() -> None:
    offsets = Offsets()
    offsets.follow("t", 0, 7)
    assert offsets.follow("t", 1, 0) is None
    assert offsets.follow("u", 0, 20) is None
    assert offsets.follow("t", 0, 8) is None


def test_a_reader_set_back_reads_again_without_a_hole() -> None:
    offsets = Offsets()
    for offset in (7, 8, 9, 3, 4):
        assert offsets.follow("t", 0, offset) is None


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 60))
def test_holes_are_exactly_the_offsets_never_read_between_the_first_and_the_last(read: set[int], cut: int) -> None:
    offsets, missing, journal = Offsets(), set(), []
    for at, offset in enumerate(sorted(read)):
        if at == cut % len(read):
            journal.append(offsets.changes())
            offsets = Offsets.restore(None, journal)
        hole = offsets.follow("t", 0, offset)
        if hole is not None:
            missing |= set(range(hole.first, hole.last + 1))
    assert missing == set(range(min(read), max(read))) - read


def test_the_bytes_of_the_state_are_pinned() -> None:
    offsets = Offsets()
    offsets.follow("telemetry", 3, 41)
    assert offsets.snapshot().hex() == "92019193a974656c656d65747279032a"
    assert Offsets.restore(bytes.fromhex("92019193a974656c656d65747279032a"), []).follow("telemetry", 3, 42) is None

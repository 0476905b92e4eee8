import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.elements import MediaType
from yangbeam.core.segments import SegmentBuffer
from yangbeam.core.udp_notif import LastBit, Segment


def segment(value: int, payload: bytes = b"x", first: int = 0x21) -> Segment:
    return Segment(1, 1, MediaType.JSON, payload, (), value, bytes([first]))


def contradicts(numbers: list[tuple[int, bool]]) -> bool:
    """The rule of the draft by brute force: one last segment, none above it, no number in two forms."""
    lasts = {number for number, last in numbers if last}
    forms = {number for number, _ in numbers}
    return len(lasts) > 1 or len(forms) < len(set(numbers)) or any(max(forms) > number for number in lasts)


@given(
    numbers=st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=7, unique=True),
    last_bit=st.sampled_from([LastBit.STANDARD, LastBit.TOP]),
)
def test_a_contradiction_is_found_at_the_first_segment_that_makes_one(
    numbers: list[tuple[int, bool]], last_bit: LastBit
) -> None:
    buffer = SegmentBuffer(last_bit)
    for count, (number, last) in enumerate(numbers, 1):
        value = number | last << 15 if last_bit is LastBit.TOP else number << 1 | last
        found = buffer.store(segment(value))
        assert bool(found) == contradicts(numbers[:count])
        if found:
            return
        complete = {True for n, is_last in numbers[:count] if is_last and n + 1 == count}
        assert buffer.is_complete() == bool(complete)
    assert [buffer.number(part.value) for part in buffer.in_order()] == sorted(number for number, _ in numbers)


def test_a_repeated_segment_is_one_of_the_same_kind_and_reuse_shows_in_other_octets() -> None:
    buffer = SegmentBuffer(LastBit.STANDARD)
    assert buffer.store(segment(2)) == ""
    assert (buffer.is_repeated(segment(2)), buffer.is_reused(segment(2))) == (True, False)
    assert (buffer.is_repeated(segment(2, b"y")), buffer.is_reused(segment(2, b"y"))) == (True, True)
    assert (buffer.is_repeated(segment(2, first=0x22)), buffer.is_reused(segment(2, first=0x22))) == (False, False)
    assert not buffer.is_repeated(segment(4))
    assert "two kinds" in buffer.store(segment(2, first=0x22))


@pytest.mark.parametrize("values", [[0, 1, 0x8002], [0x8002, 0, 1], [0, 1, 2, 0x8003], [2, 0, 0x8003, 1]])
def test_detection_reads_all_segments_anew_once_the_top_bit_shows(values: list[int]) -> None:
    buffer = SegmentBuffer(LastBit.DETECT)
    for value in values:
        assert not buffer.is_complete()
        assert buffer.store(segment(value)) == ""
    assert buffer.is_complete()
    assert [buffer.number(part.value) for part in buffer.in_order()] == list(range(len(values)))


def test_the_summary_says_how_many_came_of_how_many() -> None:
    buffer = SegmentBuffer(LastBit.STANDARD)
    buffer.store(segment(2))
    assert buffer.summary() == "1 segments came, the last not among them; the highest is number 1"
    buffer.store(segment(9))
    assert buffer.summary() == "2 segments came of 5; the highest is number 4"

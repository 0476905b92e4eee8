import itertools

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.fragments import MAX_OCTETS, TIMEOUT_US, FragmentKey, Fragments

KEY: FragmentKey = (b"\xc0\0\2\1", b"\xc0\0\2\2", 7)
OTHER: FragmentKey = (b"\xc0\0\2\1", b"\xc0\0\2\2", 8)


def fragments() -> Fragments:
    return Fragments({"fragments": 0, "incomplete_fragments": 0})


@given(data=st.binary(min_size=1, max_size=64), cuts=st.sets(st.integers(1, 63)), seed=st.randoms())
def test_fragments_in_any_order_join_to_what_was_cut(data: bytes, cuts: set[int], seed: object) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = [(start, data[start:end], end < len(data)) for start, end in itertools.pairwise(places)]
    seed.shuffle(pieces)  # type: ignore[attr-defined]
    one = fragments()
    joined = [one.add(KEY, offset, body, more=more, now_us=0) for offset, body, more in pieces]
    assert joined == [None] * (len(pieces) - 1) + [data]


def test_packets_of_different_identification_do_not_mix() -> None:
    one = fragments()
    assert one.add(KEY, 0, b"aa", more=True, now_us=0) is None
    assert one.add(OTHER, 0, b"bb", more=True, now_us=0) is None
    assert one.add(KEY, 2, b"cc", more=False, now_us=0) == b"aacc"
    assert one.add(OTHER, 2, b"dd", more=False, now_us=0) == b"bbdd"


def test_a_packet_in_progress_is_dropped_after_its_time_by_any_new_one() -> None:
    counters = {"fragments": 0, "incomplete_fragments": 0}
    one = Fragments(counters)
    one.add(KEY, 0, b"aa", more=True, now_us=0)
    one.add(OTHER, 0, b"bb", more=True, now_us=TIMEOUT_US)
    assert counters == {"fragments": 2, "incomplete_fragments": 1}


def test_an_empty_or_oversized_fragment_costs_its_packet() -> None:
    counters = {"fragments": 0, "incomplete_fragments": 0}
    one = Fragments(counters)
    assert one.add(KEY, 0, b"", more=True, now_us=0) is None
    assert one.add(KEY, MAX_OCTETS, b"x", more=False, now_us=0) is None
    assert counters["incomplete_fragments"] == 2

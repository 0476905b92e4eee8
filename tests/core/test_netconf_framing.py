"""Messages cut out of octets: the same however the octets arrive, and bounded whatever they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.errors import WireError
from yangbeam.core.netconf_framing import Deframer, framed

LIMIT = 10_000
MESSAGES = st.lists(st.binary(min_size=1, max_size=300).filter(lambda octets: b"]" not in octets), max_size=6)


def in_pieces(octets: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(octets[:size])
        octets = octets[size:]
    return [*pieces, octets]


@given(MESSAGES, st.lists(st.integers(1, 40), max_size=40), st.booleans())
def test_messages_come_out_whole_however_the_octets_arrive(
    messages: list[bytes], sizes: list[int], chunked: bool
) -> None:
    deframer = Deframer(LIMIT)
    deframer.chunked = chunked
    octets = b"".join(framed(message, chunked=chunked) for message in messages)
    assert [found for piece in in_pieces(octets, sizes) for found in deframer.feed(piece)] == messages


def test_a_message_may_be_of_many_chunks_cut_within_a_character() -> None:
    deframer = Deframer(LIMIT)
    deframer.chunked = True
    assert deframer.feed(b"\n#4\n<r>\xc3\n#5\n\xa9</r>\n##\n") == ["<r>é</r>".encode()]


@pytest.mark.parametrize("octets", [b"<rpc-reply/>", b"\n#0\n", b"\n#x\n..........", b"\n#99999999999\n", b"\n \n"])
def test_what_is_no_chunk_is_refused(octets: bytes) -> None:
    deframer = Deframer(LIMIT)
    deframer.chunked = True
    with pytest.raises(WireError, match="no chunk") as caught:
        deframer.feed(octets)
    assert caught.value.reason == "netconf-framing"


@pytest.mark.parametrize(
    ("octets", "chunked"), [(b"x" * (LIMIT + 1), False), (b"\n#4294967295\n", True), (b"\n#6000\n" + b"x" * 6000, True)]
)
def test_a_message_beyond_the_limit_is_refused(octets: bytes, chunked: bool) -> None:
    deframer = Deframer(LIMIT)
    deframer.chunked = chunked
    with pytest.raises(WireError, match="more than 10,000") as caught:
        deframer.feed(octets * 2)
    assert caught.value.reason == "netconf-too-long"


def test_a_long_message_costs_time_in_proportion() -> None:
    deframer = Deframer(9_000_000)
    found = []
    for piece in [b"x" * 4096] * 2000:
        found += deframer.feed(piece)
    assert [len(message) for message in deframer.feed(b"]]>]]>")] == [4096 * 2000]
    assert not found


@given(message=st.binary(min_size=1, max_size=60), octets=st.integers(0, 70))
def test_a_message_in_chunks_of_any_size_comes_whole(message: bytes, octets: int) -> None:
    frames = Deframer(100)
    frames.chunked = True
    assert frames.feed(framed(message, chunked=True, octets=octets)) == [message]

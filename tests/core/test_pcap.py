import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import block, enhanced, interface, pcap, section
from yangbeam.core.errors import Fault
from yangbeam.core.pcap import CaptureError, CaptureParser, Frame

FRAMES = [(1_700_000_000_123_456, b"one"), (1_700_000_001_000_001, b""), (1_700_000_001_000_001, b"three" * 9)]
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def frames_of(file: bytes, portion: int = 1 << 20) -> list[Frame]:
    parser = CaptureParser()
    found = [frame for at in range(0, len(file), portion) for frame in parser.feed(file[at : at + portion])]
    assert parser.end() == b""
    assert parser.position == len(file)
    return found


@ORDERS
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_a_classic_file_is_read_in_both_byte_orders_and_both_resolutions(order: str, nanoseconds: bool) -> None:
    file = pcap(FRAMES, order=order, nanoseconds=nanoseconds, link=113, lost=5)
    assert frames_of(file) == [Frame(at, 113, data, len(data) + 5) for at, data in FRAMES]


@ORDERS
def test_a_classic_file_with_longer_heads_of_packets_is_read(order: str) -> None:
    file = struct.pack(order + "IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65_535, 1)
    for at, data in FRAMES:
        seconds, fraction = divmod(at, 1_000_000)
        file += struct.pack(order + "IIIIIHBx", seconds, fraction, len(data), len(data), 3, 0x0800, 0) + data
    assert frames_of(file, 7) == [Frame(at, 1, data, len(data)) for at, data in FRAMES]


def test_what_a_classic_file_says_of_check_sequences_is_no_part_of_the_link() -> None:
    assert frames_of(pcap(FRAMES[:1], link=0x14000001))[0].link == 1


@ORDERS
def test_pcapng_interfaces_have_their_own_link_and_clock(order: str) -> None:
    file = section(order)
    file += interface(order, link=1)
    file += interface(order, link=113, options=struct.pack(order + "HHB3x", 9, 1, 9))
    file += interface(
        order, link=276, options=struct.pack(order + "HH4sHHB3xHHqHH", 2, 3, b"eth", 9, 1, 0x8A, 14, 8, 1000, 0, 0)
    )
    file += block(order, 5, b"statistics")
    file += enhanced(order, 0, 5_000_001, b"us")
    file += enhanced(order, 1, 5_000_001_999, b"ns")
    file += enhanced(order, 2, 3 * 1024 + 512, b"2^-10 s")
    assert frames_of(file) == [
        Frame(5_000_001, 1, b"us", 2),
        Frame(5_000_001, 113, b"ns", 2),
        Frame(1_003_500_000, 276, b"2^-10 s", 7),
    ]


@ORDERS
def test_a_simple_packet_takes_the_time_of_the_packet_before(order: str) -> None:
    file = section(order) + interface(order, snap=4) + enhanced(order, 0, 77, b"abc")
    file += block(order, 3, struct.pack(order + "I", 3) + b"xyz")
    file += block(order, 3, struct.pack(order + "I", 9) + b"cuts")
    assert frames_of(file)[1:] == [Frame(77, 1, b"xyz", 3), Frame(77, 1, b"cuts", 9)]


def test_each_section_has_its_own_byte_order_and_interfaces() -> None:
    file = b"".join(
        section(order) + interface(order, link=link) + enhanced(order, 0, 5, b"x")
        for order, link in (("<", 1), (">", 113), ("<", 101))
    )
    assert [frame.link for frame in frames_of(file)] == [1, 113, 101]


FILES = [
    pcap(FRAMES),
    section(">")
    + interface(">")
    + enhanced(">", 0, 1, b"abc")
    + block(">", 3, b"\0\0\0\2hi")
    + enhanced(">", 0, 3, b""),
]


@given(file=st.sampled_from(FILES), portion=st.integers(1, 60))
def test_the_portions_of_a_file_make_no_difference(file: bytes, portion: int) -> None:
    assert frames_of(file, portion) == frames_of(file)


@pytest.mark.parametrize("file", FILES, ids=["pcap", "pcapng"])
def test_a_file_cut_at_any_octet_gives_all_that_is_whole_before_the_cut(file: bytes) -> None:
    everything = frames_of(file)
    for cut in range(len(file)):
        parser = CaptureParser()
        found = list(parser.feed(file[:cut]))
        assert found == everything[: len(found)]
        assert parser.position + len(parser.end()) == cut
    assert len(found) == len(everything) - 1


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"GIF89a", "not-a-capture"),
        (pcap([]) + struct.pack("<IIII", 0, 0, 1 << 30, 0), "capture_damaged"),
        (section() + struct.pack("<III", 6, 8, 8), "capture_damaged"),
        (section() + struct.pack("<III", 6, 13, 13), "capture_damaged"),
        (section() + enhanced("<", 0, 0, b""), "capture_damaged"),
        (section() + interface() + block("<", 6, b"short"), "capture_damaged"),
        (section() + interface() + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 9, 9) + b"four"), "capture_damaged"),
        (block("<", 0x0A0D0D0A, b"magic?"), "capture_damaged"),
    ],
)
def test_what_is_no_capture_or_is_damaged_is_told_apart_and_named(file: bytes, reason: str) -> None:
    parser = CaptureParser()
    with pytest.raises(CaptureError) as caught:
        list(parser.feed(file))
    assert (caught.value.reason, caught.value.fault) == (reason, Fault.ENVIRONMENT)


@given(
    file=st.sampled_from(FILES),
    changes=st.lists(st.tuples(st.integers(0, 150), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_nothing_but_the_parsers_error_leaves_it_on_changed_files(file: bytes, changes: list[tuple[int, int]]) -> None:
    octets = bytearray(file)
    for place, octet in changes:
        octets[place % len(octets)] = octet
    try:
        frames = list(CaptureParser().feed(bytes(octets)))
    except CaptureError:
        return
    assert all(len(frame.data) <= len(file) for frame in frames)

import json
import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.shared_data import shared
from yangbeam.core.collector import Collector
from yangbeam.core.elements import MediaType, Refused
from yangbeam.core.errors import ConfigurationError, WireError
from yangbeam.core.udp_notif import (
    ACCEPTED,
    COUNTERS,
    MAX_DATAGRAM,
    REFUSED,
    WHOLE,
    LastBit,
    Parser,
    Segment,
    UdpNotifSettings,
    identity,
    segments_of,
)

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "udp"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
IDS = st.integers(0, 2**32 - 1)


def datagrams_of(text: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in text.splitlines()]


def collect(datagrams: list[bytes], settings: UdpNotifSettings | None = None) -> Collector:
    collector = Collector("test", settings=settings)
    for number, datagram in enumerate(datagrams):
        collector.datagram(datagram, "192.0.2.1", 50000, "192.0.2.9", 10003, 1_000_000 + number)
    collector.end(2_000_000)
    return collector


def counted(collector: Collector) -> dict[str, int]:
    return {name: collector.counters[name] for name in COUNTERS if collector.counters[name]}


def test_every_golden_file_has_its_expectation() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in GOLDEN.glob("*.hex"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_golden_datagram_is_delivered_or_refused_and_counted_as_the_draft_says(name: str) -> None:
    datagrams = datagrams_of((GOLDEN / f"{name}.hex").read_text())
    collector = collect(datagrams)
    batch = collector.take(0, 1 << 20)
    assert batch is not None
    messages = [
        {
            "media_type": message.media_type,
            "publisher_id": message.publisher_id,
            "message_id": message.message_id,
            "payload": message.payload.hex(),
        }
        for message in batch.messages
    ]
    assert messages == EXPECTED[name]["messages"]
    assert counted(collector) == EXPECTED[name]["counters"]
    assert collector.counters["datagrams"] == len(datagrams)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_was_refused_keeps_its_original_octets(name: str) -> None:
    datagrams = datagrams_of((GOLDEN / f"{name}.hex").read_text())
    batch = collect(datagrams).take(0, 1 << 20)
    assert batch is not None
    originals = [control.original for control in batch.controls if isinstance(control, Refused)]
    assert b"".join(originals) in {b"", b"".join(datagrams)}


VECTORS: dict[str, tuple[int, dict[str, int]]] = {
    "01-json-started": (1, {}),
    "02-json-pushupdate-3seg-max250": (1, {"segments": 3}),
    "03-json-pushupdate-3seg-reordered-dup": (1, {"segments": 4, "duplicate_segments": 1}),
    "04-cbor-pushupdate": (1, {}),
    "05-xml-pushupdate": (1, {}),
    "06-netgauze-minimal": (1, {}),
    "07-private-S1-opt2-legacy18": (0, {"private_media_type": 1}),
    "08-unknown-option-0x7f": (0, {"unsupported_option": 1}),
    "09-version0": (0, {"unsupported_version": 1}),
    "10-version2": (0, {"unsupported_version": 1}),
    "11-msglen-too-long": (0, {"malformed": 1}),
    "12-msglen-short-trailing-padding": (1, {"trailing_octets": 1}),
    "13-hdrlen-below-12": (0, {"malformed": 1}),
    "14-option-len-0": (0, {"malformed": 1}),
    "15-truncated-11-bytes": (0, {"malformed": 1}),
    "16-mt0-reserved": (0, {"unsupported_media_type": 1}),
    "17-mid-wrap": (2, {}),
    "18-arrcus-L-in-msb": (0, {"segments": 1, "too_many_segments": 1}),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_is_accepted_or_refused_under_its_name(name: str) -> None:
    collector = collect(datagrams_of(shared(f"vectors/udp/{name}.hex").read_text()))
    assert (collector.counters["messages"], counted(collector)) == VECTORS[name]


def test_the_vectors_are_all_known() -> None:
    assert sorted(path.stem for path in shared("vectors/udp").glob("*.hex")) == sorted(VECTORS)


def test_a_vector_in_three_segments_is_the_same_message_in_any_order() -> None:
    payloads = []
    for name in ("02-json-pushupdate-3seg-max250", "03-json-pushupdate-3seg-reordered-dup"):
        batch = collect(datagrams_of(shared(f"vectors/udp/{name}.hex").read_text())).take(0, 1 << 20)
        assert batch is not None
        payloads.append(json.loads(batch.messages[0].payload))
    assert "ietf-yp-notification:envelope" in payloads[0]
    assert payloads[0].keys() == payloads[1].keys()


def test_version_0_is_read_in_the_new_layout_only_if_configured() -> None:
    segment = Parser(UdpNotifSettings(version_0=True)).parse(bytes.fromhex("010c000e00000001000000017b7d"))
    assert (segment.media_type, segment.payload) == (MediaType.JSON, b"{}")


def test_unknown_options_are_delivered_only_if_configured() -> None:
    segment = Parser(UdpNotifSettings(keep_unknown_options=True)).parse(
        bytes.fromhex("21120014000000010000000d7f0461620002" + "7b7d")
    )
    assert (segment.options, segment.payload) == (((0x7F, b"ab"), (0, b"")), b"{}")


def test_a_private_media_type_is_delivered_only_if_it_has_a_decoder() -> None:
    parser = Parser(UdpNotifSettings(private_media_types=frozenset({1})))
    segment = parser.parse(bytes.fromhex("31110016000000010000000702056162" + "6368656c6c6f"))
    assert (segment.media_type, segment.options, segment.payload) == ("private/1", ((2, b"abc"),), b"hello")


def test_a_segmentation_option_that_is_not_first_is_accepted_and_noted() -> None:
    parser = Parser(UdpNotifSettings(private_media_types=frozenset({1})))
    segment = parser.parse(bytes.fromhex("31150017000000010000000902056162" + "63010400017b7d"))
    assert (segment.value, segment.notes, segment.options) == (1, ("option_order",), ((2, b"abc"),))


def test_a_private_media_type_above_15_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="16"):
        UdpNotifSettings(private_media_types=frozenset({16}))


def test_the_ids_of_a_refused_datagram_are_told_only_where_the_layout_is_known() -> None:
    assert identity(bytes.fromhex("200c000e00000001000000027b7d")) == (1, 2)
    assert identity(bytes.fromhex("410c000e00000001000000027b7d")) == (None, None)
    assert identity(b"\x21") == (None, None)


def one_segment(length: int | None = None, first: int = 0x21, header_length: int = 16, payload: bytes = b"{}") -> bytes:
    """A datagram of the third and last segment of a message; ``length``: what it says of itself."""
    length = 16 + len(payload) if length is None else length
    return bytes([first, header_length]) + length.to_bytes(2) + bytes.fromhex("0000000100000002" + "01040005") + payload


def test_a_segment_may_carry_nothing() -> None:
    segment = Parser().parse(one_segment(payload=b""))
    assert segment == Segment(1, 2, MediaType.JSON, b"", (), 5, one_segment(payload=b""))


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (one_segment(first=0x24), "unsupported_media_type"),
        (one_segment(first=0x31), "private_media_type"),
        (one_segment(first=0x41), "unsupported_version"),
        (one_segment(length=19), "malformed"),
        (one_segment(length=15), "malformed"),
        (one_segment(length=12)[:12], "malformed"),
        (one_segment(length=14)[:14], "malformed"),
        (one_segment(header_length=17), "malformed"),
        (one_segment(header_length=15), "malformed"),
        (one_segment(header_length=14), "malformed"),
    ],
)
def test_a_segment_is_refused_for_what_a_whole_message_would_be(datagram: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        Parser().parse(datagram)
    assert caught.value.reason == reason


def test_a_segment_shorter_than_its_datagram_is_read_without_what_trails() -> None:
    segment = Parser().parse(one_segment(length=17))
    assert (segment.payload, segment.value, segment.notes) == (b"{", 5, ("trailing_octets",))


@given(st.binary(max_size=12), st.integers(0, 2**16 - 1))
def test_the_short_way_of_segments_says_what_the_long_way_says(payload: bytes, value: int) -> None:
    datagram = one_segment(payload=payload)[:14] + value.to_bytes(2) + payload
    parser = Parser()
    assert parser.parse(datagram) == parser._parse_unusual(datagram, 0x21, 16, len(datagram), 1, 2)


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("7f02", ((0x7F, b""),)),
        ("7f02" + "0002", ((0x7F, b""), (0, b""))),
        ("7f03" + "61", ((0x7F, b"a"),)),
        ("7f01", None),
        ("7f00", None),
        ("7f", None),
        ("7f03", None),
        ("7f02" + "7f", None),
        ("7f01" + "0004", None),
        ("7f" + "01040005", None),
        ("7f0261" + "03", None),
    ],
)
def test_an_option_takes_at_least_two_octets_and_ends_within_the_header(
    header: str, kept: tuple[tuple[int, bytes], ...] | None
) -> None:
    options_ = bytes.fromhex(header)
    length = 12 + len(options_)
    datagram = bytes([0x21, length]) + (length + 2).to_bytes(2) + bytes.fromhex("0000000100000002") + options_ + b"{}"
    found = parsed(Parser(UdpNotifSettings(keep_unknown_options=True)), datagram)
    if kept is None:
        assert isinstance(found, WireError)
        assert found.reason == "malformed"
    else:
        assert isinstance(found, Segment)
        assert (found.options, found.payload) == (kept, b"{}")


options = st.lists(st.tuples(st.integers(3, 255), st.binary(max_size=20)), max_size=3).map(tuple)


@given(
    payload=st.binary(max_size=400),
    media_type=st.sampled_from([*MediaType, "private/0", "private/15"]),
    publisher_id=IDS,
    message_id=IDS,
    size=st.integers(90, 400),
    options=options,
)
def test_what_is_encoded_parses_to_the_same(
    payload: bytes,
    media_type: str,
    publisher_id: int,
    message_id: int,
    size: int,
    options: tuple[tuple[int, bytes], ...],
) -> None:
    parser = Parser(UdpNotifSettings(keep_unknown_options=True, private_media_types=frozenset({0, 15})))
    datagrams = segments_of(
        payload,
        media_type=media_type,
        publisher_id=publisher_id,
        message_id=message_id,
        max_segment_size=size,
        options=options,
    )
    segments = [parser.parse(datagram) for datagram in datagrams]
    assert all(len(datagram) <= size for datagram in datagrams)
    assert b"".join(segment.payload for segment in segments) == payload
    assert {(s.publisher_id, s.message_id, s.media_type) for s in segments} == {(publisher_id, message_id, media_type)}
    assert segments[0].options == options
    assert all(segment.options == () and segment.notes == () for segment in segments[1:])
    if len(segments) > 1:
        assert [s.value for s in segments] == [n << 1 | (n == len(segments) - 1) for n in range(len(segments))]
        assert [s.header + s.payload for s in segments] == datagrams
    else:
        assert segments[0].value == WHOLE


@pytest.mark.parametrize(
    "wrong",
    [
        {"media_type": "text/plain"},
        {"version": 8},
        {"publisher_id": 2**32},
        {"message_id": -1},
        {"max_segment_size": MAX_DATAGRAM + 1},
        {"max_segment_size": 16},
        {"options": ((256, b""),)},
        {"options": ((3, bytes(254)),)},
        {"options": ((3, bytes(200)), (4, bytes(200)))},
        {"options": ((3, bytes(20)),), "max_segment_size": 30},
        {"max_segment_size": 17, "payload": bytes(32769)},
    ],
    ids=str,
)
def test_what_no_field_can_hold_is_not_encoded(wrong: dict[str, object]) -> None:
    arguments: dict[str, object] = {
        "payload": b"{}" * 9,
        "media_type": MediaType.JSON,
        "publisher_id": 1,
        "message_id": 1,
    }
    with pytest.raises(WireError) as caught:
        segments_of(**{**arguments, **wrong})  # type: ignore[arg-type]
    assert caught.value.reason == "unencodable"


def test_the_last_flag_is_set_on_top_for_publishers_that_do_so() -> None:
    datagrams = segments_of(
        b"abcdef", media_type=MediaType.JSON, publisher_id=1, message_id=1, max_segment_size=17, last_bit=LastBit.TOP
    )
    # 12 octets of fixed header and 4 of option leave one of 17 for payload.
    assert [datagram[14:16].hex() for datagram in datagrams] == ["0000", "0001", "0002", "0003", "0004", "8005"]


valid = bytes.fromhex("31150017000000010000000902056162" + "63010400017b7d")


@example(b"")
@given(st.binary(max_size=80))
def test_nothing_but_the_codecs_error_leaves_it_on_random_octets(datagram: bytes) -> None:
    check_invariant(datagram)


@given(
    cut=st.integers(0, len(valid)),
    changes=st.lists(st.tuples(st.integers(0, len(valid) - 1), st.integers(0, 255)), max_size=4),
    tail=st.binary(max_size=8),
)
def test_nothing_but_the_codecs_error_leaves_it_on_changed_datagrams(
    cut: int, changes: list[tuple[int, int]], tail: bytes
) -> None:
    datagram = bytearray(valid)
    for place, octet in changes:
        datagram[place] = octet
    check_invariant(bytes(datagram[:cut]) + tail)


def check_invariant(datagram: bytes) -> None:
    for settings in (
        UdpNotifSettings(),
        UdpNotifSettings(keep_unknown_options=True, version_0=True, private_media_types=frozenset(range(16))),
    ):
        found = parsed(Parser(settings), datagram)
        if isinstance(found, WireError):
            assert found.reason in REFUSED
            assert set(found.detail) <= set(string.printable)
        else:
            assert set(found.notes) <= set(ACCEPTED)
            assert found.payload in datagram


def parsed(parser: Parser, datagram: bytes) -> Segment | WireError:
    try:
        return parser.parse(datagram)
    except WireError as error:
        return error

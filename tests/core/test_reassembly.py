import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core import copies
from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.reassembly import (
    SEGMENT_OVERHEAD,
    Abandoned,
    Key,
    Outcome,
    Reassembled,
    Reassembly,
    ReassemblyLimits,
)
from yangbeam.core.udp_notif import SEGMENTS, LastBit, Parser, Segment, UdpNotifSettings, segments_of

SECOND = 1_000_000
PAYLOAD = bytes(range(97, 97 + 20))


def key(message_id: int = 1, exporter: str = "192.0.2.1", port: int = 50000) -> Key:
    return (exporter, port, 10003, 1, message_id)


def segments(
    payload: bytes = PAYLOAD, size: int = 20, message_id: int = 1, media_type: str = MediaType.JSON, top: bool = False
) -> list[Segment]:
    """Cuts a payload into segments of ``size`` octets, 16 of them header."""
    datagrams = segments_of(
        payload,
        media_type=media_type,
        publisher_id=1,
        message_id=message_id,
        max_segment_size=size,
        last_bit=LastBit.TOP if top else LastBit.STANDARD,
    )
    return [Parser().parse(datagram) for datagram in datagrams]


def machine(limits: ReassemblyLimits | None = None, last_bit: LastBit = LastBit.STANDARD) -> Reassembly:
    return Reassembly(dict.fromkeys((*SEGMENTS, "last_bit_misplaced"), 0), limits, last_bit)


def feed(reassembly: Reassembly, parts: list[Segment], at: Key | None = None, now_us: int = SECOND) -> list[Outcome]:
    return [outcome for part in parts for outcome in reassembly.add(at or key(), part, now_us)]


def whole(payload: bytes = PAYLOAD) -> Reassembled:
    return Reassembled(MediaType.JSON, payload, ())


def reasons(outcomes: list[Outcome]) -> list[str]:
    return [outcome.reason if isinstance(outcome, Abandoned) else "whole" for outcome in outcomes]


@given(payload=st.binary(min_size=40, max_size=600), size=st.integers(17, 120), seed=st.randoms(use_true_random=False))
def test_segments_in_any_order_and_repeated_equal_the_original(payload: bytes, size: int, seed: random.Random) -> None:
    parts = segments(payload, size if len(payload) + 12 > size else 40)
    if len(parts) > 256:
        parts = segments(payload, 40)
    sent = parts[:-1] * seed.randint(1, 2)
    seed.shuffle(sent)
    sent.append(parts[-1])
    reassembly = machine()
    assert feed(reassembly, sent) == [whole(payload)]
    assert reassembly.counters["duplicate_segments"] == len(sent) - len(parts)
    assert (len(reassembly), reassembly.buffered_bytes) == (0, 0)


@given(missing=st.integers(0, 4), order=st.permutations(range(5)))
def test_a_message_with_a_missing_segment_is_given_up_with_what_came_in_order(missing: int, order: list[int]) -> None:
    parts = segments()
    reassembly = machine()
    assert feed(reassembly, [parts[number] for number in order if number != missing]) == []
    (abandoned,) = reassembly.expire(11 * SECOND)
    assert abandoned.reason == "incomplete"
    assert "4 segments came" in abandoned.detail
    assert abandoned.original == b"".join(p.header + p.payload for n, p in enumerate(parts) if n != missing)
    assert (abandoned.key, abandoned.arrival_us) == (key(), SECOND)
    assert (len(reassembly), reassembly.buffered_bytes) == (0, 0)


def test_a_message_waits_ten_seconds_from_its_first_segment_and_no_longer() -> None:
    parts = segments()
    reassembly = machine()
    feed(reassembly, parts[:2], now_us=SECOND)
    feed(reassembly, parts[2:3], now_us=9 * SECOND)
    assert reassembly.expire(11 * SECOND - 1) == []
    assert reasons(feed(reassembly, parts[3:], now_us=11 * SECOND)) == ["incomplete"]
    assert len(reassembly) == 1


def test_a_message_id_used_again_right_after_completion_is_no_duplicate() -> None:
    reassembly = machine()
    other = PAYLOAD[::-1]
    assert feed(reassembly, [*segments(), *segments(), *segments(other)]) == [whole(), whole(), whole(other)]
    assert reassembly.counters["duplicate_segments"] == 0


def test_copies_of_segments_after_completion_are_duplicates_and_no_message_of_their_own() -> None:
    reassembly = machine()
    every_packet_twice = [part for part in segments() for _ in range(2)]
    assert feed(reassembly, every_packet_twice) == [whole()]
    assert (len(reassembly), reassembly.counters["duplicate_segments"]) == (1, 4)
    assert reassembly.expire(12 * SECOND) == []
    assert (len(reassembly), reassembly.buffered_bytes, reassembly.counters["duplicate_segments"]) == (0, 0, 5)


def test_a_message_that_comes_twice_as_a_whole_is_told_twice_for_the_binding_to_drop() -> None:
    assert feed(machine(), segments() * 2) == [whole(), whole()]


def test_a_message_that_takes_the_id_behind_a_copy_is_whole() -> None:
    reassembly = machine()
    feed(reassembly, [*segments(), segments()[-1]])
    new = segments(PAYLOAD[::-1])
    assert feed(reassembly, new[::-1]) == [whole(PAYLOAD[::-1])]
    assert feed(reassembly, [segments(PAYLOAD[::-1])[1]]) == []
    assert reassembly.flush() == []


def test_what_comes_long_after_completion_or_of_another_kind_is_no_copy() -> None:
    reassembly = machine()
    feed(reassembly, segments())
    feed(reassembly, segments(media_type=MediaType.XML)[:1])
    assert reasons(reassembly.flush()) == ["incomplete"]
    feed(reassembly, segments()[:1], now_us=4 * SECOND)
    assert reasons(reassembly.flush()) == ["incomplete"]


def test_copies_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_SEGMENTS", 12)
    reassembly = machine()
    for number in (1, 2, 3):
        feed(reassembly, segments(message_id=number), key(number))
    for number in (1, 2, 3):
        feed(reassembly, segments(message_id=number)[-1:], key(number))
    assert [outcome.key[4] for outcome in reassembly.flush()] == [1]
    assert reassembly.counters["duplicate_segments"] == 2


def test_a_message_id_used_again_before_completion_costs_the_message_before() -> None:
    parts, others = segments(), segments(PAYLOAD[::-1])
    outcomes = feed(machine(), [*parts[:3], *others])
    assert reasons(outcomes) == ["incomplete", "whole"]
    assert outcomes[1] == whole(PAYLOAD[::-1])


def test_messages_of_different_sockets_and_ids_do_not_mix() -> None:
    reassembly = machine()
    keys = [key(), key(message_id=2), key(port=50001), key(exporter="192.0.2.2")]
    done = [outcome for part in segments() for k in keys for outcome in reassembly.add(k, part, SECOND)]
    assert done == [whole()] * 4


def test_the_options_of_the_first_segment_are_the_messages() -> None:
    datagrams = segments_of(
        PAYLOAD,
        media_type="private/1",
        publisher_id=1,
        message_id=1,
        max_segment_size=30,
        options=((2, b"abc"),),
    )
    parser = Parser(UdpNotifSettings(private_media_types=frozenset({1})))
    outcomes = feed(machine(), [parser.parse(datagram) for datagram in reversed(datagrams)])
    assert outcomes == [Reassembled("private/1", PAYLOAD, ((2, b"abc"),))]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([5, 7], "comes after the last"),
        ([8, 3], "is marked as last"),
        ([2, 3], "both as last and not"),
        ([5, 8], "comes after the last"),
    ],
)
def test_segments_that_contradict_each_other_drop_the_message_once(values: list[int], why: str) -> None:
    part = segments()[0]
    parts = [Segment(1, 1, part.media_type, bytes([value]), (), value, part.header) for value in values]
    reassembly = machine()
    outcomes = feed(reassembly, [*parts, *segments()])
    assert reasons(outcomes) == ["malformed"]
    assert isinstance(outcomes[0], Abandoned)
    assert why in outcomes[0].detail
    assert outcomes[0].original == b"".join(part.header + part.payload for part in parts)
    assert reassembly.counters["discarded_segments"] == 5
    assert reassembly.buffered_bytes == 0
    assert reassembly.expire(20 * SECOND) == []
    assert len(reassembly) == 0


@pytest.mark.parametrize("number", [0, 1])
def test_segments_of_another_media_type_drop_the_message(number: int) -> None:
    outcomes = feed(machine(), [segments()[0], segments(media_type=MediaType.XML)[number]])
    assert reasons(outcomes) == ["malformed"]


def test_too_many_segments_drop_the_message_once() -> None:
    limits = ReassemblyLimits(max_segments=3)
    reassembly = machine(limits)
    assert reasons(feed(reassembly, segments())) == ["too_many_segments"]
    assert reassembly.counters["discarded_segments"] == 1
    assert feed(machine(limits), segments(PAYLOAD[:12])) == [whole(PAYLOAD[:12])]


def test_too_many_octets_drop_the_message_once() -> None:
    reassembly = machine(ReassemblyLimits(max_message_bytes=15))
    assert reasons(feed(reassembly, segments())) == ["message_too_large"]
    assert reassembly.buffered_bytes == 0


def test_a_flood_of_message_ids_keeps_memory_bounded_and_reports_each() -> None:
    limits = ReassemblyLimits(max_exporter_messages=10, max_messages=25)
    reassembly = machine(limits)
    part = segments()[0]
    outcomes: list[Outcome] = []
    for number in range(500):
        outcomes += reassembly.add(key(number, f"192.0.2.{number % 5}"), part, SECOND)
        assert len(reassembly) <= 25
    outcomes += reassembly.flush()
    assert reasons(outcomes) == ["incomplete"] * 500
    assert {o.key[4] for o in outcomes if isinstance(o, Abandoned)} == set(range(500))
    assert reassembly.buffered_bytes == 0


def test_one_exporters_flood_does_not_cost_another_its_message() -> None:
    reassembly = machine(ReassemblyLimits(max_exporter_messages=10))
    parts = segments()
    feed(reassembly, parts[:4], key(exporter="192.0.2.2"))
    for number in range(100):
        reassembly.add(key(number), parts[0], SECOND)
    assert feed(reassembly, parts[4:], key(exporter="192.0.2.2")) == [whole()]


def test_the_octets_of_an_exporter_are_bounded_by_giving_up_its_oldest() -> None:
    cost = 4 + 16 + SEGMENT_OVERHEAD
    reassembly = machine(ReassemblyLimits(max_exporter_bytes=3 * cost))
    part = segments()[0]
    outcomes = [o for number in range(5) for o in reassembly.add(key(number), part, SECOND)]
    assert [o.key[4] for o in outcomes if isinstance(o, Abandoned)] == [0, 1]
    assert reassembly.buffered_bytes == 3 * cost


def test_the_octets_in_total_are_bounded_by_giving_up_the_oldest() -> None:
    cost = 4 + 16 + SEGMENT_OVERHEAD
    reassembly = machine(ReassemblyLimits(max_bytes=3 * cost))
    part = segments()[0]
    outcomes = [o for n in range(5) for o in reassembly.add(key(n, f"192.0.2.{n}"), part, SECOND)]
    assert [o.key[4] for o in outcomes if isinstance(o, Abandoned)] == [0, 1]
    assert reassembly.buffered_bytes == 3 * cost


def test_a_message_given_up_before_is_evicted_silently() -> None:
    reassembly = machine(ReassemblyLimits(max_segments=1, max_exporter_messages=1))
    assert reasons(feed(reassembly, segments()[1:2], key(1))) == ["too_many_segments"]
    assert reasons(feed(reassembly, segments()[:1], key(2))) == []
    assert len(reassembly) == 1


def test_a_clock_that_is_set_back_does_not_keep_messages_forever() -> None:
    reassembly = machine()
    feed(reassembly, segments()[:1], now_us=1000 * SECOND)
    assert reassembly.expire(100 * SECOND) == []
    assert reasons([*reassembly.expire(110 * SECOND)]) == ["incomplete"]


def test_a_clock_that_trembles_does_not_run_faster() -> None:
    reassembly = machine()
    feed(reassembly, segments()[:1], now_us=100 * SECOND)
    for _ in range(100):
        assert reassembly.expire(101 * SECOND) == []
        assert reassembly.expire(100 * SECOND) == []


def test_a_clock_is_followed_back_only_beyond_the_timeout() -> None:
    at_the_timeout, beyond = machine(), machine()
    for reassembly, back in ((at_the_timeout, 90 * SECOND), (beyond, 90 * SECOND - 1)):
        feed(reassembly, segments()[:1], now_us=100 * SECOND)
        assert reassembly.expire(back) == []
    assert at_the_timeout.expire(100 * SECOND) == [], "ten seconds back is a tremble: no time has passed"
    assert reasons([*beyond.expire(100 * SECOND)]) == ["incomplete"], "a clock that was set: ten seconds have passed"


@pytest.mark.parametrize("last_bit", [LastBit.DETECT, LastBit.TOP])
def test_a_last_flag_on_top_is_understood_where_asked_for(last_bit: LastBit) -> None:
    reassembly = machine(last_bit=last_bit)
    assert feed(reassembly, segments(top=True)) == [whole()]
    assert reassembly.counters["last_bit_misplaced"] == (last_bit is LastBit.DETECT)


def test_a_last_flag_on_top_is_detected_in_any_order_that_does_not_look_whole() -> None:
    parts = segments(PAYLOAD, 22, top=True)
    assert [part.value for part in parts] == [0, 1, 2, 0x8003]
    assert feed(machine(last_bit=LastBit.DETECT), parts[::-1]) == [whole()]


@given(order=st.permutations(range(5)))
def test_detecting_the_last_flag_misreads_no_standard_publisher(order: list[int]) -> None:
    parts = segments()
    assert feed(machine(last_bit=LastBit.DETECT), [parts[number] for number in order]) == [whole()]


def test_contradictions_after_the_last_flag_was_found_on_top_drop_the_message() -> None:
    part = segments()[0]
    parts = [Segment(1, 1, part.media_type, b"x", (), value, part.header) for value in (0x8003, 3)]
    assert reasons(feed(machine(last_bit=LastBit.DETECT), parts)) == ["malformed"]


def test_a_last_flag_on_top_is_named_in_the_refusal_when_not_asked_for() -> None:
    (outcome,) = feed(machine(), segments(top=True)[-1:])
    assert isinstance(outcome, Abandoned)
    assert outcome.reason == "too_many_segments"
    assert "last_bit" in outcome.detail


@pytest.mark.parametrize("wrong", [{"max_segments": 0}, {"max_segments": 40000}, {"timeout_us": 20_000_001}])
def test_limits_that_make_no_sense_are_a_configuration_error(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        ReassemblyLimits(**wrong)

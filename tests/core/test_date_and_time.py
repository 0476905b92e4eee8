"""YANG date-and-time to microseconds and back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.date_and_time import FIRST_US, LAST_US, nearest, parse_time, rfc3339

AT_US = 1_795_168_810_120_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T00:00:01.123456999Z", 1_123_456),
        ("1970-01-01T01:00:00.123456789+01:00", 123_456),
        ("1970-01-01T00:00:01.1a2Z", None),
        ("1970-1-01T00:00:01Z", None),
        ("1970-01-01T00:00:0\N{ARABIC-INDIC DIGIT ONE}Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_with_zone_and_cut_to_microseconds(text: str, expected: int | None) -> None:
    assert parse_time(text) == expected


def test_a_written_time_is_read_back() -> None:
    assert parse_time(rfc3339(AT_US).decode()) == AT_US


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001 # the strategy wants them bare
    st.integers(0, 9),
    st.sampled_from("T t"),
)
def test_the_short_way_reads_what_the_standard_library_reads(moment: datetime, digits: int, separator: str) -> None:
    fraction = f"{moment.microsecond:06}000"[:digits]
    text = moment.strftime(f"%Y-%m-%d{separator}%H:%M:%S") + (f".{fraction}" if digits else "") + "Z"
    expected = datetime.fromisoformat(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_time(text) == (expected.days * 86_400 + expected.seconds) * 1_000_000 + expected.microseconds


NEW_YEAR = 1_483_228_800_000_000
"""2017-01-01T00:00:00Z, before which a leap second was."""
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-12-31T23:59:60Z", NEW_YEAR - 1),
        ("2016-12-31T23:59:60.999999Z", NEW_YEAR - 1),
        ("2017-01-01T00:59:60+01:00", NEW_YEAR - 1),
        ("2016-12-31T23:59:75Z", NEW_YEAR - 1),
        ("2016-12-31T24:00:00Z", NEW_YEAR - 1),
        ("2016-12-31T23:60:30.5Z", NEW_YEAR - 1),
        ("2016-12-32T11:12:13Z", NEW_YEAR - 1),
        ("2016-13-05T11:12:13.5Z", NEW_YEAR - 1),
        ("2017-00-00T00:00:00Z", NEW_YEAR),
        ("2017-01-02T01:00:00+25:00", NEW_YEAR),
        ("2016-12-27T19:21:00-99:99", NEW_YEAR),
        ("2017-01-01T00:00:00.0000009Z", NEW_YEAR),
        ("2017-01-01T00:00:00.0000000001Z", NEW_YEAR),
        ("2017-01-01T00:00:00", NEW_YEAR),
        ("2017-02-29T05:06:07Z", NEW_YEAR + (31 + 28) * 24 * HOUR - 1),
        ("0000-12-31T23:59:59Z", FIRST_US),
        ("0001-01-01T00:00:00+14:00", FIRST_US),
        ("9999-12-31T23:59:59-14:00", LAST_US),
        ("9999-12-31T23:59:60Z", LAST_US),
        ("9999-99-99T99:99:99.9Z", LAST_US),
    ],
)
def test_a_time_that_no_datetime_holds_has_a_nearest_instant_that_is_marked(text: str, expected: int) -> None:
    assert nearest(text) == (expected, False)
    assert parse_time(text) == expected


def test_a_time_is_exact_as_far_as_its_digits_say_something() -> None:
    assert nearest("2017-01-01T00:00:00.000001000000Z") == (NEW_YEAR + 1, True)
    assert nearest("2016-12-31T00:00:00-24:00") == (NEW_YEAR, False)


def test_a_leap_second_shares_the_instant_of_no_other_second() -> None:
    seconds = ["2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"]
    times = [parse_time(text) for text in seconds]
    assert times == sorted(set(times), key=lambda us: us or 0)


def test_the_ends_of_what_is_held_are_those_of_a_datetime() -> None:
    assert (rfc3339(FIRST_US), rfc3339(LAST_US)) == (b"0001-01-01T00:00:00.000000Z", b"9999-12-31T23:59:59.999999Z")


@given(
    st.integers(0, 9999),
    st.lists(st.integers(0, 99), min_size=5, max_size=5),
    st.text("0123456789", max_size=12),
    st.sampled_from(["", "Z", "+00:00", "-23:59", "+99:99"]),
)
def test_every_text_of_the_pattern_has_an_instant_and_the_exact_ones_are_those_of_the_standard_library(
    year: int, fields: list[int], fraction: str, offset: str
) -> None:
    month, day, hour, minute, second = fields
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    text += (f".{fraction}" if fraction else "") + offset
    found = nearest(text)
    assert found is not None
    assert FIRST_US <= found.us <= LAST_US
    assert found.us == parse_time(text)
    if found.exact:
        expected = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
        assert found.us == (expected.days * 86_400 + expected.seconds) * 1_000_000 + expected.microseconds


@given(st.lists(st.tuples(*(st.integers(0, high) for high in (31, 25, 61, 62))), min_size=2, max_size=2))
def test_later_texts_never_have_earlier_instants(fields: list[tuple[int, int, int, int]]) -> None:
    one, other = (nearest("2016-02-{:02}T{:02}:{:02}:{:02}Z".format(*each)) for each in sorted(fields))
    assert one is not None
    assert other is not None
    assert one.us <= other.us


def test_an_endless_fraction_is_read_and_not_remembered() -> None:
    assert nearest(f"2017-01-01T00:00:00.{'0' * 100_000}1Z") == (NEW_YEAR, False)

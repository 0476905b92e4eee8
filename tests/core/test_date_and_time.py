"""YANG date-and-time to microseconds and back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.date_and_time import parse_time, rfc3339

AT_US = 1_795_168_810_120_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T00:00:01.123456999Z", 1_123_456),
        ("1970-01-01T01:00:00.123456789+01:00", 123_456),
        ("1970-01-01T00:00:01", None),
        ("1970-01-01T00:00:01.1a2Z", None),
        ("1970-13-01T00:00:01Z", None),
        ("1970-13-01T00:00:01.5Z", None),
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

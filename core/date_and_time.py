"""A YANG date-and-time (RFC 6991, RFC 9911) as microseconds since the epoch, and back.

The patterns of both RFCs take texts that no clock shows. Each still has a nearest instant, so that a row can be dated:

| text | instant |
|---|---|
| more than six fraction digits | cut to microseconds |
| second 60, hour 24, February 30, month 13: a field beyond its range | the last microsecond within that range |
| month or day 00 | the first one |
| an offset of a day and more | as it says: the time minus the offset |
| before the year 1, after the year 9999, in UTC | the first or the last microsecond of that span |
| no offset (RFC 9911) | as UTC |

So a leap second lies after 23:59:59 and before 00:00:00, and shares the instant of neither.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = slice(11, 13)
_SECOND_END: Final = 19
"""Characters of ``YYYY-MM-DDTHH:MM:SS``."""
_LONGEST_KEPT: Final = 64
"""Characters of a text that is worth remembering."""
_US: Final = 1_000_000
_CYCLE: Final = 146_097
"""Days of 400 years, after which the calendar repeats itself."""
_LIKE_YEAR_0: Final = 400
_FIRST: Final = (0, 1, 1, 0, 0, 0, 0)
_LAST: Final = (9999, 12, 31, 23, 59, 59, _US - 1)
"""Of year, month, day, hour, minute, second and microsecond."""
_DAY_US: Final = 86_400 * _US
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))?",
    re.ASCII,
)
_FINER: Final = re.compile(r"\.[0-9]{6}0*[1-9]", re.ASCII)
FIRST_US: Final = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).days * _DAY_US
"""0001-01-01T00:00:00Z: what is earlier counts as this."""
LAST_US: Final = ((datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH).days + 1) * _DAY_US - 1
"""9999-12-31T23:59:59.999999Z: what is later counts as this."""


class Nearest(NamedTuple):
    """The instant of a date-and-time."""

    us: int
    """Microseconds since the epoch, between FIRST_US and LAST_US."""
    exact: bool
    """Whether the text is this instant, by RFC 3339 and with an offset, and nothing finer."""


def nearest(text: str) -> Nearest | None:
    """Returns the instant that is nearest to a date-and-time; None when the text is none.

    Many repeat (discontinuity-time, rows of one message), and reading one costs more than all else in a row.

    >>> nearest("1970-01-01T01:00:01.5+01:00"), nearest("1969-12-31T23:59:60Z")
    (Nearest(us=1500000, exact=True), Nearest(us=-1, exact=False))
    """
    return _remembered(text) if len(text) <= _LONGEST_KEPT else _read(text)


def parse_time(text: str) -> int | None:
    """Returns the nearest instant of a date-and-time in microseconds since the epoch; None when it is none.

    >>> parse_time("1970-01-01T01:00:00.000002003+01:00"), parse_time("yesterday")
    (2, None)
    """
    # Nearly every time is in UTC with a fraction: its second was read before, for another message.
    if text[-1:] == "Z" and text[_SECOND_END : _SECOND_END + 1] == ".":
        fraction = text[_SECOND_END + 1 : -1]
        second = nearest(text[:_SECOND_END] + "Z")
        if second is not None and second.exact and fraction.isascii() and fraction.isdigit():
            return second.us + int(fraction[:6].ljust(6, "0"))
    found = nearest(text)
    return None if found is None else found.us


def _read(text: str) -> Nearest | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _confined(text)
    if moment.tzinfo is None or text[_HOUR] == "24":  # newer Pythons read it
        return _confined(text)
    since = moment - _EPOCH
    return _clamped((since.days * 86_400 + since.seconds) * _US + since.microseconds, exact=not _FINER.search(text))


_remembered = lru_cache(maxsize=8192)(_read)


def _clamped(us: int, *, exact: bool) -> Nearest:
    held = min(max(us, FIRST_US), LAST_US)
    return Nearest(held, exact and held == us)


def _confined(text: str) -> Nearest | None:
    """Reads what no datetime holds: a field beyond its range, and all after it, are as late as they can be."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *fields, fraction, sign, hours, minutes = match.groups()
    written = [*map(int, fields), int((fraction or "")[:6].ljust(6, "0"))]
    year, month, day, hour, minute, second, us = _in_range(written)
    offset = 0 if sign is None else int(f"{sign}1") * (int(hours) * 60 + int(minutes))
    us += (((_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second) * _US
    return _clamped(us, exact=False)


def _in_range(written: list[int]) -> list[int]:
    fields = [max(field, first) for field, first in zip(written, _FIRST, strict=True)]
    year, month = fields[0], min(fields[1], 12)
    last_day = monthrange(year or _LIKE_YEAR_0, month)[1]
    for place, last in enumerate((12, last_day, 23, 59, 59), start=1):
        if fields[place] > last:
            return [*fields[:place], last, *_LAST[place + 1 :]]
    return fields


def _days(year: int, month: int, day: int) -> int:
    """Returns the days since the epoch."""
    like, cycles = (_LIKE_YEAR_0, 1) if year == 0 else (year, 0)
    return date(like, month, day).toordinal() - cycles * _CYCLE - _EPOCH.toordinal()


def rfc3339(time_us: int) -> bytes:
    """Returns a time as a YANG date-and-time in UTC.

    >>> rfc3339(1_000_001)
    b'1970-01-01T00:00:01.000001Z'
    """
    seconds, fraction = divmod(time_us, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), fraction)


@lru_cache(maxsize=1024)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:_SECOND_END].encode()

"""A YANG date-and-time (RFC 6991) as microseconds since the epoch, and back."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_SECOND_END: Final = 19
"""Characters of ``YYYY-MM-DDTHH:MM:SS``."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> int | None:
    """Returns a date-and-time in microseconds since the epoch, nanoseconds cut; None when it is none.

    >>> parse_time("1970-01-01T01:00:00.000002003+01:00"), parse_time("yesterday")
    (2, None)
    """
    # Nearly every time is in UTC with a fraction: its second was read before, for another message.
    if text[-1:] == "Z" and text[_SECOND_END : _SECOND_END + 1] == ".":
        fraction = text[_SECOND_END + 1 : -1]
        if fraction.isascii() and fraction.isdigit():
            second = _whole(text[:_SECOND_END] + "Z")
            return None if second is None else second + int(fraction[:6].ljust(6, "0"))
    return _whole(text)


@lru_cache(maxsize=4096)
def _whole(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def rfc3339(time_us: int) -> bytes:
    """Returns a time as a YANG date-and-time in UTC.

    >>> rfc3339(1_000_001)
    b'1970-01-01T00:00:01.000001Z'
    """
    seconds, fraction = divmod(time_us, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), fraction)


@lru_cache(maxsize=1024)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()

"""Decides how a moment is written; the moment itself is always given."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(at_us: int) -> str:
    """Returns microseconds since the Unix epoch as yang:date-and-time in UTC.

    >>> rfc3339(1_795_000_000_123_456)
    '2026-11-18T11:06:40.123456Z'
    """
    moment = _EPOCH + timedelta(microseconds=at_us)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

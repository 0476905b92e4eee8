"""Loss events as RFC 7951 JSON of the module yangbeam-loss, and back: one document with one entry for each event."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from yangbeam.core.date_and_time import parse_time
from yangbeam.core.elements import LossEvent
from yangbeam.core.errors import NotificationError
from yangbeam.core.lost import DISCONTINUITY

MODULE: Final = "yangbeam-loss"
NUMBERED: Final = frozenset({"transport", "notification", "patch", "resync"})
OFFSETS: Final = "offsets"
"""Holes in a topic: ``exporter`` of such an event is the topic with its partition."""
_ENDS: Final = (("first", "last"), ("last-seen", "next-seen"), ("first-offset", "last-offset"))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UINT32: Final = 0xFFFFFFFF


def loss_json(event: LossEvent) -> bytes:
    """Returns the instance data of one event: valid against yangbeam-loss, one line."""
    return orjson.dumps({f"{MODULE}:losses": {"loss": [entry_of(event)]}})


def entry_of(event: LossEvent) -> dict[str, Any]:
    """Returns the list entry of an event; what is not known is absent."""
    broken = event.counter in NUMBERED and event.cause == DISCONTINUITY
    numbered = event.counter in NUMBERED and event.cause not in ("untrackable", DISCONTINUITY)
    in_topic = event.counter == OFFSETS
    entry: dict[str, Any] = {
        "identity": _plain(event.identity),
        "exporter": None if in_topic else event.exporter.partition("%")[0],
        "topic": event.exporter if in_topic else None,
        "first-offset": str(event.first) if in_topic else None,
        "last-offset": str(event.last) if in_topic else None,
        "node": _plain(event.node) or None,
        "publisher-id": _uint32(event.publisher_id),
        "subscription-id": [number for number in event.subscription_ids if _uint32(number) is not None] or None,
        "counter": event.counter,
        "scope": event.scope or None,
        "state": event.state,
        "first": event.first if numbered else None,
        "last": event.last if numbered else None,
        "last-seen": event.first if broken else None,
        "next-seen": event.last if broken else None,
        "count": str(event.count),
        "first-time": _time(event.first_us),
        "last-time": _time(event.last_us),
        "cause": event.cause or None,
        "detail": _plain(event.detail) or None,
    }
    return {name: value for name, value in entry.items() if value is not None}


def read_losses(text: bytes) -> list[LossEvent]:
    """Returns the events in instance data of yangbeam-loss; what is absent is as ``entry_of`` leaves it out.

    Raises:
        NotificationError: ``not-a-loss-event``: it is none.
    """
    try:
        entries = orjson.loads(text)[f"{MODULE}:losses"]["loss"]
        return [_event_of(entry) for entry in entries]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        detail = f"no instance data of {MODULE}: {type(error).__name__} {error}"[:200]
        raise NotificationError("not-a-loss-event", detail) from error


def _event_of(entry: dict[str, Any]) -> LossEvent:
    in_topic = entry["counter"] == OFFSETS
    first, last = next((pair for pair in _ENDS if pair[0] in entry), _ENDS[0])
    return LossEvent(
        exporter=entry["topic"] if in_topic else entry["exporter"],
        node=entry.get("node", ""),
        publisher_id=entry.get("publisher-id"),
        subscription_ids=tuple(entry.get("subscription-id", ())),
        counter=entry["counter"],
        scope=entry.get("scope", ""),
        first=int(entry.get(first, 0)),
        last=int(entry.get(last, 0)),
        count=int(entry["count"]),
        first_us=parse_time(entry["first-time"]) or 0,
        last_us=parse_time(entry["last-time"]) or 0,
        state=entry["state"],
        cause=entry.get("cause", ""),
        identity=entry["identity"],
        detail=entry.get("detail", ""),
    )


def _uint32(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= _UINT32 else None


def _time(time_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(text: str) -> str:
    """Returns text without what a YANG string may not hold (RFC 7950 section 9.4)."""
    return "".join(character for character in text if character in "\t\n\r" or _allowed(ord(character)))


def _allowed(code: int) -> bool:
    return code >= ord(" ") and not (0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE)

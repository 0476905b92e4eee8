"""An outside system as this process sees it: reached or away, since when, and the one line that says so."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """What is outside."""

    KAFKA = "kafka"
    REGISTRY = "registry"
    DATABASE = "database"
    DISK = "disk"


class State(StrEnum):
    """What is known of it."""

    UNKNOWN = "unknown"
    """Nothing was asked of it yet."""
    REACHED = "reached"
    AWAY = "away"


class Seen(StrEnum):
    """What an adapter saw of it."""

    ANSWERED = "answered"
    FAILED = "failed"


NEXT: Final = {
    (State.UNKNOWN, Seen.ANSWERED): State.REACHED,
    (State.UNKNOWN, Seen.FAILED): State.AWAY,
    (State.REACHED, Seen.ANSWERED): State.REACHED,
    (State.REACHED, Seen.FAILED): State.AWAY,
    (State.AWAY, Seen.ANSWERED): State.REACHED,
    (State.AWAY, Seen.FAILED): State.AWAY,
}
"""The state that follows from what was seen."""

AWAY_IN_WORDS: Final = {
    Kind.KAFKA: "unreachable",
    Kind.REGISTRY: "unreachable",
    Kind.DATABASE: "takes no writes",
    Kind.DISK: "takes no writes",
}
MAX_WHY: Final = 200
"""Characters kept of a reason."""


class Outside(msgspec.Struct, frozen=True):
    """One outside system.

    Attributes:
        kind: What it is.
        address: Where: ``HOST:PORT``, a URL or a path, without secrets.
        state: What is known of it.
        since_s: When that state began, seconds since the epoch; 0 while nothing is known.
        why: What was said when it was last seen failing; empty while it is reached.
        outages: How often it went away.
    """

    kind: Kind
    address: str
    state: State = State.UNKNOWN
    since_s: float = 0.0
    why: str = ""
    outages: int = 0

    @property
    def is_away(self) -> bool:
        """Whether it was last seen failing."""
        return self.state is State.AWAY


def after(outside: Outside, seen: Seen, now_s: float, why: str = "") -> Outside:
    """Returns what is known of an outside system after something was seen of it.

    Args:
        outside: What was known.
        seen: What was seen.
        now_s: When, seconds since the epoch.
        why: The reason of a failure; an empty one leaves what was said before.
    """
    state = NEXT[outside.state, seen]
    began = state is not outside.state
    return Outside(
        outside.kind,
        outside.address,
        state,
        now_s if began else outside.since_s,
        (why[:MAX_WHY] or outside.why) if state is State.AWAY else "",
        outside.outages + (began and state is State.AWAY),
    )


def in_words(outside: Outside, waiting: int, unit: str = "messages") -> str:
    """Returns the line that views, report, log and errors share.

    Args:
        outside: One that is away.
        waiting: How many wait for it.
        unit: Of what.

    >>> in_words(Outside(Kind.KAFKA, "192.0.2.1:9092", State.AWAY, 0.0), 1234)
    'kafka 192.0.2.1:9092 unreachable since 1970-01-01T00:00:00Z, 1,234 messages waiting'
    """
    since = datetime.fromtimestamp(outside.since_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = f"{outside.kind} {outside.address} {AWAY_IN_WORDS[outside.kind]} since {since}, {waiting:,} {unit} waiting"
    return f"{line} ({outside.why})" if outside.why else line

"""The life of a subscription, as a table (RFC 8639 sections 2.7 and 2.8; the field's departures in its comments)."""

from enum import StrEnum


class State(StrEnum):
    """What the collector knows of a subscription."""

    UNKNOWN = "unknown"
    """Data came, but no subscription-started: missed, or never sent."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    TERMINATED = "terminated"


_ENDED = (State.COMPLETED, State.TERMINATED)

TRANSITIONS: dict[str, dict[State, State]] = {
    # A started message after any state is a new life of the same id.
    "subscription-started": dict.fromkeys(State, State.ACTIVE),
    # Modified leaves a suspended one suspended (RFC 8639 section 2.7.2); where the start was missed, it tells all.
    "subscription-modified": dict.fromkeys(State, State.ACTIVE) | {State.SUSPENDED: State.SUSPENDED},
    "subscription-suspended": dict.fromkeys(State, State.SUSPENDED),
    "subscription-resumed": dict.fromkeys(State, State.ACTIVE),
    "subscription-completed": dict.fromkeys(State, State.COMPLETED),
    "subscription-terminated": dict.fromkeys(State, State.TERMINATED),
    "replay-completed": {},
    # Data do not change the state: a late push-update after the end is still that subscription's, and a suspended one
    # that goes on sending shows it in its counters, not here.
    "push-update": {},
    "push-change-update": {},
}


def after(state: State, kind: str) -> State:
    """Returns the state after a notification of ``kind``; event-stream notifications leave it as it is.

    >>> after(State.UNKNOWN, "subscription-started"), after(State.ACTIVE, "push-update")
    (<State.ACTIVE: 'active'>, <State.ACTIVE: 'active'>)
    """
    return TRANSITIONS.get(kind, {}).get(state, state)


def ended(state: State) -> bool:
    """Says whether no more data are expected."""
    return state in _ENDED

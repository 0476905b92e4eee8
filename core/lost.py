"""What is told of losses: numbers that were skipped, and how an exporter counts."""

from typing import Final

from yangbeam.core.record import Record

DISCONTINUITY: Final = "discontinuity"
"""Cause of an event that counts nothing: a counter went on elsewhere, and nothing confirms that it was a loss."""


class LossEvent(Record, frozen=True):
    """Numbers that were skipped: where, which, since when, and how sure that is."""

    exporter: str
    node: str
    publisher_id: int | None
    subscription_ids: tuple[int, ...]
    counter: str
    """What it was found by, as the YANG module yangbeam-loss names it: ``transport``, ``notification``, …"""
    scope: str
    """node, publisher, subscription, socket or a combination joined by ``+``."""
    first: int
    """First missing number; ``first..last`` modulo 2**32. Of a discontinuity the last number seen before it, and
    ``last`` the next one seen."""
    last: int
    count: int
    first_us: int
    last_us: int
    """Arrivals of the messages before and after the gap."""
    state: str
    """open, confirmed or withdrawn."""
    cause: str = ""
    """As that module names it: incomplete, kernel-drop, silent, terminated, restart, discontinuity, …; empty: not
    known."""
    identity: str = ""
    """Stable key: a later event with it replaces the earlier one."""
    detail: str = ""
    """More of the cause, in words or as the publisher said it."""

    def lost(self) -> bool:
        """Says whether messages are missing for sure; a discontinuity is confirmed, but counts none."""
        return self.state == "confirmed" and self.cause != DISCONTINUITY

    def broken(self) -> bool:
        """Says whether it is a confirmed discontinuity."""
        return self.state == "confirmed" and self.cause == DISCONTINUITY


class LearnedScope(Record, frozen=True):
    """How one counter of one exporter counts, as far as that is known; a later one replaces it."""

    exporter: str
    counter: str
    """``transport`` or ``notification``."""
    state: str
    """settled, learning, untrackable or set (by the operator)."""
    scope: str
    """The scope in use; several joined by `` = `` where they mean the same so far."""
    counters: int
    """How many separate counters that makes."""
    since_us: int
    """Arrival of the message that decided it."""
    why: list[str]
    """What was learned, newest last."""

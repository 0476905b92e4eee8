"""Under which terms of its subscription a notification was made: by the publisher's numbers, not by arrival.

A subscription-started or -modified begins an epoch. A notification belongs to the newest epoch that began before it in
the publisher's own count. Two numbers compare where they come from one counter for certain: the same source port and
the same publisher id of the transport header (every scope that a publisher is known to count by, node, publisher,
socket or subscription, holds both then). Sequence numbers are compared where both messages have one, else message ids.
Where numbers cannot tell, because the port or the publisher differs (line cards send what the main card announced), or
lie further apart than reordering explains, arrival decides; but a message on the socket of an older epoch, when the
newer began on another, is the older's (a socket per subscription: Cisco, 6WIND).
"""

from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from yangbeam.core.elements import Notification, Terms

REORDER_US: Final = 20_000_000
"""How late a message can be: twice the reassembly timeout."""
REORDER_NUMBERS: Final = 65_536
"""How far apart numbers are compared: 20 s of 3,000 messages/s; beyond it a counter was reset."""
MAX_OLDER: Final = 8
"""Former epochs kept of a subscription."""

MODULUS: Final = 1 << 32
HALF: Final = 1 << 31


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """Where in its publisher's count a notification stands."""

    port: int
    publisher_id: int
    """Of the transport header."""
    sequence_number: int | None
    message_id: int
    arrival_us: int


class Epoch(msgspec.Struct, array_like=True):
    """Former terms of a subscription, and the schema they were bound to."""

    number: int
    terms: Terms | None = None
    begin: Mark | None = None
    schema_id: int | None = None
    bound_modules: tuple[str, ...] = ()
    how: str = ""
    restarted: bool = False


class Binding(Protocol):
    """Terms with their schema: the current ones in an Entry, former ones in an Epoch."""

    terms: Terms | None
    schema_id: int | None
    bound_modules: tuple[str, ...]
    """Modules of the contents that schema_id was resolved for."""
    how: str
    begin: Mark | None
    number: int
    restarted: bool
    """It began with a new count: numbers before it say nothing, only arrival does."""


class Epochs(Binding, Protocol):
    """A subscription's current terms, with the former ones, newest first."""

    older: tuple[Epoch, ...]


def mark_of(notification: Notification) -> Mark:
    """Returns where a notification stands."""
    message = notification.message
    return Mark(
        message.port, message.publisher_id, notification.sequence_number, message.message_id, message.arrival_us
    )


def same_counter(mark: Mark, notification: Notification) -> bool:
    """Says whether a mark and a notification are of one counter for certain."""
    return mark.port == notification.message.port and mark.publisher_id == notification.message.publisher_id


def steps(before: int, after: int) -> int:
    """Returns how far ``after`` lies from ``before`` on a 32-bit counter that wraps.

    >>> steps(4294967295, 0), steps(0, 4294967295), steps(7, 7)
    (1, -1, 0)
    """
    return (after - before + HALF) % MODULUS - HALF


def _far(mark: Mark, notification: Notification) -> int:
    """Returns the steps between two messages of one counter; equal sequence numbers are of one that does not count."""
    far = 0
    if mark.sequence_number is not None and notification.sequence_number is not None:
        far = steps(mark.sequence_number, notification.sequence_number)
    return far or steps(mark.message_id, notification.message.message_id)


def distance(mark: Mark, notification: Notification) -> int:
    """Returns how far after a mark a notification was numbered; negative: before it; 0: numbers cannot tell."""
    if not same_counter(mark, notification):
        return 0
    far = _far(mark, notification)
    return far if -REORDER_NUMBERS <= far <= REORDER_NUMBERS else 0


def is_late(mark: Mark | None, notification: Notification) -> bool:
    """Says whether a notification was numbered before a mark, and came so soon after it that reordering explains it."""
    return (
        mark is not None
        and notification.message.arrival_us - mark.arrival_us <= REORDER_US
        and distance(mark, notification) < 0
    )


def epoch_of(subscription: Epochs, notification: Notification, current: int) -> Binding:
    """Returns the terms that a notification was made under.

    Args:
        subscription: The subscription.
        notification: Of that subscription.
        current: Number of the epoch that was the newest when it arrived.
    """
    if not subscription.older:
        return subscription
    found: Binding = subscription
    for found, former in _walk(subscription):
        if found.begin is None or found.restarted:
            if found.number <= current:
                return found
        elif not is_late(found.begin, notification):
            numbered_after = distance(found.begin, notification) > 0
            if numbered_after or (found.number <= current and not _on_socket_of(former, found.begin, notification)):
                return found
    return found


def _walk(subscription: Epochs) -> Iterator[tuple[Binding, tuple[Epoch, ...]]]:
    """Yields each epoch, newest first, with those before it."""
    yield subscription, subscription.older
    for at, epoch in enumerate(subscription.older):
        yield epoch, subscription.older[at + 1 :]


def _on_socket_of(former: tuple[Epoch, ...], begin: Mark, notification: Notification) -> bool:
    if same_counter(begin, notification) or notification.message.arrival_us - begin.arrival_us > REORDER_US:
        return False
    return any(epoch.begin is not None and same_counter(epoch.begin, notification) for epoch in former)


def is_restart(begin: Mark, notification: Notification) -> bool:
    """Says whether a started message shows that the publisher's count began anew.

    It does where it is not numbered after the beginning of the epoch before it, in the same counter: a publisher
    announces a subscription again only when its former life is over.
    """
    return same_counter(begin, notification) and _far(begin, notification) <= 0

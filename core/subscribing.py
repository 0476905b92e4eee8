"""What an arriving notification does to its subscription: state, terms, and where its numbers stand.

This happens on arrival, also when the message itself must wait for its schema; under which terms it is read is decided
later, by the numbers (``core.epochs``).
"""

from sys import intern
from typing import Final

import msgspec

from yangbeam.core.elements import Notification
from yangbeam.core.epochs import MAX_OLDER, Epoch, is_late, is_restart, mark_of
from yangbeam.core.numbering import Line, Verdict, observe
from yangbeam.core.subscription import State, after
from yangbeam.core.subscription_state import Entry, Key, Subscriptions

START_KINDS: Final = frozenset({"subscription-started", "subscription-modified"})
DATA_KINDS: Final = frozenset({"push-update", "push-change-update"})


def enter(state: Subscriptions, notification: Notification) -> tuple[Key | None, int, Verdict]:
    """Takes a notification into account.

    Returns:
        Its subscription (None where it names none), the number of that subscription's newest epoch, and what its own
        number says.
    """
    number = notification.subscription_id
    if number is None:
        return None, 0, Verdict.ORDINARY
    key = (notification.message.exporter, number)
    verdict = _numbered(state, notification, number)
    entry = state.entries.get(key)
    if verdict is Verdict.RESTART and entry is not None and notification.kind in DATA_KINDS:
        entry = _forgotten(entry)
        state.put(key, entry)
    if entry is None or _changes(entry, notification):
        entry = _next_entry(state, entry, notification)
        state.put(key, entry)
        if notification.kind not in DATA_KINDS:
            for other in state.announced(key):
                state.put(other, _after_notice(state.entries[other], notification))
    entry.last_us = notification.message.arrival_us
    return key, entry.number, verdict


def _numbered(state: Subscriptions, notification: Notification, subscription_id: int) -> Verdict:
    message, sequence = notification.message, notification.sequence_number
    key = (message.exporter, subscription_id, message.port, message.publisher_id, sequence is not None)
    number = message.message_id if sequence is None else sequence
    line = state.lines.get(key)
    if line is None:
        state.keep_line(key, Line(number, message.arrival_us))
        return Verdict.ORDINARY
    state.touched_lines.add(key)
    return observe(line, number, message.arrival_us)


def _forgotten(entry: Entry) -> Entry:
    """A publisher that restarted: what its subscriptions were before says nothing of what they are."""
    older = (_former(entry), *entry.older)[:MAX_OLDER]  # for what still waits
    number = entry.number + 1
    return Entry(entry.node, entry.publisher_id, State.UNKNOWN, entry.port, older=older, number=number, restarted=True)


def _former(entry: Entry) -> Epoch:
    return Epoch(
        entry.number,
        entry.terms,
        entry.begin,
        entry.schema_id,
        entry.bound_modules,
        entry.how,
        entry.restarted,
    )


def _changes(entry: Entry, notification: Notification) -> bool:
    return (
        notification.kind not in DATA_KINDS
        or not entry.pushed
        or entry.bound_modules != notification.modules
        or (notification.node is not None and notification.node != entry.node)
    )


def _next_entry(state: Subscriptions, before: Entry | None, notification: Notification) -> Entry:
    is_data = notification.kind in DATA_KINDS
    if before is None:
        before = _first_entry(state, notification, is_data=is_data)
    node = intern(notification.node or before.node or notification.message.exporter)
    entry = msgspec.structs.replace(before, node=node, pushed=before.pushed or is_data)
    return entry if is_data else _after_notice(entry, notification)


def _first_entry(state: Subscriptions, notification: Notification, *, is_data: bool) -> Entry:
    message = notification.message
    joined = state.on_socket(message.exporter, message.port) if is_data else None
    if joined is None:
        return Entry("", notification.publisher_id, State.UNKNOWN, message.port)
    announced_as, started = joined
    return Entry(
        "",
        notification.publisher_id,
        started.state,
        message.port,
        terms=started.terms,
        begin=started.begin,
        changed=started.changed,
        announced_as=announced_as,
    )


def _after_notice(before: Entry, notification: Notification) -> Entry:
    """Returns the entry after a state notification; one that comes late, by its number, does not undo a later one."""
    entry = msgspec.structs.replace(before)
    restarted = notification.kind == "subscription-started" and _is_new_life(before, notification)
    if restarted or not is_late(before.changed, notification):
        entry.state = after(State(before.state), notification.kind)
        if entry.state != before.state or notification.kind != "subscription-modified":
            # A modification leaves a state as it is: what was suspended before it, and comes late, still is.
            entry.changed = mark_of(notification)
    if notification.kind in START_KINDS:
        _begin_epoch(entry, notification, restarted=restarted)
    return entry


def _is_new_life(entry: Entry, notification: Notification) -> bool:
    """Says whether a started message shows that numbers began anew, rather than being late itself."""
    if entry.begin is None or not is_restart(entry.begin, notification):
        return False
    return entry.started or not is_late(entry.begin, notification)


def _begin_epoch(entry: Entry, notification: Notification, *, restarted: bool) -> None:
    """Gives the entry new terms, or puts terms that come late where they belong among the former ones."""
    is_start = notification.kind == "subscription-started"
    entry.started = is_start or (entry.started and not restarted)
    if not restarted and is_late(entry.begin, notification):
        at = next((at for at, one in enumerate(entry.older) if not is_late(one.begin, notification)), len(entry.older))
        # By arrival alone it was never the newest: what numbers cannot place stays with the epoch it came in.
        number = entry.older[at - 1].number if at else entry.number
        late = Epoch(number, notification.terms, mark_of(notification))
        entry.older = (*entry.older[:at], late, *entry.older[at:])[:MAX_OLDER]
        return
    entry.older = (_former(entry), *entry.older)[:MAX_OLDER]
    entry.number += 1
    entry.restarted = restarted
    entry.terms = notification.terms
    entry.begin = mark_of(notification)
    entry.port = notification.message.port
    entry.schema_id, entry.bound_modules, entry.how = None, (), ""
    entry.pushed = entry.pushed and not is_start

"""Whether a notification in JSON is what its schema says: its own members, its envelope, and its contents or edits.

Contents apart from the rest, since anydata is opaque to libyang: they are judged by the schema's data nodes, each edit
of a yang-patch at its target.
"""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.elements import Notification
from yangbeam.core.notification.kinds import KINDS
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.slices import contents_of, edits_of, envelope_of, members_of
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.schema import Schema


def check(notification: Notification, schema: Schema, choice: Choice, *, hastily: bool = False) -> tuple[str, ...]:
    """Judges the notification and its envelope around the contents, then these; hastily: without asking libyang.

    In the profile ``structural`` a misfit of what drafts add by augmentation is excused: their leaves change names from
    revision to revision, and the set at hand may not be the publisher's. What RFC 8639 and 8641 define never is.

    Returns:
        What was excused.

    Raises:
        InvalidInstanceError: The schema refuses it.
        NotificationError: The payload is not the one that its path belongs to.
    """
    contents, quirks = check_around(notification, schema, choice)
    if contents is not None:
        schema.engine.judge_contents(contents, choice, hastily=hastily)
    elif notification.kind == "push-change-update":
        schema.engine.judge_edits(edits_of(notification), choice, hastily=hastily)
    return quirks


def check_around(notification: Notification, schema: Schema, choice: Choice) -> tuple[bytes | None, tuple[str, ...]]:
    """Judges the notification and its envelope alone; returns the contents of a push-update, and what was excused.

    Raises:
        InvalidInstanceError: The schema refuses it.
        NotificationError: The payload is not the one that its path belongs to.
    """
    lenient = choice.profile == "structural"
    times = notification.observed_at or "", notification.point_in_time or "", notification.event_time or ""
    if notification.exact and schema.fits_exactly(*times):
        contents = contents_of(notification)
        if contents is not None:
            return contents, ()
    members = members_of(notification)
    contents = _taken_out(members) if notification.kind == "push-update" else None
    quirks = schema.validate_members(_qualified(notification), members, lenient=lenient)
    if notification.path[0] == ENVELOPE and schema.has_structure(ENVELOPE):
        quirks += schema.validate_members(ENVELOPE, envelope_of(notification), lenient=lenient)
    if notification.exact and not quirks:
        schema.remember_exact(*times)
    return contents, quirks


def levels(notification: Notification, schema: Schema) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yields the notification and its envelope: name and members, without contents."""
    members = members_of(notification)
    if notification.kind == "push-update":
        _taken_out(members)
    yield _qualified(notification), members
    if notification.path[0] == ENVELOPE and schema.has_structure(ENVELOPE):
        yield ENVELOPE, envelope_of(notification)


def _taken_out(members: dict[str, bytes]) -> bytes | None:
    """Takes the contents out of a push-update's members; what is null stays, for the notification to be refused."""
    for name in _CONTENTS:
        if members.get(name, _NULL) != _NULL:
            return members.pop(name)
    return None


def _qualified(notification: Notification) -> str:
    """Returns ``module:name``: kinds of RFC 8639 and 8641 go by their own module, however they were spelt."""
    return _MODULES.get(notification.kind, notification.kind)


_NULL: Final = b"null"
_CONTENTS: Final = HISTORY[Fact.CONTENTS]
_MODULES: Final = {kind.name: f"{kind.module}:{kind.name}" for kind in KINDS}

"""How much a notification may say of itself: its facts are kept beyond the message, unlike its contents."""

from typing import Final

from yangbeam.core.elements import Notification
from yangbeam.core.notification.refusal import refuse
from yangbeam.core.notification.size import SMALL
from yangbeam.core.remembering import octets_of

MAX_NODE: Final = 255
"""Characters of a node's name: RFC 1035 has 253 for a domain name, RFC 3418 255 for sysName."""
MAX_KIND: Final = 512
"""Characters of a notification's name, with its module's."""
MAX_TEXT: Final = 1_024
"""Characters of a YANG library's content-id, of a patch-id, and of the reason of an end."""
MAX_MODULES: Final = 4_096
"""Modules that contents or terms name: as many as a YANG library may have."""
MAX_FACTS: Final = 256 << 10
"""Octets of all facts of one notification. A filter takes some kilobytes, 1,000 modules with revisions some 50."""


def bounded(found: Notification) -> Notification:
    """Returns a notification whose facts may be kept.

    Raises:
        NotificationError: facts-too-long.
    """
    node, modules, terms = found.node, found.modules, found.terms
    if node is not None and len(node) > MAX_NODE:
        _refuse(f"a node's name of {len(node):,} characters; at most {MAX_NODE}")
    if len(found.kind) > MAX_KIND:
        _refuse(f"a name of {len(found.kind):,} characters; at most {MAX_KIND}")
    if len(modules) > MAX_MODULES:
        _refuse(f"{len(modules):,} modules; at most {MAX_MODULES:,}")
    if terms is not None:
        if len(terms.modules) > MAX_MODULES:
            _refuse(f"{len(terms.modules):,} modules; at most {MAX_MODULES:,}")
        _bound_text("content-id", terms.content_id)
    _bound_text("patch-id", found.patch_id)
    _bound_text("reason", found.reason)
    if len(found.message.payload) > SMALL:
        octets = octets_of(node, modules, terms, found.kind, found.path, found.reason, found.patch_id)
        octets += octets_of(found.event_time, found.observed_at, found.point_in_time)
        if octets > MAX_FACTS:
            _refuse(f"{octets:,} octets of names, filters and modules; at most {MAX_FACTS:,}")
    return found


def _bound_text(name: str, text: str | None) -> None:
    if text is not None and len(text) > MAX_TEXT:
        _refuse(f"a {name} of {len(text):,} characters; at most {MAX_TEXT:,}")


def _refuse(found: str) -> None:
    refuse("facts-too-long", f"what the notification says of itself is too long to be kept: it has {found}")

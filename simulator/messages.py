"""Decides what the notifications of RFC 8639 and RFC 8641 say; each function returns one as a typed tree.

The members of later drafts are as in draft-ietf-netconf-distributed-notif-19, draft-ietf-netconf-notif-envelope-04
and draft-ietf-netconf-yang-notifications-versioning-13.
"""

from dataclasses import dataclass

from yangbeam.core.elements import MediaType
from yangbeam.simulator.clock import rfc3339
from yangbeam.simulator.values import Enumerated, Identity, Tree

SN = "ietf-subscribed-notifications"
YP = "ietf-yang-push"

ENCODINGS = {
    MediaType.JSON: Identity(f"{SN}:encode-json"),
    MediaType.XML: Identity(f"{SN}:encode-xml"),
    MediaType.CBOR: Identity("ietf-udp-notif-transport:encode-cbor"),
}
CURRENT_ACCOUNTING = Enumerated("current-accounting", 0)
STATE_CHANGED = Enumerated("state-changed", 2)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription as its router announces it.

    Attributes:
        number: As the router counts them, from 1; the id of the updates.
        xpath: Filter on the operational datastore.
        modules: (name, revision) of what the filter selects.
        on_change: False: periodic.
        period_cs: Centiseconds between periodic updates.
        content_id: Of the router's YANG library.
    """

    number: int
    xpath: str
    modules: tuple[tuple[str, str], ...]
    on_change: bool
    period_cs: int
    content_id: str


def announcement(
    subscription: Subscription,
    identifier: int,
    *,
    modified: bool,
    media_type: MediaType,
    publisher_leaf: str,
    publishers: tuple[int, ...],
    https: bool = False,
) -> Tree:
    """Returns subscription-started, or -modified, which has the same members (RFC 8639 section 2.7.1, 2.7.2)."""
    terms: Tree = {
        "id": identifier,
        f"{YP}:datastore": Identity("ietf-datastores:operational"),
        f"{YP}:datastore-xpath-filter": subscription.xpath,
        # The identity of HTTPS stands in a module with imports that nodes seldom have: the leaf is left out.
        **({} if https else {"transport": Identity("ietf-udp-notif-transport:udp-notif")}),
        "encoding": ENCODINGS[media_type],
        "purpose": "state-change" if subscription.on_change else "stats",
    }
    if publisher_leaf:
        terms[publisher_leaf] = list(publishers)
    if subscription.on_change:
        terms[f"{YP}:on-change"] = {"dampening-period": 0, "sync-on-start": False}
    else:
        terms[f"{YP}:periodic"] = {"period": subscription.period_cs}
    terms["ietf-yang-push-revision:module-version"] = [
        {"name": name, "revision": revision} for name, revision in subscription.modules
    ]
    terms["ietf-yang-push-revision:yang-library-content-id"] = subscription.content_id
    return {f"{SN}:subscription-{'modified' if modified else 'started'}": terms}


def suspended(identifier: int) -> Tree:
    """Returns subscription-suspended for want of resources."""
    return {f"{SN}:subscription-suspended": {"id": identifier, "reason": Identity(f"{SN}:insufficient-resources")}}


def resumed(identifier: int) -> Tree:
    """Returns subscription-resumed."""
    return {f"{SN}:subscription-resumed": {"id": identifier}}


def terminated(identifier: int) -> Tree:
    """Returns subscription-terminated: it was removed on the router."""
    return {f"{SN}:subscription-terminated": {"id": identifier, "reason": Identity(f"{SN}:no-such-subscription")}}


def push_update(identifier: int, contents: Tree, observation: Tree) -> Tree:
    """Returns push-update (RFC 8641 section 3.5.3)."""
    return {f"{YP}:push-update": {"id": identifier, **observation, "datastore-contents": contents}}


def push_change_update(identifier: int, patch_id: int, edits: list[Tree], observation: Tree) -> Tree:
    """Returns push-change-update; patch ids count up by one for each subscription (RFC 8641 section 3.7)."""
    patch: Tree = {"patch-id": str(patch_id), "edit": edits}
    return {f"{YP}:push-change-update": {"id": identifier, **observation, "datastore-changes": {"yang-patch": patch}}}


def observed(publisher_id: int, at_us: int, *, on_change: bool) -> Tree:
    """Returns the members that say which publisher observed the contents, and when."""
    return {
        "ietf-distributed-notif:message-publisher-id": publisher_id,
        "ietf-yp-observation:timestamp": rfc3339(at_us),
        "ietf-yp-observation:point-in-time": STATE_CHANGED if on_change else CURRENT_ACCOUNTING,
    }

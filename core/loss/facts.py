"""What the loss detector is told of a notification: numbers, ids and times, never the contents."""

from typing import Final

import msgspec

from yangbeam.core.elements import Batch, Control, Notification, NotificationBatch, place
from yangbeam.core.loss.evidence import INCOMPLETE_UPDATE, Evidence

STARTED: Final = 1
FULL: Final = 2
CHANGE: Final = 4
MODIFIED: Final = 8
SUSPENDED: Final = 16
RESUMED: Final = 32
COMPLETED: Final = 64
TERMINATED: Final = 128
LIFE: Final = STARTED | MODIFIED | SUSPENDED | RESUMED | COMPLETED | TERMINATED
KINDS: Final[dict[str, int]] = {
    "subscription-started": STARTED,
    "push-update": FULL,
    "push-change-update": CHANGE,
    "subscription-modified": MODIFIED,
    "subscription-suspended": SUSPENDED,
    "subscription-resumed": RESUMED,
    "subscription-completed": COMPLETED,
    "subscription-terminated": TERMINATED,
}
"""Kinds that tell something of the numbers (a beginning, a reset of the patch-id, a patch-id) or of what is owed."""


_WITH_MESSAGE_IDS: Final = "udp-notif"
"""The one transport whose messages are numbered; the others are streams, or topics with offsets."""


class Facts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One notification as the detector sees it."""

    exporter: str
    port: int
    publisher_id: int
    subscription_id: int | None
    message_id: int | None
    sequence_number: int | None
    arrival_us: int
    kind: int = 0
    """One of KINDS, else 0."""
    patch_id: str | None = None
    node: str | None = None
    period_us: int = 0
    """Of started and modified: its period, 0 on change."""
    syncs: bool = False
    """Of started and modified: a first push-update is owed at once (sync-on-start)."""
    reason: str = ""
    """Of terminated and suspended."""
    evidence: tuple[Evidence, ...] = ()
    """What it says itself is missing."""
    collector_id: str = ""
    """Whose heartbeats it came under; empty: those of the newest in its source."""


class FactsBatch(Batch, frozen=True, kw_only=True):
    """The facts of one batch of notifications, in its order."""

    facts: list[Facts]
    controls: list[Control] = []  # noqa: RUF012 # msgspec copies empty defaults
    """``at`` counts facts."""


def facts_of(batch: NotificationBatch) -> FactsBatch:
    """Returns the facts of a batch."""
    kinds = KINDS.get
    facts = [
        Facts(
            (message := one.message).exporter,
            message.port,
            message.publisher_id,
            one.subscription_id,
            message.message_id if message.transport == _WITH_MESSAGE_IDS else None,
            one.sequence_number,
            message.arrival_us,
            kinds(one.kind, 0),
            one.patch_id,
            one.node,
            0,
            False,  # noqa: FBT003 # by place: by name it would cost more
            "",
            (),
            message.collector_id,
        )
        for one in batch.notifications
    ]
    for index, one in enumerate(batch.notifications):
        if facts[index].kind & LIFE:
            facts[index] = _with_terms(facts[index], one)
        if one.incomplete:
            facts[index] = msgspec.structs.replace(facts[index], evidence=(INCOMPLETE_UPDATE,))
    return FactsBatch(facts=facts, controls=batch.controls, **place(batch))


def _with_terms(facts: Facts, notification: Notification) -> Facts:
    terms, reason = notification.terms, notification.reason or ""
    if terms is None:
        return msgspec.structs.replace(facts, reason=reason)
    period_us = 0 if terms.period_cs is None or terms.on_change else terms.period_cs * 10_000
    return msgspec.structs.replace(facts, reason=reason, period_us=period_us, syncs=terms.sync_on_start)

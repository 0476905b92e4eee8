"""What the loss detector is told of a notification: numbers, ids and times, never the contents."""

from typing import Final

import msgspec

from yangbeam.core.elements import Control, NotificationBatch, _Batch, place

STARTED: Final = 1
FULL: Final = 2
CHANGE: Final = 4
KINDS: Final[dict[str, int]] = {"subscription-started": STARTED, "push-update": FULL, "push-change-update": CHANGE}
"""Kinds that tell something of the numbers: a beginning, a reset of the patch-id, a patch-id."""


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


class FactsBatch(_Batch, frozen=True, kw_only=True):
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
            message.message_id,
            one.sequence_number,
            message.arrival_us,
            kinds(one.kind, 0),
            one.patch_id,
            one.node,
        )
        for one in batch.notifications
    ]
    return FactsBatch(facts=facts, controls=batch.controls, **place(batch))

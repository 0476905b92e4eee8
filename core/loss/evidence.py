"""Evidence of loss beside the numbers, one form for all: what a message itself says is missing, of it or of a group.

A decoder that knows more than numbers (an update that the publisher calls incomplete, a collection that ends without
its last part) hands ``Evidence`` on with its facts; it becomes an event under the name it gives, which later evidence
of the same name replaces. The detector knows no kinds.
"""

import msgspec

from yangbeam.core.elements import LossEvent


class Evidence(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One thing that is missing."""

    counter: str
    """What it was found by: ``contents``, ``collection``, …"""
    name: str
    """Tells it from others of its counter and flow; the same name later replaces it. Empty: its arrival."""
    state: str
    """open, confirmed or withdrawn."""
    cause: str = ""
    detail: str = ""
    count: int = 1
    first_us: int = 0
    """Since when; 0: its arrival."""


INCOMPLETE_UPDATE = Evidence("contents", "", "confirmed", "publisher", "incomplete-update")
"""RFC 8641 section 3.7: not all subscribed nodes are in this update."""


def event_of(
    evidence: Evidence, exporter: str, flow: tuple[int, int, int | None], node: str, arrival_us: int
) -> LossEvent:
    """Returns the event of a piece of evidence on a flow: (port, publisher, subscription)."""
    port, publisher, subscription = flow
    name = evidence.name or str(arrival_us)
    return LossEvent(
        exporter=exporter,
        node=node,
        publisher_id=publisher,
        subscription_ids=() if subscription is None else (subscription,),
        counter=evidence.counter,
        scope="subscription",
        first=0,
        last=0,
        count=evidence.count,
        first_us=evidence.first_us or arrival_us,
        last_us=arrival_us,
        state=evidence.state,
        cause=evidence.cause,
        identity=f"{exporter}/{evidence.counter}/{port}/{publisher}/{subscription}/{name}",
        detail=evidence.detail,
    )

"""What the numbers of messages cannot show: a node's own count of what it sent (RFC 8639 section 2.8) beside ours.

``sent-event-records`` counts per receiver since the subscription began. What it has more than was received, and more
than the numbers of the messages show as lost, was lost at the tail, before the first message, or just before a restart;
or it is on its way.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from lxml import etree

from yangbeam.core.elements import LedgerTotal, LossEvent
from yangbeam.core.ledger import DECODED, DUPLICATES
from yangbeam.core.loss.reconcile import standing
from yangbeam.core.yang.yang_library_xml import MAX_LIBRARY_BYTES, parsed_xml

_MODULE: Final = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
FILTER: Final = (
    f'<subscriptions xmlns="{_MODULE}"><subscription><id/><receivers><receiver><name/><sent-event-records/>'
    "<excluded-event-records/></receiver></receivers></subscription></subscriptions>"
)
"""Subtree filter of the counters of all subscriptions."""


class Compared(NamedTuple):
    """One subscription, messages.

    Attributes:
        subscription: Its id.
        sent: What the node says it sent, over all receivers; None: it says nothing.
        received: What was decoded here, repeats apart.
        lost: Confirmed lost by the sequence number, where the counter is the subscription's own.
        unexplained: The rest: positive, numbers cannot show it; negative, the node counts since later than we.
    """

    subscription: int
    sent: int | None
    received: int
    lost: int
    unexplained: int | None


def sent_in(reply: bytes) -> dict[int, int]:
    """Returns the sent records by subscription id in the reply to a get; receivers are summed.

    Raises:
        LibraryError: The reply is no XML, or too large.
    """
    root: etree._Element = parsed_xml(reply, MAX_LIBRARY_BYTES, "the answer to a get")
    found: dict[int, int] = {}
    for entry in root.iter(f"{{{_MODULE}}}subscription"):
        number = entry.findtext(f"{{{_MODULE}}}id", "").strip()
        counters = [(leaf.text or "").strip() for leaf in entry.iter(f"{{{_MODULE}}}sent-event-records")]
        if number.isdecimal() and counters and all(text.isdecimal() for text in counters):
            found[int(number)] = sum(map(int, counters))
    return found


def received_of(totals: Iterable[LedgerTotal], exporter: str) -> dict[int, int]:
    """Returns the messages of an exporter by subscription id, of each total its highest revision."""
    newest: dict[tuple[Any, ...], LedgerTotal] = {}
    for total in totals:
        key = (total.shard, total.publisher_id, total.subscription_id, total.bucket_us)
        if total.exporter == exporter and (key not in newest or newest[key].revision <= total.revision):
            newest[key] = total
    found: dict[int, int] = {}
    for total in newest.values():
        if total.subscription_id is not None:
            count = total.counts.get(DECODED, 0) - total.counts.get(DUPLICATES, 0)
            found[total.subscription_id] = found.get(total.subscription_id, 0) + count
    return found


def lost_of(events: Iterable[LossEvent], exporter: str) -> dict[int, int]:
    """Returns what the sequence number shows as lost, by subscription id; only where one subscription is meant."""
    found: dict[int, int] = {}
    for event in standing(events):
        if event.exporter == exporter and event.counter == "notification" and len(event.subscription_ids) == 1:
            (subscription,) = event.subscription_ids
            found[subscription] = found.get(subscription, 0) + event.count
    return found


def compared(sent: Mapping[int, int], received: Mapping[int, int], lost: Mapping[int, int]) -> list[Compared]:
    """Lays both counts side by side, by subscription id."""
    return [
        Compared(
            number,
            sent.get(number),
            received.get(number, 0),
            lost.get(number, 0),
            sent[number] - received.get(number, 0) - lost.get(number, 0) if number in sent else None,
        )
        for number in sorted(sent.keys() | received.keys())
    ]

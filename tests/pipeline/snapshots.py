"""What runs come to, made by hand."""

from typing import Any

from yangbeam.core.elements import LedgerTotal, LedgerTotals, LossEvent
from yangbeam.pipeline.view.status import Snapshot, Status

COUNTS = {
    "received": 10,
    "refused:malformed": 1,
    "decoded": 9,
    "bound": 8,
    "validated": 6,
    "invalid": 2,
    "encoded": 6,
    "mapped": 5,
    "died:map": 1,
    "duplicates": 1,
    "pending": 0,
    "delivered:files": 6,
    "delivered:tables": 5,
    "dead:malformed": 1,
    "dead:invalid-contents": 2,
    "dead-at:tables:out-of-range": 1,
    "rows:interfaces": 12,
    "rows:sensors": 3,
}
COLLECTOR = {
    "datagrams": 20,
    "messages": 9,
    "segments": 15,
    "malformed": 1,
    "trailing_octets": 2,
    "incomplete": 3,
    "kernel_drops": 4,
    "frames": 30,
}


def total(counts: dict[str, int], *, exporter: str = "192.0.2.1", **where: Any) -> LedgerTotal:
    place = {"shard": 0, "publisher_id": 1, "subscription_id": 7, "bucket_us": 0, "revision": 1}
    return LedgerTotal(exporter=exporter, counts=counts, **(place | where))


def loss(first: int, last: int, **facts: Any) -> LossEvent:
    plain: dict[str, Any] = {
        "exporter": "192.0.2.1",
        "node": "r1",
        "publisher_id": 1,
        "subscription_ids": (7,),
        "counter": "transport",
        "scope": "publisher",
        "first_us": first,
        "last_us": last,
        "state": "confirmed",
        "identity": f"{first}",
    }
    return LossEvent(first=first, last=last, **({"count": last - first + 1} | plain | facts))


def snapshot(counts: dict[str, int] | None = None, **facts: Any) -> Snapshot:
    status = Status()
    totals = [total(COUNTS if counts is None else counts)]
    status.record_totals(LedgerTotals(totals=totals, collectors={"c1": COLLECTOR}))
    taken = status.snapshot()
    ours = {"outsides": (), "ending_s": None}  # not what this process sees
    return Snapshot(**{name: getattr(taken, name) for name in taken.__slots__} | ours | facts)

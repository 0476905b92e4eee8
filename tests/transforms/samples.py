"""One sample of every element class, every field set, for the pinned bytes."""

from typing import Final

import msgspec

from yangbeam.core.elements import (
    Bound,
    BoundBatch,
    DeadLetter,
    DeadLetterBatch,
    EndOfInput,
    Heartbeat,
    LedgerDelta,
    LedgerTotal,
    LedgerTotals,
    LossBatch,
    LossEvent,
    Message,
    MessageBatch,
    Notification,
    NotificationBatch,
    Refused,
    Subscription,
    Tally,
    TelemetryBatch,
    TelemetryRecord,
    Terms,
    TopicBatch,
    TopicRecord,
    Validated,
    ValidatedBatch,
)

JSON = "application/yang-data+json"
MESSAGE = Message(
    "192.0.2.1", 4000, 7, 42, 1_700_000_000_000_001, JSON, b"{}", "198.51.100.1", 4739, "udp-notif", ((3, b"\x01"),)
)
CONTROLS = [
    Heartbeat(0, "collector/0", 1_700_000_000_000_002, {"datagrams": 3, "kernel_drops": 1}),
    Refused(0, "malformed", "short", "192.0.2.2", 4001, 1_700_000_000_000_000, b"\x00", 8, 43, "device"),
    EndOfInput(1, 1_700_000_000_000_003),
]
TERMS = Terms(
    stream="NETCONF",
    datastore="ietf-datastores:operational",
    xpath_filter="/if:interfaces",
    subtree_filter=b"{}",
    period_cs=500,
    anchor_time="2023-11-14T22:13:20Z",
    on_change=True,
    dampening_cs=10,
    sync_on_start=True,
    modules=(("ietf-interfaces", "2018-02-20", "1.0.0"), ("other", None, None)),
    content_id="content",
    publisher_ids=(1, 2),
    transport="ietf-udp-notif-transport:udp-notif",
    encoding="encode-json",
    purpose="test",
    stop_time="2024-11-14T22:13:20Z",
)
NOTIFICATION = Notification(
    message=MESSAGE,
    wrapper="H8",
    kind="push-update",
    path=("ietf-yp-notification:envelope", "contents"),
    node="router",
    event_time="2023-11-14T22:13:20Z",
    sequence_number=9,
    subscription_id=1011,
    publisher_id=7,
    observed_at="2023-11-14T22:13:19Z",
    point_in_time="current-accounting",
    patch_id="p1",
    reason="none",
    incomplete=True,
    terms=TERMS,
    modules=("ietf-interfaces",),
    quirks=("quirk",),
)
BOUND = Bound(NOTIFICATION, 5, 0, "started")
SUBSCRIPTION = Subscription("router", 7, 1011, "started", TERMS)
PLACE: Final = {"shard": 3, "source": "udp", "ordinal": 12}

SAMPLES: Final[list[msgspec.Struct]] = [
    MessageBatch(**PLACE, messages=[MESSAGE], controls=CONTROLS),  # type: ignore[arg-type]
    NotificationBatch(**PLACE, notifications=[NOTIFICATION], controls=CONTROLS),  # type: ignore[arg-type]
    BoundBatch(**PLACE, notifications=[BOUND], subscriptions=[SUBSCRIPTION], controls=CONTROLS),  # type: ignore[arg-type]
    ValidatedBatch(
        **PLACE,  # type: ignore[arg-type]
        notifications=[Validated(BOUND, "valid", b"{}", "no")],
        subscriptions=[SUBSCRIPTION],
        controls=CONTROLS,
    ),
    TelemetryBatch(
        **PLACE,  # type: ignore[arg-type]
        records=[TelemetryRecord(5, b"key", b"{}", "192.0.2.1", 7, 1011, 1_700_000_000_000_001, 1_700_000_000_000_000)],
        controls=CONTROLS,
    ),
    DeadLetterBatch(
        **PLACE,  # type: ignore[arg-type]
        letters=[
            DeadLetter(
                *("decode", "no-wrapper", "device", "detail", "192.0.2.1", 4000, 1_700_000_000_000_001, b"{}", JSON),
                *("udp-notif", 7, 42, "router", 1011, 5, "/a", "must", "198.51.100.1", 4739),
            )
        ],
    ),
    LossBatch(
        **PLACE,  # type: ignore[arg-type]
        events=[
            LossEvent(
                *("192.0.2.1", "router", 7, (1011,), "transport", "node", 43, 44, 2),
                *(1_700_000_000_000_001, 1_700_000_000_000_009, "open", "kernel-drop", "identity"),
            )
        ],
    ),
    LedgerDelta(
        **PLACE,  # type: ignore[arg-type]
        stage="decode",
        tallies=[Tally("192.0.2.1", 7, None, 1_700_000_000_000_000, {"b": 2, "a": 1})],
        collectors=CONTROLS[:1],  # type: ignore[arg-type]
        end=True,
    ),
    LedgerTotals(
        **PLACE,  # type: ignore[arg-type]
        totals=[LedgerTotal(3, "192.0.2.1", 7, 1011, 1_700_000_000_000_000, 4, {"received": 5})],
        collectors={"collector/0": {"datagrams": 3}},
    ),
    TopicBatch(
        **PLACE,  # type: ignore[arg-type]
        records=[TopicRecord("telemetry", 3, 41, 1_700_000_000_000_000, b"key", b"{}", (("schema-id", b"7"),))],
        controls=CONTROLS[:1],
    ),
]

"""What travels between the stages: batches of records, as versioned MessagePack arrays.

Every batch opens with its format version. Fields are only ever appended, with defaults (design rule: formats
last); ``yangbeam.transforms.coders`` registers a deterministic Beam coder for each batch type. Times are
integers in microseconds since the Unix epoch, always of the collector's clock unless a name says otherwise.
"""

from enum import StrEnum
from typing import TypedDict

import msgspec

from yangbeam.core.controls import Control as Control  # noqa: PLC0414 # handed on: parts of elements
from yangbeam.core.controls import EndOfInput as EndOfInput  # noqa: PLC0414 # the same
from yangbeam.core.controls import Heartbeat as Heartbeat  # noqa: PLC0414 # the same
from yangbeam.core.controls import Refused as Refused  # noqa: PLC0414 # the same
from yangbeam.core.lost import LearnedScope as LearnedScope  # noqa: PLC0414 # handed on: an element, too
from yangbeam.core.lost import LossEvent as LossEvent  # noqa: PLC0414 # the same
from yangbeam.core.record import Record

FORMAT = 1
"""Version of every batch below; a newer one than this is a clear error in the coder."""


class MediaType(StrEnum):
    """What a message payload is, whatever transport carried it."""

    JSON = "application/yang-data+json"
    XML = "application/yang-data+xml"
    CBOR = "application/yang-data+cbor"


class Message(Record, frozen=True):
    """One whole message of a publisher, reassembled, its payload untouched."""

    exporter: str
    """Source address, textual (RFC 5952 for IPv6)."""
    port: int
    """Source port."""
    publisher_id: int
    message_id: int
    arrival_us: int
    """When its last segment arrived."""
    media_type: str
    """A MediaType; ``private/N`` for the private UDP-notif space."""
    payload: bytes
    collector: str = ""
    """Address it was sent to."""
    collector_port: int = 0
    transport: str = "udp-notif"
    options: tuple[tuple[int, bytes], ...] = ()
    """Options of the first segment but for segmentation: (type, data)."""
    raw_partition: int = -1
    raw_offset: int = -1
    """Its place in the raw topic, the identity of everything made of it; -1: it came without one."""
    raw_index: int = 0
    """Of one read back from the telemetry topic: which of the records that were made of it."""
    collector_id: str = ""
    """Whose heartbeats it came under; empty: not known, as of one read back from the telemetry topic."""


class Batch(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """Base of every element: format version, shard (the key of all state), and its place in its source."""

    format: int = FORMAT
    shard: int = 0
    source: str = ""
    """Reader that made it."""
    ordinal: int = 0
    """Its number within (source, shard), from 0."""


class Place(TypedDict):
    """Where a batch stands: what every element made of it inherits."""

    shard: int
    source: str
    ordinal: int


def place(batch: Batch) -> Place:
    """Returns the place of a batch, to be passed on as keyword arguments."""
    return {"shard": batch.shard, "source": batch.source, "ordinal": batch.ordinal}


class MessageBatch(Batch, frozen=True, kw_only=True):
    """What readers emit: whole messages, and control records between them."""

    messages: list[Message]
    controls: list[Control] = []


class Terms(Record, frozen=True):
    """What subscription-started or -modified says of a subscription, in the current leaf names.

    RFC 8639 section 2.7, RFC 8641 section 3.7, draft-ietf-netconf-yang-notifications-versioning-13,
    draft-ietf-netconf-distributed-notif-19. None or empty: not said.
    """

    stream: str | None = None
    datastore: str | None = None
    xpath_filter: str | None = None
    subtree_filter: bytes | None = None
    """JSON or XML text of the filter, as it came."""
    period_cs: int | None = None
    anchor_time: str | None = None
    on_change: bool = False
    dampening_cs: int | None = None
    sync_on_start: bool = False
    modules: tuple[tuple[str, str | None, str | None], ...] = ()
    """(name, revision, version)."""
    content_id: str | None = None
    publisher_ids: tuple[int, ...] = ()
    transport: str | None = None
    encoding: str | None = None
    purpose: str | None = None
    stop_time: str | None = None


class Notification(Record, frozen=True):
    """One decoded notification: its facts in one normal form; its contents stay in the message's bytes."""

    message: Message
    wrapper: str
    """H1…H10, X1, X2, C1, C2 (row of the wrapper table); C1/C2 carry the H row as ``C1/H8``."""
    kind: str
    """Local name for the notifications of RFC 8639/8641 (``push-update``), else ``module:name``."""
    path: tuple[str, ...]
    """Member names from the top of the payload to the notification's body, as they stand in it."""
    node: str | None = None
    """hostname or sysName."""
    event_time: str | None = None
    """The publisher's clock, RFC 3339 text as it came."""
    sequence_number: int | None = None
    subscription_id: int | None = None
    publisher_id: int = 0
    """message-publisher-id of the notification, else of the transport header."""
    observed_at: str | None = None
    point_in_time: str | None = None
    patch_id: str | None = None
    reason: str | None = None
    """Of suspended and terminated."""
    incomplete: bool = False
    terms: Terms | None = None
    """Of started and modified only."""
    modules: tuple[str, ...] = ()
    """Modules (JSON, CBOR) or namespaces (XML) that the contents name at their top and in edit targets."""
    quirks: tuple[str, ...] = ()
    """Departures from the text that were accepted, by name."""
    exact: bool = False
    """A push-update with its five current members, types checked: only the form of its time is left to judge."""


class NotificationBatch(Batch, frozen=True, kw_only=True):
    """What DecodeNotifications emits."""

    notifications: list[Notification]
    controls: list[Control] = []
    """Heartbeats and end of input; ``at`` counts notifications here."""


class Bound(Record, frozen=True):
    """A notification with the schema its contents are read by."""

    notification: Notification
    schema_id: int | None
    """None: not bound, passed on and marked by policy."""
    subscription: int = -1
    """Index into the batch's subscriptions; -1 when nothing is known of it."""
    how: str = ""
    """What it was bound by: ``started``, ``asked`` (the node), ``module-names``, ``notification``, or ``none: WHY``."""


class Subscription(Record, frozen=True):
    """A subscription as the collector knows it."""

    node: str
    publisher_id: int
    id: int
    state: str
    terms: Terms | None = None


class BoundBatch(Batch, frozen=True, kw_only=True):
    """What BindSubscriptions emits."""

    notifications: list[Bound]
    subscriptions: list[Subscription] = []
    controls: list[Control] = []


class Validated(Record, frozen=True):
    """A notification with its verdict, and its whole payload as RFC 7951 JSON."""

    bound: Bound
    """Its notification's path is the one in ``json``; the message is the original, whatever its encoding."""
    verdict: str
    """``valid``, ``pruned``, ``normalised``; under pass-and-mark also ``invalid`` or ``unvalidated``."""
    json: bytes
    """The payload as it came when it was JSON, else transcoded by the bound schema; UTF-8, one document. Of what was
    pruned or normalised: the payload that its schema accepts."""
    why: str = ""
    """What was wrong, when the message was passed on all the same."""
    nodes: int = 0
    """How many nodes were set aside."""
    paths: tuple[str, ...] = ()
    """Instance paths of the first of them."""
    habits: tuple[str, ...] = ()
    """Names of the habits that were spelt anew."""


class ValidatedBatch(Batch, frozen=True, kw_only=True):
    """What ValidateNotifications emits."""

    notifications: list[Validated]
    subscriptions: list[Subscription] = []
    controls: list[Control] = []


class TelemetryRecord(Record, frozen=True):
    """One ietf-telemetry-message, ready for a topic or a file."""

    schema_id: int | None
    key: bytes
    value: bytes
    """The message as JSON, UTF-8, without any framing."""
    exporter: str
    publisher_id: int
    subscription_id: int | None
    arrival_us: int
    event_us: int
    """Was the publisher's event time; 0: nobody reads it any more, and the place of a field stays."""
    raw_partition: int = -1
    raw_offset: int = -1
    raw_index: int = 0
    """Its message's place in the raw topic (-1: none), and which of the records made of that message it is."""
    topic: str = ""
    """Where it goes; empty: the topic of the configuration."""
    raw_parts: int = 1
    """How many records were made of that message."""
    verdict: bytes = b""
    """JSON of what was done to its payload; empty: it is as its publisher sent it, or was not judged."""


class TelemetryBatch(Batch, frozen=True, kw_only=True):
    """What EncodeTelemetryMessages emits."""

    records: list[TelemetryRecord]
    controls: list[Control] = []


class DeadLetter(Record, frozen=True):
    """One message that ends here: why, whose fault, and its original bytes; replayable."""

    stage: str
    reason: str
    fault: str
    detail: str
    exporter: str
    port: int
    arrival_us: int
    original: bytes
    media_type: str = ""
    transport: str = "udp-notif"
    publisher_id: int | None = None
    message_id: int | None = None
    node: str | None = None
    subscription_id: int | None = None
    schema_id: int | None = None
    path: str = ""
    rule: str = ""
    collector: str = ""
    collector_port: int = 0
    module: str = ""
    """Module that is missing, or at fault, where the cause names one."""
    raw_partition: int = -1
    raw_offset: int = -1
    raw_index: int = 0
    """The message's place in the raw topic (-1: none), and which of the records that were made of it."""
    also: tuple[str, ...] = ()
    """Further modules that are missing beside ``module``, most needed first."""


class DeadLetterBatch(Batch, frozen=True, kw_only=True):
    """What every fallible stage emits beside its output."""

    letters: list[DeadLetter]
    originals: list[DeadLetter] = []
    """Originals of pruned messages that are kept; these messages were delivered."""


class LossBatch(Batch, frozen=True, kw_only=True):
    """What DetectLoss emits."""

    events: list[LossEvent]
    learned: list[LearnedScope] = []


class Tally(Record, frozen=True):
    """Counts of one (exporter, publisher, subscription) within one arrival-time bucket."""

    exporter: str
    publisher_id: int | None
    subscription_id: int | None
    bucket_us: int
    counts: dict[str, int]


class Arrival(Record, frozen=True):
    """What the first stage took of one collector up to one of its heartbeats, or behind the last of them."""

    collector_id: str
    count: int
    """Messages and refusals since the collector's heartbeat before this one."""
    given: int = -1
    """What the heartbeat says was given to the shard so far; -1: no heartbeat stands here, or it does not say."""
    clock_us: int = 0


class LedgerDelta(Batch, frozen=True, kw_only=True):
    """What one stage or sink did to one batch. Sinks write theirs after their flush."""

    stage: str
    tallies: list[Tally]
    collectors: list[Heartbeat] = []
    """Heartbeats seen (first stage only): the collectors' absolute counters."""
    end: bool = False
    """The end of input passed this stage."""
    arrivals: list[Arrival] = []
    """What came of each collector (first stage only), in order."""


class LedgerTotal(Record, frozen=True):
    """Absolute totals of one bucket; the highest revision of (shard, bucket, exporter, …) wins."""

    shard: int
    exporter: str
    publisher_id: int | None
    subscription_id: int | None
    bucket_us: int
    revision: int
    counts: dict[str, int]


class LedgerTotals(Batch, frozen=True, kw_only=True):
    """What KeepLedger emits; absolute counters of collectors by their id."""

    totals: list[LedgerTotal]
    collectors: dict[str, dict[str, int]] = {}


class TopicRecord(Record, frozen=True):
    """One record of a Kafka topic, as it was read; its timestamp, whoever set it, is 0 when it has none."""

    topic: str
    partition: int
    offset: int
    timestamp_us: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class TopicBatch(Batch, frozen=True, kw_only=True):
    """What the reader of the telemetry topic emits; ``at`` of its controls counts records."""

    records: list[TopicRecord]
    controls: list[Control] = []

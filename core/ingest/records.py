"""What a record of the telemetry topic holds: the message of the router, unwrapped, and what the collector said of it.

The members of ietf-telemetry-message (draft-ietf-nmop-message-broker-telemetry-message-05) are read; what only its
schema can judge is left to the validation. The payload stays the bytes it was.
"""

from typing import Annotated, Any, Final, NamedTuple

import msgspec

from yangbeam.core.date_and_time import parse_time
from yangbeam.core.elements import MediaType, Message, Subscription, Terms, TopicRecord
from yangbeam.core.errors import NotificationError
from yangbeam.core.framing import IDENTITY_HEADER, PUBLISHER_HEADER, Frame, read_frame
from yangbeam.core.notification.refusal import UINT32
from yangbeam.core.undecodable import UNDECODABLE

MESSAGE: Final = "ietf-telemetry-message:message"

_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=UINT32)]


class _Manifest(msgspec.Struct, gc=False):
    name: str = ""


class _Module(msgspec.Struct, gc=False):
    name: str = ""
    revision: str | None = None
    version: str | None = None
    module: str | None = None
    """What the key was called before revision 05."""


class _Periodic(msgspec.Struct, gc=False, rename="kebab"):
    period: _Number | None = None
    anchor_time: str | None = None


class _OnChange(msgspec.Struct, gc=False, rename="kebab"):
    dampening_period: _Number | None = None
    sync_on_start: bool = False


class _Subscription(msgspec.Struct, gc=False, rename="kebab"):
    id: _Number | None = None
    xpath_filter: str | None = None
    stream: str | None = None
    datastore: str | None = None
    transport: str | None = None
    encoding: str | None = None
    purpose: str | None = None
    periodic: _Periodic | None = None
    on_change: _OnChange | None = None
    module: list[_Module] = []
    yang_library_content_id: str | None = None


class _Metadata(
    msgspec.Struct,
    gc=False,
    rename={
        "collected": "collection-timestamp",
        "exporter": "export-address",
        "port": "export-port",
        "collector": "collection-address",
        "collector_port": "collection-port",
        "subscription": "ietf-yang-push-telemetry-message:yang-push-subscription",
    },
):
    collected: str
    exporter: str
    port: _Port = 0
    collector: str = ""
    collector_port: _Port = 0
    subscription: _Subscription | None = None


class _Message(
    msgspec.Struct,
    gc=False,
    rename={"node": "network-node-manifest", "metadata": "telemetry-message-metadata"},
):
    metadata: _Metadata
    payload: msgspec.Raw
    node: _Manifest | None = None


class _Document(msgspec.Struct, gc=False, rename={"message": MESSAGE}):
    message: _Message


_DECODER: Final = msgspec.json.Decoder(_Document)


class Told(NamedTuple):
    """What a record holds.

    Attributes:
        frame: The schema id, however it travelled, and the document.
        message: The router's message, as if it had just arrived; ``transport`` is ``kafka``.
        subscription: What the collector knew of its subscription; None when it said nothing.
        identity: Place in the raw topic; None when its writer gave none.
    """

    frame: Frame
    message: Message
    subscription: Subscription | None
    identity: tuple[int, int, int] | None


def told(record: TopicRecord) -> Told:
    """Returns what a record holds.

    Raises:
        NotificationError: ``not-a-telemetry-message``, ``invalid-time``, ``invalid-identity``, or what ``read_frame``
            refuses.
    """
    frame = read_frame(record.value, record.headers)
    try:
        message = _DECODER.decode(frame.payload).message
        frame.payload.decode()  # the payload is passed over without a look at its characters
    except UNDECODABLE as error:
        detail = f"the value is no ietf-telemetry-message: {error}"[:300]
        raise NotificationError("not-a-telemetry-message", detail) from error
    metadata = message.metadata
    collected = parse_time(metadata.collected)
    if collected is None:
        raise NotificationError("invalid-time", f"collection-timestamp {metadata.collected!r:.60} is no date-and-time")
    identity = _identity(record)
    return Told(
        frame,
        Message(
            metadata.exporter,
            metadata.port,
            _publisher(record),
            0,
            collected,
            MediaType.JSON,
            bytes(message.payload),
            metadata.collector,
            metadata.collector_port,
            "kafka",
            (),
            *(identity or (-1, -1, 0)),
        ),
        _subscription(message, metadata),
        identity,
    )


def _publisher(record: TopicRecord) -> int:
    for name, value in record.headers:
        if name == PUBLISHER_HEADER and value.isdigit() and len(value) <= 10:
            return int(value)
    return 0


def _identity(record: TopicRecord) -> tuple[int, int, int] | None:
    for name, value in record.headers:
        if name == IDENTITY_HEADER:
            parts = value.split(b"/")
            if len(parts) != 3 or not all(part.isdigit() and len(part) < 19 for part in parts):
                raise NotificationError("invalid-identity", f"header {IDENTITY_HEADER} is {value!r:.60}, not P/O/I")
            return int(parts[0]), int(parts[1]), int(parts[2])
    return None


def _subscription(message: _Message, metadata: _Metadata) -> Subscription | None:
    described = metadata.subscription
    if described is None or described.id is None:
        return None
    node = message.node.name if message.node is not None and message.node.name else metadata.exporter
    return Subscription(node, 0, described.id, "unknown", _terms(described))


def _terms(described: _Subscription) -> Terms:
    periodic: Any = described.periodic
    on_change: Any = described.on_change
    return Terms(
        stream=described.stream,
        datastore=described.datastore,
        xpath_filter=described.xpath_filter,
        period_cs=periodic and periodic.period,
        anchor_time=periodic and periodic.anchor_time,
        on_change=on_change is not None,
        dampening_cs=on_change and on_change.dampening_period,
        sync_on_start=on_change is not None and on_change.sync_on_start,
        modules=tuple((each.name or each.module or "", each.revision, each.version) for each in described.module),
        content_id=described.yang_library_content_id,
        transport=described.transport,
        encoding=described.encoding,
        purpose=described.purpose,
    )

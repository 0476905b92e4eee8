"""The raw topic's records: one per message, control record or refusal, and back. The bytes are pinned by tests.

One header says what a record is, by its name, and holds its facts as a versioned MessagePack array: a dozen headers of
text would cost more than the message itself. The value is what came from the network, untouched; the key is the
exporter, the partition is the shard. Fields are only ever appended.

| header | value | facts |
|---|---|---|
| ``yangbeam-message`` | the payload | those of ``core.elements.Message`` |
| ``yangbeam-refused`` | the original bytes | those of ``core.elements.Refused`` |
| ``yangbeam-heartbeat`` | empty | shards of the writer, and ``core.elements.Heartbeat`` |
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from yangbeam.core.elements import Heartbeat, Message, Refused
from yangbeam.core.errors import Fault, WireError
from yangbeam.core.undecodable import UNDECODABLE

FORMAT: Final = 1
MESSAGE: Final = "yangbeam-message"
REFUSED: Final = "yangbeam-refused"
HEARTBEAT: Final = "yangbeam-heartbeat"

Headers = Iterable[tuple[str, bytes]]


class RawRecord(NamedTuple):
    """A record, ready to be produced."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes | str | None]]
    timestamp_ms: int


class Beat(NamedTuple):
    """A heartbeat, and how many shards its writer has: as many partitions it fills."""

    heartbeat: Heartbeat
    shards: int


class _Facts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Of a message, in the order of its fields."""

    format: int
    exporter: str
    port: int
    publisher_id: int
    message_id: int
    arrival_us: int
    media_type: str
    collector: str = ""
    collector_port: int = 0
    transport: str = "udp-notif"
    options: tuple[tuple[int, bytes], ...] = ()
    collector_id: str = ""


class _Refusal(msgspec.Struct, array_like=True, frozen=True, gc=False):
    format: int
    reason: str
    detail: str
    exporter: str
    port: int
    arrival_us: int
    publisher_id: int | None = None
    message_id: int | None = None
    fault: str = Fault.DEVICE.value
    collector_id: str = ""


class _Beat(msgspec.Struct, array_like=True, frozen=True, gc=False):
    format: int
    shards: int
    collector_id: str
    clock_us: int
    counters: dict[str, int]
    given: int = -1


_ENCODE: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_ENCODE_FACTS: Final = msgspec.msgpack.Encoder().encode
"""Of facts without objects, whose order could differ."""
_FACTS: Final = msgspec.msgpack.Decoder(_Facts)
_REFUSAL: Final = msgspec.msgpack.Decoder(_Refusal)
_BEAT: Final = msgspec.msgpack.Decoder(_Beat)


def facts_of(message: Message) -> bytes:
    """Returns the header MESSAGE of a whole message: for those who make a hundred thousand records a second."""
    # As _Facts encodes them: a tuple costs half of it.
    return _ENCODE_FACTS(
        (
            FORMAT,
            message.exporter,
            message.port,
            message.publisher_id,
            message.message_id,
            message.arrival_us,
            message.media_type,
            message.collector,
            message.collector_port,
            message.transport,
            message.options,
            message.collector_id,
        )
    )


def of_message(message: Message) -> RawRecord:
    """Returns the record of a whole message."""
    headers: list[tuple[str, bytes | str | None]] = [(MESSAGE, facts_of(message))]
    return RawRecord(message.exporter.encode(), message.payload, headers, message.arrival_us // 1000)


def of_refused(refused: Refused) -> RawRecord:
    """Returns the record of what the receiver could not make a message of."""
    facts = _Refusal(
        FORMAT,
        refused.reason,
        refused.detail,
        refused.exporter,
        refused.port,
        refused.arrival_us,
        refused.publisher_id,
        refused.message_id,
        refused.fault,
        refused.collector_id,
    )
    return RawRecord(
        refused.exporter.encode(), refused.original, [(REFUSED, _ENCODE(facts))], refused.arrival_us // 1000
    )


def of_heartbeat(heartbeat: Heartbeat, shards: int) -> RawRecord:
    """Returns the record of a heartbeat: one for every partition that the writer fills."""
    facts = _Beat(FORMAT, shards, heartbeat.collector_id, heartbeat.clock_us, heartbeat.counters, heartbeat.given)
    return RawRecord(heartbeat.collector_id.encode(), b"", [(HEARTBEAT, _ENCODE(facts))], heartbeat.clock_us // 1000)


def read_record(headers: Headers, value: bytes, partition: int, offset: int) -> Message | Refused | Beat:
    """Returns what a record of the raw topic is; the first header that has a name of ours decides.

    Raises:
        WireError: ``not-a-raw-record``: somebody else wrote it, or a newer release did.
    """
    for name, facts in headers:
        read = _READERS.get(name)
        if read is not None:
            try:
                return read(facts or b"", value, partition, offset)
            except UNDECODABLE as error:
                raise WireError("not-a-raw-record", f"header {name} cannot be read: {error}") from error
    raise WireError(
        "not-a-raw-record",
        f"a record without a header {MESSAGE}, {REFUSED} or {HEARTBEAT}: not one that yangbeam receive writes",
    )


def _message(header: bytes, value: bytes, partition: int, offset: int) -> Message:
    facts = _FACTS.decode(header)
    _refuse_newer(facts.format)
    return Message(
        facts.exporter,
        facts.port,
        facts.publisher_id,
        facts.message_id,
        facts.arrival_us,
        facts.media_type,
        value,
        facts.collector,
        facts.collector_port,
        facts.transport,
        facts.options,
        partition,
        offset,
        0,
        facts.collector_id,
    )


def _refused(header: bytes, value: bytes, partition: int, offset: int) -> Refused:
    facts = _REFUSAL.decode(header)
    _refuse_newer(facts.format)
    return Refused(
        0,
        facts.reason,
        facts.detail,
        facts.exporter,
        facts.port,
        facts.arrival_us,
        value,
        facts.publisher_id,
        facts.message_id,
        facts.fault,
        facts.collector_id,
        partition,
        offset,
    )


def _beat(header: bytes, value: bytes, partition: int, offset: int) -> Beat:
    del value, partition, offset
    facts = _BEAT.decode(header)
    _refuse_newer(facts.format)
    return Beat(Heartbeat(0, facts.collector_id, facts.clock_us, facts.counters, facts.given), facts.shards)


def _refuse_newer(found: int) -> None:
    if found > FORMAT:
        raise WireError("not-a-raw-record", f"format {found} is of a newer release; this one reads up to {FORMAT}")


_READERS: Final[Mapping[str, Callable[[bytes, bytes, int, int], Any]]] = {
    MESSAGE: _message,
    REFUSED: _refused,
    HEARTBEAT: _beat,
}

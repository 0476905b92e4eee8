"""What every stage refuses, each of its reasons one way: made anew for each number, judged, and forgotten.

Each has its number in it, so that whatever keeps one alive keeps octets of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec
import orjson

from tests.builders import notification, payload
from tests.core.ingest.topic_records import record
from tests.refused import DECODE, VALIDATE, Make, numbered
from yangbeam.core import validation
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.collector import Collector
from yangbeam.core.dead_letter import letter_of_message, letter_of_notification, letter_of_refused
from yangbeam.core.elements import (
    Bound,
    DeadLetter,
    MediaType,
    NotificationBatch,
    Refused,
    TopicBatch,
    TopicRecord,
    Validated,
)
from yangbeam.core.errors import NotificationError, SchemaError, SchemaPendingError, UnmappableValueError, YangbeamError
from yangbeam.core.ingest.unwrapping import ReadSoFar, Unwrapper
from yangbeam.core.ledger import Tallies
from yangbeam.core.notification.decode import decode
from yangbeam.core.pending import Limits
from yangbeam.core.policy import Policy
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.udp_notif import segments_of
from yangbeam.core.unheard import Admission
from yangbeam.core.yang.schema import Schema

Refusal = Callable[[int], DeadLetter]
"""Number → the letter of a message that has it."""

SIZE: Final = 1_000
"""Octets of padding of a message, where nothing else is said."""
_LIMITS: Final = ReassemblyLimits(max_segments=4, max_message_bytes=300, timeout_us=1_000_000)


def refusals(schema: Schema, size: int = SIZE) -> Mapping[tuple[str, str], Refusal]:
    """Returns by stage and reason how a message of ``size`` octets comes to be refused; contents by ``schema``."""
    maker = RowMaker(schema.tree, 7)
    return {
        **{("receive", reason): partial(_received, make) for reason, make in RECEIVE.items()},
        **{("decode", reason): partial(_decoded, make, size) for reason, make in DECODE.items()},
        **{("bind", reason): partial(_bound, reason, size) for reason in BIND},
        **{("validate", reason): partial(_judged, make, schema, size) for reason, make in VALIDATE.items()},
        **{("map", reason): partial(_mapped, make, maker, size) for reason, make in MAP.items()},
        **{("unwrap", reason): partial(_unwrapped, make, schema, size) for reason, make in UNWRAP.items()},
    }


def _segments(number: int, size: int = 100, count: int = 3) -> list[bytes]:
    body = f"{number:0{size * count}}".encode()
    return segments_of(
        body, media_type=MediaType.JSON, publisher_id=1, message_id=number % 9, max_segment_size=size + 16
    )


def _with(at: int, octet: int, number: int) -> list[bytes]:
    (datagram,) = segments_of(b"%020d" % number, media_type=MediaType.JSON, publisher_id=1, message_id=1)
    return [datagram[:at] + bytes([octet]) + datagram[at + 1 :]]


RECEIVE: Final[dict[str, Callable[[int], list[bytes]]]] = {
    "unsupported-version": partial(_with, 0, 0x41),
    "unsupported-media-type": partial(_with, 0, 0x2F),
    "private-media-type": partial(_with, 0, 0x3F),
    "unsupported-option": lambda number: [b"\x21\x10\x00\x20" + bytes(8) + b"\x7f\x04\x00\x00" + b"%016d" % number],
    "malformed": partial(_with, 1, 3),
    "too-many-new-exporters": partial(_with, 1, 12),
    "incomplete": lambda number: _segments(number)[:-1],
    "too-many-segments": lambda number: _segments(number, 20, 9)[8:],
    "message-too-large": lambda number: _segments(number, 200, 3)[:2],
}
"""Reason → the datagrams of a message that the receiver refuses with it."""


class _NobodyNew(Admission):
    def admits(self, now_us: int) -> bool:
        del now_us
        return False


def _received(make: Callable[[int], list[bytes]], number: int) -> DeadLetter:
    admission = _NobodyNew() if make is RECEIVE["too-many-new-exporters"] else None
    collector = Collector("c", limits=_LIMITS, admission=admission)
    for datagram in make(number):
        collector.datagram(datagram, "192.0.2.1", 50_000, "192.0.2.9", 10_003, 1)
    collector.tick(5_000_000)
    batch = collector.take(0, 1 << 30)
    assert batch is not None
    (refused,) = [control for control in batch.controls if isinstance(control, Refused)]
    return letter_of_refused(refused)


def _decoded(make: Make, size: int, number: int) -> DeadLetter:
    made = numbered(make, number, size)
    try:
        decode(made)
    except NotificationError as error:
        return letter_of_message("decode", made, error)
    raise AssertionError(made)


def _judged(make: Make, schema: Schema, size: int, number: int) -> DeadLetter:
    made = decode(numbered(make, number, size))
    try:
        validation.judge(Bound(made, 7, how="started"), {7: schema}.__getitem__, Policy())
    except YangbeamError as error:
        return letter_of_notification("validate", made, error)
    raise AssertionError(made)


BIND: Final = (
    *("schema-missing", "module-missing", "schema-invalid", "schema-too-costly"),
    *("schema-pending-limit", "schema-timeout"),
)
"""Reasons of messages that get no schema."""


class _NoSchemas:
    """Says why there is no schema; of the last two reasons that it is on its way."""

    def __init__(self, reason: str, number: int) -> None:
        self._reason, self._number = reason, number

    def resolve(self, *_: object) -> int:
        kind = SchemaPendingError if self._reason in BIND[-2:] else SchemaError
        raise kind(self._reason, f"schema {self._number}")


def _bound(reason: str, size: int, number: int) -> DeadLetter:
    limits = Limits(wait_s=0.0, max_messages=0 if reason == "schema-pending-limit" else 10)
    binder, state = Binder(_NoSchemas(reason, number), limits=limits), Subscriptions()
    found = notification(payload(number) + b" " * size, sequence_number=number, of={"message_id": number & 0xFFFF})
    _, letters = binder.bind(state, NotificationBatch(notifications=[found]), Tallies("bind"))
    if not letters:
        _, letters = binder.tick(state, Tallies("bind"), _Later(), 0)
    (letter,) = letters
    return letter


class _Later:
    """A clock that has moved on."""

    def now(self) -> float:
        return 1e6

    def pause(self) -> bool:
        return False


MAP: Final[dict[str, Any]] = {
    "a value that no column holds": {"interface": [{"name": "e", "if-index": "many"}]},
    "a node that is not there": {"interface": [{"name": "e", "nothing": 1}]},
    "an entry without its key": {"interface": [{"enabled": True}]},
    "an object in place of a list": {"interface": {"name": "e"}},
}
"""What is wrong → contents of ietf-interfaces that have no rows."""


def _mapped(contents: dict[str, Any], maker: RowMaker, size: int, number: int) -> DeadLetter:
    body = {"datastore-contents": {"ietf-interfaces:interfaces": contents}}
    text = orjson.dumps({"body": body, "number": f"{number:0{size}}"})
    found = Validated(Bound(notification(text, path=("body",)), 7), "valid", text)
    try:
        list(maker.rows(found))
    except UnmappableValueError as error:
        return letter_of_notification("map", found.bound.notification, error)
    raise AssertionError(contents)


def _padded(size: int, number: int, framing: str = "prefix") -> TopicRecord:
    return record(number, framing=framing, body=payload(number) + b" " * size)


def _headed(headers: Callable[[int], tuple[tuple[str, bytes], ...]], size: int, number: int) -> TopicRecord:
    return msgspec.structs.replace(_padded(size, number, "header-ascii"), headers=headers(number))


def _changed(before: bytes, after: bytes, size: int, number: int) -> TopicRecord:
    made = _padded(size, number)
    return msgspec.structs.replace(made, value=made.value.replace(before, after))


UNWRAP: Final[dict[str, Callable[[int, int], TopicRecord]]] = {
    "not-a-telemetry-message": partial(_changed, b'{"ietf-telemetry-message', b'["ietf-telemetry-message'),
    "invalid-time": partial(_changed, b'"collection-timestamp":"2', b'"collection-timestamp":"x'),
    "invalid-identity": partial(_headed, lambda number: (("yangbeam-raw", b"%d/2" % number),)),
    "invalid-schema-id": partial(_headed, lambda number: (("schema-id", b"seven%d" % number),)),
    "schema-unknown": partial(_headed, lambda number: (("__value_schema_id", b"\x01%016d" % number),)),
    "other-registry": partial(
        _headed, lambda number: (("schema-id", b"7"), ("yangbeam-registry", b"%016x" % (number + 1)))
    ),
    "no-schema-id": partial(_headed, lambda _: ()),
    "no-wrapper": partial(_changed, b"ietf-yp-notification:e", b"e"),
    "invalid-telemetry-message": partial(_changed, b'"session-protocol":"', b'"session-protocol":"x'),
}
"""Reason → a record of the telemetry topic that `ingest` refuses with it."""


def _by_guid(guid: bytes) -> int:
    raise SchemaError("schema-unknown", f"no schema has the GUID {guid.hex()}")


def _unwrapped(make: Callable[[int, int], TopicRecord], schema: Schema, size: int, number: int) -> DeadLetter:
    unwrapper = Unwrapper(id_of_guid=_by_guid, schema_of={7: schema}.__getitem__, identity=lambda: "0" * 16)
    batch = TopicBatch(records=[make(size, number % 100_000)])
    (letter,) = unwrapper.unwrap(ReadSoFar(), batch, Tallies("unwrap")).letters
    return letter


def rounds(schema: Schema, size: int = SIZE) -> Iterator[tuple[tuple[str, str], DeadLetter]]:
    """Yields refused messages without end: those of every reason of every stage in turn."""
    ways, number = refusals(schema, size), 0
    while True:
        for (stage, reason), refuse in ways.items():
            number += 1
            yield (stage, reason), refuse(number)

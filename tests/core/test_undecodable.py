"""Members that nobody reads, nested beyond the interpreter's stack, cost their own record: no job ends by them."""

from collections.abc import Callable

import msgspec
import pytest

from tests.builders import message
from tests.core.ingest.topic_records import record
from yangbeam.core.errors import NotificationError, SchemaPendingError, WireError, YangbeamError
from yangbeam.core.ingest.records import told
from yangbeam.core.raw_record import HEARTBEAT, MESSAGE, REFUSED, of_message, read_record
from yangbeam.core.registry_answers import body_of, registered_of, terms_in

DEPTH = 20_000
DEEP = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH


def with_deep_member(document: bytes) -> bytes:
    return document[:-1] + b',"x":' + DEEP + b"}"


def with_deep_field(facts: bytes) -> bytes:
    """An array in MessagePack with one field more, as later releases write, of arrays within arrays."""
    return bytes([facts[0] + 1]) + facts[1:] + b"\x91" * DEPTH + b"\x01"


FACTS = next(facts for _, facts in of_message(message()).headers if isinstance(facts, bytes))


@pytest.mark.parametrize(
    ("read", "error", "reason"),
    [
        (
            lambda: told(msgspec.structs.replace(record(), value=with_deep_member(record().value))),
            NotificationError,
            "not-a-telemetry-message",
        ),
        *(
            (lambda name=name: read_record([(name, with_deep_field(FACTS))], b"", 0, 0), WireError, "not-a-raw-record")
            for name in (MESSAGE, REFUSED, HEARTBEAT)
        ),
        *(
            (lambda read=read: read("r", with_deep_member(b'{"id":1}')), SchemaPendingError, "registry-answer-invalid")
            for read in (body_of, terms_in, lambda name, text: registered_of(name, "s", text))
        ),
        (lambda: body_of("r", b'{"schema":"\xff"}'), SchemaPendingError, "registry-answer-invalid"),
    ],
    ids=["telemetry", "message", "refused", "heartbeat", "schema", "terms", "id", "characters"],
)
def test_what_is_nested_too_deep_is_refused_by_name(
    read: Callable[[], object], error: type[YangbeamError], reason: str
) -> None:
    with pytest.raises(error) as caught:
        read()
    assert caught.value.reason == reason

"""The telemetry message around a router's message, by its schema: a fault anywhere is refused, memory excuses none."""

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.core.ingest.topic_records import record
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.ingest import message_level
from yangbeam.core.ingest.message_level import MessageLevel
from yangbeam.core.ingest.records import told
from yangbeam.core.yang.schema import Schema
from yangbeam.registry.embedded import EmbeddedRegistry

WANTED = frozenset({"ietf-interfaces", "iana-if-type"})


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    registry = EmbeddedRegistry(tmp_path_factory.mktemp("registry") / "r")
    return registry.schema(registry.resolve("192.0.2.1", None, WANTED))


@pytest.fixture
def level() -> MessageLevel:
    return MessageLevel()


def judged(level: MessageLevel, schema: Schema, *changes: tuple[bytes, bytes], **facts: Any) -> None:
    """Judges a message as we write it, changed."""
    found = told(record(**facts))
    document, payload = found.frame.payload, found.message.payload
    for old, new in changes:
        assert old in document
        document = document.replace(old, new, 1)
    level.judge(document, payload, 7, schema)


@pytest.mark.parametrize("transport", ["udp-notif", "https-notif"])
@pytest.mark.parametrize("number", range(3))
def test_what_we_write_is_valid(level: MessageLevel, schema: Schema, transport: str, number: int) -> None:
    judged(level, schema, transport=transport, number=number)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (b'"log"', b'"shout"', "/telemetry-message-metadata/notification-event"),
        (b'"export-port":50000', b'"export-port":"50000"', "/telemetry-message-metadata/export-port"),
        (b'"export-port":50000', b'"export-port":99999', "/telemetry-message-metadata/export-port"),
        (b'"collection-timestamp":"2', b'"collection-timestamp":"anno 2', "/collection-timestamp"),
        (b'"id":6666', b'"id":-1', ":yang-push-subscription/id"),
        (b'"period":6000', b'"period":6000,"odd":1', ":yang-push-subscription/periodic/odd"),
        (b"ietf-subscribed-notifications:encode-json", b"ietf-subscribed-notifications:encode-morse", "/encoding"),
        (b'"data-collection-manifest"', b'"data-collection-nonsense"', "/data-collection-nonsense"),
        (b'{"ietf-telemetry-message', b'{"more":1,"ietf-telemetry-message', "/more"),
        (b'"network-node-manifest":{"name":"example-router"}', b'"network-node-manifest":7', "/network-node-manifest"),
    ],
)
def test_a_fault_is_refused_with_its_path(
    level: MessageLevel, schema: Schema, old: bytes, new: bytes, path: str
) -> None:
    for _ in range(2):
        judged(level, schema)  # what fits is remembered; that must excuse nothing
        with pytest.raises(InvalidInstanceError) as refused:
            judged(level, schema, (old, new))
        assert refused.value.reason == "invalid-telemetry-message"
        assert refused.value.path.endswith(path)
        assert refused.value.schema_id == 7


def test_messages_that_differ_in_their_times_are_judged_once(
    level: MessageLevel, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(level, "_judge", lambda *said: asked.append(said))
    for number in range(20):
        judged(level, schema, number=number)
    assert len(asked) == 1
    level.judge(told(record()).frame.payload, told(record()).message.payload, 8, schema)
    assert len(asked) == 2


def test_a_payload_that_stands_elsewhere_is_found(level: MessageLevel, schema: Schema) -> None:
    found = told(record())
    payload = found.message.payload
    moved = found.frame.payload.replace(b',"payload":' + payload, b"").replace(
        b'{"network-node', b'{"payload":' + payload + b',"network-node'
    )
    level.judge(moved, payload, 7, schema)
    with pytest.raises(InvalidInstanceError, match="invalid-telemetry-message"):
        level.judge(moved.replace(b'"log"', b'"shout"'), payload, 7, schema)


def test_the_set_of_an_old_node_judges_what_it_can_know(level: MessageLevel, schema: Schema) -> None:
    lacking = "ietf-yang-push-telemetry-message"

    class Old:
        prefixes = MappingProxyType({name: key for name, key in schema.prefixes.items() if name != lacking})
        has_structure = schema.has_structure
        validate_notification = schema.validate_notification

    old: Any = Old()
    judged(level, old, (b'"id":6666', b'"id":"unknown to it"'))
    with pytest.raises(InvalidInstanceError):
        judged(level, old, (b'"log"', b'"shout"'))


def test_a_schema_of_something_else_judges_none(level: MessageLevel, tmp_path: Path) -> None:
    registry = EmbeddedRegistry(tmp_path / "r")
    other = registry.schema(registry.own("yangbeam-loss"))
    judged(level, other, (b'"log"', b'"shout"'))


def test_memory_is_bounded(level: MessageLevel, schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_level, "MAX_KNOWN", 5)
    for number in range(20):
        judged(level, schema, (b'"export-port":50000', b'"export-port":%d' % (1000 + number)))
    assert len(level._known) <= 5
    monkeypatch.setattr(message_level, "MAX_SHAPE", 10)
    level._known.clear()
    judged(level, schema)
    assert not level._known

"""The telemetry topic's records as bound notifications."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import ARRIVAL_US, payload
from tests.core.ingest.topic_records import SUBSCRIPTION, TERMS, record
from yangbeam.core.elements import EndOfInput, Heartbeat, TopicBatch, TopicRecord
from yangbeam.core.errors import NotificationError, SchemaError, SchemaPendingError
from yangbeam.core.framing import FRAMINGS
from yangbeam.core.ingest.records import told
from yangbeam.core.ingest.unwrapping import ReadSoFar, Unwrapped, Unwrapper
from yangbeam.core.ledger import Tallies
from yangbeam.core.registry_answers import RegistryDeniedError


def by_guid(guid: bytes) -> int:
    if guid != bytes(range(16)):
        raise SchemaError("schema-unknown", "nobody's")
    return 7


def by_id(schema_id: int) -> Any:
    if schema_id != 7:
        raise SchemaError("schema-unknown", f"no schema {schema_id}")


def unwrap(*records: TopicRecord, read: ReadSoFar | None = None, **facts: Any) -> tuple[Unwrapped, dict[str, int]]:
    tallies = Tallies("unwrap")
    batch = TopicBatch(records=list(records), controls=[EndOfInput(len(records), ARRIVAL_US)])
    ways: dict[str, Any] = {"id_of_guid": by_guid, "schema_of": by_id, "judges": False} | facts
    found = Unwrapper(**ways).unwrap(read or ReadSoFar(), batch, tallies)
    counts: dict[str, int] = {}
    for tally in tallies.delta(shard=0, source="", ordinal=0).tallies:
        for name, count in tally.counts.items():
            counts[name] = counts.get(name, 0) + count
    return found, counts


def test_the_message_inside_is_as_it_arrived() -> None:
    found, counts = unwrap(record(5))
    (bound,) = found.bound.notifications
    message = bound.notification.message
    assert message.payload == payload(5)
    assert (message.exporter, message.port, message.arrival_us) == ("192.0.2.10", 50000, ARRIVAL_US + 5000)
    assert (message.collector, message.collector_port, message.transport) == ("192.0.2.1", 10003, "kafka")
    assert (bound.schema_id, bound.how, bound.notification.sequence_number) == (7, "schema-id", 5)
    assert bound.notification.publisher_id == 1
    assert counts == {"received": 1, "bound": 1}


def test_the_subscription_is_as_the_collector_described_it() -> None:
    found, _ = unwrap(record(1), record(2, 1))
    (known,) = found.bound.subscriptions
    assert [bound.subscription for bound in found.bound.notifications] == [0, 0]
    assert (known.node, known.id) == (SUBSCRIPTION.node, SUBSCRIPTION.id)
    assert known.terms is not None
    assert (known.terms.datastore, known.terms.period_cs, known.terms.modules) == (
        TERMS.datastore,
        TERMS.period_cs,
        TERMS.modules,
    )


HERE, ELSEWHERE = "5f0e9a1c2b3d4e6f", "0123456789abcdef"


@pytest.mark.parametrize("framing", ["prefix", "header-int32", "header-ascii"])
def test_an_id_that_another_registry_counted_is_refused_and_blames_the_configuration(framing: str) -> None:
    foreign = record(1, framing=framing, registry=ELSEWHERE)
    found, counts = unwrap(foreign, record(2, 1, framing=framing, registry=HERE), identity=lambda: HERE)
    (letter,) = found.letters
    assert (letter.reason, letter.fault, letter.original) == ("other-registry", "configuration", foreign.value)
    assert letter.detail == (
        f"telemetry[0] offset 0: registry b'{ELSEWHERE}' counted the schema id 7; the one that is asked is b'{HERE}'"
    )
    assert [bound.notification.sequence_number for bound in found.bound.notifications] == [2]
    assert counts == {"received": 2, "bound": 1, "dead:other-registry": 1, "died:unwrap": 1}


@pytest.mark.parametrize(
    ("framing", "written", "asked"),
    [
        ("prefix", "", HERE),  # by an earlier release, or another collector
        ("prefix", ELSEWHERE, ""),  # a registry of another kind tells nothing of itself
        ("header-guid", ELSEWHERE, HERE),  # GUIDs are the same in every registry
    ],
)
def test_an_id_of_nobody_knows_which_registry_is_taken(framing: str, written: str, asked: str) -> None:
    found, _ = unwrap(record(framing=framing, registry=written), identity=lambda: asked)
    assert found.letters == []


@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_framing_leads_to_the_schema(framing: str) -> None:
    found, _ = unwrap(record(framing=framing))
    assert [bound.schema_id for bound in found.bound.notifications] == [7]


def test_a_replay_is_dropped_and_counted_whatever_its_offset() -> None:
    found, counts = unwrap(record(1, 0), record(2, 1), record(1, 2), record(2, 3))
    assert len(found.bound.notifications) == 2
    assert counts == {"received": 4, "bound": 2, "duplicates": 2}


def test_a_replay_is_known_after_a_restore() -> None:
    read = ReadSoFar()
    unwrap(record(1, 0), read=read)
    snapshot = read.snapshot()
    unwrap(record(2, 1), read=read)
    restored = ReadSoFar.restore(snapshot, [read.changes()])
    _, counts = unwrap(record(1, 2), record(2, 3), record(3, 4), read=restored)
    assert counts == {"received": 3, "bound": 1, "duplicates": 2}


def test_a_hole_in_the_offsets_is_a_loss_unless_the_topic_is_compacted() -> None:
    found, _ = unwrap(record(1, 4), record(2, 9))
    (event,) = found.holes
    assert (event.exporter, event.counter, event.first, event.last, event.count) == ("telemetry[0]", "offsets", 5, 8, 4)
    assert unwrap(record(1, 4), record(2, 9), checks_offsets=False)[0].holes == []


def test_the_end_of_input_stands_behind_what_was_kept() -> None:
    found, _ = unwrap(record(1, 0), record(1, 1), record(2, 2))
    assert [control.at for control in found.bound.controls] == [2]


def test_heartbeats_of_the_reader_go_to_the_ledger_alone_as_losses_have_the_clock_of_the_records() -> None:
    beat = Heartbeat(1, "ingest", 5, {})
    tallies = Tallies("unwrap")
    batch = TopicBatch(records=[record(1, 0)], controls=[beat, EndOfInput(1, 6)])
    found = Unwrapper(id_of_guid=by_guid, schema_of=by_id, judges=False).unwrap(ReadSoFar(), batch, tallies)
    assert tallies.collectors == [beat]
    assert found.bound.controls == [EndOfInput(1, 6)]


def altered(**facts: Any) -> TopicRecord:
    return msgspec.structs.replace(record(), **facts)


PLAIN = record(framing="header-ascii")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (altered(value=b"\x00\x00\x00\x00\x07not json"), "not-a-telemetry-message"),
        (altered(value=b'\x00\x00\x00\x00\x07{"a":1}'), "not-a-telemetry-message"),
        (altered(value=record().value.replace(b"eth0", b"eth\xff")), "not-a-telemetry-message"),
        (
            altered(value=record().value.replace(b'"collection-timestamp":"2', b'"collection-timestamp":"x')),
            "invalid-time",
        ),
        (altered(headers=(("yangbeam-raw", b"1/2"),)), "invalid-identity"),
        (altered(headers=(("schema-id", b"seven"),)), "invalid-schema-id"),
        (msgspec.structs.replace(PLAIN, headers=(("__value_schema_id", b"\x01" + b"x" * 16),)), "schema-unknown"),
        (msgspec.structs.replace(PLAIN, headers=()), "no-schema-id"),
        (msgspec.structs.replace(PLAIN, value=PLAIN.value.replace(b"ietf-yp-notification:e", b"e")), "no-wrapper"),
    ],
)
def test_what_is_no_telemetry_message_costs_itself_alone(bad: TopicRecord, reason: str) -> None:
    found, counts = unwrap(bad, record(2, 1))
    assert len(found.bound.notifications) == 1
    (letter,) = found.letters
    assert letter.original == bad.value
    assert "telemetry[0] offset 0" in letter.detail
    assert letter.reason == reason
    assert counts["received"] == 2
    assert sum(count for name, count in counts.items() if name.startswith("dead:")) == 1


def test_older_names_of_the_modules_key_are_read() -> None:
    value = record(framing="header-ascii").value.replace(b'"module":[{"name":', b'"module":[{"module":')
    found = told(altered(value=value, headers=(("schema-id", b"7"),)))
    assert found.subscription is not None
    assert found.subscription.terms is not None
    assert found.subscription.terms.modules == (("ietf-interfaces", None, None),)


def test_a_message_that_describes_no_subscription_has_none() -> None:
    metadata = {"collection-timestamp": "2026-11-20T10:00:10Z", "export-address": "192.0.2.1"}
    message = {"telemetry-message-metadata": metadata, "payload": {}}
    body = orjson.dumps({"ietf-telemetry-message:message": message})
    found = told(TopicRecord("t", 0, 0, 0, b"", body, (("schema-id", b"7"),)))
    assert found.subscription is None
    assert found.identity is None
    with pytest.raises(NotificationError):
        told(TopicRecord("t", 0, 0, 0, b"", body.replace(b"}}}", b"}}"), ()))


def test_a_message_keeps_its_place_in_the_raw_topic() -> None:
    found, _ = unwrap(record(1, identity="3/41/2"))
    message = found.bound.notifications[0].notification.message
    assert (message.raw_partition, message.raw_offset, message.raw_index) == (3, 41, 2)


def test_an_id_that_is_no_schema_s_costs_its_own_record() -> None:
    found, counts = unwrap(record(1, 0), record(2, 1, schema_id=8), record(3, 2))
    assert [bound.notification.sequence_number for bound in found.bound.notifications] == [1, 3]
    assert [letter.reason for letter in found.letters] == ["schema-unknown"]
    assert counts == {"received": 3, "bound": 2, "dead:schema-unknown": 1, "died:unwrap": 1}


@pytest.mark.parametrize(
    "error", [SchemaPendingError("registry-unreachable", "away"), RegistryDeniedError("registry-denied", "401")]
)
@pytest.mark.parametrize("way", ["schema_of", "id_of_guid"])
def test_a_registry_that_does_not_answer_costs_no_record(error: SchemaError, way: str) -> None:
    def silent(_asked: object) -> Any:
        raise error

    framing = "header-guid" if way == "id_of_guid" else "prefix"
    with pytest.raises(type(error)):
        unwrap(record(framing=framing), **{way: silent})


def test_a_schema_is_looked_up_once_for_a_batch() -> None:
    asked: list[int] = []
    unwrap(*(record(number, number) for number in range(5)), schema_of=asked.append)
    assert asked == [7]

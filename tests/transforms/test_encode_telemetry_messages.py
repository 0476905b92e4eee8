"""EncodeTelemetryMessages: one record for each notification, in their order, on both local runners."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import ARRIVAL_US, EXPORTER, payload, started, validated
from tests.schema_trees import interfaces
from tests.transforms.staging import bounded, live
from yangbeam.core.elements import EndOfInput, Subscription, Validated, ValidatedBatch
from yangbeam.core.errors import SchemaError, YangbeamError
from yangbeam.core.message_key.records import KeySettings
from yangbeam.core.stages.encode import Keys
from yangbeam.transforms.encode_telemetry_messages import EncodeTelemetryMessages
from yangbeam.transforms.outputs import refused_by_sink

SUBSCRIPTION = Subscription("example-router", 1, 6666, "active", started().terms)


def known(found: Validated) -> Validated:
    """With the batch's first subscription."""
    return msgspec.structs.replace(found, bound=msgspec.structs.replace(found.bound, subscription=0))


BATCH = ValidatedBatch(
    notifications=[
        known(validated(b'{"a":1}')),
        validated(b'{"b":2}', verdict="invalid", schema_id=7),
        validated(b'{"c":3}', verdict="unvalidated", schema_id=None, node=None, subscription_id=None),
    ],
    subscriptions=[SUBSCRIPTION],
    controls=[EndOfInput(3, ARRIVAL_US)],
    shard=3,
    source="s",
    ordinal=4,
)


@pytest.mark.parametrize("run", [bounded, live])
def test_each_notification_is_one_record_around_its_own_octets(run: Any) -> None:
    (out,) = run(EncodeTelemetryMessages("collector-1", "0.1.0"), [BATCH]).out
    assert [record.schema_id for record in out.records] == [1, 7, None]
    assert [record.key for record in out.records] == [b"example-router\n6666"] * 2 + [EXPORTER.encode() + b"\n"]
    for record, found in zip(out.records, BATCH.notifications, strict=True):
        assert b'"payload":' + found.json + b"}}" in record.value
        orjson.loads(record.value)
    assert (out.shard, out.source, out.ordinal, out.controls) == (3, "s", 4, BATCH.controls)


def test_collector_and_subscription_are_told() -> None:
    (out,) = bounded(EncodeTelemetryMessages("collector-1", "0.1.0"), [BATCH]).out
    told = orjson.loads(out.records[0].value)["ietf-telemetry-message:message"]
    assert told["data-collection-manifest"] == {
        "name": "collector-1",
        "vendor": "yangbeam",
        "software-version": "0.1.0",
    }
    assert "yang-library-content-id" in str(told["telemetry-message-metadata"])


def test_an_empty_batch_passes_with_its_controls() -> None:
    ended = ValidatedBatch(notifications=[], controls=[EndOfInput(0, ARRIVAL_US)])
    (out,) = bounded(EncodeTelemetryMessages("c", "1"), [ended]).out
    assert (out.records, out.controls) == ([], ended.controls)


class OneSchema:
    """Knows the interfaces under id 1."""

    def __init__(self) -> None:
        self.tree = interfaces()
        self.prefixes = {"ietf-interfaces": "if"}

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        raise AssertionError((exporter, content_id, modules))

    def schema(self, schema_id: int) -> Any:
        if schema_id != 1:
            raise SchemaError("schema-unknown", f"no {schema_id}")
        return self


def keyed(**settings: Any) -> EncodeTelemetryMessages:
    return EncodeTelemetryMessages("c", "1", Keys(OneSchema(), KeySettings(**settings)))


TWO = payload(1, {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0"}, {"name": "eth1"}]}})
UPDATES = ValidatedBatch(
    notifications=[known(validated(TWO)), validated(TWO, schema_id=9), validated(TWO, schema_id=None)],
    subscriptions=[SUBSCRIPTION],
)


def test_records_go_by_the_instances_they_carry() -> None:
    (out,) = bounded(keyed(), [UPDATES]).out
    path = "/ietf-interfaces:interfaces/interface"
    assert [record.key.decode() for record in out.records] == [
        f"example-router\n6666\n{path}[name='eth0'] | {path}[name='eth1']",
        "example-router\n6666",
        "example-router\n6666",
    ]


def test_a_split_message_counts_once_and_its_records_on_a_line_of_their_own() -> None:
    (out,) = bounded(keyed(split=True), [UPDATES]).out
    assert [(record.raw_index, record.raw_parts) for record in out.records] == [(0, 2), (1, 2), (0, 1), (0, 1)]
    error = YangbeamError("large", "too large")
    letters, delta = refused_by_sink(out, "kafka", [None, error, None, error], 2)
    (tally,) = delta.tallies
    assert tally.counts == {
        "delivered:kafka": 2,
        "dead-at:kafka:large": 1,
        "split:kafka": 2,
        "parts:kafka": 1,
        "dead-parts:kafka:large": 1,
        "more-letters": 1,
    }
    assert letters is not None
    assert len(letters.letters) == 2


def test_a_key_may_be_the_exporter_and_topics_the_subjects() -> None:
    (out,) = bounded(keyed(key="exporter", per_subject=True), [UPDATES]).out
    assert {record.key for record in out.records} == {EXPORTER.encode()}
    assert [record.topic for record in out.records] == ["if-interfaces-interface", "", ""]

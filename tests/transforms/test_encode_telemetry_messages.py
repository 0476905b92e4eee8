"""EncodeTelemetryMessages: one record for each notification, in their order, on both local runners."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import ARRIVAL_US, EXPORTER, started, validated
from tests.transforms.staging import bounded, live
from yangbeam.core.elements import EndOfInput, Subscription, Validated, ValidatedBatch
from yangbeam.transforms.encode_telemetry_messages import EncodeTelemetryMessages

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

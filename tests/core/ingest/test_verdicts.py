"""What is said of records of the telemetry topic, level by level."""

from typing import Any

import pytest

from tests.core.ingest.topic_records import record
from yangbeam.core.elements import TopicRecord
from yangbeam.core.errors import SchemaError
from yangbeam.core.framing import FRAMINGS
from yangbeam.core.ingest.verdicts import BAD, GOOD, UNJUDGED, Judge, Verdict
from yangbeam.core.policy import Policy


def nobodys(_: Any) -> Any:
    raise SchemaError("schema-unknown", "no such schema")


def by_guid(guid: bytes) -> int:
    return 7 if guid == bytes(range(16)) else nobodys(guid)


def verdict(found: TopicRecord, **policy: Any) -> Verdict:
    return Judge(nobodys, by_guid, Policy(**policy)).verdict(found)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_whatever_the_framing_the_schema_is_found(framing: str) -> None:
    found = verdict(record(framing=framing), validate=False)
    assert (found.verdict, found.why, found.schema_id) == (GOOD, "", 7)
    assert found.frame is not None
    assert found.frame.framing == framing
    assert found.notification is not None
    assert found.notification.subscription_id == 6666


def test_a_schema_that_nobody_knows_fails_it_and_is_named() -> None:
    found = verdict(record())
    assert (found.verdict, found.schema_id) == (BAD, 7)
    assert "schema-unknown" in found.why


def test_a_schema_id_of_another_registry_fails_it_before_any_schema_is_looked_at() -> None:
    judge = Judge(nobodys, by_guid, Policy(), identity=lambda: "5f0e9a1c2b3d4e6f")
    found = judge.verdict(record(registry="0123456789abcdef"))
    assert (found.verdict, found.schema_id) == (BAD, 7)
    assert "[other-registry; configuration]" in found.why


def test_without_a_schema_id_nothing_is_said() -> None:
    whole = record()
    found = verdict(TopicRecord(whole.topic, 0, 0, whole.timestamp_us, whole.key, whole.value[5:]))
    assert (found.verdict, found.why) == (UNJUDGED, "no schema id in any framing")


@pytest.mark.parametrize(
    ("value", "headers", "word"),
    [
        (b"{", (), "not-a-telemetry-message"),
        (b"\xff", (), "not-a-telemetry-message"),
        (b"{}", (("schema-id", b"what?"),), "invalid-schema-id"),
    ],
)
def test_what_is_no_telemetry_message_says_why(value: bytes, headers: Any, word: str) -> None:
    found = verdict(TopicRecord("t", 0, 0, 0, b"", value, headers))
    assert found.verdict == BAD
    assert word in found.why

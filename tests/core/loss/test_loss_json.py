"""Loss events as instance data of their own YANG module: what two compilers and libyang's validator say of it."""

import io
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyang.context import Context
from pyang.repository import FileRepository

from tests.core.loss.prove import detect, random_scenario
from tests.core.loss.test_freshness import facts as life_facts
from tests.core.loss.test_freshness import feed, started, updates
from tests.core.loss.test_patches import GAP, resyncs
from tests.core.loss.test_untrackable import NO_COUNTERS, numbered, run
from tests.core.yang.schemas import loaded
from yangbeam.core.elements import LossEvent
from yangbeam.core.errors import NotificationError
from yangbeam.core.ingest.offsets import Hole
from yangbeam.core.ingest.unwrapping import event_of
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import TERMINATED
from yangbeam.core.loss.loss_json import MODULE, entry_of, loss_json, read_losses
from yangbeam.core.loss.scope import SCOPES
from yangbeam.core.lost import DISCONTINUITY
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.io.yang_directories import bundled

MODULES = Path(__file__).resolve().parents[3] / "core" / "yang" / "modules"
COUNTERS = ("transport", "notification", "patch", "freshness", "lifecycle", "resync", "contents", "collection")
CAUSES = (
    *("", "incomplete", "kernel-drop", "restart", "publisher", "silent", "never-sent", "terminated", "untrackable"),
    *("patch-gap", "no-end", "truncated", DISCONTINUITY),
)
EVENTS = st.builds(
    LossEvent,
    exporter=st.sampled_from(("192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "fe80::1%eth0")),
    node=st.text(max_size=20),
    publisher_id=st.none() | st.integers(0, 2**32 - 1),
    subscription_ids=st.lists(st.integers(0, 2**32 - 1), max_size=16, unique=True).map(tuple),
    counter=st.sampled_from(COUNTERS),
    scope=st.sampled_from(("", *(scope.name for scope in SCOPES))),
    first=st.integers(0, 2**32 - 1),
    last=st.integers(0, 2**32 - 1),
    count=st.integers(0, 2**32),
    first_us=st.integers(0, 2**52),
    last_us=st.integers(0, 2**52),
    state=st.sampled_from(("open", "confirmed", "withdrawn")),
    cause=st.sampled_from(CAUSES),
    identity=st.text("abc/.:1", min_size=1),
    detail=st.text(max_size=40),
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    with loaded(make_schema_set(bundled(), [MODULE]), tmp_path_factory.mktemp("loss")) as found:
        yield found


@settings(max_examples=150)
@given(event=EVENTS)
def test_every_event_is_valid_instance_data(schema: Schema, event: LossEvent) -> None:
    schema.validate_contents(loss_json(event), "full")


def _found() -> list[LossEvent]:
    ended = life_facts(4, 35, kind=TERMINATED, reason="no-such-subscription")
    life = [started(0, 0.5), *updates(1, 3), ended, started(5, 40, subscription_id=9)]
    return [
        *detect(random_scenario(3)),
        *detect(random_scenario(7, rough=True)),
        *feed(Detector(), life, 200),
        *resyncs(GAP),
        *run(numbered(NO_COUNTERS[0][0])),
        *run(numbered([*range(5000, 5050), *range(2000, 2050)])),
    ]


def test_what_the_detector_tells_is_valid_of_every_kind(schema: Schema) -> None:
    events = _found()
    assert {event.counter for event in events} >= {"transport", "notification", "freshness", "lifecycle", "resync"}
    assert {event.cause for event in events} >= {
        "",
        "terminated",
        "never-sent",
        "untrackable",
        "patch-gap",
        DISCONTINUITY,
    }
    for event in events:
        schema.validate_contents(loss_json(event), "full")


def test_the_module_knows_every_scope() -> None:
    text = (MODULES / "yangbeam-loss.yang").read_text()
    assert all(f"enum {scope.name} {{" in text for scope in SCOPES)


def test_what_numbers_do_not_say_is_absent() -> None:
    silent = LossEvent(
        "192.0.2.7", "", None, (), "freshness", "subscription", 0, 0, 3, 0, 1, "open", "silent", "x", "period 10 s"
    )
    assert entry_of(silent).keys() == {
        *("identity", "exporter", "counter", "scope", "state", "count", "first-time", "last-time", "cause", "detail"),
    }
    assert entry_of(silent)["first-time"] == "1970-01-01T00:00:00.000000Z"


def test_a_discontinuity_names_the_last_number_seen_and_the_next_one() -> None:
    event = LossEvent("192.0.2.7", "r", 1, (7,), "transport", "node", 9, 4, 0, 0, 1, "confirmed", DISCONTINUITY, "x")
    entry = entry_of(event)
    assert (entry["last-seen"], entry["next-seen"], entry["count"]) == (9, 4, "0")
    assert not {"first", "last"} & entry.keys()
    assert read_losses(loss_json(event)) == [event]


def test_a_line_holds_one_document_without_a_line_break() -> None:
    event = LossEvent("192.0.2.7", "r\n1", 1, (7,), "transport", "node", 1, 2, 2, 0, 1, "open", "", "x", "a\nb")
    assert b"\n" not in loss_json(event)
    assert orjson.loads(loss_json(event))["yangbeam-loss:losses"]["loss"][0]["node"] == "r\n1"


def test_pyang_compiles_the_module_without_a_complaint() -> None:
    context = Context(FileRepository(str(MODULES)))
    module = context.add_module("yangbeam-loss.yang", (MODULES / "yangbeam-loss.yang").read_text())
    assert module is not None
    context.validate()
    complaints = io.StringIO()
    for position, tag, arguments in context.errors:
        complaints.write(f"{position}: {tag} {arguments}\n")
    assert complaints.getvalue() == ""


def test_a_hole_in_a_topic_names_the_topic_and_its_offsets(schema: Schema) -> None:
    event = event_of(Hole("telemetry", 3, 2**40, 2**40 + 4), 1_000_000)
    schema.validate_contents(loss_json(event), "full")
    entry = entry_of(event)
    assert (entry["topic"], entry["first-offset"], entry["last-offset"], entry["count"]) == (
        "telemetry[3]",
        str(2**40),
        str(2**40 + 4),
        "5",
    )
    assert "exporter" not in entry


def test_what_was_written_is_read_back(schema: Schema) -> None:
    for event in (*_found(), event_of(Hole("telemetry", 3, 2**40, 2**40 + 4), 1_000_000)):
        (back,) = read_losses(loss_json(event))
        assert entry_of(back) == entry_of(event)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"yangbeam-loss:losses":{"loss":[{}]}}', b'{"yangbeam-loss:losses":1}']
)
def test_what_is_no_loss_event_is_refused(text: bytes) -> None:
    with pytest.raises(NotificationError, match="no instance data"):
        read_losses(text)

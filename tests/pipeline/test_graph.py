"""The graph as built: names that state hangs on, outputs that go somewhere, and what becomes of what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import orjson
import pytest
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.transforms.userstate import get_dofn_specs

from tests.builders import ARRIVAL_US, message, payload
from tests.runners.traffic import batches_of, mixed
from tests.runners.whole_graph import MARK, Outcome, outcome_of, registry
from yangbeam.core.elements import EndOfInput, Message, MessageBatch, Refused
from yangbeam.core.policy import Policy
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.yang.engine import Choice
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import sinks_of
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.view.status_sink import status_sinks
from yangbeam.registry.directories import Directory
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.quirks import QUIRKS
from yangbeam.transforms.handoff import Handoff
from yangbeam.transforms.read_sources import ReadSources

NAMES = Path(__file__).parents[1] / "golden" / "transform_names.txt"
BROKEN = """module example-broken {
  namespace "urn:example:broken";
  prefix b;
  container things { leaf size { type no-such-type; } }
}
"""


class Transforms(PipelineVisitor):
    """Every applied transform that is no composite."""

    def __init__(self) -> None:
        self.found: list[AppliedPTransform] = []

    def visit_transform(self, transform_node: AppliedPTransform) -> None:
        self.found.append(transform_node)


def transforms(folder: Path, endpoint: str | None = None) -> list[AppliedPTransform]:
    """Builds the graph with every sink there is, without running it."""
    places = {("out",): str(folder), ("kafka",): {"bootstrap": "192.0.2.1:9092"}, ("files",): {"enabled": True}}
    config = load(None, places)
    handoff = Handoff([])
    handoff.endpoint = endpoint
    pipeline = beam.Pipeline("FnApiRunner")
    build(pipeline, ReadSources(handoff), stages_of(config), sinks_of(config, status_sinks()))
    visitor = Transforms()
    pipeline.visit(visitor)
    return visitor.found


def described(applied: AppliedPTransform) -> str:
    """Full label, then ids of state and timers, if it has some."""
    dofn = getattr(applied.transform, "fn", None)
    if not isinstance(dofn, beam.DoFn):
        return applied.full_label
    states, timers = get_dofn_specs(dofn)
    ids = sorted(spec.name for spec in (*states, *timers))
    return " ".join((applied.full_label, *(f"[{', '.join(ids)}]" for _ in ids[:1])))


def test_names_of_transforms_and_state_are_those_that_saved_state_hangs_on(tmp_path: Path) -> None:
    # Whoever changes this list makes the state of running jobs unreadable: that takes a migration, and a note.
    found = [described(applied) for applied in transforms(tmp_path)]
    assert found == NAMES.read_text().splitlines()


def test_a_live_run_differs_in_its_source_alone(tmp_path: Path) -> None:
    live = [described(applied) for applied in transforms(tmp_path, endpoint="127.0.0.1:1")]
    assert [name for name in live if not name.startswith("ReadSources/")] == [
        name for name in NAMES.read_text().splitlines() if not name.startswith("ReadSources/")
    ]


def unconsumed(applied: list[AppliedPTransform]) -> Iterator[tuple[str, str | None]]:
    consumed = {id(collection) for one in applied for collection in one.inputs}
    for one in applied:
        for collection in one.outputs.values():
            if id(collection) not in consumed:
                yield one.full_label, collection.tag


def test_no_stage_leaves_an_output_unconsumed(tmp_path: Path) -> None:
    left = list(unconsumed(transforms(tmp_path)))
    assert left
    for label, tag in left:
        uncounted = label.startswith(("WriteLoss", "WriteDeadLetters", "WriteTotals"))
        assert label.startswith("Write"), label
        assert tag in ({None, "none", LEDGER, LETTERS} if uncounted else {None, "none"}), (label, tag)


def batch(*messages: Message) -> MessageBatch:
    return MessageBatch(messages=list(messages), controls=[EndOfInput(len(messages), ARRIVAL_US)])


def numbered(number: int, body: bytes | None = None, **facts: Any) -> Message:
    return message(payload(number) if body is None else body, message_id=number, **facts)


INVALID = {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "mtu": 1500}]}}
UNKNOWN = {"example-unknown:things": {"size": 1}}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedRegistry:
    return registry(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def mixture() -> list[MessageBatch]:
    return batches_of(mixed(90), 20)


def originals(batches: list[MessageBatch]) -> dict[tuple[Any, ...], set[bytes]]:
    """What was received, by what identifies it."""
    found: dict[tuple[Any, ...], set[bytes]] = {}
    for one in batches:
        for received in one.messages:
            key = (received.exporter, received.port, received.arrival_us, received.message_id)
            found.setdefault(key, set()).add(received.payload)
        for control in one.controls:
            if isinstance(control, Refused):
                key = (control.exporter, control.port, control.arrival_us, control.message_id)
                found.setdefault(key, set()).add(control.original)
    return found


def test_every_dead_letter_holds_the_original_octets_of_its_message(
    mixture: list[MessageBatch], schemas: EmbeddedRegistry, tmp_path: Path
) -> None:
    outcome = outcome_of(mixture, schemas, tmp_path)
    received = originals(mixture)
    assert {letter.stage for letter in outcome.letters} >= {"receive", "decode", "validate"}
    for letter in outcome.letters:
        key = (letter.exporter, letter.port, letter.arrival_us, letter.message_id)
        assert letter.original in received[key], letter


def test_what_the_receiver_refused_is_held_as_the_datagrams_that_came(
    schemas: EmbeddedRegistry, tmp_path: Path
) -> None:
    deliveries = mixed()
    sent = {datagram for delivery in deliveries for datagram in delivery.datagrams}
    outcome = outcome_of(batches_of(deliveries, 20), schemas, tmp_path)
    refused = [letter for letter in outcome.letters if letter.stage == "receive"]
    assert {"incomplete", "unsupported-version"} <= {letter.reason for letter in refused}
    for letter in refused:
        assert is_made_of(letter.original, sent), letter


def is_made_of(octets: bytes, datagrams: set[bytes]) -> bool:
    """Whether the octets are one datagram after the other."""
    while octets:
        first = next((datagram for datagram in datagrams if octets.startswith(datagram)), None)
        if first is None:
            return False
        octets = octets[len(first) :]
    return True


def one_of_each() -> list[MessageBatch]:
    """Valid, invalid, without a schema, undecodable; and the valid one again."""
    valid = numbered(1)
    return [
        batch(
            valid,
            numbered(2, payload(2, INVALID)),
            numbered(3, payload(3, UNKNOWN)),
            numbered(4, b"{"),
            valid,
        )
    ]


def verdicts(outcome: Outcome) -> list[tuple[int | None, str | None]]:
    """(schema id is there, verdict label) of each telemetry message."""
    found: list[tuple[int | None, str | None]] = []
    for record in outcome.telemetry:
        told = orjson.loads(record.value)["ietf-telemetry-message:message"]
        labels = {label["name"]: label["string-value"] for label in _labels(told)}
        found.append((record.schema_id, labels.get("yangbeam-verdict")))
    return found


def _labels(told: dict[str, Any]) -> list[dict[str, Any]]:
    metadata = told.get("network-operator-metadata", {})
    labels: list[dict[str, Any]] = metadata.get("labels", [])
    return labels


def test_reject_delivers_what_is_valid_and_nothing_else(schemas: EmbeddedRegistry, tmp_path: Path) -> None:
    outcome = outcome_of(one_of_each(), schemas, tmp_path)
    ((schema_id, verdict),) = verdicts(outcome)
    assert (isinstance(schema_id, int), verdict) == (True, None)
    assert outcome.reasons() == {"unknown-node": 1, "module-missing": 1, "not-json": 1}
    assert outcome.counts["delivered:tables"] == outcome.counts["delivered:memory"] == outcome.counts["duplicates"] == 1
    assert outcome.unbalanced() == []


def test_pass_and_mark_delivers_them_marked_and_keeps_them_out_of_the_tables(
    schemas: EmbeddedRegistry, tmp_path: Path
) -> None:
    outcome = outcome_of(one_of_each(), schemas, tmp_path, policy=MARK)
    valid, invalid, unbound = verdicts(outcome)
    assert (isinstance(valid[0], int), valid[1]) == (True, None)
    assert (isinstance(invalid[0], int), invalid[1]) == (True, "invalid")
    assert unbound == (None, "unvalidated")
    assert outcome.reasons() == {"not-json": 1}
    assert (outcome.counts["delivered:tables"], outcome.counts["not-mapped:tables"]) == (1, 2)
    assert len(outcome.tables["ietf_interfaces__interfaces__interface"]) == 1
    assert outcome.unbalanced() == []


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        MARK,
        Policy(invalid="pass-and-mark"),
        Policy(pass_unbound=True),
        Policy(validate=False),
        Policy(choice=Choice("full")),
    ],
    ids=["reject", "pass-and-mark", "pass-invalid", "pass-unbound", "not-validated", "full"],
)
def test_the_ledger_balances_for_every_sink_under_every_policy(
    schemas: EmbeddedRegistry, tmp_path: Path, policy: Policy, mixture: list[MessageBatch]
) -> None:
    outcome = outcome_of([*mixture, *one_of_each()], schemas, tmp_path, policy=policy)
    assert outcome.unbalanced() == []
    assert len(outcome.telemetry) == outcome.counts["delivered:memory"] > 0


def test_a_statement_that_does_not_compile_costs_its_own_messages_only(tmp_path: Path) -> None:
    folder = tmp_path / "yang"
    folder.mkdir()
    (folder / "example-broken.yang").write_text(BROKEN)
    schemas = EmbeddedRegistry(tmp_path / "registry.sqlite", (Directory(str(folder)),))
    broken = {"example-broken:things": {"size": 1}}
    messages = [numbered(number, payload(number, broken) if number % 2 else None) for number in range(10)]
    outcome = outcome_of([batch(*messages)], schemas, tmp_path)
    # The leaf is left out of its module, so nothing of these contents is described.
    assert outcome.reasons() == {"left-out": 5}
    assert {(letter.stage, letter.path) for letter in outcome.letters} == {("validate", "/example-broken:things/size")}
    ((_, left_out),) = QUIRKS.all()
    assert (left_out.module, left_out.statement) == ("example-broken", "leaf size")
    assert "no-such-type" in left_out.words
    assert len(outcome.telemetry) == outcome.counts["delivered:tables"] == 5
    assert outcome.unbalanced() == []

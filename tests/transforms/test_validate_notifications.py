"""ValidateNotifications: the same judgement on both local runners, letters and counts beside it."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import ARRIVAL_US, message, payload
from tests.core.test_transcription import ENVELOPE, XML
from tests.transforms.staging import bounded, live
from yangbeam.core.elements import Bound, BoundBatch, EndOfInput, Heartbeat, Subscription
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import Policy
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.transforms.validate_notifications import ValidateNotifications

INVALID = {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "mtu": 1500}]}}
SUBSCRIPTION = Subscription("example-router", 1, 6666, "active")


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedRegistry:
    folder: Path = tmp_path_factory.mktemp("registry")
    return EmbeddedRegistry(folder / "registry.sqlite")


@pytest.fixture
def batch(schemas: EmbeddedRegistry) -> BoundBatch:
    """Invalid, valid, unbound, and valid XML; controls before the second, the third, and at the end."""
    schema_id = schemas.resolve("192.0.2.10", None, frozenset({"ietf-interfaces"}))
    notifications = [
        Bound(decode(message(payload(1, INVALID))), schema_id, 0, "started"),
        Bound(decode(message(payload(2))), schema_id, 0, "started"),
        Bound(decode(message(payload(3))), None, 0, "none: no module"),
        Bound(decode(message(ENVELOPE.encode(), media_type=XML)), schema_id, -1, "module-names"),
    ]
    controls: list[Any] = [Heartbeat(1, "c1", ARRIVAL_US, {}), Heartbeat(2, "c1", ARRIVAL_US, {})]
    controls.append(EndOfInput(4, ARRIVAL_US))
    return BoundBatch(
        notifications=notifications, subscriptions=[SUBSCRIPTION], controls=controls, shard=3, source="s", ordinal=4
    )


@pytest.mark.parametrize("run", [bounded, live])
def test_the_invalid_becomes_a_letter_and_the_rest_goes_on_with_its_verdict(
    run: Any, schemas: EmbeddedRegistry, batch: BoundBatch
) -> None:
    given = run(ValidateNotifications(schemas, Policy()), [batch])
    (out,) = given.out
    assert [found.verdict for found in out.notifications] == ["valid", "unvalidated", "valid"]
    assert out.subscriptions == [SUBSCRIPTION]
    assert [control.at for control in out.controls] == [0, 1, 3]
    (letter,) = given.letters
    assert (letter.stage, letter.reason, letter.original) == ("validate", "unknown-node", payload(1, INVALID))
    assert letter.path.endswith("/mtu")
    assert letter.schema_id == batch.notifications[0].schema_id
    assert given.counts == {
        "validated": 2,
        "marked:unvalidated": 1,
        "invalid": 1,
        "dead:unknown-node": 1,
        "why:unknown-node|configuration|ietf-interfaces|/ietf-interfaces:interfaces/interface/mtu": 1,
        "died:validate": 1,
    }
    for made in (*given.out, *given.dead_letters, *given.ledger):
        assert (made.shard, made.source, made.ordinal) == (3, "s", 4)
    assert [delta.end for delta in given.ledger] == [True]


def test_by_policy_the_invalid_goes_on_marked(schemas: EmbeddedRegistry, batch: BoundBatch) -> None:
    given = bounded(ValidateNotifications(schemas, Policy(unknown="pass-and-mark", invalid="pass-and-mark")), [batch])
    (out,) = given.out
    assert [found.verdict for found in out.notifications] == ["invalid", "valid", "unvalidated", "valid"]
    assert given.letters == []
    assert given.counts == {"validated": 2, "marked:unvalidated": 1, "marked:invalid": 1}


def test_a_registry_that_lost_a_schema_fails_the_bundle(schemas: EmbeddedRegistry) -> None:
    lost = BoundBatch(notifications=[Bound(decode(message(payload())), 4711)])
    with pytest.raises(Exception, match="4711 is not registered"):
        bounded(ValidateNotifications(schemas, Policy()), [lost])

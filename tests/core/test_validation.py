"""What schema and policy make of a bound notification: valid, refused with path and rule, or passed on and marked."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import message, payload
from tests.core.test_transcription import ENVELOPE, XML
from yangbeam.core.elements import Bound, Notification, Validated
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import INVALID, PRUNED, UNVALIDATED, VALID, Policy
from yangbeam.core.validation import judge, judgement
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.schema import Schema

REJECT = Policy()
PASS = Policy(unknown="pass-and-mark", invalid="pass-and-mark")
ETHERNET = {"type": "iana-if-type:ethernetCsmacd"}


def interfaces(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"ietf-interfaces:interfaces": {"interface": list(entries)}}


def judged(body: bytes, schema: Schema, policy: Policy = REJECT, media_type: str = "application/json") -> Validated:
    notification = decode(message(body, media_type=media_type))
    return judge(Bound(notification, 7, how="started"), {7: schema}.__getitem__, policy)


def refusal(body: bytes, schema: Schema, policy: Policy = REJECT, media_type: str = "") -> InvalidInstanceError:
    with pytest.raises(InvalidInstanceError) as caught:
        judged(body, schema, policy, media_type or "application/json")
    return caught.value


def patch(*edits: dict[str, Any]) -> bytes:
    yang_patch = {"patch-id": "p1", "edit": list(edits)}
    update = {"id": 2222, "datastore-changes": {"yang-patch": yang_patch}}
    head = {"event-time": "2026-11-20T10:00:10Z", "contents": {"ietf-yang-push:push-change-update": update}}
    return orjson.dumps({"ietf-yp-notification:envelope": head})


def edit(value: dict[str, Any] | None, target: str = "/ietf-interfaces:interfaces/interface=eth0") -> dict[str, Any]:
    one = {"edit-id": "e1", "operation": "merge" if value else "delete", "target": target}
    return one | ({"value": value} if value else {})


def test_valid_json_keeps_its_very_bytes(drafts: Schema) -> None:
    body = payload(1, interfaces({"name": "eth0", **ETHERNET})).replace(b":{", b" : {")
    found = judged(body, drafts)
    assert (found.verdict, found.json, found.why) == (VALID, body, "")
    assert found.bound.notification.message.payload == body


def test_contents_are_judged_and_not_the_envelope_alone(drafts: Schema) -> None:
    error = refusal(payload(1, interfaces({"name": "eth0", "if-index": 0})), drafts)
    assert (error.reason, error.schema_id) == ("invalid-contents", 7)
    assert error.path.endswith("/if-index")
    assert error.rule
    assert error.detail.endswith("(schema 7)")


def test_the_notification_around_the_contents_is_judged_too(drafts: Schema) -> None:
    body = payload().replace(b'"id":6666', b'"id":6666,"nonsense":1')
    error = refusal(body, drafts, Policy(unknown="reject"))
    assert (error.reason, error.path) == ("invalid-notification", "/ietf-yang-push:push-update/nonsense")
    pruned = judged(body, drafts)
    assert (pruned.verdict, pruned.paths) == (PRUNED, ("/nonsense",))
    assert body_at(pruned.json, pruned.bound.notification.path) == body_at(payload(), pruned.bound.notification.path)


@pytest.mark.parametrize(
    ("envelope", "where"),
    [
        ({"event-time": "yesterday"}, "event-time"),
        ({"ietf-yp-notification:hostnam": "r"}, "hostnam"),
        ({"odd": 1}, "odd"),
    ],
)
def test_the_envelope_around_the_notification_is_judged_too(
    drafts: Schema, envelope: dict[str, Any], where: str
) -> None:
    whole = orjson.loads(payload(1, interfaces({"name": "eth0", **ETHERNET})))
    judged(orjson.dumps(whole), drafts)  # a good one first: nothing that it leaves behind may excuse a bad one
    whole["ietf-yp-notification:envelope"] |= envelope
    error = refusal(orjson.dumps(whole), drafts, Policy(unknown="reject"))
    assert (error.reason, error.schema_id) == ("invalid-notification", 7)
    assert error.path == f"/ietf-yp-notification:envelope/{next(iter(envelope))}"
    assert where in str(error)


def test_a_filtered_subscription_satisfies_structural_and_not_full(drafts: Schema) -> None:
    filtered = payload(1, interfaces({"name": "eth0"}))  # type is mandatory
    assert judged(filtered, drafts).verdict == VALID
    assert "type" in refusal(filtered, drafts, Policy(choice=Choice("full"))).detail


def test_what_drafts_add_is_excused_in_structural_alone(drafts: Schema) -> None:
    strange = payload().replace(b'"id":6666', b'"id":6666,"ietf-yp-observation:timestamp":"yesterday"')
    assert judged(strange, drafts).verdict == VALID
    assert refusal(strange, drafts, Policy(choice=Choice("full"))).reason == "invalid-notification"


def test_an_update_of_a_filter_that_selects_nothing_is_valid(drafts: Schema) -> None:
    head, _, _ = payload(1, {"x": 1}).partition(b'{"x":1}')
    for nothing in (b"{}", b"{ }"):  # RFC 8641 section 3.7: what a get with the filter would give
        found = judged(head + nothing + b"}}}}", drafts)
        assert (found.verdict, found.json) == (VALID, head + nothing + b"}}}}")


def test_an_update_without_contents_is_judged_by_what_it_has(drafts: Schema) -> None:
    body = orjson.dumps({"ietf-yang-push:push-update": {"id": 1}})
    assert judged(body, drafts).verdict == VALID


def test_every_edit_of_a_patch_is_judged_at_its_target(drafts: Schema) -> None:
    good = edit({"ietf-interfaces:interface": [{"name": "eth0", **ETHERNET}]})
    bad = edit({"ietf-interfaces:interface": [{"name": "eth0", "if-index": 0}]})
    assert judged(patch(good, edit(None)), drafts).verdict == VALID
    assert refusal(patch(good, bad), drafts).reason == "invalid-contents"
    unknown = refusal(patch(edit(None, "/ietf-interfaces:nowhere")), drafts)
    assert (unknown.reason, unknown.fault) == ("unknown-node", "configuration")


def test_a_target_that_cannot_be_read_is_invalid_and_no_defect(drafts: Schema) -> None:
    error = refusal(patch(edit(None, "no path")), drafts)
    assert error.reason in {"invalid-target", "invalid-edit"}
    assert error.schema_id == 7


def test_state_notifications_have_no_contents_to_judge(drafts: Schema) -> None:
    body = orjson.dumps(
        {"ietf-subscribed-notifications:subscription-terminated": {"id": 1, "reason": "no-such-subscription"}}
    )
    assert judged(body, drafts).verdict == VALID
    # Identities are others' to define, so that the bundled set excuses one it does not know.
    assert judged(body.replace(b"no-such-subscription", b"boredom"), drafts).verdict == VALID
    unknown = refusal(body.replace(b"no-such-subscription", b"boredom"), drafts, Policy(choice=Choice("full")))
    assert unknown.reason == "invalid-notification"


def test_xml_is_judged_as_the_json_it_becomes_and_the_original_rides_along(drafts: Schema) -> None:
    found = judged(ENVELOPE.encode(), drafts, media_type=XML)
    assert found.verdict == VALID
    assert found.bound.notification.message.payload == ENVELOPE.encode()
    assert body_at(found.json, found.bound.notification.path)["id"] == 31
    error = refusal(ENVELOPE.replace("<if-index>7", "<if-index>0").encode(), drafts, media_type=XML)
    assert error.path.endswith("/if-index")


def body_at(document: bytes, path: tuple[str, ...]) -> Any:
    found = orjson.loads(document)
    for name in path:
        found = found[name]
    return found


def test_by_policy_the_invalid_is_passed_on_with_what_was_wrong(drafts: Schema) -> None:
    body = payload(1, interfaces({"name": "eth0", "if-index": 0}))
    found = judged(body, drafts, PASS)
    assert (found.verdict, found.json, found.bound.schema_id) == (INVALID, body, 7)
    assert "if-index" in found.why


def test_invalid_xml_is_passed_on_as_json_typed_by_its_schema(drafts: Schema) -> None:
    sent = ENVELOPE.replace("<if-index>7", "<if-index>0").encode()
    found = judged(sent, drafts, PASS, XML)
    assert found.verdict == INVALID
    assert body_at(found.json, found.bound.notification.path)["id"] == 31
    assert found.bound.notification.message.payload == sent


def test_without_a_schema_nothing_is_judged_and_the_reason_is_told() -> None:
    bound = Bound(decode(message(payload())), None, how="none: no module x")
    found = judge(bound, {}.__getitem__, REJECT)
    assert (found.verdict, found.json, found.why) == (UNVALIDATED, payload(), "none: no module x")


def test_what_is_passed_on_without_a_schema_keeps_the_types_of_the_notification_itself(drafts: Schema) -> None:
    bound = Bound(decode(message(ENVELOPE.encode(), media_type=XML)), None, how="none: no module x")
    found = judgement(bound, {}.__getitem__, REJECT, lambda: drafts).validated
    assert body_at(found.json, found.bound.notification.path)["id"] == 31
    text = judge(bound, {}.__getitem__, REJECT)
    assert body_at(text.json, text.bound.notification.path)["id"] == "31"


def test_where_validation_is_off_no_schema_is_even_asked_for() -> None:
    bound = Bound(decode(message(payload(1, interfaces({"bad": 1})))), 7, how="started")
    assert judge(bound, {}.__getitem__, Policy(validate=False)).verdict == UNVALIDATED


def test_what_cannot_even_be_passed_on_is_refused() -> None:
    notification: Notification = decode(message(ENVELOPE.encode(), media_type=XML))
    lost = msgspec.structs.replace(notification, path=("envelope", "elsewhere", "push-update"))
    with pytest.raises(InvalidInstanceError, match="no element elsewhere"):
        judge(Bound(lost, None), {}.__getitem__, PASS)

"""What becomes of nodes that no schema has, or that contradict theirs: set aside, each for itself, never silently."""

from typing import Any

import cbor2
import msgspec
import orjson
import pytest

from tests.builders import message, payload
from tests.core.test_transcription import ENVELOPE as XML_MESSAGE
from tests.core.test_transcription import XML
from tests.core.test_validation import body_at, edit, interfaces, judged, patch, refusal
from tests.core.yang.schemas import GOLDEN as YANG_GOLDEN
from yangbeam.core.elements import Bound, Validated
from yangbeam.core.errors import NotificationError
from yangbeam.core.ingest.message_level import MessageLevel
from yangbeam.core.mending import fully
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import INVALID, NORMALISED, PRUNED, VALID, Policy
from yangbeam.core.second_look import Misfit, second_look
from yangbeam.core.telemetry_message import Encoder
from yangbeam.core.validation import MAX_PATHS, Judgement, judgement
from yangbeam.core.yang.engine import Choice, EnginesDisagreeError
from yangbeam.core.yang.mending.walk import Walk
from yangbeam.core.yang.schema import Schema

REJECT_UNKNOWN = Policy(unknown="reject")
PASS_UNKNOWN = Policy(unknown="pass-and-mark")
PRUNE_ALL = Policy(invalid="prune")
GOLDEN = YANG_GOLDEN.parent
COUNTED = {"name": "eth0", "oper-status": "up", "statistics": {"in-octets": "18446744073709551615"}}


def contents(found: Validated) -> Any:
    body = body_at(found.json, found.bound.notification.path)
    return body["datastore-contents"]["ietf-interfaces:interfaces"]["interface"]


def judgement_of(body: bytes, schema: Schema, policy: Policy | None = None) -> Judgement:
    return judgement(Bound(decode(message(body)), 7), {7: schema}.__getitem__, policy or Policy())


def test_a_leaf_of_a_module_that_nobody_has_costs_only_itself(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED | {"acme-optics:temperature": "41.5"}))
    found = judged(body, drafts)
    assert (found.verdict, found.nodes) == (PRUNED, 1)
    assert contents(found) == [COUNTED]
    assert found.paths == ("/ietf-interfaces:interfaces/interface[name='eth0']/acme-optics:temperature",)
    assert found.bound.notification.message.payload == body  # the original rides along


def test_a_subtree_costs_itself_with_all_that_is_in_it_and_counts_once(drafts: Schema) -> None:
    strange = {"acme:deep": {"acme": [{"x": 1}, {"x": {"y": [None]}}]}}
    found = judgement_of(payload(1, interfaces(COUNTED | strange, {"name": "eth1", "enabled": True})), drafts)
    assert contents(found.validated) == [COUNTED, {"name": "eth1", "enabled": True}]
    (one,) = found.findings
    assert (one.name, one.module, one.place) == (
        "module-missing",
        "acme",
        "/ietf-interfaces:interfaces/interface/acme:deep",
    )


def test_a_node_that_its_module_does_not_have_is_set_aside_as_well(drafts: Schema) -> None:
    found = judgement_of(payload(1, interfaces(COUNTED | {"mtu": 1500})), drafts)
    assert contents(found.validated) == [COUNTED]
    (one,) = found.findings
    assert (one.name, one.module, one.place) == (
        "unknown-node",
        "ietf-interfaces",
        "/ietf-interfaces:interfaces/interface/mtu",
    )


def test_a_second_message_of_the_kind_goes_the_short_way_to_the_same_verdict(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED | {"acme:x": 1.50}))
    first, second = judgement_of(body, drafts), judgement_of(body, drafts)
    assert first == second
    assert drafts.mending.streak >= 2
    assert judged(payload(2, interfaces(COUNTED)), drafts).verdict == VALID
    wrong = interfaces(COUNTED | {"acme:x": 1, "if-index": 0})
    assert refusal(payload(3, wrong), drafts).path.endswith("/if-index")


def test_a_top_level_node_that_is_unknown_costs_itself(drafts: Schema) -> None:
    found = judged(payload(1, interfaces(COUNTED) | {"acme:top": {"x": [1]}}), drafts)
    assert (found.verdict, found.paths) == (PRUNED, ("/acme:top",))


@pytest.mark.parametrize("left", [{"name": "eth0"}, {"name": "eth0", "statistics": {}}])
def test_a_message_of_which_only_ancestors_and_keys_are_left_dies(drafts: Schema, left: dict[str, Any]) -> None:
    error = refusal(payload(1, interfaces(left | {"acme:x": 1})), drafts)
    assert (error.reason, error.module) == ("module-missing", "acme")
    assert (
        refusal(payload(1, interfaces(left | {"acme:x": 1})), drafts).reason == "module-missing"
    )  # the short way, too


def test_what_has_no_value_and_was_not_pruned_is_as_valid_as_before(drafts: Schema) -> None:
    assert judged(payload(1, interfaces({"name": "eth0"})), drafts).verdict == VALID


def test_unknown_nodes_cost_their_message_where_that_is_configured(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED | {"acme:x": 1}))
    assert refusal(body, drafts, REJECT_UNKNOWN).module == "acme"
    passed = judged(body, drafts, PASS_UNKNOWN)
    assert (passed.verdict, passed.json, passed.nodes) == (INVALID, body, 0)


def test_the_two_policies_are_told_apart(drafts: Schema) -> None:
    both = payload(1, interfaces(COUNTED | {"acme:x": 1, "if-index": 0}))
    assert refusal(both, drafts).path.endswith("/if-index")  # what contradicts its schema, not what is unknown
    assert refusal(both, drafts, Policy(unknown="reject", invalid="prune")).module == "acme"
    assert judged(both, drafts, Policy(invalid="pass-and-mark")).json == both
    assert judged(both, drafts, PRUNE_ALL).nodes == 2


def test_wrong_leaves_are_set_aside_where_that_is_configured(drafts: Schema) -> None:
    wrong = {"if-index": 0, "enabled": "perhaps", "last-change": "yesterday"}
    found = judgement_of(payload(1, interfaces(COUNTED | wrong)), drafts, PRUNE_ALL)
    assert contents(found.validated) == [COUNTED]
    assert {one.place.rpartition("/")[2] for one in found.findings} == set(wrong)


def test_an_entry_without_a_valid_key_takes_itself_along(drafts: Schema) -> None:
    for bad in ({"oper-status": "up"}, {"name": 7.5e300, "oper-status": "up"}, "eth1"):
        body = payload(1, interfaces(COUNTED, bad))  # type: ignore[arg-type]
        assert contents(judged(body, drafts, Policy(invalid="prune", accept=frozenset()))) == [COUNTED]
        assert refusal(body, drafts, Policy(accept=frozenset())).reason == "invalid-contents"


def test_an_edit_of_an_unknown_target_is_set_aside_whole_and_the_others_go_on(drafts: Schema) -> None:
    good = edit({"ietf-interfaces:interface": [COUNTED]})
    strange = edit({"acme:x": 1}, "/acme:top/x")
    gone = edit(None, "/ietf-interfaces:interfaces/interface=eth0/acme:optics")
    found = judged(patch(good, strange, gone), drafts)
    assert found.verdict == PRUNED
    changes = body_at(found.json, found.bound.notification.path)["datastore-changes"]
    assert changes["yang-patch"]["edit"] == [good]
    assert found.paths == ("/acme:top", "/ietf-interfaces:interfaces/interface[name='eth0']/acme:optics")
    assert refusal(patch(strange, gone), drafts).module == "acme"


def test_an_unknown_leaf_in_the_value_of_an_edit_costs_only_itself(drafts: Schema) -> None:
    found = judged(patch(edit({"ietf-interfaces:interface": [COUNTED | {"acme:x": 1}]})), drafts)
    assert found.paths == ("/ietf-interfaces:interfaces/ietf-interfaces:interface[name='eth0']/acme:x",)
    changes = body_at(found.json, found.bound.notification.path)["datastore-changes"]
    assert changes["yang-patch"]["edit"] == [edit({"ietf-interfaces:interface": [COUNTED]})]


def test_xml_is_pruned_to_the_same_as_json(drafts: Schema) -> None:
    strange = '<x xmlns="urn:acme"><y>1</y></x></interface>'
    found = judged(XML_MESSAGE.replace("</interface>", strange, 1).encode(), drafts, media_type=XML)
    assert (found.verdict, found.nodes) == (PRUNED, 1)
    clean = judged(XML_MESSAGE.encode(), drafts, media_type=XML)
    assert orjson.loads(found.json) == orjson.loads(clean.json)


def test_an_unknown_annotation_costs_only_itself(drafts: Schema) -> None:
    noted = COUNTED | {"@": {"acme:seen": True}, "@oper-status": {"acme:seen": "x"}}
    found = judged(payload(1, interfaces(noted)), drafts)
    assert (found.verdict, found.nodes, contents(found)) == (PRUNED, 2, [COUNTED])
    assert found.paths[1].endswith("/@oper-status/acme:seen")


def test_the_annotation_of_what_was_set_aside_goes_with_it(drafts: Schema) -> None:
    noted = COUNTED | {"acme:x": 1, "@acme:x": {"acme:seen": True}}
    found = judged(payload(1, interfaces(noted)), drafts)
    assert (found.nodes, contents(found)) == (1, [COUNTED])


def test_the_profile_full_judges_what_is_left(drafts: Schema) -> None:
    full = Policy(choice=Choice("full"))
    whole = {"name": "eth0", "type": "iana-if-type:ethernetCsmacd", "acme:x": 1}
    assert "type" in refusal(payload(1, interfaces(COUNTED | {"acme:x": 1})), drafts, full).detail
    assert judged(payload(1, interfaces(whole)), drafts, Policy()).verdict == PRUNED


def test_in_full_a_rule_that_is_broken_by_pruning_takes_the_entry_around_it_along(drafts: Schema) -> None:
    full = Policy(invalid="prune", choice=Choice("full"))
    good = {
        "name": "eth1",
        "type": "iana-if-type:ethernetCsmacd",
        "oper-status": "up",
        "admin-status": "up",
        "if-index": 7,
        "statistics": {"discontinuity-time": "2026-11-20T10:00:00Z"},
    }
    without = {**good, "name": "eth0", "type": "iana-if-type:warp"}  # mandatory, and wrong
    found = judgement_of(payload(1, interfaces(without, good)), drafts, full)
    assert contents(found.validated) == [good]
    assert [one.name for one in found.findings] == ["invalid-contents", "depends-on-pruned"]
    assert found.findings[1].path == "/ietf-interfaces:interfaces/interface[name='eth0']"
    assert refusal(payload(1, interfaces(without)), drafts, full).path.endswith("/type")


def test_a_member_that_stands_twice_is_no_member_to_choose_from(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED | {"acme:x": 1, "if-index": 7}))
    judged(body, drafts)  # from here on messages take the short way
    for twice in (b'"if-index":7,"if-index":8', b'"if-index":7,"if\\u002dindex":8'):
        error = refusal(body.replace(b'"if-index":7', twice), drafts)
        assert "stands twice" in error.detail


def test_what_drafts_add_is_spelt_anew_in_notifications_about_subscriptions(drafts: Schema) -> None:
    started = (GOLDEN / "notifications" / "started-current.json").read_bytes()
    member = b'"ietf-yang-push-revision:module-version"'
    for sent, habit in (
        (started.replace(member, b'"module-version"'), "member-without-module"),
        (started.replace(b'"2026-01-05"', b'""'), "empty-revision"),
        (started.replace(member, b'"ypr:module-version"'), "member-by-prefix"),
    ):
        found = judged(sent, drafts)
        assert (found.verdict, found.habits) == (NORMALISED, (habit,))
        assert member in found.json
        assert judged(sent, drafts, Policy(accept=frozenset(), unknown="pass-and-mark")).verdict != NORMALISED


def test_values_of_unions_are_never_spelt_anew_where_they_are_valid(plant: Schema) -> None:
    for mixed in (5, "none", "2026-11-20T10:00:00Z"):
        sent = {"example-plant:plant": {"mixed": mixed}}
        found = Walk(plant.mending.means(Policy().accept)).members(sent, plant.mending.places.top)
        assert found == sent


@pytest.mark.parametrize(
    ("sent", "meant", "habit"),
    [
        ({"mixed": "5"}, {"mixed": 5}, "number-as-string"),
        ({"mark": True}, {"mark": [None]}, "true-for-empty"),
        ({"mark": None}, {"mark": [None]}, "true-for-empty"),
        ({"mark": "yes"}, None, ""),
    ],
)
def test_a_value_means_what_its_type_leaves(plant: Schema, sent: Any, meant: Any, habit: str) -> None:
    walk = Walk(plant.mending.means(Policy().accept))
    found = walk.members({"example-plant:plant": sent}, plant.mending.places.top)
    assert found == {"example-plant:plant": meant or sent}
    assert [one.name for one in walk.findings] == ([habit] if habit else [])


def test_an_augmented_leaf_without_its_module_is_meant_where_one_child_has_the_name(plant: Schema) -> None:
    walk = Walk(plant.mending.means(Policy().accept))
    sent = {"plant": {"machine": [{"name": "a", "slot": 1, "speed": 7}]}}
    found = walk.members(sent, plant.mending.places.top)
    assert found == {"example-plant:plant": {"machine": [{"name": "a", "slot": 1, "example-plant-more:speed": 7}]}}


def test_an_unknown_node_is_named_where_a_habit_was_refused_first(drafts: Schema) -> None:
    body = payload(1, interfaces({"name": "a", "type": "ianaift:ethernetCsmacd", "acme:x": 1}))
    error = refusal(body, drafts, REJECT_UNKNOWN)
    assert (error.reason, error.path.rpartition("/")[2]) == ("module-missing", "acme:x")


def test_what_the_judges_disagree_on_is_no_message_to_mend(drafts: Schema) -> None:
    notification = decode(message(payload(1, interfaces(COUNTED))))
    error = EnginesDisagreeError("engines-disagree", "the compiled judge erred")
    assert second_look(notification, drafts, PRUNE_ALL, error) == Misfit(error, "reject")


def test_a_notification_that_no_module_has_is_refused_as_before(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED)).replace(b"ietf-yang-push:push-update", b"acme:event")
    assert refusal(body, drafts).reason == "unknown-notification"


def test_a_payload_that_is_not_its_paths_is_refused(drafts: Schema) -> None:
    notification = decode(message(payload(1, interfaces(COUNTED))))
    for path in (("nowhere",), (*notification.path, "id")):
        lost = msgspec.structs.replace(notification, path=path)
        with pytest.raises(NotificationError):
            fully(lost, drafts.mending.means(Policy().accept), {})


def test_in_full_a_rule_without_an_entry_around_it_costs_its_message(drafts: Schema) -> None:
    full = Policy(invalid="prune", choice=Choice("full"))
    body = payload(1, {"ietf-interfaces:interfaces": {"interface": "none"}, "acme:x": 1})
    assert refusal(body, drafts, full).reason in {"invalid-contents", "module-missing"}


def test_edits_that_are_odd_are_left_to_the_judge(drafts: Schema) -> None:
    unknown = edit({"ietf-interfaces:interface": [{"name": "eth0", "acme:x": 1}]})
    one = orjson.loads(patch(unknown))
    update = one["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-change-update"]
    update["datastore-changes"]["yang-patch"]["edit"] = edit({"ietf-interfaces:interface": [COUNTED | {"acme:x": 1}]})
    assert judged(orjson.dumps(one), drafts).verdict == PRUNED  # a single edit, not in an array
    assert refusal(patch(unknown), drafts).module == "acme"  # only the key is left
    root = edit(interfaces(COUNTED | {"acme:x": 1}), "/")
    assert judged(patch(root), drafts).verdict == PRUNED
    assert refusal(patch(edit({"ietf-interfaces:interface": 7})), drafts).reason == "invalid-contents"


SENT = {"name": "eth0", "oper-status": 1, "statistics": {"in-octets": 12}}
MEANT = {"name": "eth0", "oper-status": "up", "statistics": {"in-octets": "12"}}


@pytest.mark.parametrize(
    ("more", "meant", "verdict", "name"),
    [
        ({}, {}, VALID, ""),
        ({"acme:x": {"y": [1, None]}}, {}, PRUNED, "module-missing"),
        ({99_999_999: 1}, {}, PRUNED, "unknown-sid"),
        ({b"x": 1}, {}, PRUNED, "unknown-node"),
        ({"type": "ianaift:other"}, {"type": "iana-if-type:other"}, NORMALISED, "identity-by-prefix"),
        ({"if-index": "7"}, {"if-index": 7}, NORMALISED, "number-as-string"),
    ],
)
def test_cbor_is_mended_as_json_is(
    drafts: Schema, more: dict[Any, Any], meant: dict[str, Any], verdict: str, name: str
) -> None:
    for entries in ([SENT | more], SENT | more):
        update = {"id": 1, "datastore-contents": {"ietf-interfaces:interfaces": {"interface": entries}}}
        head = {"event-time": "2026-11-20T10:00:10Z", "contents": {"ietf-yang-push:push-update": update}}
        sent = cbor2.dumps({"ietf-yp-notification:envelope": head})
        notification = decode(message(sent, media_type="application/yang-data+cbor"))
        found = judgement(Bound(notification, 7), {7: drafts}.__getitem__, Policy())
        assert contents(found.validated) == [MEANT | meant]
        names = [one.name for one in found.findings if one.name != "list-entry-as-object"]
        assert names == ([name] if name else [])
        if isinstance(entries, list):
            assert found.validated.verdict == verdict


def test_a_message_of_a_great_many_unknown_nodes_names_a_few_of_them(drafts: Schema) -> None:
    strange = {f"acme:x{number}": 1 for number in range(20_000)}
    for _ in range(2):  # the full look, and the quick one
        found = judgement_of(payload(1, interfaces(COUNTED | strange)), drafts)
        assert (found.validated.nodes, len(found.validated.paths)) == (20_000, MAX_PATHS)
        assert contents(found.validated) == [COUNTED]


def test_a_pruned_message_says_so_in_labels_that_readers_find_valid_and_in_a_header(drafts: Schema) -> None:
    strange = {f"acme:x{number}": 1 for number in range(7)} | {"type": "ianaift:ethernetCsmacd"}
    found = judged(payload(1, interfaces(COUNTED | strange)), drafts)
    record = Encoder("c1", "1", []).encode(found)
    facts = orjson.loads(record.verdict)
    assert (facts["verdict"], facts["nodes"], facts["habits"]) == ("pruned", 7, ["identity-by-prefix"])
    assert len(facts["paths"]) == MAX_PATHS
    document = orjson.loads(record.value)["ietf-telemetry-message:message"]
    labels = {each["name"]: each["string-value"] for each in document["network-operator-metadata"]["labels"]}
    assert labels == {
        "yangbeam-verdict": "pruned",
        "yangbeam-nodes-set-aside": "7",
        "yangbeam-paths-set-aside": " ".join(facts["paths"]),
        "yangbeam-habits": "identity-by-prefix",
    }
    MessageLevel().judge(record.value, found.json, 7, drafts)
    assert judged(found.json, drafts).verdict == VALID  # whoever reads it from the topic judges it again
    plain = Encoder("c1", "1", []).encode(judged(payload(1, interfaces(COUNTED)), drafts))
    assert (plain.verdict, b"network-operator-metadata" in plain.value) == (b"", False)


def test_numbers_that_are_kept_keep_their_text(drafts: Schema) -> None:
    body = payload(1, interfaces(COUNTED | {"acme:x": 1}))
    body = body.replace(b'"id":6666', b'"id":6666,"acme:note":1.50')  # an augmentation that is excused
    found = judged(body, drafts)
    assert found.verdict == PRUNED
    assert b'"acme:note":1.50' in found.json


@pytest.mark.parametrize(
    ("habit", "sent", "meant"),
    [
        ("identity-by-prefix", {"type": "ianaift:ethernetCsmacd"}, {"type": "iana-if-type:ethernetCsmacd"}),
        ("identity-without-module", {"type": "ethernetCsmacd"}, {"type": "iana-if-type:ethernetCsmacd"}),
        ("number-as-string", {"if-index": "7"}, {"if-index": 7}),
        ("integer-with-fraction", {"if-index": 1e3}, {"if-index": 1000}),
        ("string-as-number", {"statistics": {"in-octets": 12}}, {"statistics": {"in-octets": "12"}}),
        ("boolean-as-string", {"enabled": "true"}, {"enabled": True}),
        ("leaf-list-entry-alone", {"higher-layer-if": "a"}, {"higher-layer-if": ["a"]}),
    ],
)
def test_a_habit_is_understood_and_published_as_rfc_7951_has_it(
    drafts: Schema, habit: str, sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    body = payload(1, interfaces({"name": "eth0"} | sent))
    found = judged(body, drafts)
    assert (found.verdict, found.habits, found.nodes) == (NORMALISED, (habit,), 0)
    assert contents(found) == [{"name": "eth0"} | meant]
    off = Policy(accept=Policy().accept - {habit})
    if habit != "integer-with-fraction":
        assert refusal(body, drafts, off).reason == "invalid-contents"


def test_one_entry_as_an_object_is_an_entry_in_contents_and_in_edits(drafts: Schema) -> None:
    whole = orjson.loads(payload(1, interfaces(COUNTED)))
    inside = whole["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]["datastore-contents"]
    inside["ietf-interfaces:interfaces"]["interface"] = COUNTED
    found = judged(orjson.dumps(whole), drafts)
    assert (found.verdict, found.habits, contents(found)) == (NORMALISED, ("list-entry-as-object",), [COUNTED])
    changed = judged(patch(edit({"ietf-interfaces:interface": COUNTED})), drafts)
    changes = body_at(changed.json, changed.bound.notification.path)["datastore-changes"]
    assert changes["yang-patch"]["edit"] == [edit({"ietf-interfaces:interface": [COUNTED]})]


def test_an_identity_that_does_not_exist_is_never_made_up(drafts: Schema) -> None:
    for invented in ("ianaift:warpDrive", "nosuch:ethernetCsmacd", "warpDrive"):
        assert refusal(payload(1, interfaces({"name": "a", "type": invented})), drafts).path.endswith("/type")


def test_a_pruned_message_may_have_habits_too(drafts: Schema) -> None:
    found = judged(payload(1, interfaces(COUNTED | {"type": "ianaift:ethernetCsmacd", "acme:x": 1})), drafts)
    assert (found.verdict, found.nodes, found.habits) == (PRUNED, 1, ("identity-by-prefix",))

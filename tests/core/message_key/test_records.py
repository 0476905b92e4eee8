"""Keys, topics and documents of whole messages."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import EXPORTER, notification, payload
from tests.schema_trees import container, interfaces, leaf, list_, tree
from yangbeam.core.elements import Bound, Subscription, Terms, Validated
from yangbeam.core.message_key.records import KeySettings, Part, RecordMaker

PREFIXES = {"ietf-interfaces": "if", "ietf-ip": "ip"}
INTERFACES = "/ietf-interfaces:interfaces/interface"
ENTRIES = [
    {"name": "eth1", "oper-status": "down", "ietf-ip:ipv4": {"mtu": 1500}},
    {"name": "eth0", "oper-status": "up", "higher-layer-if": ["a", "b"]},
]
CONTENTS = {"ietf-interfaces:interfaces": {"interface": ENTRIES}}
HEAD = "example-router\n6666"


def update(contents: Any = None, **facts: Any) -> Validated:
    body = payload(1, contents or CONTENTS)
    return Validated(Bound(notification(body, **facts), 1), "valid", body)


def change(*edits: dict[str, Any]) -> Validated:
    patch = {"patch-id": "1", "edit": list(edits)}
    body = {"id": 6666, "datastore-changes": {"yang-patch": patch}}
    head = {"event-time": "2026-11-20T10:00:10.00Z", "hostname": "example-router"}
    document = {"ietf-yp-notification:envelope": head | {"contents": {"ietf-yang-push:push-change-update": body}}}
    path = ("ietf-yp-notification:envelope", "contents", "ietf-yang-push:push-change-update")
    bound = Bound(notification(orjson.dumps(document), kind="push-change-update", path=path), 1)
    return Validated(bound, "valid", orjson.dumps(document))


def subscribed(xpath: str | None = INTERFACES, **terms: Any) -> Subscription:
    return Subscription("example-router", 1, 6666, "active", Terms(xpath_filter=xpath, **terms))


def parts(validated: Validated, known: Subscription | None = None, **settings: Any) -> list[Part]:
    maker = RecordMaker(interfaces(), PREFIXES, KeySettings(**settings))
    return list(maker.parts(validated, known or subscribed(), "example-router"))


def keys(found: list[Part]) -> list[str]:
    return [part.key.decode() for part in found]


def contents(part: Part) -> Any:
    document = orjson.loads(part.json)
    return document["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]["datastore-contents"]


def edits(part: Part) -> Any:
    body = orjson.loads(part.json)["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-change-update"]
    return [edit["edit-id"] for edit in body["datastore-changes"]["yang-patch"]["edit"]]


def test_an_update_goes_by_the_instances_it_carries_in_order() -> None:
    message = update()
    (part,) = parts(message)
    assert part.key.decode() == f"{HEAD}\n{INTERFACES}[name='eth0'] | {INTERFACES}[name='eth1']"
    assert (part.topic, part.json) == ("", message.json)


@pytest.mark.parametrize(
    ("xpath", "third"),
    [
        (f"{INTERFACES}/ietf-ip:ipv4/mtu", f"{INTERFACES}[name='eth1']/ietf-ip:ipv4/mtu"),
        ("/if:interfaces/if:interface/ip:ipv4", f"{INTERFACES}[name='eth1']/ietf-ip:ipv4"),
        (f"{INTERFACES}[name='eth9']", f"{INTERFACES}[name='eth9']"),
        (f'{INTERFACES}[ietf-interfaces:name="eth0"]/oper-status', f"{INTERFACES}[name='eth0']/oper-status"),
        (f"{INTERFACES}[1]/name", f"{INTERFACES}[name='eth0']/name | {INTERFACES}[name='eth1']/name"),
        (f"{INTERFACES}/higher-layer-if",
         " | ".join(f"{INTERFACES}[name='eth0']/higher-layer-if[.='{value}']" for value in "ab")),
        (f"{INTERFACES}/higher-layer-if[.='b']", f"{INTERFACES}[name='eth0']/higher-layer-if[.='b']"),
        ("/ietf-interfaces:interfaces", "/ietf-interfaces:interfaces"),
        (f"{INTERFACES}[name='eth0']|{INTERFACES}[name='eth9']", f"{INTERFACES}[name='eth0']"),
        (f"{INTERFACES}[starts-with(name,'e')]/oper-status",
         f"{INTERFACES}[name='eth0']/oper-status | {INTERFACES}[name='eth1']/oper-status"),
    ],
)  # fmt: skip
def test_the_third_field_is_what_the_filter_selects(xpath: str, third: str) -> None:
    assert keys(parts(update(), subscribed(xpath))) == [f"{HEAD}\n{third}"]


def test_a_subtree_filter_is_as_good_as_an_xpath_in_either_encoding() -> None:
    data = b'<interfaces xmlns="urn:ietf-interfaces"><interface/></interfaces>'
    xml = b'<datastore-subtree-filter xmlns="urn:x">%b</datastore-subtree-filter>' % data
    json = b'{"ietf-interfaces:interfaces":{"interface":{}}}'
    wanted = keys(parts(update()))
    assert [keys(parts(update(), subscribed(None, subtree_filter=each))) for each in (xml, json)] == [wanted, wanted]


@pytest.mark.parametrize(
    "known",
    [
        subscribed("/ietf-interfaces:nothing"),
        subscribed("//interface"),
        subscribed("/ietf-interfaces:interfaces/*"),
        subscribed("/ietf-interfaces:interfaces/interface[name='"),
        subscribed(f"{INTERFACES} |"),
        subscribed(f"{INTERFACES}/name/first"),
        subscribed(None),
        subscribed(None, subtree_filter=b"<a xmlns='urn:unknown'/>"),
        subscribed(None, subtree_filter=b"<a"),
        subscribed(None, subtree_filter=b"{}"),
        subscribed(None, subtree_filter=b"[]"),
        subscribed(None, subtree_filter=b'{"interfaces":null}'),
        Subscription("example-router", 1, 6666, "unknown"),
    ],
)
@pytest.mark.parametrize("split", [False, True])
def test_without_a_filter_that_names_nodes_node_and_subscription_are_the_key(
    known: Subscription, *, split: bool
) -> None:
    message = update()
    (part,) = parts(message, known, split=split, per_subject=True)
    assert part == Part(HEAD.encode(), "", message.json)


def test_octets_that_are_no_utf_8_are_not_lost() -> None:
    body = payload(1, CONTENTS).replace(b"eth1", b"eth\xff")
    message = Validated(Bound(notification(body), 1), "unvalidated", body)
    assert keys(parts(message)) == keys(parts(message, split=True)) == [HEAD]


def test_contents_of_another_shape_are_not_lost() -> None:
    message = update({"ietf-interfaces:interfaces": {"interface": "text"}})
    assert keys(parts(message)) == keys(parts(message, split=True)) == [HEAD]


def test_a_change_goes_by_the_targets_of_its_edits() -> None:
    found = parts(
        change(
            {"edit-id": "1", "operation": "delete", "target": "/ietf-interfaces:interfaces/interface=eth1"},
            {
                "edit-id": "2",
                "operation": "replace",
                "target": f"{INTERFACES}[name='eth0']/ietf-ip:ipv4/mtu",
                "value": {},
            },
        )
    )
    assert keys(found) == [f"{HEAD}\n{INTERFACES}[name='eth0']/ietf-ip:ipv4/mtu | {INTERFACES}[name='eth1']"]


def test_a_target_that_the_schema_does_not_have_leaves_node_and_subscription() -> None:
    assert keys(parts(change({"edit-id": "1", "operation": "delete", "target": "/a:b"}))) == [HEAD]


def test_split_each_instance_has_a_record_of_its_own_with_the_keys_above_it() -> None:
    found = parts(update(), split=True)
    assert keys(found) == [f"{HEAD}\n{INTERFACES}[name='{name}']" for name in ("eth1", "eth0")]
    assert [contents(part)["ietf-interfaces:interfaces"]["interface"] for part in found] == [[each] for each in ENTRIES]
    found = parts(update(), subscribed(f"{INTERFACES}/higher-layer-if[.='b']"), split=True)
    assert contents(found[0]) == {
        "ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "higher-layer-if": ["b"]}]}
    }


def test_split_entries_without_keys_stay_together() -> None:
    schema = tree("m", list_("l", "k", leaf("k", "string"), list_("n", "", leaf("i", "uint8"))))
    body = payload(1, {"m:l": [{"k": "a", "n": [{"i": 1}, {"i": 2}]}, {"k": "b", "n": [{"i": 3}]}]})
    message = Validated(Bound(notification(body), 1), "valid", body)
    maker = RecordMaker(schema, {}, KeySettings(split=True))
    found = list(maker.parts(message, subscribed("/m:l/n/i"), "r"))
    assert keys(found) == ["r\n6666\n/m:l[k='a']/n/i", "r\n6666\n/m:l[k='b']/n/i"]
    assert contents(found[0]) == {"m:l": [{"k": "a", "n": [{"i": 1}, {"i": 2}]}]}


def test_split_what_no_branch_selects_is_kept_in_a_record_of_its_own() -> None:
    found = parts(update(), subscribed(f"{INTERFACES}/oper-status"), split=True)
    assert keys(found)[-1] == f"{HEAD}\n/ietf-interfaces:interfaces"
    rest = contents(found[-1])["ietf-interfaces:interfaces"]["interface"]
    assert rest == [{"name": "eth1", "ietf-ip:ipv4": {"mtu": 1500}}, {"name": "eth0", "higher-layer-if": ["a", "b"]}]
    assert contents(found[1]) == {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "oper-status": "up"}]}}


def test_split_each_edit_has_a_record_of_its_own_in_their_order() -> None:
    target = f"{INTERFACES}[name='eth0']"
    found = parts(
        change(
            {"edit-id": "1", "operation": "delete", "target": target},
            {"edit-id": "2", "operation": "delete", "target": f"{INTERFACES}[name='eth1']"},
            {"edit-id": "3", "operation": "create", "target": target, "value": {}},
        ),
        split=True,
    )
    assert [edits(part) for part in found] == [["1"], ["2"], ["3"]]
    assert keys(found)[0] == keys(found)[2] == f"{HEAD}\n{target}"


def test_a_whole_message_is_its_only_part_byte_for_byte() -> None:
    message = update({"ietf-interfaces:interfaces": {"interface": [ENTRIES[0]]}})
    (part,) = parts(message, split=True)
    assert part.json == message.json
    assert part.key.endswith(b"[name='eth1']")


def test_numbers_of_a_split_message_stay_the_text_they_were() -> None:
    body = payload(1, CONTENTS).replace(b"1500", b"15E2")
    found = parts(Validated(Bound(notification(body), 1), "valid", body), split=True)
    assert b'"mtu":15E2' in found[0].json


def test_each_branch_has_a_topic_of_its_own_and_takes_what_it_selects() -> None:
    both = subscribed(f"{INTERFACES}/oper-status | {INTERFACES}/ietf-ip:ipv4")
    found = parts(update(), both, per_subject=True, prefix="net")
    assert [part.topic for part in found[:2]] == [
        "net-if-interfaces-interface-oper-status",
        "net-if-interfaces-interface-ip-ipv4",
    ]
    assert contents(found[1]) == {
        "ietf-interfaces:interfaces": {"interface": [{"name": "eth1", "ietf-ip:ipv4": {"mtu": 1500}}]}
    }
    assert keys(found)[0] == f"{HEAD}\n{INTERFACES}[name='eth0']/oper-status | {INTERFACES}[name='eth1']/oper-status"


@pytest.mark.parametrize(
    ("terms", "topic"),
    [
        ({"period_cs": 100}, "if-interfaces-interface-stats"),
        ({"on_change": True}, "if-interfaces-interface-state-change"),
        ({"on_change": True, "sync_on_start": True}, "if-interfaces-interface-state"),
    ],
)
def test_topics_can_be_parted_by_trigger(terms: dict[str, Any], topic: str) -> None:
    (part,) = parts(update(), subscribed(**terms), per_subject=True, of_type=True)
    assert part.topic == topic


def test_an_edit_goes_to_the_topic_of_its_branch() -> None:
    both = subscribed(f"{INTERFACES}/oper-status | {INTERFACES}/ietf-ip:ipv4")
    found = parts(
        change(
            {"edit-id": "1", "operation": "delete", "target": f"{INTERFACES}[name='a']/ietf-ip:ipv4/mtu"},
            {"edit-id": "2", "operation": "delete", "target": f"{INTERFACES}[name='b']/oper-status"},
            {"edit-id": "3", "operation": "delete", "target": f"{INTERFACES}[name='b']"},
        ),
        both,
        per_subject=True,
    )
    assert [(part.topic, edits(part)) for part in found] == [
        ("if-interfaces-interface-ip-ipv4", ["1"]),
        ("if-interfaces-interface-oper-status", ["2"]),
        ("if-interfaces-interface-oper-status", ["3"]),
    ]


@pytest.mark.parametrize(
    ("target", "topic"),
    [
        ("/m:l[k='1']/a", "m-l-a"),
        ("/m:l[k='1']/ab", "m-l-ab"),
        ("/m:l[k='1']/abc/d", "m-l-abc"),
        ("/m:l[k='1']", "m-l-ab"),
        ("/m:l", "m-l-ab"),
        ("/m:other", "m-l-ab"),
        ("/", "m-l-ab"),
    ],
)
def test_an_edit_goes_to_the_first_branch_that_its_target_is_in_or_above_whatever_their_names_begin_with(
    target: str, topic: str
) -> None:
    listed = list_("l", "k", leaf("k", "string"), leaf("a", "string"), leaf("ab", "string"),
                   container("abc", leaf("d", "string")))  # fmt: skip
    maker = RecordMaker(tree("m", listed, leaf("other", "string")), {}, KeySettings(per_subject=True))
    known = subscribed("/m:l/ab | /m:l/a | /m:l/abc")
    (part,) = maker.parts(change({"edit-id": "1", "operation": "delete", "target": target}), known, "r")
    assert part.topic == topic


def test_an_edit_above_a_branch_that_is_not_the_first_goes_there() -> None:
    schema = tree("m", leaf("z", "string"), container("c", leaf("a", "string")))
    maker = RecordMaker(schema, {}, KeySettings(per_subject=True))
    edit = {"edit-id": "1", "operation": "delete", "target": "/m:c"}
    (part,) = maker.parts(change(edit), subscribed("/m:z | /m:c/a"), "r")
    assert part.topic == "m-c-a"


def test_what_is_about_the_subscription_has_a_topic_of_its_own() -> None:
    message = update(kind="subscription-terminated")
    (part,) = parts(message, per_subject=True, subscriptions="about")
    assert part == Part(HEAD.encode(), "about", message.json)
    assert parts(message)[0].topic == ""


def test_other_notifications_have_the_topic_of_their_name() -> None:
    (part,) = parts(update(kind="ietf-interfaces:link-down"), per_subject=True, subscriptions="about")
    assert (part.key.decode(), part.topic) == (HEAD, "if-link-down")


@pytest.mark.parametrize(("key", "wanted"), [("exporter", EXPORTER), ("none", "")])
def test_other_keys_are_possible(key: str, wanted: str) -> None:
    assert keys(parts(update(), key=key)) == [wanted]
    assert keys(parts(update(), key=key, split=True)) == [wanted, wanted]


def test_a_qualified_member_name_is_the_same_node() -> None:
    message = update()
    body = message.json.replace(b'"datastore-contents"', b'"ietf-yang-push:datastore-contents"')
    body = body.replace(b'"interface"', b'"ietf-interfaces:interface"').replace(b'"name"', b'"ietf-interfaces:name"')
    spelt = msgspec.structs.replace(message, json=body)
    assert keys(parts(spelt)) == keys(parts(message))
    assert keys(parts(spelt, split=True)) == keys(parts(message, split=True))

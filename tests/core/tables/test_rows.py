from typing import Any

import orjson
import pytest

from tests.builders import ARRIVAL_US, notification
from tests.schema_trees import container, interfaces, leaf, leaf_list, list_, tree
from tests.schema_trees import notification as event
from yangbeam.core.elements import Bound, Validated
from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.tree import Tree, YangType

IF = "ietf_interfaces__interfaces__interface"
OBSERVED = 1_795_168_800_000_000
MAKER = RowMaker(interfaces(), 7)


def validated(body: dict[str, Any], **facts: Any) -> Validated:
    facts = {"path": ("body",), "observed_at": "2026-11-20T10:00:00Z", "subscription_id": 5, **facts}
    payload = orjson.dumps({"body": body})
    return Validated(Bound(notification(payload, **facts), 7), "valid", payload)


def rows_of(maker: RowMaker, message: Validated) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.layout.table.name, row) for entry, row in maker.rows(message)]


def pushed(contents: dict[str, Any], maker: RowMaker = MAKER, **facts: Any) -> list[tuple[str, dict[str, Any]]]:
    return rows_of(maker, validated({"datastore-contents": contents}, **facts))


def changed(*edits: dict[str, Any], maker: RowMaker = MAKER) -> list[tuple[str, dict[str, Any]]]:
    body = {"ietf-yang-push:datastore-changes": {"yang-patch": {"patch-id": "0", "edit": list(edits)}}}
    return rows_of(maker, validated(body, kind="push-change-update"))


def edit(operation: str, target: str, value: Any = None) -> dict[str, Any]:
    return {"edit-id": "e", "operation": operation, "target": target, **({"value": value} if value else {})}


def interface(**members: Any) -> dict[str, Any]:
    return {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", **members}]}}


def identity(row: dict[str, Any]) -> dict[str, Any]:
    return {"ts": OBSERVED, "node": "example-router", "subscription": 5, "_op": "update", "_schema_id": 7, **row}


def test_a_push_update_gives_one_row_per_entry_with_only_what_it_carries() -> None:
    rows = pushed(interface(**{"statistics": {"in-octets": "18446744073709551615"}, "oper-status": "up"}))
    expected = {"interface__name": "eth0", "_seq": 0, "statistics__in_octets": 2**64 - 1, "oper_status": "up"}
    assert rows == [(IF, identity(expected))]


def test_members_may_be_qualified_and_annotations_are_no_data() -> None:
    rows = pushed(
        {"@ietf-interfaces:interfaces": {}, **interface(**{"ietf-interfaces:speed": "5", "@speed": {"a:b": 1}})}
    )
    assert rows == [(IF, identity({"interface__name": "eth0", "_seq": 0, "speed": 5}))]


def test_augmented_lists_give_rows_with_the_keys_above() -> None:
    rows = pushed(interface(**{"ietf-ip:ipv4": {"mtu": 1500, "address": [{"ip": "192.0.2.1", "prefix-length": 24}]}}))
    own = identity({"interface__name": "eth0", "_seq": 0, "ipv4": True, "ipv4__mtu": 1500})
    address = {"interface__name": "eth0", "address__ip": "192.0.2.1", "_seq": 0, "address__prefix_length": 24}
    address["prefix_length"] = address.pop("address__prefix_length")
    assert rows == [(IF, own), (f"{IF}__ipv4__address", identity(address))]


def test_a_top_level_container_has_a_row_only_when_it_carries_leaves() -> None:
    maker = RowMaker(tree("m", container("c", leaf("a", "int8"), list_("l", "k", leaf("k", "int8")))), 7)
    assert [name for name, _ in pushed({"m:c": {"l": [{"k": 1}]}}, maker)] == ["m__c__l"]
    assert [name for name, _ in pushed({"m:c": {"a": 1}}, maker)] == ["m__c"]


def test_top_level_lists_and_leaves_are_taken() -> None:
    maker = RowMaker(tree("m", list_("l", "k", leaf("k", "int8")), leaf_list("v", "int8")), 7)
    rows = pushed({"m:l": [{"k": 1}, {"k": 2}], "m:v": [3, 4]}, maker)
    assert [(name, row.get("l__k"), row.get("v")) for name, row in rows] == [
        ("m__l", 1, None), ("m__l", 2, None), ("m__v", None, [3, 4]),
    ]  # fmt: skip


def test_entries_of_keyless_lists_are_numbered_and_their_children_point_at_them() -> None:
    maker = RowMaker(
        tree("m", container("c", list_("log", "", leaf("a", "string"), list_("x", "k", leaf("k", "int8"))))), 7
    )
    rows = pushed({"m:c": {"log": [{"a": "p"}, {"a": "p", "x": [{"k": 1}]}]}}, maker)
    assert [(name, row["_seq"], row.get("log__index")) for name, row in rows] == [
        ("m__c__log", 0, None), ("m__c__log", 1, None), ("m__c__log__x", 0, 1),
    ]  # fmt: skip
    assert len({row["_message"] for _, row in rows}) == 1


def test_two_messages_of_one_instant_do_not_share_keyless_rows() -> None:
    maker = RowMaker(tree("m", event("alarm", leaf("text", "string"))), 7)
    one, again, other = (
        rows_of(maker, validated({"text": text}, kind="m:alarm"))[0][1]["_message"] for text in ("a", "a", "b")
    )
    assert one == again != other


def test_an_event_stream_notification_is_a_row_of_its_own_table() -> None:
    maker = RowMaker(tree("m", event("alarm", leaf("text", "string"), list_("r", "k", leaf("k", "int8")))), 7)
    rows = rows_of(maker, validated({"text": "a", "r": [{"k": 1}]}, kind="m:alarm"))
    assert [(name, row.get("text"), row.get("r__k")) for name, row in rows] == [
        ("m__alarm", "a", None),
        ("m__alarm__r", None, 1),
    ]
    assert len(rows_of(maker, validated({}, kind="m:alarm"))) == 1


def test_state_notifications_give_no_rows() -> None:
    assert rows_of(MAKER, validated({"id": 5}, kind="subscription-started")) == []


@pytest.mark.parametrize(
    ("facts", "when"),
    [
        ({}, OBSERVED),
        ({"observed_at": None, "event_time": "2026-11-20T10:00:00.5Z"}, OBSERVED + 500_000),
        ({"observed_at": "yesterday", "event_time": None}, ARRIVAL_US),
    ],
)
def test_the_time_is_of_the_observation_else_the_event_else_the_arrival(facts: dict[str, Any], when: int) -> None:
    assert pushed(interface(), **facts)[0][1]["ts"] == when


def test_a_publisher_without_name_is_known_by_its_address_and_without_id_by_zero() -> None:
    row = pushed(interface(), node=None, subscription_id=None)[0][1]
    assert (row["node"], row["subscription"]) == ("192.0.2.10", 0)


@pytest.mark.parametrize("target", [
    "/ietf-interfaces:interfaces/interface=eth%2F0",
    "/ietf-interfaces:interfaces/interface[name=eth/0]",
    "/ietf-interfaces:interfaces/ietf-interfaces:interface[name='eth/0']",
    '/ietf-interfaces:interfaces/interface[ietf-interfaces:name="eth/0"]',
])  # fmt: skip
@pytest.mark.parametrize("operation", ["delete", "remove"])
def test_a_delete_is_a_tombstone_with_the_keys_of_its_target(operation: str, target: str) -> None:
    rows = changed(edit(operation, target))
    assert rows == [(IF, identity({"interface__name": "eth/0", "_seq": 0, "_op": "delete"}))]


def test_a_delete_inside_an_entry_says_of_what() -> None:
    rows = changed(edit("delete", "/ietf-interfaces:interfaces/interface=eth0/ietf-ip:ipv4/mtu"))
    assert rows[0][1]["_path"] == "ipv4/mtu"
    rows = changed(edit("delete", "/ietf-interfaces:interfaces/interface=eth0/higher-layer-if=eth1"))
    assert rows[0][1]["_path"] == "higher-layer-if=eth1"


def test_a_delete_of_all_entries_is_a_tombstone_of_what_is_above() -> None:
    rows = changed(edit("delete", "/ietf-interfaces:interfaces"))
    assert rows == [("ietf_interfaces__interfaces", identity({"_seq": 0, "_op": "delete"}))]


def test_edits_are_numbered_and_each_gives_rows_where_it_points() -> None:
    at = "/ietf-interfaces:interfaces/interface=eth0"
    rows = changed(
        edit("create", at, {"ietf-interfaces:interface": [{"name": "eth0", "description": "a"}]}),
        edit("replace", f"{at}/oper-status", {"ietf-interfaces:oper-status": "down"}),
        edit("merge", f"{at}/statistics", {"ietf-interfaces:statistics": {"in-octets": "1"}}),
        edit("insert", f"{at}/higher-layer-if=eth1", {"ietf-interfaces:higher-layer-if": ["eth1"]}),
        edit("create", f"{at}/ietf-ip:ipv4/address=192.0.2.1", {"ietf-ip:address": [{"ip": "192.0.2.1"}]}),
        edit("move", at),
    )
    common = {"interface__name": "eth0"}
    assert [row for _, row in rows] == [
        identity({**common, "_seq": 0, "description": "a"}),
        identity({**common, "_seq": 1, "oper_status": "down"}),
        identity({**common, "_seq": 2, "statistics__in_octets": 1}),
        identity({**common, "_seq": 3, "higher_layer_if": ["eth1"], "_path": "higher-layer-if=eth1"}),
        identity({**common, "_seq": 4, "address__ip": "192.0.2.1"}),
        identity({**common, "_seq": 5, "_op": "move"}),
    ]


def test_targets_hold_typed_keys() -> None:
    keys = [leaf("a", "uint64"), leaf("b", "boolean"), leaf("c", YangType("identityref", identities=("m:x",)))]
    maker = RowMaker(tree("m", list_("l", "a b c", *keys)), 7)
    row = changed(edit("delete", "/m:l=18446744073709551615,true,x"), maker=maker)[0][1]
    assert [row["l__a"], row["l__b"], row["l__c"]] == [2**64 - 1, True, "m:x"]


def top() -> Tree:
    return tree("m", list_("l", "k", leaf("k", "int8")), leaf("v", "int8"))


def test_a_top_level_leaf_can_be_replaced() -> None:
    assert changed(edit("replace", "/m:v", {"m:v": 5}), maker=RowMaker(top(), 7))[0][1]["v"] == 5


@pytest.mark.parametrize(
    "broken",
    [
        edit("delete", "/ietf-interfaces:interfaces/interface=eth0,eth1"),
        edit("delete", "/ietf-interfaces:interfaces/interface[nom=eth0]"),
        edit("delete", "/ietf-interfaces:interfaces/nothing"),
        edit("delete", "/nowhere:x"),
        edit("delete", "/"),
        edit("delete", "ietf-interfaces:interfaces"),
        edit("paint", "/ietf-interfaces:interfaces"),
        edit("create", "/ietf-interfaces:interfaces/interface=eth0"),
        edit("create", "/ietf-interfaces:interfaces/interface=eth0", {"ietf-interfaces:other": []}),
    ],
)
def test_an_edit_that_points_nowhere_is_unmappable(broken: dict[str, Any]) -> None:
    with pytest.raises(UnmappableValueError):
        changed(broken)


@pytest.mark.parametrize("target", ["/m:l", "/m:l=200"])
def test_a_delete_that_names_no_entry_is_unmappable(target: str) -> None:
    with pytest.raises(UnmappableValueError):
        changed(edit("delete", target), maker=RowMaker(top(), 7))


@pytest.mark.parametrize(
    "contents",
    [
        interface(speed="-1"),
        interface(nothing=1),
        interface(statistics=5),
        {"ietf-interfaces:interfaces": {"interface": [{"speed": "1"}]}},
        {"ietf-interfaces:interfaces": {"interface": {"name": "eth0"}}},
        {"ietf-interfaces:interfaces": [1]},
        {"nowhere:x": {}},
        [],
    ],
)
def test_what_no_column_holds_is_unmappable(contents: Any) -> None:
    with pytest.raises(UnmappableValueError) as caught:
        pushed(contents)
    assert caught.value.reason == "unmappable"


def test_an_unknown_event_or_what_is_no_patch_is_unmappable() -> None:
    for kind, body in (("m:other", {}), ("push-change-update", {"datastore-changes": {"patch": {}}})):
        with pytest.raises(UnmappableValueError):
            rows_of(MAKER, validated(body, kind=kind))


def test_an_update_that_says_nothing_gives_no_rows() -> None:
    assert rows_of(MAKER, validated({}, kind="push-change-update")) == []
    assert rows_of(MAKER, validated({"datastore-changes": {}}, kind="push-change-update")) == []
    assert rows_of(MAKER, validated({"incomplete-update": [None]})) == []
    assert rows_of(MAKER, validated({"ietf-yang-push:datastore-contents": None})) == []


@pytest.mark.parametrize("target", ["", "/"])
def test_an_edit_of_the_whole_datastore_is_taken_from_the_top(target: str) -> None:
    rows = changed(edit("replace", target, interface(speed="5")))
    assert rows == [(IF, identity({"interface__name": "eth0", "_seq": 0, "speed": 5}))]


DATE = YangType("string", typedef="ietf-yang-types:date-and-time")
DATED = RowMaker(
    tree(
        "m",
        list_(
            "l",
            "k",
            leaf("k", "int8"),
            leaf("at", DATE),
            container("in", leaf("at", DATE)),
            leaf_list("past", DATE),
        ),
        list_("d", "at", leaf("at", DATE), leaf("v", "int8")),
    ),
    7,
)
LEAP = "2016-12-31T23:59:60Z"
LEAP_US = 1_483_228_799_999_999


def test_a_time_that_no_column_holds_costs_no_row_and_is_marked_with_its_text() -> None:
    entry = {"k": 1, "at": LEAP, "in": {"at": "0000-01-01T00:00:00Z"}, "past": ["2026-11-20T10:00:00Z", LEAP]}
    ((_, row), (_, other)) = pushed({"m:l": [entry, {"k": 2, "at": "2026-11-20T10:00:00Z"}]}, DATED)
    assert (row["at"], row["in__at"], row["past"]) == (LEAP_US, -62_135_596_800_000_000, [OBSERVED, LEAP_US])
    assert row["_inexact"] == [f"at={LEAP}", "in__at=0000-01-01T00:00:00Z", f"past={LEAP}"]
    assert other["at"] == OBSERVED
    assert "_inexact" not in other


def test_a_row_is_dated_by_an_event_time_that_no_datetime_holds_and_says_so() -> None:
    contents = {"m:l": [{"k": 1, "at": LEAP}, {"k": 2}]}
    rows = [row for _, row in pushed(contents, DATED, observed_at=None, event_time=LEAP)]
    assert [row["ts"] for row in rows] == [LEAP_US, LEAP_US]
    assert [row["_inexact"] for row in rows] == [[f"ts={LEAP}", f"at={LEAP}"], [f"ts={LEAP}"]]


def test_entries_whose_keys_are_times_of_one_instant_are_two_rows() -> None:
    times = ["2026-11-20T10:00:00.0000001Z", "2026-11-20T10:00:00.0000002Z"]
    rows = pushed({"m:d": [{"at": text, "v": 1} for text in times]}, DATED)
    assert [row["d__at"] for _, row in rows] == times
    body = {"ietf-yang-push:datastore-changes": {"yang-patch": {"edit": [edit("delete", f"/m:d[at='{times[0]}']")]}}}
    ((_, gone),) = rows_of(DATED, validated(body, kind="push-change-update"))
    assert gone["d__at"] == times[0]


def test_a_time_that_is_none_is_refused_with_its_leaf() -> None:
    with pytest.raises(UnmappableValueError, match="at: yesterday is no date-and-time"):
        pushed({"m:l": [{"k": 1, "at": "yesterday"}]}, DATED)
    with pytest.raises(UnmappableValueError, match="past: 5 is no text"):
        pushed({"m:l": [{"k": 1, "past": [5]}]}, DATED)

import pytest

from tests.schema_trees import container, interfaces, leaf, leaf_list, list_, notification, tree
from yangbeam.core.tables.mapping import Mapping


def test_interfaces_give_the_columns_of_the_specification() -> None:
    table = Mapping(interfaces()).layout("/ietf-interfaces:interfaces/interface").table
    assert table.name == "ietf_interfaces__interfaces__interface"
    assert table.identity == ("ts", "node", "subscription", "interface__name", "_seq")
    columns = {column.name: column for column in table.columns}
    assert str(columns["statistics__in_octets"].type) == "uint64"
    assert columns["statistics__in_octets"].counter
    assert columns["speed"].units == "bits/second"
    assert not columns["speed"].counter
    assert columns["ipv4__mtu"].path == "/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/mtu"
    assert str(columns["ipv4"].type) == "boolean"
    assert columns["admin_status"].names == ("up", "down", "testing")
    assert str(columns["higher_layer_if"].type) == "list<text>"
    assert "name" not in columns


def test_a_list_below_a_list_has_a_table_with_the_keys_of_both() -> None:
    table = Mapping(interfaces()).layout("/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/address").table
    assert table.name == "ietf_interfaces__interfaces__interface__ipv4__address"
    assert table.identity == ("ts", "node", "subscription", "interface__name", "address__ip", "_seq")


def test_keyless_lists_are_told_apart_by_message_and_index() -> None:
    mapping = Mapping(
        tree("m", container("c", list_("log", "", leaf("a", "string"), list_("arg", "n", leaf("n", "int8")))))
    )
    assert mapping.layout("/m:c/log").table.identity == ("ts", "node", "subscription", "_message", "_seq")
    nested = mapping.layout("/m:c/log/arg").table.identity
    assert nested == ("ts", "node", "subscription", "log__index", "arg__n", "_message", "_seq")


def test_a_leaf_cannot_take_the_name_of_a_column_of_ours_or_of_a_key() -> None:
    spec = tree("m", list_("foo", "name", leaf("name", "string"), leaf("node", "string"), leaf("ts", "int8"),
                           container("foo", leaf("name", "string"))))  # fmt: skip
    names = [column.name for column in Mapping(spec).layout("/m:foo").table.columns]
    assert len(set(names)) == len(names)
    assert names.count("foo__name") == 1
    assert any(name.startswith("foo__name_") for name in names)
    assert any(name.startswith("node_") for name in names)


def test_tables_whose_names_meet_are_told_apart() -> None:
    mapping = Mapping(tree("m", container("a-b", leaf("x", "int8")), container("a_b", leaf("x", "int8"))))
    names = {mapping.layout(path).table.name for path in ("/m:a-b", "/m:a_b")}
    assert len(names) == 2
    assert "m__a_b" in names


def test_names_obey_a_shorter_limit() -> None:
    mapping = Mapping(interfaces(), limit=30)
    table = mapping.layout("/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/address").table
    assert len(table.name) <= 30


def test_notifications_and_top_level_leaves_have_tables_of_their_own() -> None:
    spec = tree(
        "m", notification("alarm", leaf("text", "string"), list_("r", "k", leaf("k", "int8"))), leaf_list("top", "int8")
    )
    mapping = Mapping(spec)
    assert mapping.layout("/m:alarm").table.identity == ("ts", "node", "subscription", "_message", "_seq")
    assert "_message" in mapping.layout("/m:alarm/r").table.identity
    assert mapping.layout("/m:top").table.columns[-1].name == "top"


def test_what_has_no_table_is_no_table() -> None:
    with pytest.raises(KeyError):
        Mapping(interfaces()).layout("/ietf-interfaces:interfaces/interface/statistics")

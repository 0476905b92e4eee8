import random
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import message, validated
from tests.shared_data import shared
from yangbeam.core.elements import Bound, Validated
from yangbeam.core.notification.decode import decode
from yangbeam.core.tables.mapping import Mapping
from yangbeam.core.tables.naming import LIMIT
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.tree import Tree
from yangbeam.io.yang_directories import read_modules, write_set


def tree_of(cache: Path, folders: list[str], roots: list[str]) -> Tree:
    texts: dict[str, str] = {}
    for folder in folders:
        texts |= read_modules(shared(folder))
    schema_set = make_schema_set(texts, roots)
    with Schema(schema_set, write_set(schema_set, cache)) as schema:
        return schema.tree


@pytest.fixture(scope="module")
def interfaces(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    roots = ["ietf-interfaces", "ietf-ip", "iana-if-type"]
    return tree_of(tmp_path_factory.mktemp("modules"), ["yang/ietf-rfc", "yang/iana"], roots)


@pytest.fixture(scope="module")
def openconfig(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return tree_of(tmp_path_factory.mktemp("modules"), ["yang/openconfig"], ["openconfig-network-instance"])


IF = "/ietf-interfaces:interfaces/interface"


def test_interfaces_give_the_tables_of_the_specification(interfaces: Tree) -> None:
    mapping = Mapping(interfaces)
    columns = {column.name: column for column in mapping.layout(IF).table.columns}
    assert {name: str(columns[name].type) for name in ("if_index", "speed", "statistics__in_errors", "ipv4__mtu")} == {
        "if_index": "int32", "speed": "uint64", "statistics__in_errors": "uint32", "ipv4__mtu": "uint16",
    }  # fmt: skip
    assert str(columns["statistics__discontinuity_time"].type) == "timestamp"
    assert str(columns["type"].type) == "identity"
    assert columns["oper_status"].names[:2] == ("up", "down")
    assert columns["speed"].units == "bits/second"
    assert columns["statistics__in_octets"].counter
    address = mapping.layout(f"{IF}/ietf-ip:ipv4/address").table
    assert address.identity == ("ts", "node", "subscription", "interface__name", "address__ip", "_seq")


def test_an_interface_with_addresses_becomes_rows(interfaces: Tree) -> None:
    address: dict[str, Any] = {"ip": "192.0.2.1", "prefix-length": 24}
    entry = {"name": "eth0", "type": "iana-if-type:ethernetCsmacd", "ietf-ip:ipv4": {"address": [address]}}
    payload = b'{"b":{"datastore-contents":%s}}'
    payload = payload % orjson.dumps({"ietf-interfaces:interfaces": {"interface": [entry]}})
    rows = RowMaker(interfaces, 1).rows(validated(payload, path=("b",)))
    assert [made.layout.table.name for made, _ in rows] == [
        "ietf_interfaces__interfaces__interface",
        "ietf_interfaces__interfaces__interface__ipv4__address",
    ]
    assert rows[0][1]["type"] == "iana-if-type:ethernetCsmacd"
    assert rows[1][1]["prefix_length"] == 24


def test_openconfig_gives_hundreds_of_tables_each_made_when_asked_for(openconfig: Tree) -> None:
    start = time.process_time()
    mapping = Mapping(openconfig)
    assert time.process_time() - start < 2
    paths = [node.path for top in openconfig.data.values() for node in top.walk() if node.kind == "list"]
    tables = [mapping.layout(path).table for path in paths]
    assert len({table.name for table in tables}) == len(paths) > 200
    for table in tables:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert all(len(name) <= LIMIT for name in (table.name, *names))


def test_a_bgp_neighbour_has_the_columns_of_the_specification(openconfig: Tree) -> None:
    mapping = Mapping(openconfig)
    path = "/openconfig-network-instance:network-instances/network-instance/protocols/protocol/bgp/neighbors/neighbor"
    table = mapping.layout(path).table
    keys = ("network_instance__name", "protocol__identifier", "protocol__name", "neighbor__neighbor_address")
    assert table.identity == ("ts", "node", "subscription", *keys, "_seq")
    types = {column.name: str(column.type) for column in table.columns}
    assert types["state__session_state"] == "enum"
    assert types["state__last_established"] == "uint64"
    assert types["state__peer_as"] == "uint32"
    assert types["state__messages__received__update"] == "uint64"


def test_names_do_not_depend_on_which_table_is_asked_for_first(openconfig: Tree) -> None:
    paths = [node.path for top in openconfig.data.values() for node in top.walk() if node.kind == "list"][:50]
    forward = {path: Mapping(openconfig).layout(path).table for path in paths}
    random.Random(1).shuffle(paths)
    mapping = Mapping(openconfig)
    assert {path: mapping.layout(path).table for path in paths} == forward


def test_a_patch_of_the_vectors_gives_a_row_per_edit(interfaces: Tree) -> None:
    payload = shared("vectors/envelope/push-change-update-crud.json").read_bytes()
    decoded = decode(message(payload))
    rows = RowMaker(interfaces, 1).rows(Validated(Bound(decoded, 1), "valid", payload))
    said = [(row["interface__name"], row["_op"]) for _, row in rows]
    assert said == [("eth1", "update"), ("eth0", "update"), ("eth0", "update"), ("eth2", "delete"), ("eth3", "delete")]
    assert [row["_seq"] for _, row in rows] == [0, 1, 2, 3, 4]
    assert {(row["node"], row["subscription"], row["ts"]) for _, row in rows} == {
        ("example-router", 2222, 1_795_168_807_120_000)
    }

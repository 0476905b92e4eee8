"""A node that implements published modules: all of them, with submodules, features and what augments; loaded, used."""

from pathlib import Path

import pytest

from tests.shared_data import shared
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.node_modules import NodeModules, needed, schema_set_of
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import read_modules, write_set
from yangbeam.registry.directories import Library
from yangbeam.simulator.netconf.equipment import Equipment, equipment


@pytest.fixture(scope="module")
def router() -> Equipment:
    return equipment(read_modules(shared("yang/openconfig")).values(), "1")


def schema(router: Equipment, folder: Path, *wanted: str) -> Schema:
    modules = NodeModules("a router", router.library, router.texts)
    assert needed(modules, wanted, everything=True) == []
    found = schema_set_of(modules, wanted, Library((), use_bundled=True).notifications())
    return Schema(found, write_set(found, folder))


def test_openconfig_interfaces_are_read_with_what_augments_them(router: Equipment, tmp_path: Path) -> None:
    contents = (
        b'{"openconfig-interfaces:interfaces":{"interface":[{"name":"eth0","state":{"counters":{"in-octets":"7"}},'
        b'"openconfig-if-ethernet:ethernet":{"state":{"mac-address":"02:00:5e:00:00:01"}}}]}}'
    )
    loaded = schema(router, tmp_path, "openconfig-interfaces")
    loaded.validate_contents(contents)
    with pytest.raises(InvalidInstanceError):
        loaded.validate_contents(contents.replace(b'"7"', b'"minus seven"'))
    loaded.close()


def test_the_network_instances_of_openconfig_make_one_set(router: Equipment, tmp_path: Path) -> None:
    loaded = schema(router, tmp_path, "openconfig-network-instance")
    assert "openconfig-network-instance:network-instances" in loaded.tree.data
    loaded.close()

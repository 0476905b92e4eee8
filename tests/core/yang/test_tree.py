from collections import Counter
from pathlib import Path

from tests.core.yang.rendering import render
from tests.core.yang.schemas import GOLDEN, example_set, loaded
from tests.shared_data import shared
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.tree import Node
from yangbeam.io.yang_directories import read_modules


def test_the_tree_of_the_examples_is_the_golden_one(plant: Schema) -> None:
    assert render(plant.tree) == (GOLDEN / "tree.txt").read_text()


def test_all_features_are_enabled_unless_the_set_says_which(plant: Schema, module_cache: Path) -> None:
    assert "example-plant:cooler" not in plant.tree.data["example-plant:plant"].children
    with loaded(example_set(), module_cache) as everything:
        assert "example-plant:cooler" in everything.tree.data["example-plant:plant"].children


def test_augments_of_notifications_are_in_the_tree(drafts: Schema) -> None:
    update = drafts.tree.notifications["ietf-yang-push:push-update"]
    assert list(update.children) == [
        "ietf-yang-push:id",
        "ietf-yang-push:datastore-contents",
        "ietf-yang-push:incomplete-update",
        "ietf-distributed-notif:message-publisher-id",
        "ietf-yp-observation:timestamp",
        "ietf-yp-observation:point-in-time",
    ]


def test_structures_are_told_from_data(drafts: Schema) -> None:
    structures = {name for name, node in drafts.tree.data.items() if node.kind == "structure"}
    assert structures == {
        "ietf-notification:notification",
        "ietf-telemetry-message:message",
        "ietf-yp-notification:envelope",
    }


def test_counters_and_times_keep_their_typedefs_and_units(drafts: Schema) -> None:
    counters = {node.name: node for node in drafts.tree.data["ietf-interfaces:interfaces"].walk() if node.type}
    octets, since, speed = (counters[name] for name in ("in-octets", "discontinuity-time", "speed"))
    assert typed(octets) == ("uint64", "ietf-yang-types:counter64")
    assert typed(since) == ("string", "ietf-yang-types:date-and-time")
    assert speed.units == "bits/second"


def typed(node: Node) -> tuple[str, str]:
    return (node.type.base, node.type.typedef) if node.type else ("", "")


def test_a_large_model_loads_whole(module_cache: Path) -> None:
    texts = read_modules(shared("yang/openconfig"))
    with loaded(make_schema_set(texts, ["openconfig-network-instance"]), module_cache) as schema:
        top = schema.tree.data["openconfig-network-instance:network-instances"]
        kinds = Counter(node.kind for node in top.walk())
    assert kinds == {"leaf": 4071, "leaf-list": 217, "list": 293, "container": 1997}


def test_the_tree_outlives_its_schema(module_cache: Path) -> None:
    with loaded(example_set(), module_cache) as schema:
        tree = schema.tree
    assert len(render(tree)) > 1000

"""Names of topics: long ones, ones that meet, ones that an operator's prefix leaves no room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.schema_trees import container, leaf, tree
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.message_key.topic_names import MAX_TOPIC, TopicNames, fnv1a_64, topic_name


def test_the_hash_is_fnv_1a_of_64_bits() -> None:
    assert fnv1a_64(b"") == 0xCBF29CE484222325
    assert fnv1a_64(b"foobar") == 0x85944171F73967E8


def test_a_long_path_is_cut_at_a_joint_and_gets_a_hash() -> None:
    path = "/m:" + "/".join(["abcdefghi"] * 40)
    name = topic_name(path, {"m": "p"})
    assert len(name) <= MAX_TOPIC
    cut, _, digits = name.rpartition("-")
    assert cut == "p-" + "-".join(["abcdefghi"] * 23)
    assert digits == f"{fnv1a_64(path.encode()):016x}"[:8]


def test_a_name_without_joints_is_cut_all_the_same() -> None:
    assert len(topic_name("/" + "a" * 300, {}, "net", "stats")) == MAX_TOPIC


def test_a_prefix_that_leaves_no_room_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="leaves 8 characters"):
        topic_name("/a:b", {}, "x" * 240)


def test_paths_that_would_meet_get_a_hash_each() -> None:
    schema = tree("m", container("a-b", leaf("c", "string")), container("a", leaf("b-c", "string")))
    names = TopicNames(schema, {"m": "p"}, "net")
    first, second = names.of("/m:a-b/c", "stats"), names.of("/m:a/b-c", "stats")
    assert first != second
    assert {name[:10] for name in (first, second)} == {"net-p-a-b-"}
    assert first.endswith("-stats")
    assert names.of("/m:a") == "net-p-a"


_NAME = st.from_regex(r"[a-z_][a-z0-9._-]{0,80}", fullmatch=True)


@given(st.lists(_NAME, min_size=1, max_size=12), _NAME)
def test_every_name_is_one_that_kafka_takes(names: list[str], module: str) -> None:
    name = topic_name(f"/{module}:" + "/".join(names), {})
    assert 0 < len(name) <= MAX_TOPIC
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")

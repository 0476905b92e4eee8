"""The reference vectors of the message-key draft, byte for byte."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.core.yang.schemas import loaded
from tests.shared_data import shared
from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.message_key.keys import key_of, xpaths_of
from yangbeam.core.message_key.subtree import xpath_of_subtree
from yangbeam.core.message_key.template import templates_of
from yangbeam.core.message_key.topic_names import topic_name
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.transcode import Context
from yangbeam.core.yang.transcode_xml import XmlTranscoder
from yangbeam.io.yang_directories import bundled, read_modules

INTERFACES = "/ietf-interfaces:interfaces/interface"
CLOCK = "/ietf-system:system/clock"
PATHS = {
    "simple_list": INTERFACES,
    "concrete_single": f"{INTERFACES}[name='eth0']",
    "leaf_in_list": f"{INTERFACES}/ietf-ip:ipv4/mtu",
    "nested_lists": "/example-network:network-instances/network-instance/interface",
    "container_only": CLOCK,
    "leaf_list": "/ietf-system:system/dns-resolver/search",
}
TOPICS = {
    "simple_list": INTERFACES,
    "leaf_list": PATHS["leaf_list"],
    "nested_list": PATHS["nested_lists"],
    "container": CLOCK,
    "oper_status": f"{INTERFACES}/oper-status",
    "composite": "/example-routes:routes/route",
}
KEYS = {
    "single_instance": ("if_single", "router-nyc-01", 1042, INTERFACES),
    "multiple_instances": ("if_multi", "router-nyc-01", 1042, INTERFACES),
    "container": ("sys_clock", "switch-lab-02", 2001, CLOCK),
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    texts = bundled() | read_modules(shared("keys/yang"))
    roots = [name.partition("@")[0].removesuffix(".yang") for name in read_modules(shared("keys/yang"))]
    with loaded(make_schema_set(texts, sorted(set(roots))), tmp_path_factory.mktemp("keys")) as schema:
        yield schema


def prefixes(schema: Schema) -> dict[str, str]:
    return {module.name: module.prefix for module in schema.schema_set.modules if module.prefix}


def expected(name: str) -> bytes:
    return shared(f"keys/expected/{name}").read_bytes()


def subtree_vectors() -> list[str]:
    return ["container", "content", "content_nested", "dedup", "dns_server", "multi_leaves", "multi_top", "quote",
            "sibling_leaves", "simple"]  # fmt: skip


@pytest.mark.parametrize("name", subtree_vectors())
def test_a_subtree_filter_becomes_the_xpath(schema: Schema, name: str) -> None:
    found = xpath_of_subtree(shared(f"keys/p1_{name}.xml").read_bytes(), schema.tree.namespaces)
    assert found.encode() == expected(f"p1_{name}.xpath")


@pytest.mark.parametrize("name", PATHS)
def test_an_xpath_becomes_the_template(schema: Schema, name: str) -> None:
    (template,) = templates_of(PATHS[name], schema.tree, prefixes(schema))
    assert template.text.encode() == expected(f"p2_{name}.template")


@pytest.mark.parametrize("name", KEYS)
def test_template_and_data_become_the_key(schema: Schema, name: str) -> None:
    data, node, subscription, xpath = KEYS[name]
    readers = [InstanceReader(template) for template in templates_of(xpath, schema.tree, prefixes(schema))]
    found = key_of(node, subscription, xpaths_of(readers, as_json(schema, shared(f"keys/{data}.xml"))))
    assert found == expected(f"p3_{name}.key")


@pytest.mark.parametrize("name", TOPICS)
def test_an_xpath_becomes_the_topic(schema: Schema, name: str) -> None:
    (template,) = templates_of(TOPICS[name], schema.tree, prefixes(schema))
    assert topic_name(template.path, prefixes(schema)).encode() == expected(f"topic_{name}.topic")


def test_every_vector_is_read_here() -> None:
    here = {f"p1_{name}.xpath" for name in subtree_vectors()} | {f"p2_{name}.template" for name in PATHS}
    here |= {f"p3_{name}.key" for name in KEYS} | {f"topic_{name}.topic" for name in TOPICS}
    assert here == {path.name for path in Path(shared("keys/expected")).iterdir()}


def as_json(schema: Schema, file: Path) -> bytes:
    root = etree.fromstring(b"<data>%b</data>" % file.read_bytes())
    return json.dumps(XmlTranscoder(Context(schema.tree)).contents(root)).encode()

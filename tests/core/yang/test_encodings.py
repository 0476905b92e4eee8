"""JSON, XML and CBOR of one instance have one verdict: made from the schema tree, written by this file alone."""

import base64
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import cbor2
import orjson
import pytest
from lxml import etree

from tests.core.yang.compiled.instances import Instances, written
from tests.core.yang.schemas import refusal_of
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import Context
from yangbeam.core.yang.transcode_cbor import CborTranscoder
from yangbeam.core.yang.transcode_xml import XmlTranscoder
from yangbeam.core.yang.tree import Node, YangType

CASES = 300
Element = Any


def documents(schema: Schema, seed: int) -> Iterator[dict[str, Any]]:
    """Contents that are valid as JSON."""
    chance = random.Random(seed)
    made = Instances(schema.tree, chance)
    for _ in range(CASES):
        text = written(made.document())
        if refusal_of(lambda text=text: schema.validate_contents(text)) is None:  # type: ignore[misc] # bound now
            yield orjson.loads(text)


class Writer:
    """Writes contents in the other encodings."""

    def __init__(self, schema: Schema) -> None:
        self._tree = schema.tree
        self._spaces = {module: space for space, module in schema.tree.namespaces.items()}
        self.has_union = False

    def xml(self, document: dict[str, Any]) -> Element:
        root = etree.Element("data")
        self._elements(root, document, self._tree.data, "")
        return root

    def cbor(self, document: dict[str, Any]) -> bytes:
        return cbor2.dumps(self._map(document, self._tree.data, ""))

    def _elements(self, parent: Element, members: dict[str, Any], children: Any, module: str) -> None:
        for name, value in members.items():
            node = children[name if ":" in name else f"{module}:{name}"]
            many = node.kind in ("list", "leaf-list")
            for each in value if many else [value]:
                element = etree.SubElement(
                    parent, f"{{{self._spaces[node.module]}}}{node.name}", nsmap=self._map_of(each)
                )
                if node.type is not None:
                    element.text = self._text(node.type, each)
                elif node.kind in ("anydata", "anyxml"):
                    _any(element, each)
                else:
                    self._elements(element, each, node.children, node.module)

    def _map_of(self, value: Any) -> dict[str, str]:
        """A prefix for the module that a value may name."""
        prefix = value.partition(":")[0] if isinstance(value, str) else ""
        return {prefix: self._spaces[prefix]} if prefix in self._spaces else {}

    def _text(self, kind: YangType, value: Any) -> str:
        self.has_union |= kind.base == "union"
        if value == [None]:
            return ""
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

    def _map(self, members: dict[str, Any], children: Any, module: str) -> dict[str, Any]:
        found = {}
        for name, value in members.items():
            node: Node = children[name if ":" in name else f"{module}:{name}"]
            found[name] = self._item(node, value)
        return found

    def _item(self, node: Node, value: Any) -> Any:
        if node.kind == "leaf-list":
            return [_cbor(node.type, each) for each in value]  # type: ignore[arg-type] # leaf-lists have a type
        if node.type is not None:
            return _cbor(node.type, value)
        if node.kind in ("anydata", "anyxml"):
            return value
        if node.kind == "list":
            return [self._map(each, node.children, node.module) for each in value]
        return self._map(value, node.children, node.module)


def _any(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, below in value.items():
            _any(etree.SubElement(element, name.rpartition(":")[2]), below)
    else:
        element.text = str(value)


def _cbor(kind: YangType, value: Any) -> Any:
    match kind.base:
        case "int64" | "uint64":
            return int(value)
        case "decimal64":
            return Decimal(value)
        case "enumeration":
            return dict(kind.enums)[value]
        case "binary":
            return base64.b64decode(value)
        case "empty":
            return None
        case _:
            return value


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_valid_as_json_is_valid_as_xml_and_cbor_and_comes_to_the_same(plant: Schema, seed: int) -> None:
    compared = 0
    for document in documents(plant, seed):
        writer = Writer(plant)
        as_xml = XmlTranscoder(Context(plant.tree)).contents(writer.xml(document))
        as_cbor = CborTranscoder(Context(plant.tree)).contents(cbor2.loads(writer.cbor(document)))
        for found in (as_xml, as_cbor):
            refused = refusal_of(lambda found=found: plant.validate_contents(orjson.dumps(found)))  # type: ignore[misc]
            assert refused is None, (document, found, str(refused))
        compared += 1
    assert compared > CASES / 4

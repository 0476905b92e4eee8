"""Decides how a typed YANG instance tree is written as JSON, XML or CBOR.

A tree is made of dicts (containers and list entries), lists (lists and leaf-lists), ``int``, ``str``, ``bool`` and the
leaf types below, which JSON (RFC 7951 section 6), XML (RFC 7950 section 9) and CBOR (RFC 9254 section 6) write each in
their way. Member names are those of RFC 7951: ``module:name`` where the module changes, else ``name``.
"""

from collections.abc import Callable, Iterator
from typing import Any, Self
from xml.sax.saxutils import escape

import cbor2
import orjson

NAMESPACES = {
    "ietf-yp-notification": "urn:ietf:params:xml:ns:yang:ietf-yp-notification",
    "ietf-notification": "urn:ietf:params:xml:ns:netconf:notification:1.0",
}
"""Namespaces that are not simply ``urn:ietf:params:xml:ns:yang:`` and the module's name."""


class Uint64:
    """A 64-bit integer: a string in JSON, an integer in CBOR. No int, so that the JSON encoder asks how to write it."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    def __str__(self) -> str:
        return str(self.value)


class Enumerated(str):
    """A value of an enumeration: its name in JSON and XML, its number in CBOR."""

    __slots__ = ("number",)
    number: int

    def __new__(cls, name: str, number: int) -> Self:
        """Returns the name with its assigned number."""
        value = super().__new__(cls, name)
        value.number = number
        return value


class Identity(str):
    """An identityref ``module:name``: with a declared prefix in XML."""

    __slots__ = ()


class Empty:
    """The type ``empty``: ``[null]`` in JSON, an empty element in XML, null in CBOR."""


EMPTY = Empty()

Tree = dict[str, Any]


def namespace_of(module: str) -> str:
    """Returns the XML namespace of an IETF or IANA module.

    >>> namespace_of("ietf-interfaces")
    'urn:ietf:params:xml:ns:yang:ietf-interfaces'
    """
    return NAMESPACES.get(module, f"urn:ietf:params:xml:ns:yang:{module}")


_CBOR_LEAVES: dict[type, Callable[[Any], Any]] = {
    Uint64: lambda leaf: leaf.value,
    Enumerated: lambda leaf: leaf.number,
    Identity: str.__str__,
    Empty: lambda _: None,
}


def _json_leaf(leaf: Any) -> Any:
    """Returns what JSON writes for a leaf that is neither text nor a small number; names are text as they are."""
    return str(leaf) if type(leaf) is Uint64 else [None]


def to_json(tree: Tree) -> bytes:
    """Returns the tree as RFC 7951 JSON, without white space.

    >>> to_json({"m:c": {"n": Uint64(2**64 - 1), "state": Enumerated("up", 1), "gone": EMPTY}})
    b'{"m:c":{"n":"18446744073709551615","state":"up","gone":[null]}}'
    """
    return orjson.dumps(tree, default=_json_leaf)


def to_cbor(tree: Tree) -> bytes:
    """Returns the tree as RFC 9254 CBOR with names as keys.

    >>> cbor2.loads(to_cbor({"m:c": {"state": Enumerated("up", 1), "gone": EMPTY}}))
    {'m:c': {'state': 1, 'gone': None}}
    """
    return cbor2.dumps(_cbor_value(tree))


def _cbor_value(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _cbor_value(below) for name, below in value.items()}
    if kind is list:
        return [_cbor_value(entry) for entry in value]
    convert = _CBOR_LEAVES.get(kind)
    return value if convert is None else convert(value)


def to_xml(tree: Tree) -> bytes:
    """Returns the tree's one top-level member as an XML document.

    >>> to_xml({"ietf-ip:ipv4": {"address": [{"ip": "192.0.2.1"}]}})
    b'<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>192.0.2.1</ip></address></ipv4>'
    """
    return "".join(_elements(tree, "")).encode()


def _elements(tree: Tree, parent: str) -> Iterator[str]:
    """Yields the pieces of all members; ``parent`` is the module whose namespace is in force."""
    for qualified, value in tree.items():
        module, _, name = qualified.rpartition(":")
        module = module or parent
        declared = f' xmlns="{namespace_of(module)}"' if module != parent else ""
        for entry in value if type(value) is list else (value,):
            if type(entry) is dict:
                yield f"<{name}{declared}>"
                yield from _elements(entry, module)
                yield f"</{name}>"
            else:
                yield _leaf(name, declared, entry)


def _leaf(name: str, declared: str, value: Any) -> str:
    if value is EMPTY:
        return f"<{name}{declared}/>"
    if type(value) is Identity:
        module, _, local = value.rpartition(":")
        return f'<{name}{declared} xmlns:i="{namespace_of(module)}">i:{local}</{name}>'
    text = ("false", "true")[value] if type(value) is bool else str(value)
    return f"<{name}{declared}>{escape(text)}</{name}>"

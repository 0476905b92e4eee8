"""Turns a subtree filter (RFC 6241 section 6) into the XPath that selects the same, every step with its module.

A filter comes as it was sent: XML, or the JSON that RFC 8641 makes of the anydata. What has text and no children is
compared (content match), what has neither is selected, what has children is gone into.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
from lxml import etree

from yangbeam.core.message_key.xpath import MAX_STEPS, FilterError
from yangbeam.core.yang.literals import literal

_WRAPPERS: Final = frozenset({"filter", "subtree-filter", "datastore-subtree-filter", "stream-subtree-filter"})
"""Elements that hold a filter and are no part of it."""


class _Element(NamedTuple):
    """``text`` is None for none; ``name`` is ``module:local``."""

    name: str
    text: str | None
    children: "list[_Element]"


def xpath_of_subtree(subtree: bytes, namespaces: Mapping[str, str]) -> str:
    """Returns the filter as XPath, its branches joined by `` | ``, each once.

    Args:
        subtree: XML or JSON.
        namespaces: Namespace to module name, of the schema.

    Raises:
        FilterError: It cannot be read, names a module that the schema does not have, or selects nothing.
    """
    elements = _of_xml(subtree, namespaces) if subtree.lstrip()[:1] == b"<" else _of_json(subtree)
    branches = dict.fromkeys(branch for element in elements for branch in _branches(element, "", 0))
    if not branches:
        raise FilterError("a subtree filter that selects nothing")
    return " | ".join(branches)


def _branches(element: _Element, above: str, depth: int) -> Iterator[str]:
    if depth > MAX_STEPS:
        raise FilterError(f"a subtree filter of more than {MAX_STEPS} levels")
    matches = [child for child in element.children if child.text is not None]
    path = f"{above}/{element.name}" + "".join(f"[{child.name}={literal(child.text or '')}]" for child in matches)
    others = [child for child in element.children if child.text is None]
    if not others:
        yield path
    for child in others:
        yield from _branches(child, path, depth + 1)


def _of_xml(subtree: bytes, namespaces: Mapping[str, str]) -> list[_Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(subtree, parser)
    except etree.XMLSyntaxError as error:
        raise FilterError(f"a subtree filter that is no XML: {error}") from error
    tops = root if etree.QName(root).localname in _WRAPPERS else [root]
    return [_element(top, namespaces) for top in _elements(tops)]


def _elements(parent: Iterable[Any]) -> Iterator[Any]:
    """Yields child elements; comments and processing instructions have no name."""
    return (child for child in parent if isinstance(child.tag, str))


def _element(element: Any, namespaces: Mapping[str, str]) -> _Element:
    name = etree.QName(element)
    module = namespaces.get(name.namespace or "")
    if module is None:
        raise FilterError(f"namespace {name.namespace!r:.200} of the filter is none of the schema's")
    children = [_element(child, namespaces) for child in _elements(element)]
    text = (element.text or "").strip()
    return _Element(f"{module}:{name.localname}", text if text and not children else None, children)


def _of_json(subtree: bytes) -> list[_Element]:
    try:
        document = orjson.loads(subtree)
    except orjson.JSONDecodeError as error:
        raise FilterError(f"a subtree filter that is neither XML nor JSON: {error}") from error
    if not isinstance(document, dict):
        raise FilterError("a subtree filter in JSON is an object")
    if len(document) == 1 and next(iter(document)).rpartition(":")[2] in _WRAPPERS:
        (document,) = document.values()
    return list(_members(document, ""))


def _members(members: Any, module: str) -> Iterator[_Element]:
    if not isinstance(members, dict):
        return
    for name, value in members.items():
        own, _, local = name.rpartition(":")
        if not (own or module):
            raise FilterError(f"member {name!r:.200} of the filter has no module name")
        for each in value if isinstance(value, list) and value != [None] else [value]:
            yield _member(own or module, local, each)


def _member(module: str, local: str, value: Any) -> _Element:
    children = list(_members(value, module))
    return _Element(f"{module}:{local}", None if children else _text(value), children)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() or None

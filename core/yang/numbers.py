"""Numbers that libyang reads otherwise than RFC 7950 section 9.2.1 and RFC 7951 section 6.1.

An integer is decimal: ``"08"`` is 8, ``"0x10"`` and ``" 8"`` are none, and neither is ``1e3``, which libyang takes for
one of 32 bits. The same holds of the members of a union. Looked at only where a text has such a number at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from yangbeam.core.yang.locate import Finding, entry_path
from yangbeam.core.yang.tree import Node, Tree, YangType
from yangbeam.core.yang.values import BOUNDS, broken_rule

_ESCAPED: Final = re.compile(
    rb'"(?:\\[nrt])[^"]{0,40}"|"[+-]?[0-9][0-9.]{0,40} *\\[nrt][^"]{0,40}"'
    rb"|\\u00(?:0[9aAdD]|2[0bBdD]|3|5[78]|[46][1-6])"  # a blank, a sign or a digit
).search
_LOOKS: Final = tuple(
    (sign, re.compile(pattern).search)
    for sign, pattern in (
        (b'"0', rb'"0[xX0-9][0-9a-fA-F]*"'),
        (b'"+', rb'"\+(?:[0-9]+|0[xX][0-9a-fA-F]*)"'),
        (b'"-0', rb'"-0[xX0-9][0-9a-fA-F]*"'),
        (b'" ', rb'" [^"]{0,40}"'),
        (b' "', rb'"[+-]?[0-9][0-9.]{0,40} [^"]{0,40}"'),
        (b":", rb":\s*-?[0-9]+[.eE][0-9eE+.-]*\s*[,}\]]"),  # not the colons of 00:1b:5e:00:53:01
        (b"[", rb"\[\s*-?[0-9]+[.eE][0-9eE+.-]*\s*[,\]]"),
        (b",", rb",\s*-?[0-9]+[.eE][0-9eE+.-]*\s*[,\]]"),
    )
)
"""What an odd number begins with, and its form: the search for a literal beginning costs least."""
_ODD_TEXT: Final = re.compile(r"\s*[+-]?[0-9][0-9a-fA-F.]*\s*|\s*[+-]?0[xX][0-9a-fA-F]+\s*", re.ASCII).fullmatch
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII).fullmatch
Visit = Callable[[Node, YangType, Any, str], Any]
"""Node, type, value and path of a number to what it is to be."""


def has_odd_numbers(text: bytes) -> bool:
    """Says whether a JSON text may hold a number that libyang and RFC 7950 read differently."""
    if b"\\" in text and _ESCAPED(text):
        return True
    return any(sign in text and look(text) for sign, look in _LOOKS)


def misspelt(tree: Tree, document: Mapping[str, Any]) -> Finding | None:
    """Returns path and rule of the first number that is none of its type by RFC 7950, whatever libyang says."""
    found: list[Finding] = []

    def look(node: Node, kind: YangType, value: Any, path: str) -> Any:
        rule = broken_rule(kind, value, node.module) if not found and _is_number(value) else ""
        if rule:
            found.append((path, f"leaf {node.path}: {rule}"))
        return value

    _members(tree.data, "", document, "", look)
    return found[0] if found else None


def in_decimals(tree: Tree, document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a document with its 64-bit integers as libyang reads them rightly: without zeros before other digits."""

    def respell(node: Node, kind: YangType, value: Any, path: str) -> Any:
        del path
        is_text = isinstance(value, str) and _DECIMAL(value) and _is_wide(kind, value, node.module)
        return str(int(value)) if is_text else value

    return _members(tree.data, "", document, "", respell)


def _is_number(value: Any) -> bool:
    """Says whether libyang may take a value for a number; of a union's other texts it knows more than this tree."""
    return not isinstance(value, str) or _ODD_TEXT(value) is not None


def _is_wide(kind: YangType, text: str, module: str) -> bool:
    """Says whether a text is an integer of 64 bits; of a union by its first member that takes it (RFC 7950 9.12)."""
    if kind.base == "union":
        taking = next((member for member in kind.members if not broken_rule(member, text, module)), None)
        return taking is not None and _is_wide(taking, text, module)
    return kind.base in ("int64", "uint64")


def _has_numbers(kind: YangType) -> bool:
    return kind.base in BOUNDS or kind.base == "decimal64" or any(_has_numbers(member) for member in kind.members)


def _members(
    children: Mapping[str, Node], module: str, members: Mapping[str, Any], path: str, visit: Visit
) -> dict[str, Any]:
    found = dict(members)
    for name, value in members.items():
        node = children.get(name if ":" in name else f"{module}:{name}")
        if node is not None:
            found[name] = _value(node, value, f"{path}/{name}", visit)
    return found


def _value(node: Node, value: Any, path: str, visit: Visit) -> Any:
    if node.type is not None:
        if not _has_numbers(node.type):
            return value
        if isinstance(value, list):
            return [visit(node, node.type, each, f"{path}[{at}]") for at, each in enumerate(value, 1)]
        return visit(node, node.type, value, path)
    if node.kind == "list" and isinstance(value, list):
        return list(_entries(node, value, path, visit))
    if node.kind not in ("anydata", "anyxml") and isinstance(value, dict):
        return _members(node.children, node.module, value, path, visit)
    return value


def _entries(node: Node, entries: list[Any], path: str, visit: Visit) -> Iterator[Any]:
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield _members(node.children, node.module, entry, entry_path(path, node, entry, index), visit)
        else:
            yield entry

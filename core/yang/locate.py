"""Finds the first node of a JSON instance that its schema refuses, and says the rule in words.

libyang 2.1 tells no data path with a refusal. This walk is only taken after one, so it may be slow; it judges by the
same tree, names and types only, and stays silent where it knows no better (must, when, leafref).
"""

import re
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from yangbeam.core.yang.tree import Node, Tree
from yangbeam.core.yang.values import broken_rule

Finding = tuple[str, str]
"""(instance path, rule)."""

_LAST_STEP = re.compile(r"/([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*$", re.ASCII)

_JSON_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}


def _what(value: Any) -> str:
    return _JSON_NAMES.get(type(value), "null")


def quote(value: Any) -> str:
    """Returns the literal of a value in a path."""
    text = str(value)
    return f'"{text}"' if "'" in text else f"'{text}'"


def locate(tree: Tree, document: Mapping[str, Any]) -> Finding | None:
    """Returns the first offending path and its rule; None when names and types are all in order."""
    for name, value in document.items():
        node = tree.data.get(name)
        if node is None:
            return f"/{name}", why_unknown(name, tree, None)
        found = next(misfits(node, value, f"/{name}", tree), None)
        if found:
            return found
    return None


def locate_quoted(tree: Tree, document: Mapping[str, Any], refusal: str) -> str:
    """Returns the path of the first leaf whose value a refusal quotes, for rules that this tree cannot judge.

    libyang quotes the value of a dangling leafref or an instance-identifier, without saying where it stands. Empty
    when it quotes none.
    """
    for name, value in document.items():
        for path, leaf in _leaves(tree.data.get(name), value, f"/{name}"):
            if isinstance(leaf, str) and f'"{leaf}"' in refusal:
                return path
    return ""


def locate_missing(tree: Tree, document: Mapping[str, Any], schema_path: str) -> str:
    """Returns the path that the missing instance of a node would have; the schema's path where none is found.

    Of entries there may be some, and too few: what has the fewest surely has too few.
    """
    counted = (
        each
        for name, value in document.items()
        for each in _without(tree.data.get(name), value, f"/{name}", schema_path)
    )
    return min(counted, default=(0, schema_path), key=itemgetter(0))[1]


def _without(node: Node | None, value: Any, path: str, schema_path: str) -> Iterator[tuple[int, str]]:
    """Yields (entries, path) of a node that its parents, at and below a member, lack; of lists also what they have."""
    if node is None or not schema_path.startswith(f"{node.path}/"):
        return
    for index, entry in enumerate(value if isinstance(value, list) else [value]):
        if not isinstance(entry, dict):
            continue
        where = entry_path(path, node, entry, index) if node.kind == "list" else path
        for child in node.children.values():
            name = child.name if child.module == node.module else f"{child.module}:{child.name}"
            held = entry.get(name, entry.get(f"{child.module}:{child.name}"))
            if child.path == schema_path and (held is None or child.kind in ("list", "leaf-list")):
                yield len(held or ()), f"{where}/{name}"
            yield from _without(child, held, f"{where}/{name}", schema_path)


def _leaves(node: Node | None, value: Any, path: str) -> Iterator[Finding]:
    """Yields (path, value) of the leaves whose targets are elsewhere."""
    if node is None:
        return
    if node.type is not None:
        if node.type.leafref or node.type.base in ("instance-identifier", "union"):
            is_many = node.kind == "leaf-list" and isinstance(value, list)
            for number, entry in enumerate(value if is_many else [value], start=1):
                yield f"{path}[{number}]" if is_many else path, entry
        return
    for index, entry in enumerate(value if isinstance(value, list) else [value]):
        if not isinstance(entry, dict):
            continue
        where = entry_path(path, node, entry, index) if node.kind == "list" else path
        for name, below in entry.items():
            yield from _leaves(node.child(name), below, f"{where}/{name}")


def missing_module(path: str, tree: Tree) -> str:
    """Returns the module of a path's last step where the schema lacks it; empty where it has it."""
    found = _LAST_STEP.search(path)
    return found[1] if found is not None and found[1] not in tree.revisions else ""


def why_unknown(name: str, tree: Tree, parent: Node | None) -> str:
    """Why a member name means nothing here."""
    module, _, local = name.rpartition(":")
    if not module and parent is None:
        return f"member {name!r} has no module name; top-level members are module:name (RFC 7951 section 4)"
    if module and module not in tree.revisions:
        return f"module {module} is not part of the schema"
    where = f"in {parent.kind} {parent.path}" if parent else "at the top"
    revision = tree.revisions.get(module or (parent.module if parent else ""), "")
    judged = f"{module or (parent.module if parent else '')}@{revision}" if revision else module
    return f"no node {local!r} {where} of the schema ({judged})"


def misfits(node: Node, value: Any, path: str, tree: Tree) -> Iterator[Finding]:
    """Yields the misfits of names and types at and below a member, first to last."""
    if node.kind in ("container", "structure", "notification"):
        if isinstance(value, dict):
            yield from _members(node, value, path, tree)
        else:
            yield path, f"{node.kind} {node.path} is given as {_what(value)}"
    elif node.kind in ("list", "leaf-list"):
        if isinstance(value, list):
            yield from _entries(node, value, path, tree)
        else:
            yield path, f"{node.kind} {node.path} is given as {_what(value)}, not as an array"
    elif node.kind == "leaf":
        yield from _leaf(node, value, path)
    elif node.kind == "anydata" and not isinstance(value, dict) and not node.name.endswith("-filter"):
        # Publishers send filters as text, too; nothing is read out of them.
        yield path, f"anydata {node.path} is given as {_what(value)}, not as an object"


def _leaf(node: Node, value: Any, path: str) -> Iterator[Finding]:
    if node.type is not None:
        rule = broken_rule(node.type, value, node.module)
        if rule:
            yield path, f"leaf {node.path}: {rule}"


def _members(node: Node, value: Mapping[str, Any], path: str, tree: Tree) -> Iterator[Finding]:
    for name, below in value.items():
        if name.startswith("@"):
            continue
        child = node.child(name)
        if child is None:
            yield f"{path}/{name}", why_unknown(name, tree, node)
        else:
            yield from misfits(child, below, f"{path}/{name}", tree)


def _entries(node: Node, entries: list[Any], path: str, tree: Tree) -> Iterator[Finding]:
    for index, entry in enumerate(entries):
        if node.kind == "leaf-list":
            yield from _leaf(node, entry, f"{path}[{index + 1}]")
            continue
        if not isinstance(entry, dict):
            yield f"{path}[{index + 1}]", f"entry of list {node.path} is given as {_what(entry)}, not as an object"
            continue
        missing = [key for key in node.keys if key not in entry and f"{node.module}:{key}" not in entry]
        if missing:
            yield f"{path}[{index + 1}]", f"entry of list {node.path} lacks its key {', '.join(missing)}"
        yield from _members(node, entry, entry_path(path, node, entry, index), tree)


def entry_path(path: str, node: Node, entry: Mapping[str, Any], index: int) -> str:
    """Path of a list entry: by its keys, or by its position (from 1) where it has none."""
    keys = [(key, entry.get(key, entry.get(f"{node.module}:{key}"))) for key in node.keys]
    if not keys or any(value is None for _, value in keys):
        return f"{path}[{index + 1}]"
    return path + "".join(f"[{key}={quote(value)}]" for key, value in keys)

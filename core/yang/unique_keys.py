"""Finds list entries with equal keys (RFC 7950 section 7.8.2), which libyang's structural parsing lets pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.canonical import Canonical, canonical
from yangbeam.core.yang.tree import Node, Tree

MANY: Final = 500
"""Equal entries of a list."""
LONG: Final = 16 << 10
"""Octets of contents that have so many."""


@dataclass(slots=True)
class KeyPlan:
    """Where lists are below a node.

    Attributes:
        keys: Of a list with keys: each key's two spellings (name, module:name), and what renders its values; empty
            for anything else.
        unique_values: Of a leaf-list of configuration, whose values are unique (RFC 7950 section 7.7): what renders
            them.
        inner: Members to look into, by both spellings.
    """

    keys: tuple[tuple[str, str, Canonical], ...] = ()
    unique_values: Canonical | None = None
    inner: dict[str, "KeyPlan"] = field(default_factory=dict)


def key_plan(tree: Tree) -> KeyPlan:
    """Plans the check of all data of a schema."""
    return _below(tree.data, "", tree)


def _plan(node: Node, tree: Tree) -> KeyPlan | None:
    """Plan of one node; None when nothing below it can repeat."""
    if node.kind == "leaf-list":
        return KeyPlan(unique_values=canonical(node, tree)) if node.config else None
    names = [(key, f"{node.module}:{key}") for key in node.keys]
    keys = tuple((*spelt, canonical(node.children[spelt[1]], tree)) for spelt in names)
    plan = KeyPlan(keys, inner=_below(node.children, node.module, tree).inner)
    return plan if plan.keys or plan.inner else None


def _below(children: Mapping[str, Node], module: str, tree: Tree) -> KeyPlan:
    """Plans the check of everything below a node in ``module``; the top level has none."""
    inner: dict[str, KeyPlan] = {}
    for name, child in children.items():
        plan = _plan(child, tree)
        if plan:
            inner[name] = plan
            if child.module == module:
                inner[child.name] = plan
    return KeyPlan(inner=inner)


def refuse_duplicate_keys(value: Mapping[str, Any], plan: KeyPlan, path: str = "", few: int = 0) -> None:
    """Looks through a parsed JSON object for equal entries.

    Args:
        value: The object.
        plan: Of what may stand in it.
        path: Its own.
        few: Equal entries of a list that are let pass: of contents that nobody has judged yet, as MANY cost libyang
            a time that grows with their square.

    Raises:
        InvalidInstanceError: ``invalid-contents`` with the path of the second entry.
    """
    for name in plan.inner.keys() & value.keys():
        below, found = value[name], plan.inner[name]
        if isinstance(below, list):
            _check_entries(below, found, f"{path}/{name}", few)
        elif isinstance(below, dict):
            refuse_duplicate_keys(below, found, f"{path}/{name}", few)


def _check_entries(entries: list[Any], plan: KeyPlan, path: str, few: int) -> None:
    if plan.unique_values:
        values = [plan.unique_values(entry) for entry in entries]
        _refuse_repeated(values, path, "values of this leaf-list are unique", few)
        return
    if plan.keys and len(entries) > 1:
        _refuse_repeated([_key_of(entry, plan) for entry in entries], path, "keys of list entries are unique", few)
    if plan.inner:
        inner = plan.inner.keys()
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and not inner.isdisjoint(entry):
                refuse_duplicate_keys(entry, plan, f"{path}[{index + 1}]", few)


def _key_of(entry: Any, plan: KeyPlan) -> object:
    if not isinstance(entry, dict):
        return None
    found = [(entry.get(name, entry.get(qualified)), render) for name, qualified, render in plan.keys]
    keys = tuple([None if value is None else render(value) for value, render in found])
    if None in keys:  # whoever judges the entry says that it lacks a key
        return None
    return keys[0] if len(keys) == 1 else keys


def _refuse_repeated(keys: list[Any], path: str, rule: str, few: int) -> None:
    different = set(keys)
    if len(keys) - len(different) <= few or (None in different and _repeated(keys) <= few):
        return
    seen: set[Any] = set()
    for index, key in enumerate(keys):
        if key in seen and key is not None:
            where = f"{path}[{index + 1}]"
            detail = f"{where} repeats the key {key!r} of an earlier entry; the publisher sent it twice"
            raise InvalidInstanceError("invalid-contents", detail, path=where, rule=rule)
        seen.add(key)


def _repeated(keys: list[Any]) -> int:
    """Returns how many of the keys that are there stood before."""
    there = [key for key in keys if key is not None]
    return len(there) - len(set(there))

"""Judges yang-patch edits (RFC 8072) of a push-change-update: each at its own target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.target import Step
from yangbeam.core.yang.canonical import canonical
from yangbeam.core.yang.locate import missing_module
from yangbeam.core.yang.scalars import from_text
from yangbeam.core.yang.tree import Node, Tree
from yangbeam.core.yang.values import broken_rule

WITH_VALUE = frozenset(("create", "insert", "merge", "replace"))
WITHOUT_VALUE = frozenset(("delete", "move", "remove"))


@dataclass(frozen=True, slots=True)
class Place:
    """One resolved step: the node, and the JSON values of the keys (or the leaf-list value) that were named."""

    node: Node
    keys: Mapping[str, Any]
    value: Any = None


def _refuse(path: str, rule: str) -> NoReturn:
    raise InvalidInstanceError("invalid-edit", f"{path or '/'}: {rule}", path=path or "/", rule=rule)


def _refuse_unknown(path: str, rule: str, tree: Tree) -> NoReturn:
    module = missing_module(path, tree)
    reason = "module-missing" if module else "invalid-edit"
    raise InvalidInstanceError(reason, f"{path}: {rule}", path=path, rule=rule, module=module)


def resolve(tree: Tree, steps: Sequence[Step]) -> tuple[list[Place], str]:
    """Finds what a target names: its places from the top, and its instance path in one spelling.

    Raises:
        InvalidInstanceError: ``invalid-edit``: a step is no node, or its keys are not the list's.
    """
    places: list[Place] = []
    path, module, children = "", "", tree.data
    for step in steps:
        node = children.get(f"{step.module or module}:{step.name}")
        if node is None:
            where = f"in {places[-1].node.path}" if places else "at the top"
            name = f"{step.module}:{step.name}" if step.module else step.name
            _refuse_unknown(f"{path}/{name}", f"the target names no node {where} of the schema", tree)
        path += f"/{node.name}" if node.module == module else f"/{node.module}:{node.name}"
        place = _place(node, step, path)
        path += "".join(f"[{key}={value!r}]" for key, value in place.keys.items())
        places.append(place)
        module, children = node.module, node.children
    for place, step in zip(places[:-1], steps, strict=False):
        if place.node.keys and not place.keys:
            _refuse(path, f"step {step.name!r} is a list and the target does not say which entry")
    return places, path


def _place(node: Node, step: Step, path: str) -> Place:
    if node.kind == "leaf-list":
        text = step.value if step.value is not None else next(iter(step.keys), None)
        return Place(node, {}, None if text is None else _key(node, text, path))
    if not step.keys:
        return Place(node, {})
    if node.kind != "list":
        _refuse(path, f"{node.kind} {node.path} has no keys, and the target gives some")
    return Place(node, _keys(node, step.keys, path))


def _keys(node: Node, given: tuple[str, ...] | dict[str, str], path: str) -> dict[str, Any]:
    wanted = ", ".join(node.keys) or "none"
    if isinstance(given, tuple):
        if len(given) != len(node.keys):
            _refuse(path, f"{len(given)} key values; list {node.path} has the keys {wanted}")
        given = dict(zip(node.keys, given, strict=True))
    if set(given) != set(node.keys):
        _refuse(path, f"keys {', '.join(given)}; list {node.path} has the keys {wanted}")
    return {key: _key(node.children[f"{node.module}:{key}"], given[key], path) for key in node.keys}


def _key(leaf: Node, text: str, path: str) -> Any:
    if leaf.type is None:  # a key is a leaf; RFC 7950 section 7.8.2
        return text
    value = from_text(leaf.type, text, {}, leaf.module)
    rule = broken_rule(leaf.type, value, leaf.module)
    return _refuse(path, f"key {leaf.name}: {rule}") if rule else value


def contents_of_edit(places: Sequence[Place], path: str, operation: str, value: Any) -> dict[str, Any] | None:
    """Builds the contents that hold an edit's value where its target says; None when there is no value to judge.

    Args:
        places: From resolve(); empty for the datastore itself.
        path: From resolve().
        operation: Of RFC 8072 section 2.5.
        value: The parsed ``value``; ignored for operations that have none.

    Raises:
        InvalidInstanceError: ``invalid-edit``: the operation is unknown, or the value is not that of the target.
    """
    if operation in WITHOUT_VALUE:
        return None
    if operation not in WITH_VALUE:
        _refuse(path, f"operation {operation!r:.40} is none of RFC 8072")
    if not isinstance(value, dict) or not value:
        _refuse(path, f"operation {operation} needs a value that is an object with the target in it")
    if not places:
        return dict(value)
    held = _target_in(places[-1], value, path)
    name = f"{places[-1].node.module}:{places[-1].node.name}"
    for place in reversed(places[:-1]):
        below = {name: held}
        name = f"{place.node.module}:{place.node.name}"
        held = [{**place.keys, **below}] if place.node.kind == "list" else below
    return {name: held}


def _target_in(place: Place, value: Mapping[str, Any], path: str) -> Any:
    """Takes the target's own node out of the value, which holds it and nothing else (RFC 8072 section 2.5)."""
    node = place.node
    member = next(iter(value))
    if len(value) != 1 or member not in (f"{node.module}:{node.name}", node.name):
        names = ", ".join(map(repr, list(value)[:5]))
        _refuse(path, f"the value holds {names}, not the target's node {node.module}:{node.name} alone")
    held = value[member]
    if place.keys and isinstance(held, list):
        _one_entry(place, held, path)
    return held


def _one_entry(place: Place, entries: list[Any], path: str) -> None:
    """The value of an entry is that one entry, with the keys that the target says."""
    if len(entries) != 1:
        _refuse(path, f"the target names one entry; the value holds {len(entries)}")
    entry = entries[0] if isinstance(entries[0], dict) else {}
    for key, wanted in place.keys.items():
        found = entry.get(key, entry.get(f"{place.node.module}:{key}"))
        leaf = place.node.child(key)
        spelt = canonical(leaf) if leaf is not None else repr
        if found is not None and spelt(found) != spelt(wanted):
            _refuse(path, f"the target says {key} {wanted!r}, the value {found!r}")

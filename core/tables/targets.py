"""Where an edit of a push-change-update points: its target (RFC 8072, RFC 8040 section 3.5.3) in the schema."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from yangbeam.core.errors import UnmappableValueError
from yangbeam.core.tables.entries import REASON
from yangbeam.core.tables.values import converter
from yangbeam.core.yang.tree import Node, Tree

_STEP = re.compile(r"/((?:[^/\[\"']|\[(?:[^\]\"']|\"[^\"]*\"|'[^']*')*\])+)")
_PREDICATE = re.compile(r"\[\s*([^=\s]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\]]*?)\s*\]")


@dataclass(frozen=True, slots=True)
class Place:
    """A target in the schema.

    Attributes:
        node: What it points at.
        table: Its list, when it names an entry; else the next list entry above, or the top-level node.
        keys: Key values of all lists down to ``table``, as their columns hold them.
        below: Nodes from below ``table`` down to ``node``.
        value: Of a leaf-list entry, its text; None otherwise.
    """

    node: Node
    table: Node
    keys: tuple[Any, ...]
    below: tuple[Node, ...] = ()
    value: str | None = None

    @property
    def path(self) -> str | None:
        """What of the table's entry it is about, as ``_path`` holds it; None: all of it."""
        if not self.below:
            return None
        steps = "/".join(node.name for node in self.below)
        return steps if self.value is None else f"{steps}={self.value}"


def locate(tree: Tree, target: str) -> Place:
    """Returns the place of a target: RESTCONF keys ``=a,b`` or XPath predicates, quoted or not.

    Raises:
        UnmappableValueError: It names what the schema does not have.
    """
    steps = _STEP.findall(target)
    if not steps or "".join(f"/{step}" for step in steps) != target.rstrip("/"):
        raise UnmappableValueError(REASON, f"target {target!r} is no resource identifier")
    name, keys = _parsed(steps[0])
    node = tree.data.get(name)
    place = _stepped(None, node, keys, target)
    for step in steps[1:]:
        name, keys = _parsed(step)
        place = _stepped(place, place.node.child(name), keys, target)
    return place


def _parsed(step: str) -> tuple[str, "list[str] | dict[str, str]"]:
    """Splits a step into its name and its keys, by position or by name."""
    head, bracket, _ = step.partition("[")
    if bracket:
        named = {key.rpartition(":")[2]: value.strip("\"'") for key, value in _PREDICATE.findall(step)}
        return head, named
    name, equals, keys = step.partition("=")
    return unquote(name), [unquote(key) for key in keys.split(",")] if equals else []


def _stepped(place: Place | None, node: Node | None, keys: "list[str] | dict[str, str]", target: str) -> Place:
    if node is None:
        raise UnmappableValueError(REASON, f"target {target!r} names what the schema does not have")
    above = place.keys if place else ()
    if node.kind == "list" and keys:
        return Place(node, node, (*above, *_key_values(node, keys, target)))
    if place is None:
        return Place(node, node, ())
    value = next(iter(keys.values() if isinstance(keys, dict) else keys), None) if node.kind == "leaf-list" else None
    return Place(node, place.table, above, (*place.below, node), value)


def _key_values(node: Node, keys: "list[str] | dict[str, str]", target: str) -> list[Any]:
    texts = keys if isinstance(keys, list) else [keys.get(key, "") for key in node.keys]
    leaves = [leaf for leaf in map(node.child, node.keys) if leaf is not None]
    if len(texts) != len(leaves) or (isinstance(keys, dict) and keys.keys() != set(node.keys)):
        raise UnmappableValueError(REASON, f"target {target!r} does not give the keys of {node.name}: {node.keys}")
    try:
        return [_from_text(leaf, text) for leaf, text in zip(leaves, texts, strict=True)]
    except (ValueError, TypeError) as error:
        raise UnmappableValueError(REASON, f"target {target!r}: {error}") from error


def _from_text(leaf: Node, text: str) -> Any:
    boolean = leaf.type is not None and leaf.type.base == "boolean" and text in {"true", "false"}
    return converter(leaf)(text == "true" if boolean else text)

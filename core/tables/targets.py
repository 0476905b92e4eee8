"""Where an edit of a push-change-update points: its target (RFC 8072, RFC 8040 section 3.5.3) in the schema."""

from dataclasses import dataclass
from typing import Any

from yangbeam.core.errors import NotificationError, UnmappableValueError
from yangbeam.core.notification.target import Step, parse_target
from yangbeam.core.tables.entries import REASON
from yangbeam.core.tables.values import converter
from yangbeam.core.yang.tree import Node, Tree


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
        UnmappableValueError: It is no target, or names what the schema does not have.
    """
    try:
        first, *rest = parse_target(target)
    except (NotificationError, ValueError) as error:  # ValueError: no steps, the datastore itself
        raise UnmappableValueError(REASON, f"target {target!r} names no node: {error}") from error
    place = _stepped(None, tree.data.get(f"{first.module}:{first.name}"), first, target)
    for step in rest:
        name = f"{step.module}:{step.name}" if step.module else step.name
        place = _stepped(place, place.node.child(name), step, target)
    return place


def _stepped(place: Place | None, node: Node | None, step: Step, target: str) -> Place:
    if node is None:
        raise UnmappableValueError(REASON, f"target {target!r} names what the schema does not have")
    above = place.keys if place else ()
    if node.kind == "list" and step.keys:
        return Place(node, node, (*above, *_key_values(node, step.keys, target)))
    if place is None:
        return Place(node, node, ())
    return Place(node, place.table, above, (*place.below, node), _leaf_list_value(node, step))


def _leaf_list_value(node: Node, step: Step) -> str | None:
    """Returns which entry of a leaf-list is meant; RESTCONF writes it as if it were a key."""
    if node.kind != "leaf-list":
        return None
    return step.value if step.value is not None else next(iter(step.keys), None)


def _key_values(node: Node, keys: tuple[str, ...] | dict[str, str], target: str) -> list[Any]:
    texts = keys if isinstance(keys, tuple) else [keys.get(key, "") for key in node.keys]
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

"""Where an edit of a push-change-update points: its target (RFC 8072, RFC 8040 section 3.5.3) in the schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from yangbeam.core.errors import InvalidInstanceError, NotificationError, UnmappableValueError
from yangbeam.core.notification.target import parse_target
from yangbeam.core.tables.entries import REASON
from yangbeam.core.tables.values import key_converter
from yangbeam.core.yang.edits import Place as Step
from yangbeam.core.yang.edits import resolve
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


def locate(tree: Tree, target: str) -> Place | None:
    """Returns the place of a target, in any spelling that the validator takes; None for the datastore itself.

    Raises:
        UnmappableValueError: It is no target, or names what the schema does not have.
    """
    try:
        steps, path = resolve(tree, parse_target(target))
    except (NotificationError, InvalidInstanceError) as error:
        raise UnmappableValueError(REASON, f"target {target!r:.200}: {error}") from error
    if not steps:
        return None
    entries = [at for at, step in enumerate(steps) if step.node.kind == "list" and step.keys]
    at = entries[-1] if entries else 0
    below = tuple(step.node for step in steps[at + 1 :])
    value = steps[-1].value if steps[-1].node.kind == "leaf-list" else None
    text = None if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()
    try:
        return Place(steps[-1].node, steps[at].node, _key_values(steps, tree), below, text)
    except (ValueError, TypeError) as error:
        raise UnmappableValueError(REASON, f"{path}: {error}") from error


def _key_values(steps: Sequence[Step], tree: Tree) -> tuple[Any, ...]:
    """Returns the keys of all entries named, as their columns hold them."""
    keys: list[Any] = []
    for step in steps:
        for name, value in step.keys.items():
            leaf = step.node.child(name)
            keys.append(value if leaf is None else key_converter(leaf, tree)(value))
    return tuple(keys)

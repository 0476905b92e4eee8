"""Instance-identifiers that came as XML: identities in their keys by module, as RFC 7951 section 6.11 has them."""

from collections.abc import Mapping
from typing import Any

from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.target import Step, parse_target
from yangbeam.core.yang.canonical import path_of
from yangbeam.core.yang.scalars import Prefixes, from_text
from yangbeam.core.yang.tree import Node, Tree, YangType


def with_named_keys(value: Any, kind: YangType, prefixes: Prefixes, tree: Tree) -> Any:
    """Returns the value of a leaf; of a path whose keys name identities by prefix one that names them by module.

    Args:
        value: As ``scalars.from_text`` made it: names of nodes are by module already.
        kind: Type of the leaf.
        prefixes: What the prefixes of identities mean there.
        tree: The schema, which says what the keys are.
    """
    if not _is_path(kind) or not isinstance(value, str) or value[:1] != "/" or "[" not in value:
        return value
    try:
        steps = parse_target(value)
    except NotificationError:
        return value
    named = tuple(_named(steps, prefixes, tree))
    return value if named == steps else path_of(named, tree) or value


def _is_path(kind: YangType) -> bool:
    return kind.base == "instance-identifier" or any(_is_path(member) for member in kind.members)


def _names_identity(leaf: Node | None) -> bool:
    kind = leaf.type if leaf is not None else None
    return kind is not None and any(each.base == "identityref" for each in (kind, *kind.members))


def _named(steps: tuple[Step, ...], prefixes: Prefixes, tree: Tree) -> list[Step]:
    found: list[Step] = []
    module, children = "", tree.data
    for step in steps:
        node = children.get(f"{step.module or module}:{step.name}")
        if node is None:
            return list(steps)
        keys = step.keys if isinstance(step.keys, dict) else {}
        spelt = {key: _spelt(node.child(key), text, prefixes) for key, text in keys.items()}
        own = None if step.value is None else _spelt(node, step.value, prefixes)
        found.append(step._replace(keys=spelt or step.keys, value=own))
        module, children = node.module, node.children
    return found


def _spelt(leaf: Node | None, text: str, prefixes: Mapping[str | None, str]) -> str:
    if leaf is None or leaf.type is None or not _names_identity(leaf):
        return text
    value = from_text(leaf.type, text, prefixes, leaf.module)
    return value if isinstance(value, str) else text

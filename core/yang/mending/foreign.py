"""Values that no schema at hand describes: of a module that is not there, or of what the schema is read without.

They do not contradict their schema, which is not the publisher's: they are set aside as nodes are that nobody knows.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from yangbeam.core.yang.mending.findings import Finding, Way, left_out, missing, path_of
from yangbeam.core.yang.mending.places import Places
from yangbeam.core.yang.tree import Node, YangType
from yangbeam.core.yang.values import broken_rule

_NAME: Final = r"[A-Za-z_][\w.-]*"
_IDENTITY: Final = re.compile(rf"(?:({_NAME}):)?({_NAME})", re.ASCII).fullmatch
_STEPS: Final = re.compile(rf"[/\[]\s*({_NAME}):", re.ASCII).findall
_POINTER: Final = "instance-identifier"


def foreign(node: Node, value: Any, way: Way, places: Places) -> Finding | None:
    """Returns what was found of a value that its leaf's type does not take; None: it contradicts its schema.

    Args:
        node: The leaf or leaf-list.
        value: Parsed JSON.
        way: To it.
        places: Of the schema.
    """
    quirk = places.gaps.of_value(node.path)
    if quirk is not None:
        return left_out(quirk, path_of(way), node.path)
    for kind in _alternatives(node.type):
        for module, name in _names(kind, value, node.module):
            quirk = places.gaps.of_identity(module, name)
            if quirk is not None:
                return left_out(quirk, path_of(way), node.path)
            if module not in places.tree.revisions and module not in places.prefixes.values():
                return missing(module, path_of(way), node.path)
    return None


def points_elsewhere(kind: YangType, value: Any, module: str) -> bool:
    """Whether a value can only be an instance-identifier: libyang knows those of the schema's own modules alone."""
    others = [each for each in _alternatives(kind) if each.base != _POINTER]
    if not isinstance(value, str) or len(others) == sum(1 for _ in _alternatives(kind)):
        return False
    return all(broken_rule(each, value, module) for each in others)


def _alternatives(kind: YangType | None) -> Iterator[YangType]:
    if kind is None:
        return
    if kind.base != "union":
        yield kind
    for member in kind.members:
        yield from _alternatives(member)


def _names(kind: YangType, value: Any, module: str) -> Iterator[tuple[str, str]]:
    """Yields the modules, and identities, that a value names."""
    if not isinstance(value, str):
        return
    if kind.base == _POINTER:
        yield from ((named, "") for named in _STEPS(value))
    elif kind.base == "identityref" and (found := _IDENTITY(value)) is not None:
        yield found[1] or module, found[2]

"""What was found at one node of an instance: it was set aside, or spelt anew; and where, in words that are bounded."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from yangbeam.core.yang.gaps import Gaps
from yangbeam.core.yang.left_out import LeftOut
from yangbeam.core.yang.locate import entry_path
from yangbeam.core.yang.tree import Node, Tree

UNKNOWN: Final = "unknown"
"""No schema at hand describes the node."""
INVALID: Final = "invalid"
"""The node contradicts its schema."""
HABIT: Final = "habit"
"""The node was spelt otherwise than RFC 7951 says, and the schema leaves one meaning."""

MODULE_MISSING: Final = "module-missing"
LEFT_OUT: Final = "left-out"
"""What describes the node does not compile, apply, or have what it imports."""
UNKNOWN_NODE: Final = "unknown-node"
UNKNOWN_SID: Final = "unknown-sid"
NO_GAPS: Final = Gaps()
_SID: Final = "SID "
"""What a member is called that a SID stands for which nothing names."""
INVALID_VALUE: Final = "invalid-contents"


class Finding(NamedTuple):
    """One node that was set aside, or spelt anew.

    Attributes:
        kind: UNKNOWN, INVALID or HABIT.
        name: The cause, a row of the table of causes; of a habit its name.
        path: Instance path.
        place: Schema path: no keys, no values.
        module: Module that is missing, or that the node is of.
        rule: What it breaks, in words.
    """

    kind: str
    name: str
    path: str
    place: str
    module: str = ""
    rule: str = ""


class Way(NamedTuple):
    """How an instance was reached: a chain from it to the top, of which paths are made only where something is found.

    Attributes:
        above: That of its parent; None at the top.
        member: Name of the member that holds it.
        node: Its schema node.
        entry: Of a list, the entry.
        place: Number of the entry, from 0.
    """

    above: "Way | None"
    member: str
    node: Node
    entry: Mapping[str, Any] | None = None
    place: int = 0


def path_of(way: Way | None, *more: str) -> str:
    """Returns the instance path of what was reached, and of members below it."""
    steps: list[str] = list(reversed(more))
    while way is not None:
        steps.append(entry_path(way.member, way.node, way.entry, way.place) if way.entry is not None else way.member)
        way = way.above
    return "".join(f"/{step}" for step in reversed(steps))


def unknown(name: str, way: Way | None, tree: Tree, gaps: Gaps = NO_GAPS) -> Finding:
    """Returns the finding of a member that the schema does not have.

    Args:
        name: As it is spelt.
        way: To what has it.
        tree: The schema.
        gaps: What the schema is read without.
    """
    parent = way.node if way is not None else None
    module, _, local = name.rpartition(":")
    path = path_of(way, name)
    if name.startswith(_SID):
        return Finding(
            UNKNOWN, UNKNOWN_SID, path, parent.path if parent is not None else "/", "", f"no file names {name}"
        )
    above = parent.path if parent is not None else ""
    home = module or (parent.module if parent is not None else "")
    shown = local if parent is not None and home == parent.module else name
    quirk = gaps.of_node(home, f"{above}/{shown}")
    if quirk is not None:
        return left_out(quirk, path, f"{above}/{shown}")
    if module and module not in tree.revisions:
        return missing(module, path, f"{above}/{name}")
    return Finding(UNKNOWN, UNKNOWN_NODE, path, f"{above}/{shown}", home, f"no node {local!r} in the schema")


def left_out(quirk: LeftOut, path: str, place: str) -> Finding:
    """Returns the finding of what a schema would describe that was read without a statement."""
    return Finding(UNKNOWN, LEFT_OUT, path, place, quirk.module, f"the schema is read without {quirk}")


def missing(module: str, path: str, place: str) -> Finding:
    """Returns the finding of what a module would describe that the schema does not have."""
    return Finding(UNKNOWN, MODULE_MISSING, path, place, module, f"module {module} is not there")


def set_aside(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings of nodes that are no longer there."""
    return [found for found in findings if found.kind != HABIT]

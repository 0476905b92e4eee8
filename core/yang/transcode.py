"""Turns XML and CBOR instances into RFC 7951 JSON values by the schema tree: once, at validation.

Text of dates and the order of leaves stay as they came. A node that the schema does not know, or that has another shape
than its node, is an error, not a guess; ``untyped_unknown`` (for messages without a schema, and for the second look at
those that were refused) keeps it as it is. So it is kept in anydata of the contents, which no schema at hand judges
(RFC 7950 section 7.10).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.notification.target import parse_target
from yangbeam.core.yang.locate import missing_module
from yangbeam.core.yang.sid_files import SidNames
from yangbeam.core.yang.tree import Node, Tree

ENVELOPES = frozenset(("envelope", "notification"))
"""Local names of notification headers (specs of the wrapper table)."""

FILTERS = frozenset(("datastore-subtree-filter", "stream-subtree-filter", "subtree-filter"))
"""Anydata that holds a filter: nodes without values stand in it, so it is no instance and is never typed."""

CONTENTS = "datastore-contents"
"""Anydata of notifications that holds data nodes; other anydata of theirs holds a notification, or an edit's value."""

PATCH = "ietf-yang-patch"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where member names are looked up.

    Attributes:
        children: ``module:name`` → node.
        module: Module of the parent: its members stand without a module name; empty inside anydata.
        path: Instance path so far, for errors.
        sid: SID of the parent, 0 at the top: keys in CBOR are deltas to it (RFC 9254 section 3.2).
        in_contents: Below the contents of a notification, or the value of an edit.
        is_any: Below anydata of these.
    """

    children: Mapping[str, Node]
    module: str = ""
    path: str = ""
    sid: int = 0
    in_contents: bool = False
    is_any: bool = False

    def member_name(self, node: Node) -> str:
        """JSON name of a child here: with its module only where the namespace changes."""
        return node.name if node.module == self.module else f"{node.module}:{node.name}"

    def below(self, node: Node, sid: int = 0) -> "Scope":
        """Scope of a child's own members."""
        path = f"{self.path}/{self.member_name(node)}"
        return Scope(node.children, node.module, path, sid, self.in_contents, self.is_any)


@dataclass(frozen=True, slots=True)
class Context:
    """What both transcoders need.

    Attributes:
        tree: The schema.
        untyped_unknown: Keep what the schema does not know, with values as text, instead of refusing it.
        sids: Names of SIDs, where the operator supplied .sid files.
    """

    tree: Tree
    untyped_unknown: bool = False
    sids: SidNames = field(default_factory=SidNames)

    def top(self, path: str = "", *, in_contents: bool = False, is_any: bool = False) -> Scope:
        """Scope of anydata: every top-level data node and notification."""
        return Scope({**self.tree.notifications, **self.tree.data}, "", path, 0, in_contents, is_any)

    def value_of_edit(self, target: str, path: str) -> Scope:
        """Scope of a yang-patch value: siblings of the target node (RFC 8072 section 2.5), or the top of the tree.

        A target that the schema does not know gives the top scope: the value's own node is then refused by name.

        Raises:
            InvalidInstanceError: ``module-missing``: the target's module is not there.
        """
        try:
            steps = parse_target(target)
        except NotificationError:
            return self.top(path, in_contents=True)
        children, module = self.top().children, ""
        for step in steps[:-1]:
            node = children.get(f"{step.module or module}:{step.name}")
            if node is None:
                self._refuse_target(target, step.module or module)
                return self.top(path, in_contents=True)
            children, module = node.children, node.module
        return Scope(children, "", path, 0, in_contents=True)

    def _refuse_target(self, target: str, module: str) -> None:
        """Raises where nothing of a target can be known, unless what is unknown is kept."""
        if module and module not in self.tree.revisions and not self.untyped_unknown:
            rule = f"module {module} is not part of the schema"
            detail = f"{target}: {rule}"
            raise InvalidInstanceError("module-missing", detail, path=target, rule=rule, module=module)

    def anydata(self, node: Node, siblings: Mapping[str, Any], outer: Scope) -> Scope | None:
        """Scope inside an anydata node; None when its content is not an instance of any schema.

        Args:
            node: The anydata.
            siblings: Members converted so far beside it: a patch edit's target.
            outer: Scope of the anydata itself.
        """
        path = outer.path
        if outer.in_contents:
            return self.top(path, in_contents=True, is_any=True)
        if node.name in FILTERS:
            return None
        if node.name == "value" and "/edit/" in node.path:
            return self.value_of_edit(str(siblings.get("target", "")), path)
        return self.top(path, in_contents=node.name == CONTENTS)

    def keeps(self, scope: Scope) -> bool:
        """Says whether what the schema does not know, or has otherwise, is kept as it is."""
        return self.untyped_unknown or scope.is_any


def refuse_unknown(name: str, scope: Scope, tree: Tree) -> NoReturn:
    """Raises: a member that the schema does not have."""
    path = f"{scope.path}/{name}"
    if name.startswith("SID "):
        rule = "every SID is in a .sid file"
        detail = f"{path}: no .sid file names it; give the publisher's in schemas.sid_files"
        raise InvalidInstanceError("unknown-sid", detail, path=path, rule=rule)
    module = missing_module(path, tree)
    detail = f"{path}: the bound schema has no such node; give the publisher's own modules, or check the publisher"
    reason = "module-missing" if module else "unknown-node"
    raise InvalidInstanceError(reason, detail, path=path, rule="every node is in the schema", module=module)


def refuse_shape(what: str, scope: Scope) -> NoReturn:
    """Raises: a member of another kind than its node."""
    raise InvalidInstanceError("invalid-contents", f"{scope.path}: {what}", path=scope.path, rule=what)

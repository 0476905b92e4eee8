"""CBOR maps (RFC 9254, names or SIDs) → RFC 7951 JSON values, by the schema tree."""

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cbor2 import CBORTag

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.scalars import from_cbor
from yangbeam.core.yang.transcode import Context, Scope, refuse_shape, refuse_unknown
from yangbeam.core.yang.tree import Node
from yangbeam.core.yang.values import broken_rule

ABSOLUTE_SID = 47
"""Tag of a SID that is no delta (RFC 9254 section 3.2)."""
ANNOTATION = "@"
MAX_DEPTH = 128


class CborTranscoder:
    """Converts trees that cbor2 has read.

    Args:
        context: Schema, SIDs, and what to do with the unknown.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def contents(self, members: Any) -> dict[str, Any]:
        """Converts the map of datastore-contents, or of any anydata, to one JSON object.

        Raises:
            InvalidInstanceError: ``unknown-node``, ``invalid-contents``.
        """
        return self._members(members, self._context.top(in_contents=True), 0)

    def notification(self, members: Any) -> dict[str, Any]:
        """Converts a whole notification or envelope: a map of one top-level member; raises as ``contents``."""
        return self._members(members, self._context.top(), 0)

    def edit_value(self, members: Any, target: str) -> dict[str, Any]:
        """Converts the ``value`` of a patch edit, whose node ``target`` names.

        Raises:
            InvalidInstanceError: ``unknown-node``, ``invalid-contents``.
        """
        return self._members(members, self._context.value_of_edit(target, ""), 0)

    def _members(self, source: Any, scope: Scope, depth: int) -> dict[str, Any]:
        if not isinstance(source, Mapping):
            refuse_shape(f"a map was expected, found {type(source).__name__}", scope)
        if depth > MAX_DEPTH:
            refuse_shape(f"nested deeper than {MAX_DEPTH} maps", scope)
        members: dict[str, Any] = {}
        for key, item in source.items():
            name, sid = self._known_name(key, scope)
            node = scope.children.get(name if ":" in name or not scope.module else f"{scope.module}:{name}")
            if node is None and name[:1] == ANNOTATION:  # as the JSON of RFC 7952 has them: CBOR has no form of its own
                members[name] = plain(item, depth + 1)
                continue
            if node is None:
                if not self._context.keeps(scope):
                    refuse_unknown(name, scope, self._context.tree)
                members[name] = plain(item, depth + 1) if scope.is_any else untyped(item, depth + 1)
                continue
            siblings = members if node.kind != "anydata" else self._with_target(source, members, scope)
            value = self._kept_value(item, node, scope, siblings, sid, depth)
            member = scope.member_name(node)
            if member in members:  # by name and by SID, or with its module and without
                if not self._context.keeps(scope):
                    refuse_shape(f"{node.kind} {node.path} stands twice", scope.below(node))
                value = [members[member], value]
            members[member] = value
        return members

    def _kept_value(
        self, item: Any, node: Node, scope: Scope, siblings: Mapping[str, Any], sid: int, depth: int
    ) -> Any:
        try:
            return self._value(item, node, scope, siblings, sid, depth)
        except InvalidInstanceError:
            if not self._context.keeps(scope):
                raise
            return plain(item, depth + 1)

    def _known_name(self, key: Any, scope: Scope) -> tuple[str, int]:
        """As ``_name``; a key that is none is kept as text where what is unknown is kept."""
        if self._context.keeps(scope) and not isinstance(key, str | int | CBORTag):
            return _name(key), 0
        return self._name(key, scope)

    def _with_target(self, source: Mapping[Any, Any], members: dict[str, Any], scope: Scope) -> dict[str, Any]:
        """Members so far, and the target of an edit wherever it stands in the map."""
        for key, item in source.items():
            if isinstance(item, str) and self._name(key, scope)[0].rpartition(":")[2] == "target":
                return {**members, "target": item}
        return members

    def _name(self, key: Any, scope: Scope) -> tuple[str, int]:
        """Name of a map's key, and its SID (0 for a name)."""
        if isinstance(key, str):
            return key, 0
        sid = key.value if isinstance(key, CBORTag) and key.tag == ABSOLUTE_SID else key
        if not isinstance(sid, int) or isinstance(sid, bool):
            refuse_shape(f"a key of a map is {key!r:.60}, neither a name nor a SID", scope)
        if not isinstance(key, CBORTag):
            sid += scope.sid
        return self._context.sids.nodes.get(sid, f"SID {sid}"), sid

    def _value(self, item: Any, node: Node, scope: Scope, siblings: Mapping[str, Any], sid: int, depth: int) -> Any:
        below = scope.below(node, sid)
        if node.kind == "leaf-list":
            entries = item if isinstance(item, list) else None
            return self._leaf(item, node, below) if entries is None else [self._leaf(x, node, below) for x in entries]
        if node.kind == "leaf":
            return self._leaf(item, node, below)
        if node.kind in ("anydata", "anyxml"):
            return self._any(item, node, below, siblings, depth)
        if node.kind != "list" or (isinstance(item, Mapping) and self._context.untyped_unknown):
            return self._members(item, below, depth + 1)
        if not isinstance(item, list):
            refuse_shape(f"list {node.path} is no array", below)
        return [self._members(entry, below, depth + 1) for entry in item]

    def _any(self, item: Any, node: Node, scope: Scope, siblings: Mapping[str, Any], depth: int) -> Any:
        if node.kind == "anyxml" and not isinstance(item, Mapping):
            return plain(item, depth + 1)
        inside = self._context.anydata(node, siblings, scope)
        return untyped(item, depth + 1) if inside is None else self._members(item, inside, depth + 1)

    def _leaf(self, item: Any, node: Node, scope: Scope) -> Any:
        if node.type is None:
            return untyped(item)
        value = from_cbor(node.type, item, self._context.sids.identities, node.module)
        if _is_json(value):
            return value
        text = untyped(value)
        if not broken_rule(node.type, text, node.module):  # octets for a string, say: as text they would be valid
            refuse_shape(f"{node.kind} {node.path} holds {item!r:.60}, which is no {node.type.base}", scope)
        return text


def _is_json(value: Any) -> bool:
    """A scalar that JSON writers take, or the ``[null]`` of empty."""
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 64
    return value is None or value == [None] or isinstance(value, str | float)


def plain(item: Any, depth: int = 0) -> Any:
    """A CBOR item that no schema is known of: as it is where JSON has it, else like ``untyped``."""
    if depth > MAX_DEPTH:
        detail = f"nested deeper than {MAX_DEPTH} maps"
        raise InvalidInstanceError("invalid-contents", detail, rule=detail)
    if isinstance(item, Mapping):
        return {_name(key): plain(value, depth + 1) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [plain(value, depth + 1) for value in item]
    return item if _is_json(item) else untyped(item)


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(key.value if isinstance(key, CBORTag) else key)


def untyped(item: Any, depth: int = 0) -> Any:
    """A CBOR item without a schema: maps and arrays as they are, every leaf as text."""
    if depth > MAX_DEPTH:
        detail = f"nested deeper than {MAX_DEPTH} maps"
        raise InvalidInstanceError("invalid-contents", detail, rule=detail)
    if isinstance(item, CBORTag):
        item = item.value
    if isinstance(item, Mapping):
        return {_name(key): untyped(value, depth + 1) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [untyped(value, depth + 1) for value in item]
    return [None] if item is None else _text(item)


def _text(item: Any) -> str:
    match item:
        case bytes():
            return base64.b64encode(item).decode()
        case bool():
            return "true" if item else "false"
        case Decimal() if item.is_finite() and abs(item.adjusted()) < 64:
            return format(item, "f")
        case _:
            return str(item)

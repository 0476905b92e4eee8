"""XML elements → RFC 7951 JSON values, by the schema tree."""

from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.named_keys import with_named_keys
from yangbeam.core.yang.scalars import from_text
from yangbeam.core.yang.transcode import Context, Scope, refuse_shape, refuse_unknown
from yangbeam.core.yang.tree import Node

Element = etree._Element  # noqa: SLF001 - lxml names its element type no other way
TEXT = "#text"
"""What text beside elements is kept as: no node has such a name."""
MAX_DEPTH = 128
"""As deep as any decoder of notifications reads."""


def _elements(parent: Iterable[Element]) -> Iterator[Element]:
    """Yields child elements; comments and processing instructions are not data."""
    return (child for child in parent if isinstance(child.tag, str))


class XmlTranscoder:
    """Converts elements.

    Args:
        context: Schema and what to do with the unknown.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._namespaces = context.tree.namespaces

    def contents(self, elements: Iterable[Element]) -> dict[str, Any]:
        """Converts the child elements of datastore-contents, or of any anydata, to one JSON object.

        Raises:
            InvalidInstanceError: ``unknown-node``, ``invalid-contents``.
        """
        return self._members(elements, self._context.top(in_contents=True), 0)

    def notification(self, element: Element) -> dict[str, Any]:
        """Converts a notification or a structure (``push-update``, the ``envelope``): ``{module:name: body}``.

        Raises:
            InvalidInstanceError: ``unknown-node``, ``invalid-contents``.
        """
        return self._members([element], self._context.top(), 0)

    def edit_value(self, elements: Iterable[Element], target: str) -> dict[str, Any]:
        """Converts the children of a patch edit's ``value``, whose node ``target`` names.

        Raises:
            InvalidInstanceError: ``unknown-node``, ``invalid-contents``.
        """
        return self._members(elements, self._context.value_of_edit(target, ""), 0)

    def _members(self, elements: Iterable[Element], scope: Scope, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:
            refuse_shape(f"nested deeper than {MAX_DEPTH} elements", scope)
        members: dict[str, Any] = {}
        children = list(_elements(elements))
        for element in children:
            name = etree.QName(element)
            module = self._namespaces.get(name.namespace or "", "")
            node = scope.children.get(f"{module}:{name.localname}")
            if node is None:
                self._unknown(element, scope, members, depth)
                continue
            member = scope.member_name(node)
            siblings = members if node.kind != "anydata" else _with_target(children, members)
            if node.kind in ("list", "leaf-list"):
                members.setdefault(member, []).append(self._value(element, node, scope, siblings, depth))
            elif member in members:
                if not self._context.keeps(scope):
                    refuse_shape(f"{node.kind} {node.path} stands twice", scope.below(node))
                _add(members, member, self._value(element, node, scope, siblings, depth))
            else:
                members[member] = self._value(element, node, scope, siblings, depth)
        return members

    def _value(self, element: Element, node: Node, scope: Scope, members: dict[str, Any], depth: int) -> Any:
        try:
            return self._typed(element, node, scope, members, depth)
        except InvalidInstanceError:
            if not self._context.keeps(scope):
                raise
            return untyped(element, depth + 1)

    def _typed(self, element: Element, node: Node, scope: Scope, members: dict[str, Any], depth: int) -> Any:
        if node.type is not None:
            if len(element):
                refuse_shape(f"{node.kind} {node.path} holds elements, not a value", scope.below(node))
            prefixes = self._prefixes(element)
            value = from_text(node.type, element.text or "", prefixes, node.module)
            return with_named_keys(value, node.type, prefixes, self._context.tree)
        if node.kind not in ("anydata", "anyxml"):
            return self._inner(element, node, scope.below(node), depth)
        if node.kind == "anyxml" and not any(True for _ in _elements(element)):
            return untyped(element, depth + 1)
        inside = self._context.anydata(node, members, scope.below(node))
        return untyped_members(element, depth + 1) if inside is None else self._inner(element, node, inside, depth)

    def _inner(self, element: Element, node: Node, scope: Scope, depth: int) -> dict[str, Any]:
        """Converts the members of an element; text beside them is none of YANG, and kept where the unknown is."""
        text = _text_in(element).strip()
        if text and not self._context.keeps(scope):
            refuse_shape(f"{node.kind} {node.path} holds text", scope)
        members = self._members(element, scope, depth + 1)
        return members | {TEXT: text} if text else members

    def _prefixes(self, element: Element) -> dict[str | None, str]:
        return {prefix: self._namespaces.get(uri, uri) for prefix, uri in element.nsmap.items()}

    def _unknown(self, element: Element, scope: Scope, members: dict[str, Any], depth: int) -> None:
        name = etree.QName(element)
        module = self._namespaces.get(name.namespace or "", module_of_namespace(name.namespace or ""))
        member = name.localname if module == scope.module else f"{module}:{name.localname}"
        if not self._context.keeps(scope):
            refuse_unknown(member, scope, self._context.tree)
        _add(members, member, untyped(element, depth + 1))


def _text_in(element: Element) -> str:
    """Returns the text of an element, also that between and behind its child elements."""
    return "".join((element.text or "", *(each.tail or "" for each in element)))


def module_of_namespace(namespace: str) -> str:
    """Best guess of a module name without its schema: what follows the last ``:`` or ``/``."""
    return namespace.rstrip("/").replace("/", ":").rpartition(":")[2]


def _add(members: dict[str, Any], name: str, value: Any) -> None:
    """Adds a member; the second of a name makes an array of it."""
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def _with_target(children: Iterable[Element], members: dict[str, Any]) -> dict[str, Any]:
    """Members so far, and the target of an edit wherever it stands: the order of elements is free (RFC 7950 7.5.7)."""
    if "target" not in members:
        for child in children:
            if etree.QName(child).localname == "target":
                return {**members, "target": (child.text or "").strip()}
    return members


def untyped_members(element: Element, depth: int = 0) -> dict[str, Any]:
    """Child elements as a JSON object, without a schema: every leaf is text, repeated names are arrays."""
    if depth > MAX_DEPTH:
        detail = f"nested deeper than {MAX_DEPTH} elements"
        raise InvalidInstanceError("invalid-contents", detail, rule=detail)
    own = etree.QName(element).namespace
    members: dict[str, Any] = {}
    for child in _elements(element):
        name = etree.QName(child)
        local = name.localname
        _add(
            members,
            local if name.namespace == own else f"{module_of_namespace(name.namespace or '')}:{local}",
            untyped(child, depth + 1),
        )
    return members


def untyped(element: Element, depth: int = 0) -> Any:
    """One element without a schema: an object when it has child elements, else its text."""
    if any(True for _ in _elements(element)):
        return untyped_members(element, depth)
    return (element.text or "").strip()

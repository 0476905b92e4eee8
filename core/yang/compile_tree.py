"""Builds the schema Tree from a libyang context: every augment, deviation and feature is already applied there."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from yangbeam.core.yang.compile_types import BUILT_IN, TypeCompiler
from yangbeam.core.yang.libyang import Raw, array, ffi, lib, modules_of, text_of
from yangbeam.core.yang.tree import Node, Tree

KINDS: dict[int, str] = {
    lib.LYS_CONTAINER: "container",
    lib.LYS_LIST: "list",
    lib.LYS_LEAF: "leaf",
    lib.LYS_LEAFLIST: "leaf-list",
    lib.LYS_ANYDATA: "anydata",
    lib.LYS_ANYXML: "anyxml",
    lib.LYS_NOTIF: "notification",
}


def _below(parent: Raw, module: Raw) -> Iterator[Raw]:
    """Data nodes and notifications below a node, or at the top of a module; choices and cases are stepped through."""
    node = ffi.NULL
    while node := lib.lys_getnext(node, parent, module, 0):
        if node.nodetype in KINDS:
            yield node


def _prefix_module(prefix: str, parsed: Raw) -> str:
    """Module that a prefix means in a parsed (sub)module; empty prefix: itself."""
    for imported in array(parsed.imports) if prefix else ():
        if text_of(imported.prefix) == prefix:
            return text_of(imported.name)
    return text_of(parsed.mod.name)


def _user_ordered(raw: Raw) -> bool:
    """ordered-by is ignored for state (RFC 7950 section 7.7.7), which libyang flags all the same."""
    return bool(raw.flags & lib.LYS_ORDBY_USER and raw.flags & lib.LYS_CONFIG_W)


class TreeCompiler:
    """Builds the Tree of one context.

    Args:
        context: ``struct ly_ctx *`` compiled with LY_CTX_SET_PRIV_PARSED.
        names: Modules of the schema set; what libyang brings itself is left out.
        structures: ``module:name`` of the top-level containers that the schema wrote as structures (RFC 8791).
    """

    def __init__(self, context: Raw, names: Collection[str], structures: Iterable[str] = ()) -> None:
        self._modules = [module for module in modules_of(context) if text_of(module.name) in names]
        self._types = TypeCompiler(self._modules)
        self._structures = frozenset(structures)

    def tree(self) -> Tree:
        """Builds the whole tree."""
        data: dict[str, Node] = {}
        notifications: dict[str, Node] = {}
        for module in self._modules:
            for raw in _below(ffi.NULL, module.compiled) if module.implemented and module.compiled else ():
                home = notifications if raw.nodetype == lib.LYS_NOTIF else data
                node = self._node(raw, "", "", state=raw.nodetype == lib.LYS_NOTIF)
                home[f"{node.module}:{node.name}"] = node
        return Tree(
            data=data,
            notifications=notifications,
            namespaces={text_of(module.ns): text_of(module.name) for module in self._modules},
            revisions=self._revisions(),
        )

    def _revisions(self) -> dict[str, str]:
        """Module → revision; of several revisions, the implemented one."""
        ordered = sorted(self._modules, key=lambda module: bool(module.implemented))
        return {text_of(module.name): text_of(module.revision) for module in ordered}

    def _node(self, raw: Raw, parent_path: str, parent_module: str, *, state: bool) -> Node:
        module, name = text_of(raw.module.name), text_of(raw.name)
        path = f"{parent_path}/{name}" if module == parent_module else f"{parent_path}/{module}:{name}"
        kind = KINDS[raw.nodetype]
        if not parent_path and f"{module}:{name}" in self._structures:
            kind = "structure"
        children = {}
        if kind not in ("leaf", "leaf-list", "anydata", "anyxml"):
            for below in _below(raw, ffi.NULL):
                if below.nodetype != lib.LYS_NOTIF:
                    child = self._node(below, path, module, state=state)
                    children[f"{child.module}:{child.name}"] = child
        return Node(
            kind=kind,
            name=name,
            module=module,
            namespace=text_of(raw.module.ns),
            path=path,
            children=children,
            config=not (state or raw.flags & lib.LYS_CONFIG_R),
            mandatory=kind in ("leaf", "leaf-list", "anydata", "anyxml") and bool(raw.flags & lib.LYS_MAND_TRUE),
            description=text_of(raw.dsc),
            **self._particulars(raw),
        )

    def _particulars(self, raw: Raw) -> dict[str, Any]:
        """What only some kinds have."""
        particulars: dict[int, Callable[[Raw], dict[str, Any]]] = {
            lib.LYS_LEAF: self._leaf,
            lib.LYS_LEAFLIST: self._leaf_list,
            lib.LYS_LIST: self._list,
            lib.LYS_CONTAINER: self._container,
        }
        return particulars[raw.nodetype](raw) if raw.nodetype in particulars else {}

    def _leaf(self, raw: Raw) -> dict[str, Any]:
        leaf = ffi.cast("struct lysc_node_leaf *", raw)
        parsed = ffi.cast("struct lysp_node_leaf *", raw.priv)
        return {"type": self._type(raw, leaf.type, parsed), "units": text_of(leaf.units)}

    def _leaf_list(self, raw: Raw) -> dict[str, Any]:
        leaves = ffi.cast("struct lysc_node_leaflist *", raw)
        parsed = ffi.cast("struct lysp_node_leaflist *", raw.priv)
        return {
            "type": self._type(raw, leaves.type, parsed),
            "units": text_of(leaves.units),
            "ordered_by_user": _user_ordered(raw),
        }

    def _type(self, raw: Raw, compiled: Raw, parsed: Raw) -> Any:
        return self._types.convert(compiled, self._written_typedef(raw, compiled, parsed) if parsed else "")

    def _written_typedef(self, raw: Raw, compiled: Raw, parsed: Raw) -> str:
        """Outermost typedef as the leaf's own type statement names it; empty when a deviation may have replaced it."""
        written = text_of(parsed.type.name)
        if written in BUILT_IN or not parsed.type.pmod:
            return ""
        if raw.module.deviated_by and not self._types.typedef(compiled):
            return ""
        prefix, _, name = written.rpartition(":")
        return f"{_prefix_module(prefix, parsed.type.pmod)}:{name}"

    @staticmethod
    def _container(raw: Raw) -> dict[str, Any]:
        # libyang also flags containers that carry a when or must; the parsed node tells what was written.
        parsed = ffi.cast("struct lysp_node_container *", raw.priv)
        return {"presence": bool(raw.flags & lib.LYS_PRESENCE and parsed and parsed.presence)}

    @staticmethod
    def _list(raw: Raw) -> dict[str, Any]:
        children = _below(raw, ffi.NULL)
        keys = tuple(text_of(child.name) for child in children if child.flags & lib.LYS_KEY)
        keyless = bool(raw.flags & lib.LYS_KEYLESS)
        return {"keys": () if keyless else keys, "ordered_by_user": _user_ordered(raw)}

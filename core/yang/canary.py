"""Asks the libyang of this machine about a module that we know: what is read must be what the module says.

The extension was laid out by the headers that it was built with. Another library of the same soname may lay its
structures out otherwise, and what is read then is wrong without an error, or ends the process. So another version is
refused unread, and one that calls itself the same is asked this, once, before any schema.
"""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final

from yangbeam.core.errors import CannotReadLibyangError
from yangbeam.core.yang.compile_tree import TreeCompiler
from yangbeam.core.yang.libyang import ffi, lib, versions
from yangbeam.core.yang.tree import Node, Tree, YangType

UNREADABLE: Final = "libyang-unreadable"
CURE: Final = "install yangbeam again on this machine"
MODULE: Final = "yangbeam-canary"
NAMESPACE: Final = f"urn:{MODULE}"
TEXT: Final = r"""module yangbeam-canary {
  yang-version 1.1;
  namespace "urn:yangbeam-canary";
  prefix c;
  import ietf-yang-types { prefix yang; }
  revision 2026-11-27;
  identity base;
  identity near { base base; }
  identity far { base near; }
  typedef word { type string { length "1..9 | 12"; pattern "[a-z]*"; pattern "x.*" { modifier invert-match; } } }
  container top {
    presence "written";
    description "it sings";
    list line {
      key "name number";
      ordered-by user;
      leaf number { type int8 { range "-3..-1 | 5"; } }
      leaf name { type word; }
      leaf size { type uint64 { range "7..max"; } units "octets"; config false; }
      leaf share { type decimal64 { fraction-digits 2; range "-1.5..3.25"; } mandatory true; }
      leaf state { type enumeration { enum up { value 4; } enum down { value -2; } } }
      leaf flags { type bits { bit b { position 5; } bit a { position 1; } } }
      leaf kind { type identityref { base base; } }
      leaf blob { type binary { length "2"; } }
      leaf twin { type leafref { path "../size"; require-instance false; } }
      leaf-list either { type union { type word; type boolean; } }
      leaf at { type yang:date-and-time; }
      anydata any;
    }
  }
  notification fell { leaf none { type empty; } }
}
"""
"""Of each kind of fact that the tree holds, one."""

_WORD: Final = YangType(
    "string", f"{MODULE}:word", lengths=((1, 9), (12, 12)), patterns=(("[a-z]*", False), ("x.*", True))
)
_SIZE: Final = YangType("uint64", ranges=((7, 2**64 - 1),))
_TIME: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[\+\-]\d{2}:\d{2})"


def _expected() -> Iterator[Node]:
    """Yields the nodes without their children, parents first."""
    line = "/yangbeam-canary:top/line"
    leaves: dict[str, dict[str, Any]] = {
        "name": {"type": _WORD},
        "number": {"type": YangType("int8", ranges=((-3, -1), (5, 5)))},
        "size": {"type": _SIZE, "units": "octets", "config": False},
        "share": {"type": YangType("decimal64", fraction_digits=2, ranges=((-150, 325),)), "mandatory": True},
        "state": {"type": YangType("enumeration", enums=(("up", 4), ("down", -2)))},
        "flags": {"type": YangType("bits", bits=(("a", 1), ("b", 5)))},
        "kind": {"type": YangType("identityref", identities=(f"{MODULE}:near", f"{MODULE}:far"))},
        "blob": {"type": YangType("binary", lengths=((2, 2),))},
        "twin": {"type": YangType("uint64", ranges=_SIZE.ranges, leafref="../size")},
        "either": {"kind": "leaf-list", "type": YangType("union", members=(_WORD, YangType("boolean")))},
        "at": {
            "type": YangType(
                "string", "ietf-yang-types:date-and-time", patterns=((_TIME, False),), plugin="date-and-time"
            )
        },
        "any": {"kind": "anydata"},
    }
    yield _node("container", "top", "/yangbeam-canary:top", presence=True, description="it sings")
    yield _node("list", "line", line, keys=("name", "number"), ordered_by_user=True)
    for name, facts in leaves.items():
        yield _node(**{"kind": "leaf", "name": name, "path": f"{line}/{name}"} | facts)
    yield _node("notification", "fell", "/yangbeam-canary:fell", config=False)
    yield _node("leaf", "none", "/yangbeam-canary:fell/none", config=False, type=YangType("empty"))


def _node(kind: str, name: str, path: str, **facts: Any) -> Node:
    return Node(kind, name, MODULE, NAMESPACE, path, **facts)


def read_canary() -> Tree:
    """Reads the canary's tree by the library that is there.

    Raises:
        CannotReadLibyangError: ``libyang-unreadable``: the library does not even take the module.
    """
    created = ffi.new("struct ly_ctx **")
    options = lib.LY_CTX_NO_YANGLIBRARY | lib.LY_CTX_SET_PRIV_PARSED | lib.LY_CTX_DISABLE_SEARCHDIR_CWD
    if lib.ly_ctx_new(ffi.NULL, options, created) != lib.LY_SUCCESS:
        raise _unreadable("it makes no context")
    context = ffi.gc(created[0], lib.ly_ctx_destroy)
    try:
        if lib.lys_parse_mem(context, TEXT.encode(), lib.LYS_IN_YANG, ffi.NULL) != lib.LY_SUCCESS:
            raise _unreadable(f"it refuses the module {MODULE}")
        return TreeCompiler(context, (MODULE,)).tree()
    finally:
        ffi.release(context)


def compare(tree: Tree) -> None:
    """Compares what was read of the canary with what it says.

    Raises:
        CannotReadLibyangError: ``libyang-unreadable``, with the first node and fact that differ.
    """
    read = {node.path: node for top in (*tree.data.values(), *tree.notifications.values()) for node in top.walk()}
    wanted = {node.path: node for node in _expected()}
    if list(read) != list(wanted):
        raise _unreadable(f"the nodes of module {MODULE} read as {', '.join(read) or 'none'}")
    for path, node in wanted.items():
        there = _facts(read[path])
        for name, value in _facts(node).items():
            if there.get(name) != value:
                raise _unreadable(f"{name} of {path} reads as {there.get(name)!r}, is {value!r}")


def _facts(node: Node) -> dict[str, Any]:
    """What a node says, its children left out, its type taken apart."""
    found = {field.name: getattr(node, field.name) for field in fields(Node) if field.name not in ("children", "type")}
    if node.type is not None:
        found |= {f"type.{field.name}": getattr(node.type, field.name) for field in fields(YangType)}
    return found


@cache
def require_readable_libyang() -> None:
    """Makes sure, once in a process, that libyang is read as it is.

    Raises:
        CannotReadLibyangError: ``libyang-unreadable``.
    """
    runs, built_for = versions()
    if runs not in ("", built_for):
        raise CannotReadLibyangError(UNREADABLE, f"libyang {runs} runs, and yangbeam was built for {built_for}: {CURE}")
    compare(read_canary())


def _unreadable(found: str) -> CannotReadLibyangError:
    return CannotReadLibyangError(UNREADABLE, f"libyang {versions()[1]} is not read as it is: {found}; {CURE}")

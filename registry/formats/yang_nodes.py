"""Whether nodes and definitions are still where they were (RFC 7950 section 11): what pyang's check leaves out.

Which nodes are mandatory by section 3, in state as in configuration; the order of nodes; limits of lists; defaults of
choices; what is within actions and notifications; what submodules define.
"""

import re
from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any, Final

from pyang import error, statements
from pyang.plugins import check_update

_ORDER: Final = "CHK_ORDER"
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?")
_WORDS: Final = frozenset(("and", "or", "not"))
_WITH_NODES: Final = ("rpc", "action", "notification")
_UNORDERED: Final = ("choice", *_WITH_NODES[:2])
"""What has no data definitions of its own, but cases, input and output."""

Check = Callable[[Any, Any, Any], Any]


def teach() -> None:
    """Puts the checks into pyang's."""
    error.add_error_code(_ORDER, 1, "%s and %s have changed places (RFC 7950: sec. 11, p7)")
    check_update.statements = SimpleNamespace(**(vars(statements) | {"is_mandatory_node": is_mandatory}))
    check_update.chk_i_children = _check_children
    check_update.chk_children = _child(check_update.chk_children)
    check_update.chk_rpc = check_update.chk_notification = lambda *_: None  # they are children of their module, too
    check_update.chk_min_max = _limits
    check_update.chk_choice = _choice(check_update.chk_choice)
    check_update.chk_extension = _extension(check_update.chk_extension)
    check_update.chk_module = _module(check_update.chk_module)


def is_mandatory(node: Any) -> bool:
    """Whether a node is mandatory: by itself, or as a container without presence that holds one."""
    match node.keyword:
        case "leaf" | "choice" | "anyxml" | "anydata":
            found = node.search_one("mandatory")
            return found is not None and found.arg == "true"
        case "list" | "leaf-list":
            found = node.search_one("min-elements")
            return found is not None and found.arg.isascii() and found.arg.isdigit() and int(found.arg) > 0
        case "container":
            return node.search_one("presence") is None and any(map(is_mandatory, node.i_children))
    return False


def _check_children(old: Any, new: Any, context: Any) -> None:
    for child in old.i_children:
        check_update.chk_children(child, new.i_children, new, context)
    known = {child.arg for child in old.i_children}
    for child in new.i_children:
        if child.arg not in known and is_mandatory(child) and not _is_of_new_feature(child, old):
            error.err_add(context.errors, child.pos, "CHK_NEW_MANDATORY", child.arg)
    _check_order(old, new, context)


def _is_of_new_feature(node: Any, old: Any) -> bool:
    """Whether a node depends on features alone that the earlier module did not have."""
    features = old.i_module.i_features if getattr(old, "i_module", None) is not None else {}
    for condition in node.search("if-feature"):
        names = [name for name in _NAME.findall(condition.arg) if name not in _WORDS]
        own = [name.rpartition(":") for name in names]
        if all(prefix in ("", node.i_module.i_prefix) and name not in features for prefix, _, name in own):
            return True
    return False


def _check_order(old: Any, new: Any, context: Any) -> None:
    if new.keyword in _UNORDERED:
        return
    before, after = _own(old), _own(new)
    common = {*before} & {*after}
    kept = [name for name in before if name in common]
    there = [name for name in after if name in common]
    for mine, other in zip(kept, there, strict=True):
        if mine != other:
            error.err_add(context.errors, new.pos, _ORDER, (mine, other))
            return


def _own(node: Any) -> list[str]:
    """Names of the nodes in their order, without those that other modules add; of a module, that it has itself."""
    is_top = node.keyword == "module"
    return [
        child.arg
        for child in node.i_children
        if (child.parent is node if is_top else child.i_module.i_modulename == _name_of(node))
        and child.keyword not in _WITH_NODES
    ]


def _name_of(node: Any) -> str:
    found: str = node.i_module.i_modulename
    return found


def _child(before: Callable[[Any, Any, Any, Any], None]) -> Callable[[Any, Any, Any, Any], None]:
    def check(old: Any, candidates: Any, parent: Any, context: Any) -> None:
        before(old, candidates, parent, context)
        if old.keyword not in _WITH_NODES:
            return
        new = next((each for each in candidates if each.arg == old.arg and each.keyword == old.keyword), None)
        if new is not None:
            check_update.chk_i_children(old, new, context)

    return check


def _limits(old: Any, new: Any, context: Any) -> None:
    for keyword, none, sign in (("min-elements", 0.0, 1), ("max-elements", inf, -1)):
        earlier, later = old.search_one(keyword), new.search_one(keyword)
        if later is not None and sign * _limit(later, none) > sign * _limit(earlier, none):
            if earlier is None:
                check_update.err_def_added(later, context)
            else:
                check_update.err_def_changed(earlier, later, context)


def _limit(statement: Any, none: float) -> float:
    return none if statement is None or statement.arg == "unbounded" else float(statement.arg)


def _choice(before: Check) -> Check:
    def check(old: Any, new: Any, context: Any) -> None:
        before(old, new, context)
        earlier, later = old.search_one("default"), new.search_one("default")
        if earlier is not None and later is None:
            check_update.err_def_removed(earlier, new, context)
        elif earlier is not None and earlier.arg != later.arg:
            check_update.err_def_changed(earlier, later, context)

    return check


def _extension(before: Check) -> Check:
    def check(old: Any, module: Any, context: Any) -> None:
        before(old, module, context)
        new = module.i_extensions.get(old.arg)
        earlier, later = (each.search_one("argument") if each is not None else None for each in (old, new))
        if earlier is not None and later is not None and earlier.arg != later.arg:
            check_update.err_def_changed(earlier, later, context)

    return check


def _module(before: Check) -> Check:
    """Definitions of submodules are the module's."""

    def check(context: Any, old: Any, new: Any) -> None:
        before(context, old, new)
        for definitions, each in (
            (old.i_features, check_update.chk_feature),
            (old.i_identities, check_update.chk_identity),
            (old.i_typedefs, check_update.chk_typedef),
            (old.i_groupings, check_update.chk_grouping),
            (old.i_extensions, check_update.chk_extension),
        ):
            for definition in definitions.values():
                if definition.parent is not old:
                    each(definition, new, context)

    return check

"""Which nodes are mandatory (RFC 7950 section 3): in state as in configuration; pyang's check knows the latter."""

from types import SimpleNamespace
from typing import Any

from pyang import statements
from pyang.plugins import check_update


def teach() -> None:
    """Puts the definition of section 3 into pyang's check of updates: section 11 has no exemption for state."""
    check_update.statements = SimpleNamespace(**(vars(statements) | {"is_mandatory_node": is_mandatory}))


def is_mandatory(node: Any) -> bool:
    """Whether a node is mandatory: by itself, or as a container without presence that holds one."""
    match node.keyword:
        case "leaf" | "choice" | "anyxml" | "anydata":
            found = node.search_one("mandatory")
            return found is not None and found.arg == "true"
        case "list" | "leaf-list":
            found = node.search_one("min-elements")
            return found is not None and found.arg.isnumeric() and int(found.arg) > 0
        case "container":
            return node.search_one("presence") is None and any(map(is_mandatory, node.i_children))
    return False

"""One line per schema node, for golden files: a change of the tree shows as a changed line."""

from yangbeam.core.yang.tree import Node, Tree, YangType


def type_words(kind: YangType) -> str:
    """What a type says, in a fixed order; empty facts are left out."""
    facts = {
        "typedef": kind.typedef,
        "digits": kind.fraction_digits,
        "enums": kind.enums,
        "bits": kind.bits,
        "identities": tuple(sorted(kind.identities)),
        "leafref": kind.leafref,
        "ranges": kind.ranges,
        "lengths": kind.lengths,
        "patterns": kind.patterns,
    }
    words = [kind.base, *(f"{name}={value}" for name, value in facts.items() if value)]
    words += [f"({type_words(member)})" for member in kind.members]
    return " ".join(words)


def node_line(node: Node) -> str:
    """Everything but the children."""
    flags = ("presence", "ordered_by_user", "mandatory")
    words = [node.kind, node.path, "rw" if node.config else "ro"]
    words += [flag for flag in flags if getattr(node, flag)]
    words += [f"keys={','.join(node.keys)}"] if node.keys else []
    words += [f"units={node.units}"] if node.units else []
    words += [f"description={node.description!r}"] if node.description else []
    words += [type_words(node.type)] if node.type else []
    return " ".join(words)


def render(tree: Tree) -> str:
    """The whole tree, sorted by nothing: the schema's order is part of it."""
    tops = [*tree.data.values(), *tree.notifications.values()]
    lines = [node_line(node) for top in tops for node in top.walk()]
    lines += [f"module {name}@{revision}" for name, revision in sorted(tree.revisions.items())]
    lines += [f"namespace {namespace} {name}" for namespace, name in sorted(tree.namespaces.items())]
    return "\n".join(lines) + "\n"

"""What of a subscription's filter makes the key of its messages: one template per branch, once per subscription.

A template is the path from the root to the selected node, keys of lists in the schema's order: pinned where the filter
compares one with a literal, open (``%s``) elsewhere. Module names stand on the first step and where they change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from yangbeam.core.message_key.xpath import FilterError, FilterStep, branches_of, steps_of
from yangbeam.core.yang.canonical import Canonical, canonical, compared
from yangbeam.core.yang.literals import literal
from yangbeam.core.yang.scalars import Prefixes
from yangbeam.core.yang.tree import Node, Tree


class TemplateStep(NamedTuple):
    """One step of a template.

    Attributes:
        node: Of the schema.
        text: ``/name`` or ``/module:name``.
        pinned: For each of the list's keys (or for a leaf-list's own value) the literal, None where it is open.
        canonical: What renders their values as the literals are.
    """

    node: Node
    text: str
    pinned: tuple[str | None, ...] = ()
    canonical: tuple[Canonical, ...] = ()


@dataclass(frozen=True)
class KeyTemplate:
    """One branch of a filter, resolved by the schema."""

    steps: tuple[TemplateStep, ...]

    @property
    def target(self) -> Node:
        """The node that is selected."""
        return self.steps[-1].node

    @property
    def path(self) -> str:
        """Its path in the schema: the template without its predicates."""
        return self.target.path

    @cached_property
    def text(self) -> str:
        """The template as the draft writes it, ``%s`` for what is open."""
        return "".join(step.text + "".join(_predicates(step)) for step in self.steps)

    @cached_property
    def is_closed(self) -> bool:
        """Whether nothing is open: the template is the only XPath it can become."""
        return all(None not in step.pinned for step in self.steps)


def _predicates(step: TemplateStep) -> list[str]:
    names = step.node.keys or (".",)
    return [
        f"[{name}='%s']" if value is None else f"[{name}={literal(value)}]"
        for name, value in zip(names, step.pinned, strict=False)
    ]


def templates_of(xpath: str, tree: Tree, prefixes: Mapping[str, str]) -> tuple[KeyTemplate, ...]:
    """Returns the templates of a filter, one per branch, in its order, each once.

    Args:
        xpath: The filter; names qualified by module name or by YANG prefix.
        tree: The schema of the subscription.
        prefixes: Module name to YANG prefix.

    Raises:
        FilterError: It cannot be read, or names what the schema does not have.
    """
    modules: dict[str | None, str] = {prefix: module for module, prefix in prefixes.items()}
    modules |= {module: module for module in tree.revisions}
    templates = {template.text: template for template in (_template(b, tree, modules) for b in branches_of(xpath))}
    return tuple(templates.values())


def _template(branch: str, tree: Tree, modules: Prefixes) -> KeyTemplate:
    steps: list[TemplateStep] = []
    children: Mapping[str, Node] = tree.data
    module = ""
    for step in steps_of(branch):
        node = _node(step, children, module, modules, branch)
        text = f"/{node.name}" if node.module == module else f"/{node.module}:{node.name}"
        leaves = _compared(node)
        pinned = _pins(leaves, step, tree, modules)
        steps.append(TemplateStep(node, text, pinned, tuple(canonical(leaf, tree) for leaf in leaves.values())))
        module, children = node.module, node.children
    return KeyTemplate(tuple(steps))


def _node(step: FilterStep, children: Mapping[str, Node], module: str, modules: Prefixes, branch: str) -> Node:
    if step.prefix is not None:
        found = children.get(f"{modules.get(step.prefix, step.prefix)}:{step.name}")
    else:  # XPath 1.0 would mean no module at all; in the field it is the module of the step before, or any
        alike = [node for node in children.values() if node.name == step.name]
        found = children.get(f"{module}:{step.name}") or (alike[0] if len(alike) == 1 else None)
    if found is None:
        name = f"{step.prefix}:{step.name}" if step.prefix else step.name
        raise FilterError(f"filter {branch!r:.200}: {name:.100} is no node of the schema there")
    return found


def _compared(node: Node) -> dict[str, Node]:
    """Returns what tells the instances of a node apart, by the name that a predicate has for it."""
    if node.kind == "leaf-list":
        return {".": node}
    return {key: node.children[f"{node.module}:{key}"] for key in node.keys}


def _pins(leaves: Mapping[str, Node], step: FilterStep, tree: Tree, modules: Prefixes) -> tuple[str | None, ...]:
    pinned = step.pinned
    return tuple(
        compared(leaf, pinned[name], tree, modules) if name in pinned else None for name, leaf in leaves.items()
    )

"""One immutable YANG schema tree, from which validators, tables, transcoders and test data are derived.

Augments, deviations, features, typedefs, leafrefs and identities are already resolved in it; choices and cases are
flattened away, as in instance data (RFC 7950 section 7.9). It carries no libyang object, so it can be cached and sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class YangType:
    """A leaf's type, typedefs and leafrefs resolved to their base.

    Attributes:
        base: Built-in name (RFC 7950 section 4.2.4): ``uint64``, ``enumeration``, ``union``, … never ``leafref``.
        typedef: Outermost typedef as ``module:name``, e.g. ``ietf-yang-types:counter64``; empty when none.
        fraction_digits: Of decimal64.
        enums: (name, value) in the schema's order.
        bits: (name, position) by position.
        identities: ``module:name`` of every identity that an identityref accepts.
        members: Of a union, in the schema's order (the first that accepts a value wins, RFC 7950 section 9.12).
        leafref: Path of the leafref as written; empty when it was none.
        ranges: Of numbers, as (lowest, highest) pairs in the type's own unit; empty: the base type's.
        lengths: Of string and binary, as (shortest, longest) pairs; empty: any.
        patterns: (XSD expression, inverted) in order.
        plugin: What libyang judges this type with beyond the above: ``date-and-time``, ``ipv4-address``, …; empty for
            nothing more. It depends on the revision of the module that the typedef is from.
    """

    base: str
    typedef: str = ""
    fraction_digits: int = 0
    enums: tuple[tuple[str, int], ...] = ()
    bits: tuple[tuple[str, int], ...] = ()
    identities: tuple[str, ...] = ()
    members: tuple["YangType", ...] = ()
    leafref: str = ""
    ranges: tuple[tuple[int, int], ...] = ()
    lengths: tuple[tuple[int, int], ...] = ()
    patterns: tuple[tuple[str, bool], ...] = ()
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A data node, notification, or structure of the schema.

    Attributes:
        kind: container, list, leaf, leaf-list, anydata, anyxml, notification or structure.
        name: Local name.
        module: Name of the module whose namespace it is in (the augmenting one's, for augmented nodes).
        namespace: That module's namespace.
        path: Schema path with module names where they change: ``/ietf-interfaces:interfaces/interface/ietf-ip:ipv4``.
        children: By qualified name ``module:name``, in the schema's order.
        keys: Of a list, local names in order; empty for a keyless list.
        type: Of leaf and leaf-list.
        config: False for state data.
        presence: Of a container: its existence means something.
        ordered_by_user: Of lists and leaf-lists.
        mandatory: As the schema says; what a filtered subscription cannot satisfy is still True here.
        units: As the schema says; empty when it does not.
        description: As the schema says; empty when it does not.
    """

    kind: str
    name: str
    module: str
    namespace: str
    path: str
    children: Mapping[str, "Node"] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    type: YangType | None = None
    config: bool = True
    presence: bool = False
    ordered_by_user: bool = False
    mandatory: bool = False
    units: str = ""
    description: str = ""

    def child(self, name: str) -> "Node | None":
        """Returns the child of a JSON member name: ``name`` in this node's module, or ``module:name``."""
        return self.children.get(name if ":" in name else f"{self.module}:{name}")

    def walk(self) -> Iterator["Node"]:
        """Yields this node and all below it, parents first."""
        yield self
        for below in self.children.values():
            yield from below.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """All top-level nodes of a schema set.

    Attributes:
        data: Top-level data nodes by ``module:name``.
        notifications: Notifications by ``module:name``.
        namespaces: Namespace → module name, for every module of the set, imported-only ones included.
        revisions: Module name → revision (empty string when it has none).
    """

    data: Mapping[str, Node]
    notifications: Mapping[str, Node]
    namespaces: Mapping[str, str]
    revisions: Mapping[str, str]

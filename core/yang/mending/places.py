"""The schema tree as walks over instances look names up in it: both spellings of a member, and what may be meant."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from yangbeam.core.yang.gaps import Gaps
from yangbeam.core.yang.mending.findings import NO_GAPS, Finding
from yangbeam.core.yang.mending.habits import Spelt
from yangbeam.core.yang.tree import Node, Tree

LEAVES: Final = frozenset(("leaf", "leaf-list", "anydata", "anyxml"))
MAX_MEANT: Final = 256
"""Unknown names remembered of one node: routers send the same ones again and again."""


class Place:
    """A node with the names of its members, made when it is first met.

    Args:
        children: Its members by ``module:name``.
        module: Whose members need no module name here; empty at the top, where all have one.
        keys: Of a list.
        is_list: Whether instances of it are entries.

    Attributes:
        nodes: Every spelling of a member that is right here → its node.
        names: These spellings.
        inner: Those of containers and lists.
        key_names: Of a list, in the schema's order.
        keys: Every spelling of a key.
        suspects: Those of leaves in which habits were found: the next ones are looked at at once.
        below: Places of containers and lists that were met, by spelling.
        unknown: Names of no member → what was found, without its path; bounded by who fills it.
        meant: Names and texts of leaves → what they were spelt anew as; likewise.
    """

    __slots__ = (
        "_children", "_local", "below", "inner", "is_list", "key_names", "keys", "meant", "module", "names", "nodes",
        "suspects", "unknown",
    )  # fmt: skip

    def __init__(
        self, children: Mapping[str, Node], module: str = "", keys: Iterable[str] = (), *, is_list: bool = False
    ) -> None:
        self._children = children
        self.module = module
        self.is_list = is_list
        self.nodes: dict[str, Node] = {}
        for name, child in children.items():
            self.nodes[name] = child
            if child.module == module:
                self.nodes[child.name] = child
        self.names = frozenset(self.nodes)
        self.inner = frozenset(name for name, child in self.nodes.items() if child.kind not in LEAVES)
        self.key_names = tuple(keys)
        self.keys = frozenset(spelt for key in self.key_names for spelt in (key, f"{module}:{key}"))
        self.suspects: set[str] = set()
        self.below: dict[str, Place] = {}
        self.unknown: dict[str, Finding] = {}
        self.meant: dict[tuple[str, str], Spelt] = {}
        self._local: dict[str, str] = {}

    def spelt(self, node: Node) -> str:
        """Name of a member here: with its module only where that changes."""
        return node.name if node.module == self.module else f"{node.module}:{node.name}"

    def by_local_name(self, local: str) -> Node | None:
        """Returns the one member of a local name, of whatever module; None where there is none, or several."""
        name = self._local.get(local)
        if name is None:
            found = [name for name, child in self._children.items() if child.name == local]
            name = found[0] if len(found) == 1 else ""
            if len(self._local) < MAX_MEANT:
                self._local[local] = name
        return self._children[name] if name else None


class Places:
    """The places of one schema.

    Args:
        tree: The schema.
        prefixes: Module name → its YANG prefix.
        gaps: What the schema is read without.

    Attributes:
        learned: Counts what places learned of members: names that are unknown, leaves with habits.
    """

    def __init__(self, tree: Tree, prefixes: Mapping[str, str], gaps: Gaps = NO_GAPS) -> None:
        self.tree = tree
        self.gaps = gaps
        self.prefixes = prefixes
        self.top = Place({name: node for name, node in tree.data.items() if node.kind != "structure"})
        self._known: dict[str, Place] = {}
        self.learned = 0
        self._homes: dict[str, str] = {}
        for module, prefix in prefixes.items():
            self._homes[prefix] = "" if prefix in self._homes else module

    def by_prefix(self, prefix: str, local: str, place: Place) -> Node | None:
        """Returns the member that a prefix and a name mean: no module has that name, and one has the prefix."""
        home = self._homes.get(prefix)
        return place.nodes.get(f"{home}:{local}") if home and prefix not in self.tree.revisions else None

    def beside(self, node: Node, parent: Node | None) -> Place:
        """Returns the place of an edit's value at a node: the node and its siblings, with and without module."""
        name = f"{node.path}/.."
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = Place(parent.children if parent is not None else self.tree.data, node.module)
        return found

    def of(self, node: Node) -> Place:
        """Returns the place of a node of the tree."""
        found = self._known.get(node.path)
        if found is None:
            found = Place(node.children, node.module, node.keys, is_list=node.kind == "list")
            self._known[node.path] = found
        return found

    def met(self) -> Iterator[tuple[str, Place]]:
        """Yields the places of objects that were met, by schema path; that of the top is empty."""
        yield "", self.top
        yield from ((path, place) for path, place in self._known.items() if not path.endswith("/.."))

    def suspect(self, place: Place, name: str) -> None:
        """Remembers a leaf in which a habit was found."""
        if name not in place.suspects:
            place.suspects.add(name)
            self.learned += 1

    def inside(self, place: Place, name: str) -> Place:
        """Returns the place of a container or list by its name in another."""
        found = place.below.get(name)
        if found is None:
            found = place.below[name] = self.of(place.nodes[name])
        return found

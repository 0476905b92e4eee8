"""The full walk over an instance: spells habits as RFC 7951 has them, sets aside what is unknown and, if asked, wrong.

It judges by the schema tree: names, shapes and types. What is right is returned as it came. Nothing inside anydata and
anyxml is looked at (RFC 7950 sections 7.10 and 7.11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.core.yang.annotations import RULE, is_annotation
from yangbeam.core.yang.mending import habits
from yangbeam.core.yang.mending.findings import HABIT, INVALID, INVALID_VALUE, Finding, Way, path_of, unknown
from yangbeam.core.yang.mending.foreign import foreign, points_elsewhere
from yangbeam.core.yang.mending.habits import respelt
from yangbeam.core.yang.mending.places import Place, Places
from yangbeam.core.yang.tree import Node
from yangbeam.core.yang.values import broken_rule

_ANNOTATION: Final = "@"


class _Gone:
    """Stands for a node that is no longer there."""


GONE: Final = _Gone()


@dataclass(frozen=True, slots=True)
class Means:
    """What a walk may do, and what it must know for it.

    Attributes:
        places: Of the schema.
        annotations: ``module:name`` of each that the modules define (RFC 7952).
        accept: Names of the habits that are understood.
        invalid: Nodes that contradict their schema are set aside as those are that no schema has.
        foreign: Members of other modules are left alone, known or not: what drafts add to a notification.
    """

    places: Places
    annotations: frozenset[str] = frozenset()
    accept: frozenset[str] = frozenset(habits.HABITS)
    invalid: bool = False
    foreign: bool = False


class Walk:
    """Walks over one instance; makes a new one, and keeps what it was given.

    Args:
        means: What it may do.

    Attributes:
        findings: What was done, in the order of the instance.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._places = means.places
        self.findings: list[Finding] = []

    def members(self, given: Mapping[str, Any], place: Place, way: Way | None = None) -> dict[str, Any]:
        """Returns an object's members as they are to be."""
        found: dict[str, Any] = {}
        spellings: dict[str, str] = {}
        for name, value in given.items():
            if name.startswith(_ANNOTATION):
                continue
            node, spelt = self._named(name, place, way)
            if node is None:
                if self._is_left(name, place):
                    found[name] = value
                    spellings[name] = name
                continue
            kept = self._value(node, value, Way(way, name, node))
            spellings[name] = spelt
            if kept is not GONE:
                found[spelt if spelt not in found else name] = kept
        if len(spellings) < len(given):
            self._annotations(given, found, spellings, place, way)
        return found

    def _is_left(self, name: str, place: Place) -> bool:
        foreign = ":" in name and name.rpartition(":")[0] != place.module
        return self._means.foreign and foreign

    def _named(self, name: str, place: Place, way: Way | None) -> tuple[Node | None, str]:
        """Returns the node of a member, and how it is spelt."""
        node = place.nodes.get(name)
        if node is not None:
            return node, name
        module, _, local = name.rpartition(":")
        is_lent = (place.module, name) in habits.LENT
        habit = habits.MEMBER_GROUPING if is_lent else habits.MEMBER_PREFIX if module else habits.MEMBER
        if habit in self._means.accept:
            by_name = is_lent or not module
            node = place.by_local_name(local) if by_name else self._places.by_prefix(module, local, place)
        if node is None:
            if not self._is_left(name, place):
                self.findings.append(unknown(name, way, self._places.tree, self._places.gaps))
            return None, name
        self._habit(habit, Way(way, name, node))
        return node, place.spelt(node)

    def _value(self, node: Node, value: Any, way: Way) -> Any:
        take = _KINDS.get(node.kind)
        if take is not None:
            return take(self, node, value, way)
        if not isinstance(value, dict):
            return self._wrong(f"{node.kind} is no object", value, way)
        return self.members(value, self._places.of(node), way)

    def _anydata(self, node: Node, value: Any, way: Way) -> Any:
        # Publishers send filters as text, too; nothing is read out of them.
        is_filter = isinstance(value, str) and node.name.endswith("-filter")
        return value if isinstance(value, dict) or is_filter else self._wrong(f"{node.kind} is no object", value, way)

    def _list(self, node: Node, value: Any, way: Way) -> Any:
        if isinstance(value, dict) and habits.LIST_ENTRY in self._means.accept:
            self._habit(habits.LIST_ENTRY, way)
            value = [value]
        if not isinstance(value, list):
            return self._wrong("list is no array", value, way)
        place = self._places.of(node)
        found = (self._entry(node, entry, place, way, index) for index, entry in enumerate(value))
        return [entry for entry in found if entry is not GONE]

    def _entry(self, node: Node, entry: Any, place: Place, way: Way, index: int) -> Any:
        if not isinstance(entry, dict):
            return self._wrong("entry of the list is no object", entry, Way(way.above, way.member, node, {}, index))
        here = Way(way.above, way.member, node, entry, index)
        found = self.members(entry, place, here)
        lacking = [key for key in node.keys if key not in found and f"{node.module}:{key}" not in found]
        if not lacking:
            return found
        if not self._means.invalid and any(key in entry or f"{node.module}:{key}" in entry for key in lacking):
            return GONE  # its key was set aside
        return self._wrong(f"entry lacks its key {', '.join(lacking)}", found, here)

    def _leaf_list(self, node: Node, value: Any, way: Way) -> Any:
        if not isinstance(value, list) and value is not None and habits.LEAF_LIST in self._means.accept:
            self._habit(habits.LEAF_LIST, way)
            value = [value]
        if not isinstance(value, list):
            return self._wrong("leaf-list is no array", value, way)
        found = (
            self._leaf(node, each, Way(way.above, way.member, node, {}, index)) for index, each in enumerate(value)
        )
        return [each for each in found if each is not GONE]

    def _leaf(self, node: Node, value: Any, way: Way) -> Any:
        kind = node.type
        if kind is None:
            return value
        rule = broken_rule(kind, value, node.module)
        if not rule:
            return self._foreign(node, value, way) if points_elsewhere(kind, value, node.module) else value
        if node.name == "revision" and value == "" and habits.REVISION in self._means.accept and not _is_key(way):
            self._habit(habits.REVISION, way)
            return GONE
        meant = respelt(kind, value, node.module, self._places.prefixes)
        if meant is None or meant[0] not in self._means.accept:
            kept = self._foreign(node, value, way)
            return self._wrong(rule, value, way) if kept is not GONE else GONE
        self._habit(meant[0], way)
        if node.kind == "leaf" and way.above is not None:
            self._places.suspect(self._places.of(way.above.node), way.member)
        return meant[1]

    def _foreign(self, node: Node, value: Any, way: Way) -> Any:
        """What no schema at hand describes: gone; else the value."""
        found = foreign(node, value, way, self._places)
        if found is None:
            return value
        self.findings.append(found)
        return GONE

    def _wrong(self, rule: str, value: Any, way: Way) -> Any:
        """What contradicts its schema: gone, or left for the judge to refuse."""
        if not self._means.invalid:
            return value
        node = way.node
        self.findings.append(Finding(INVALID, INVALID_VALUE, path_of(way), node.path, node.module, rule))
        return GONE

    def _habit(self, name: str, way: Way) -> None:
        self.findings.append(Finding(HABIT, name, path_of(way), way.node.path, way.node.module))

    def _annotations(
        self,
        given: Mapping[str, Any],
        found: dict[str, Any],
        spellings: Mapping[str, str],
        place: Place,
        way: Way | None,
    ) -> None:
        """Keeps the annotations (RFC 7952) of what is still there, but for those that no module defines."""
        for name, value in given.items():
            if not name.startswith(_ANNOTATION):
                continue
            target = name.removeprefix(_ANNOTATION)
            spelt = _beside(target, found, spellings, place)
            if target in given and spelt not in found:
                continue  # it is gone with its node
            if (spelt not in found if target else way is None) or value == {}:
                self._annotation_aside(name, target, way)  # of nothing, or it says nothing
                continue
            if self._means.invalid and not is_annotation(value):
                self.findings.append(_odd(name, way))
                continue
            kept = self._known_of(value, name, way)
            if kept is not GONE:
                found[f"{_ANNOTATION}{spelt}" if target else name] = kept

    def _known_of(self, value: Any, name: str, way: Way | None) -> Any:
        if isinstance(value, list):
            entries = [self._known_of(each, name, way) if isinstance(each, dict) else each for each in value]
            kept = [None if each is GONE else each for each in entries]
            return kept if any(each is not None for each in kept) or None in value else GONE
        if not isinstance(value, dict):
            return value
        for each in [each for each in value if each not in self._means.annotations]:
            self._annotation_aside(name, each, way, each)
        kept_here = {each: said for each, said in value.items() if each in self._means.annotations}
        return kept_here if kept_here or not value else GONE

    def _annotation_aside(self, name: str, shown: str, way: Way | None, *more: str) -> None:
        found = unknown(shown or name, way, self._places.tree)
        above = way.node.path if way is not None else ""
        place = "/".join((above, *(more or (name,))))
        self.findings.append(found._replace(path=path_of(way, name, *more), place=place))


def _beside(target: str, found: Mapping[str, Any], spellings: Mapping[str, str], place: Place) -> str:
    """Returns how the node is spelt that an annotation is of, which may be spelt otherwise itself."""
    spelt, node = spellings.get(target, target), place.nodes.get(target)
    if node is None or spelt in found:
        return spelt
    return next((name for name in found if place.nodes.get(name) is node), spelt)


def _odd(name: str, way: Way | None) -> Finding:
    node = way.node if way is not None else None
    place, module = (node.path, node.module) if node is not None else ("", "")
    return Finding(INVALID, INVALID_VALUE, path_of(way, name), f"{place}/{name}", module, RULE)


def _is_key(way: Way) -> bool:
    above = way.above
    return above is not None and way.node.name in above.node.keys


_KINDS: Final[dict[str, Callable[[Walk, Node, Any, Way], Any]]] = {
    "leaf": Walk._leaf,  # noqa: SLF001 # the class's own table
    "leaf-list": Walk._leaf_list,  # noqa: SLF001 # the same
    "list": Walk._list,  # noqa: SLF001 # the same
    "anydata": Walk._anydata,  # noqa: SLF001 # the same
    "anyxml": lambda _walk, _node, value, _way: value,
}

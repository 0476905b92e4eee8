"""The quick look at an instance: takes out members that no schema at hand has, and looks at leaves known for habits.

It changes what it is given. What is odd in any other way is left to the full walk (``walk.Walk``), which is slower: in
most networks each subscription has the same few oddities in every message.
"""

from typing import Any, Final

import msgspec

from yangbeam.core.yang.mending import habits
from yangbeam.core.yang.mending.findings import HABIT, Finding, Way, path_of, unknown
from yangbeam.core.yang.mending.habits import respelt
from yangbeam.core.yang.mending.places import Place, Places
from yangbeam.core.yang.values import broken_rule

_ANNOTATION: Final = "@"
MAX_PATHS: Final = 5
"""Findings of one message that have their instance path; what is beyond is counted, and not shown."""
MAX_KNOWN: Final = 256
"""Unknown names, and values that were spelt anew, remembered of one node."""


class IntricateError(Exception):
    """There is more to it than unknown names and known habits."""


class Quick:
    """Looks at one instance.

    Args:
        places: Of its schema.
        accept: Names of the habits that are understood.

    Attributes:
        findings: What was done; of those behind the first MAX_PATHS without instance path.
        quotes: How many quotes less there are.
    """

    def __init__(self, places: Places, accept: frozenset[str]) -> None:
        self._places = places
        self._accept = accept
        self.findings: list[Finding] = []
        self.quotes = 0

    def look(self, members: dict[str, Any], place: Place, way: Way | None = None) -> None:
        """Treats the members of an object, at any depth.

        Raises:
            IntricateError: Something else is odd, too; the object may be changed in part.
        """
        if not members.keys() <= place.names:
            for name in members.keys() - place.names:
                self._strange(name, members, place, way)
        if place.suspects:
            for name in place.suspects & members.keys():
                self._suspect(name, members, place, way)
        if place.inner:
            for name in place.inner & members.keys():
                self._inner(name, members, place, way)

    def _inner(self, name: str, members: dict[str, Any], place: Place, way: Way | None) -> None:
        below, value = self._places.inside(place, name), members[name]
        node = place.nodes[name]
        if not below.is_list:
            if type(value) is not dict:
                raise IntricateError
            self.look(value, below, Way(way, name, node))
            return
        if type(value) is dict and habits.LIST_ENTRY in self._accept:
            self._habit(habits.LIST_ENTRY, Way(way, name, node))
            members[name] = value = [value]
        if type(value) is not list:
            raise IntricateError
        for number, entry in enumerate(value):
            if type(entry) is not dict:
                raise IntricateError
            self.look(entry, below, Way(way, name, node, entry, number))

    def _strange(self, name: str, members: dict[str, Any], place: Place, way: Way | None) -> None:
        """Takes out a member that no schema has; one that may be meant otherwise is left to the full walk."""
        found = place.unknown.get(name)
        if found is None:
            module, _, local = name.rpartition(":")
            meant = self._places.by_prefix(module, local, place) if module else place.by_local_name(local)
            if meant is not None or name.startswith(_ANNOTATION):
                raise IntricateError
            found = unknown(name, way, self._places.tree, self._places.gaps)._replace(path="")
            if len(place.unknown) < MAX_KNOWN:
                place.unknown[name] = found
                self._places.learned += 1
        self.quotes += _quotes({name: members.pop(name)})
        self.findings.append(self._with_path(found, way, name))

    def _suspect(self, name: str, members: dict[str, Any], place: Place, way: Way | None) -> None:
        node, value = place.nodes[name], members[name]
        meant = place.meant.get((name, value)) if value.__class__ is str else None
        if meant is None:
            if node.kind != "leaf" or node.type is None:
                raise IntricateError
            if not broken_rule(node.type, value, node.module):
                return
            meant = respelt(node.type, value, node.module, self._places.prefixes)
            if meant is None:
                raise IntricateError
            if value.__class__ is str and len(place.meant) < MAX_KNOWN:
                place.meant[name, value] = meant
        if meant[0] not in self._accept:
            raise IntricateError
        self.quotes += _quotes(value) - _quotes(meant[1])
        members[name] = meant[1]
        self._habit(meant[0], Way(way, name, node))

    def _habit(self, name: str, way: Way) -> None:
        self.findings.append(self._with_path(Finding(HABIT, name, "", way.node.path, way.node.module), way))

    def _with_path(self, found: Finding, way: Way | None, *more: str) -> Finding:
        if len(self.findings) >= MAX_PATHS:
            return found
        return Finding(found.kind, found.name, path_of(way, *more), found.place, found.module, found.rule)


def _quotes(value: Any) -> int:
    return msgspec.json.encode(value).count(b'"')


def says_something(value: Any, place: Place, places: Places) -> bool:
    """Whether an instance has more than ancestors and keys: a leaf, or a presence container.

    Args:
        value: Parsed JSON: an object, or the entries of a list.
        place: Where it stands.
        places: Of the schema.
    """
    for entry in value if type(value) is list else (value,):
        if type(entry) is not dict:
            return True
        for name, below in entry.items():
            if name not in place.inner:
                if name not in place.keys and not name.startswith(_ANNOTATION):
                    return True
            elif place.nodes[name].presence or says_something(below, places.inside(place, name), places):
                return True
    return False

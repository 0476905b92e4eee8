"""Finds what stands at a path in an instance, or around it: the smallest list entry or presence container."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.core.yang.locate import entry_path
from yangbeam.core.yang.mending.places import Place, Places
from yangbeam.core.yang.tree import Node
from yangbeam.core.yang.values import broken_rule

_STEP: Final = re.compile(r"""/(?:[\w.-]+:)?([\w.-]+)((?:\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*)""")
_KEY: Final = re.compile(r"""\[(?:[\w.-]+:)?([\w.-]+)=(?:"([^"]*)"|'([^']*)')\]""")
_OWN: Final = re.compile(r"""\[\.=(?:"([^"]*)"|'([^']*)')\]""")
_NUMBER: Final = re.compile(r"\[([0-9]{1,9})\]")


@dataclass(slots=True)
class Around:
    """What may be taken out.

    Attributes:
        node: Its schema node.
        path: Its instance path.
        holder: The object, or the array of entries, that holds it.
        at: Its name or number there.
        entries: Of an entry: the object that holds the array.
        name: The array's name there.
    """

    node: Node
    path: str
    holder: Any
    at: str | int
    entries: dict[str, Any]
    name: str

    def remove(self) -> None:
        """Takes it out; of a list that is empty then nothing stays, and no annotation of what is gone."""
        del self.holder[self.at]
        if not self.holder and self.holder is not self.entries:
            del self.entries[self.name]
        if self.name not in self.entries:
            self.entries.pop(f"@{self.name}", None)


def at(contents: dict[str, Any], path: str, places: Places) -> Around | None:
    """Returns the very node of a path, also a leaf or a value of a leaf-list; arguments as of ``around``."""
    above, last = _last_step(path)
    held, step = _holder_of(contents, above, places), _STEP.fullmatch(last)
    if held is None or step is None:
        return None
    holder, place, way = held
    name = _spelt(step[1], place.names, holder)
    if name is None:
        return None
    node, value, noted = place.nodes[name], holder[name], f"@{name}"
    if noted in holder and node.type is not None and not broken_rule(node.type, value, node.module):
        return Around(node, f"{way}/{noted}", holder, noted, holder, noted)  # its annotation is what is wrong
    number = _entry_at(value, step[2]) if isinstance(value, list) and step[2] else None
    way = f"{way}/{name}"
    if number is None:
        return Around(node, way, holder, name, holder, name)
    way = entry_path(way, node, value[number], number) if node.kind == "list" else f"{way}[{number + 1}]"
    return Around(node, way, value, number, holder, name)


def _holder_of(contents: dict[str, Any], path: str, places: Places) -> tuple[dict[str, Any], Place, str] | None:
    """Returns the object that a path names, where its members stand in the schema, and the path as it is spelt."""
    holder, place, way = contents, places.top, ""
    for local, predicate in _STEP.findall(path):
        name = _spelt(local, place.inner, holder)
        if name is None:
            return None
        value, way = holder[name], f"{way}/{name}"
        if isinstance(value, list):
            number = _entry_at(value, predicate)
            if number is None:
                return None
            value, way = value[number], entry_path(way, place.nodes[name], value[number], number)
        if not isinstance(value, dict):
            return None
        holder, place = value, places.inside(place, name)
    return holder, place, way


def _last_step(path: str) -> tuple[str, str]:
    """Returns what stands before the last step of a path, and that step."""
    start = max((found.start() for found in _STEP.finditer(path)), default=0)
    return path[:start], path[start:]


def _spelt(local: str, names: Iterable[str], members: Mapping[str, Any]) -> str | None:
    return next((name for name in names if name in members and name.rpartition(":")[2] == local), None)


def around(contents: dict[str, Any], path: str, places: Places) -> Around | None:
    """Returns the smallest list entry or presence container at or above a path; None where there is none.

    Args:
        contents: Parsed contents.
        path: Instance path with keys or positions; how its names are spelt does not matter.
        places: Of the schema.
    """
    found, members, place, way = None, contents, places.top, ""
    for local, predicate in _STEP.findall(path):
        name = _spelt(local, place.inner, members)
        if name is None:
            break
        node, value, way = place.nodes[name], members[name], f"{way}/{name}"
        place = places.inside(place, name)
        if node.kind == "list" and isinstance(value, list):
            number = _entry_at(value, predicate)
            if number is None:
                break
            way = entry_path(way, node, value[number], number)
            found, members = Around(node, way, value, number, members, name), value[number]
        elif isinstance(value, dict):
            if node.presence:
                found = Around(node, way, members, name, members, name)
            members = value
        else:
            break
    return found


def _entry_at(entries: list[Any], predicate: str) -> int | None:
    wanted = {key: double or single for key, double, single in _KEY.findall(predicate)}
    number = _NUMBER.fullmatch(predicate)
    if number is not None:
        return int(number[1]) - 1 if 0 < int(number[1]) <= len(entries) else None
    own = _OWN.fullmatch(predicate)
    if own is not None:
        return next((number for number, each in enumerate(entries) if str(each) == (own[1] or own[2])), None)
    for at, entry in enumerate(entries):
        if isinstance(entry, Mapping) and wanted and wanted.items() <= dict(_texts(entry)).items():
            return at
    return None


def _texts(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in entry.items():
        if not isinstance(value, dict | list):
            yield name.rpartition(":")[2], str(value)

"""Finds what stands around a path in an instance: the smallest list entry or presence container."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.core.yang.locate import entry_path
from yangbeam.core.yang.mending.places import Places
from yangbeam.core.yang.tree import Node

_STEP: Final = re.compile(r"""/(?:[\w.-]+:)?([\w.-]+)((?:\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*)""")
_KEY: Final = re.compile(r"""\[(?:[\w.-]+:)?([\w.-]+)=(?:"([^"]*)"|'([^']*)')\]""")
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
        """Takes it out; of a list that is empty then nothing stays."""
        del self.holder[self.at]
        if not self.holder and self.holder is not self.entries:
            del self.entries[self.name]


def around(contents: dict[str, Any], path: str, places: Places) -> Around | None:
    """Returns the smallest list entry or presence container at or above a path; None where there is none.

    Args:
        contents: Parsed contents.
        path: Instance path with keys or positions; how its names are spelt does not matter.
        places: Of the schema.
    """
    found, members, place, way = None, contents, places.top, ""
    for local, predicate in _STEP.findall(path):
        name = next((each for each in place.inner & members.keys() if each.rpartition(":")[2] == local), None)
        if name is None:
            break
        node, value, way = place.nodes[name], members[name], f"{way}/{name}"
        place = places.inside(place, name)
        if node.kind == "list" and isinstance(value, list):
            at = _entry_at(value, predicate)
            if at is None:
                break
            way = entry_path(way, node, value[at], at)
            found, members = Around(node, way, value, at, members, name), value[at]
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
    for at, entry in enumerate(entries):
        if isinstance(entry, Mapping) and wanted and wanted.items() <= dict(_texts(entry)).items():
            return at
    return None


def _texts(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in entry.items():
        if not isinstance(value, dict | list):
            yield name.rpartition(":")[2], str(value)

"""The topic that a schema node's data goes to: its path in the schema, flattened (section 3.2.1 of the draft).

The draft calls the flattening injective. It is not: a name may hold the character that joins names, and two modules may
have one prefix. Paths of one schema that would meet in a name get a hash each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.yang.tree import Tree

MAX_TOPIC: Final = 249
"""Octets of a topic's name that Kafka takes; the draft's 255 is beyond it."""
_HASH_DIGITS: Final = 8
_SMALLEST: Final = 10
"""What must remain for the path beside an operator's prefix."""


def topic_name(path: str, prefixes: Mapping[str, str], prefix: str = "", level: str = "") -> str:
    """Returns the topic of a schema path.

    >>> topic_name("/ietf-interfaces:interfaces/interface", {"ietf-interfaces": "if"}, "netops")
    'netops-if-interfaces-interface'

    Args:
        path: Names of modules where they change.
        prefixes: Module name to YANG prefix; a module that is not in it goes by its name.
        prefix: The operator's; empty for none.
        level: How the subscription is triggered; empty: all triggers share the topic.

    Raises:
        ConfigurationError: ``topic-prefix``: it leaves no room.
    """
    flat = _flattened(path, prefixes)
    room = _room(prefix, level)
    return _joined(prefix, flat if len(flat) <= room else hashed(flat, path, room), level)


def _room(prefix: str, level: str) -> int:
    room = MAX_TOPIC - len(_joined(prefix, "", level))
    if room < _SMALLEST:
        raise ConfigurationError("topic-prefix", f"the prefix {prefix!r:.60} leaves {room} characters for a topic")
    return room


def _joined(prefix: str, flat: str, level: str) -> str:
    return (f"{prefix}-" if prefix else "") + flat + (f"-{level}" if level else "")


def _flattened(path: str, prefixes: Mapping[str, str]) -> str:
    names = []
    for step in path.removeprefix("/").split("/"):
        module, colon, name = step.rpartition(":")
        names.append(f"{prefixes.get(module, module)}-{name}" if colon else name)
    return "-".join(names)


def hashed(flat: str, path: str, room: int = MAX_TOPIC) -> str:
    """Returns a flattened path, cut at a joint where it is too long, with the hash of what it came from."""
    most = room - 1 - _HASH_DIGITS
    if len(flat) > most:
        flat = flat[: max(flat.rfind("-", 0, most + 1), 0)] or flat[:most]
    return f"{flat}-{fnv1a_64(path.encode()):016x}"[: len(flat) + 1 + _HASH_DIGITS]


def fnv1a_64(octets: bytes) -> int:
    """Returns the 64-bit FNV-1a hash."""
    found = 0xCBF29CE484222325
    for octet in octets:
        found = (found ^ octet) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return found


class TopicNames:
    """Topics of the nodes of one schema.

    Args:
        tree: The schema.
        prefixes: Module name to YANG prefix.
        prefix: The operator's.
    """

    def __init__(self, tree: Tree, prefixes: Mapping[str, str], prefix: str = "") -> None:
        self._prefixes = prefixes
        self._prefix = prefix
        paths = (node.path for top in (*tree.data.values(), *tree.notifications.values()) for node in top.walk())
        self._shared = _met(paths, prefixes)

    def of(self, path: str, level: str = "") -> str:
        """Returns the topic of a node's path in the schema; see ``topic_name``."""
        flat = _flattened(path, self._prefixes)
        if flat not in self._shared:
            return topic_name(path, self._prefixes, self._prefix, level)
        return _joined(self._prefix, hashed(flat, path, _room(self._prefix, level)), level)


def _met(paths: Iterable[str], prefixes: Mapping[str, str]) -> frozenset[str]:
    return frozenset(flat for flat, count in Counter(_flattened(p, prefixes) for p in set(paths)).items() if count > 1)

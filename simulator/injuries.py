"""Decides how an update's contents break their YANG schema: each way is one that a validator must find."""

from collections.abc import Callable, Iterator
from typing import Any

from yangbeam.simulator.values import Enumerated, Tree, Uint64

ILLEGAL_NUMBER = "abc"
ILLEGAL_ENUM = Enumerated("sideways", 99)


def _members(tree: Any) -> Iterator[tuple[Tree, str, Any]]:
    """Yields (container, name, value) of every member, parents first."""
    for below in tree if type(tree) is list else ():
        yield from _members(below)
    for name, value in list(tree.items()) if type(tree) is dict else ():
        yield tree, name, value
        yield from _members(value)


def _number(contents: Tree) -> bool:
    """Turns the last number into a word."""
    found = [(tree, name) for tree, name, value in _members(contents) if _is_number(value)]
    for tree, name in found[-1:]:
        tree[name] = ILLEGAL_NUMBER
    return bool(found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Uint64) and not isinstance(value, bool)


def _leaf(contents: Tree) -> bool:
    """Takes the first leaf, a key, from the first list entry."""
    for _, _, value in _members(contents):
        if type(value) is list and value and type(value[0]) is dict and value[0]:
            del value[0][next(iter(value[0]))]
            return True
    return False


def _enum(contents: Tree) -> bool:
    """Gives the first enumeration a value that it has not."""
    for tree, name, value in _members(contents):
        if type(value) is Enumerated:
            tree[name] = ILLEGAL_ENUM
            return True
    return False


INJURIES: dict[str, Callable[[Tree], bool]] = {
    "invalid-number": _number,
    "invalid-leaf": _leaf,
    "invalid-enum": _enum,
}
"""What is written into the truth → what is done; each returns whether the contents had a place for it."""


def injure(contents: Tree, wanted: str) -> str:
    """Breaks ``contents`` in place, as wanted or else as they allow; returns the injury's name, empty: none."""
    for name in (wanted, *INJURIES):
        if INJURIES[name](contents):
            return name
    return ""

"""Cuts a message into one document per instance, or per edit: what remains of each are the bytes that came.

Numbers and strings are never read: members travel as raw JSON.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from yangbeam.core.message_key.template import KeyTemplate
from yangbeam.core.yang.literals import literal
from yangbeam.core.yang.tree import Node

Members = dict[str, msgspec.Raw]
_Pins = tuple[tuple[tuple[str | None, ...], ...], ...]
"""Of each branch, step and key: what it must be."""
_Found = tuple[str, Members | None, msgspec.Raw, _Pins]


_MEMBERS: Final = msgspec.json.Decoder(Members)
_ENTRIES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_VALUE: Final = msgspec.json.Decoder()
_ENCODE: Final = msgspec.json.Encoder().encode


def members_at(document: bytes, way: Iterable[str]) -> Members:
    """Returns the members of the object at the end of a way.

    Raises:
        msgspec.DecodeError: There is no object.
        KeyError: A member of the way is absent.
    """
    for name in way:
        document = _MEMBERS.decode(document)[name]
    return _MEMBERS.decode(document)


def put(document: bytes, way: Sequence[str], value: bytes) -> bytes:
    """Returns a document with the member at the end of a way replaced."""
    if not way:
        return value
    members = _MEMBERS.decode(document)
    members[way[0]] = msgspec.Raw(put(members[way[0]], way[1:], value))
    return _ENCODE(members)


def entries_of(array: bytes) -> list[bytes]:
    """Returns the entries of an array; of an object, which some publishers send for an array of one, itself."""
    return [array] if array.lstrip()[:1] == b"{" else [bytes(entry) for entry in _ENTRIES.decode(array)]


class Cutter:
    """Cuts contents by the branches of a filter that select one schema node.

    Args:
        templates: Those branches: they differ in what they pin alone.
    """

    def __init__(self, templates: Sequence[KeyTemplate]) -> None:
        # Entries without keys cannot be told apart: such a list is cut no finer than as a whole.
        keyless = [at for at, step in enumerate(templates[0].steps) if step.node.kind == "list" and not step.node.keys]
        self._steps = templates[0].steps[: keyless[0] + 1] if keyless else templates[0].steps
        self._tail = "".join(step.text for step in templates[0].steps[len(self._steps) :])
        self._pins = tuple(tuple(step.pinned for step in template.steps) for template in templates)

    def instances(self, contents: bytes) -> Iterator[tuple[str, bytes]]:
        """Yields (XPath, contents that hold this instance alone, with the keys above it)."""
        for xpath, members in self._each(0, _MEMBERS.decode(contents), "", self._pins):
            yield xpath, _ENCODE(members)

    def only(self, contents: bytes) -> tuple[list[str], bytes]:
        """Returns the XPaths of the instances, and contents that hold them and the keys above them."""
        xpaths: list[str] = []
        return xpaths, _ENCODE(self._all(0, _MEMBERS.decode(contents), "", self._pins, xpaths))

    def rest(self, contents: bytes) -> bytes:
        """Returns the contents without the instances; ``{}`` when nothing but keys would be left."""
        return _ENCODE(self._without(0, _MEMBERS.decode(contents), self._pins))

    def _each(self, at: int, members: Members, path: str, pins: _Pins) -> Iterator[tuple[str, Members]]:
        step = self._steps[at]
        name = _spelling(step.node, members)
        if name is None:
            return
        path += step.text
        for xpath, held, value, alive in self._values(at, members[name], path, pins):
            if at + 1 == len(self._steps):
                yield xpath + self._tail, {name: value if held is None else _raw([value])}
                continue
            for inner, below in self._each(at + 1, _MEMBERS.decode(value), xpath, alive):
                yield inner, {name: _raw(below) if held is None else _raw([held | below])}

    def _all(self, at: int, members: Members, path: str, pins: _Pins, xpaths: list[str]) -> Members:
        step = self._steps[at]
        name = _spelling(step.node, members)
        if name is None:
            return {}
        kept: list[Any] = []
        for xpath, held, value, alive in self._values(at, members[name], path + step.text, pins):
            if at + 1 == len(self._steps):
                xpaths.append(xpath + self._tail)
                kept.append(value)
            elif below := self._all(at + 1, _MEMBERS.decode(value), xpath, alive, xpaths):
                kept.append((held or {}) | below)
        if not kept:
            return {}
        return {name: _raw(kept if _is_many(step.node) else kept[0])}

    def _without(self, at: int, members: Members, pins: _Pins) -> Members:
        node = self._steps[at].node
        name = _spelling(node, members)
        if name is None:
            return members
        value = members.pop(name)
        found = {bytes(each): (held or {}, alive) for _, held, each, alive in self._values(at, value, "", pins)}
        left: list[Any] = []
        for each in _ENTRIES.decode(value) if _is_many(node) else [value]:
            held, alive = found.get(bytes(each), ({}, None))
            if alive is None:
                left.append(each)
            elif at + 1 < len(self._steps):
                inner = _MEMBERS.decode(each)
                had = len(inner)
                inner = self._without(at + 1, inner, alive)
                # Nothing but keys is left: what they say stands in the instances, unless there were none.
                if inner.keys() - held.keys() or len(inner) == had:
                    left.append(held | inner)
        return members | {name: _raw(left if _is_many(node) else left[0])} if left else members

    def _values(self, at: int, value: msgspec.Raw, path: str, pins: _Pins) -> Iterator[_Found]:
        """Yields what a member holds of the template: XPath, keys (None outside of arrays), value, what still fits."""
        node = self._steps[at].node
        if node.keys:
            for entry in _ENTRIES.decode(value):
                yield from self._entry(at, entry, path, pins)
        elif node.kind == "leaf-list":
            for entry in _ENTRIES.decode(value):
                text = self._steps[at].canonical[0](_VALUE.decode(entry))
                if any(each[at][0] in {None, text} for each in pins):
                    yield f"{path}[.={literal(text)}]", {}, entry, pins
        else:
            yield path, None, value, pins

    def _entry(self, at: int, entry: msgspec.Raw, path: str, pins: _Pins) -> Iterator[_Found]:
        """Yields a list's entry, unless it has another value than every pin, or lacks a key."""
        node, members = self._steps[at].node, _MEMBERS.decode(entry)
        values: list[str] = []
        held: Members = {}
        for key, canonical in zip(node.keys, self._steps[at].canonical, strict=True):
            leaf = node.children[f"{node.module}:{key}"]
            name = _spelling(leaf, members)
            if name is None:
                return
            values.append(canonical(_VALUE.decode(members[name])))
            held[name] = members[name]
        alive = tuple(each for each in pins if _fits(each[at], values))
        if alive:
            text = "".join(f"[{key}={literal(value)}]" for key, value in zip(node.keys, values, strict=True))
            yield path + text, held, entry, alive


def _is_many(node: Node) -> bool:
    """Says whether a node's instances are the entries of an array; those of a keyless list are not."""
    return node.kind == "leaf-list" or bool(node.keys)


def _fits(pinned: tuple[str | None, ...], values: list[str]) -> bool:
    return all(wanted in {None, value} for wanted, value in zip(pinned, values, strict=True))


def _spelling(node: Node, members: Members) -> str | None:
    """Returns the member name of a node here, of the two that RFC 7951 section 4 allows."""
    qualified = f"{node.module}:{node.name}"
    return qualified if qualified in members else node.name if node.name in members else None


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_ENCODE(value))

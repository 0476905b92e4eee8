"""Accepts the values of yang-patch edits (RFC 8072) at targets that libyang has seen before.

Whether a target's own keys are right is libyang's to say, once; from then on a value is read where it stands.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yangbeam.core.yang.compiled.judge import CompiledJudge, Reader
from yangbeam.core.yang.edits import Place
from yangbeam.core.yang.tree import Node

MAX_TARGETS: Final = 16_384
"""Targets remembered, some 200 octets each; when there are more, all are forgotten."""
LONGEST_REMEMBERED: Final = 1_024
"""Characters of a target that is worth it."""
MAX_NODES: Final = 4_096
"""Nodes with readers of their own."""


class EditJudge:
    """Reads values of edits by their targets.

    Args:
        judge: The compiled schema.
    """

    def __init__(self, judge: CompiledJudge) -> None:
        self._judge = judge
        self._targets: dict[str, Place] = {}
        self._readers: dict[tuple[str, bool], Reader] = {}

    def learn(self, target: str, places: Sequence[Place]) -> None:
        """Remembers a target whose keys libyang accepted.

        Args:
            target: As it stands in the edit.
            places: What it names, from ``edits.resolve``; the datastore itself is not remembered.
        """
        if not places or len(target) > LONGEST_REMEMBERED:
            return
        if len(self._targets) >= MAX_TARGETS:
            self._targets.clear()
        self._targets[target] = places[-1]

    def accepts(self, target: str, value: bytes) -> bool:
        """Whether ``value`` surely is a valid value of a known target; False says nothing."""
        place = self._targets.get(target)
        if place is None:
            return False
        node = place.node
        # Either spelling of the one member is right (RFC 8072 section 2.5): it stands after the first quote.
        start = value.find(b'"') + 1
        read = self._reader(node, qualified=value.startswith(node.module.encode() + b":", start)).read(value)
        return read is not None and (not place.keys or _has_keys(read.f0, node, place.keys))

    def _reader(self, node: Node, *, qualified: bool) -> Reader:
        key = (node.path, qualified)
        reader = self._readers.get(key)
        if reader is None:
            if len(self._readers) >= MAX_NODES:
                self._readers.clear()
            reader = self._readers[key] = self._judge.value_of(node, qualified=qualified)
        return reader


def _has_keys(entries: Sequence[Any], node: Node, keys: Mapping[str, Any]) -> bool:
    """Whether this is the one entry that the target names."""
    if len(entries) != 1:
        return False
    entry = entries[0]
    names = type(entry).__struct_fields__
    encoded = dict(zip(type(entry).__struct_encode_fields__, names, strict=True))
    return all(getattr(entry, encoded[key]) == keys[key] for key in node.keys)

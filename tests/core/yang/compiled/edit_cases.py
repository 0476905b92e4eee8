"""Edits (RFC 8072) made from a schema tree: targets in every spelling, with values right, wrong and oddly spelt."""

import json
from urllib.parse import quote

from tests.core.yang.compiled.instances import Array, Instances, Member, garbled, mutate, written
from tests.core.yang.compiled.tokens import Chance
from yangbeam.core.yang.tree import Node, Tree

Keys = dict[str, bytes]
"""JSON text of the keys of an entry, by name."""


class Edits:
    """Makes targets all over a tree, and values for each.

    Args:
        tree: The schema.
        chance: Where all randomness comes from.
    """

    def __init__(self, tree: Tree, chance: Chance) -> None:
        self.made = Instances(tree, chance)
        self._chance = chance

    def target(self) -> tuple[str, Node, Keys]:
        """A target as an edit has it, the node that it names, and the keys of the entry, where it names one."""
        text, module, keys = "", "", Keys()
        way = self._chance.choice(self.made.ways)
        for node in way:
            is_short = node.module == module and self._chance.random() < 0.8
            text += f"/{node.name}" if is_short else f"/{node.module}:{node.name}"
            module, keys = node.module, {}
            if node.kind == "list" and node.keys and (node is not way[-1] or self._chance.random() < 0.8):
                keys = {key: self.made.leaf(node.children[f"{node.module}:{key}"]) for key in node.keys}
                text += self._entry(keys)
            elif node.kind == "leaf-list" and self._chance.random() < 0.3:
                text += f"={quote(_spelt(self.made.leaf(node)), safe='')}"
        return text, node, keys

    def _entry(self, keys: Keys) -> str:
        """The keys as predicates, or as a resource identifier has them."""
        spelt = {key: _spelt(token) for key, token in keys.items()}
        if self._chance.random() < 0.5 and not any("'" in value for value in spelt.values()):
            return "".join(f"[{key}='{value}']" for key, value in spelt.items())
        return "=" + ",".join(quote(value, safe="") for value in spelt.values())

    def value(self, node: Node, keys: Keys) -> tuple[str, bytes]:
        """A value for a target: what was done to it, and its text; of an entry mostly the one that the target names."""
        chance = self._chance
        held = [self.made.member(node, "" if chance.random() < 0.8 else node.module)]
        if keys:
            held[0][1] = Array([self._keyed(node, keys)])
        fate = chance.random()
        if fate >= 0.4:
            mutate(self.made, held, chance)
        text = written(held, spaced=chance.random() < 0.1)
        if fate >= 0.95:
            return "garbled", garbled(text, chance)
        return ("valid" if fate < 0.4 else "mutated"), text

    def _keyed(self, node: Node, keys: Keys) -> list[Member]:
        """An entry with these keys; at times one of them is another."""
        entry = self.made.object(node)
        for member in entry:
            if member[0] in keys and self._chance.random() < 0.9:
                member[1] = keys[member[0]]
        return entry


def _spelt(token: bytes) -> str:
    """A key's JSON as a target spells it."""
    try:
        value = json.loads(token)
    except ValueError:
        return token.decode(errors="replace")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if isinstance(value, list) else str(value)

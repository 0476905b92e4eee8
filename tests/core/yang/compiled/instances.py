"""Contents made from a schema tree: valid ones, and the same with one to three things wrong or oddly spelt."""

from collections.abc import Callable
from typing import Any

from tests.core.yang.compiled.tokens import ODD, Chance, Pools, near_miss
from yangbeam.core.yang.tree import Node, Tree

Member = list[Any]
"""[name, value]; a value is JSON text, an object (list of members), or an Array."""


class Array(list[Any]):
    """Values of a list or leaf-list."""


MORE = 5
"""Siblings beside each node on the way to the one that a document is about, at most."""


INNER = 0.1
"""Of siblings that are no leaves, how many are taken: documents stay small."""


class Instances:
    """Makes documents about every node of a tree in turn, at random.

    Args:
        tree: The schema.
        chance: Where all randomness comes from.
        under: Top-level names to stay below; empty: all.
    """

    def __init__(self, tree: Tree, chance: Chance, under: tuple[str, ...] = ()) -> None:
        tops = [node for name, node in tree.data.items() if node.kind != "structure" and (not under or name in under)]
        self.ways = [way for top in tops for way in _ways((top,))]
        self._modules = sorted(tree.revisions)
        self._chance = chance
        self.pools = Pools(chance)
        self._children: dict[int, list[Node]] = {}

    def document(self) -> list[Member]:
        """A valid document: the way to a node, with keys and some siblings."""
        way = self._chance.choice(self.ways)
        return [self.member(way[0], "", way[1:])]

    def member(self, node: Node, module: str, way: tuple[Node, ...] = ()) -> Member:
        """A node with a valid value; ``module``: of the node above it."""
        name = node.name if node.module == module else f"{node.module}:{node.name}"
        return [name, self._value(node, way)]

    def _value(self, node: Node, way: tuple[Node, ...]) -> Any:
        chance = self._chance
        if node.kind == "leaf":
            return self.leaf(node)
        if node.kind == "leaf-list":
            return Array(self.leaf(node) for _ in range(chance.choice((0, 1, 1, 2, 3))))
        if node.kind == "list":
            count = 1 if chance.random() < 0.7 else chance.choice((0, 2, 3))
            return Array(self.object(node, way if not number else ()) for number in range(count))
        return self.object(node, way) if node.kind == "container" else chance.choice((b"{}", b'{"a":1}', b"1"))

    def leaf(self, node: Node) -> bytes:
        """A value that a leaf likely takes."""
        assert node.type is not None
        return self.pools.right(node.type, node.module)

    def object(self, node: Node, way: tuple[Node, ...] = ()) -> list[Member]:
        """The members of a container or an entry: keys, the next node of the way, some others."""
        chance = self._chance
        members = [self.member(node.children[f"{node.module}:{key}"], node.module, ()) for key in node.keys]
        if way and way[0].name not in node.keys:
            members.append(self.member(way[0], node.module, way[1:]))
        children = self._children.get(id(node))
        if children is None:
            children = self._children[id(node)] = list(node.children.values())
        for child in chance.sample(children, min(len(children), chance.randrange(MORE))):
            if child.name in node.keys or child is (way[0] if way else None):
                continue
            if child.type is not None or chance.random() < INNER:
                members.append(self.member(child, node.module, ()))
        if chance.random() < 0.2:
            chance.shuffle(members)
        return members

    def wrong_value(self, member: Member) -> None:
        """Puts a value of some other leaf there, or no value at all."""
        node = self._chance.choice(self.ways)[-1]
        if node.type is not None and self._chance.random() < 0.6:
            member[1] = self.pools.wrong(node.type, node.module)
        else:
            member[1] = self._chance.choice(ODD)

    def rename(self, member: Member) -> None:
        """Puts another name, another module, or the same name spelt otherwise."""
        local = member[0].rpartition(":")[2]
        other = self._chance.choice(self._chance.choice(self.ways))
        module = self._chance.choice((*self._modules[:3], other.module, "nowhere"))
        names = (
            local,
            f"{module}:{local}",
            other.name,
            f"{other.module}:{other.name}",
            f"@{member[0]}",
            "",
            ":",
            local.upper(),
        )
        member[0] = self._chance.choice(names)


def _ways(way: tuple[Node, ...]) -> list[tuple[Node, ...]]:
    found = [way]
    for child in way[-1].children.values():
        found += _ways((*way, child))
    return found


def written(value: Any, *, spaced: bool = False) -> bytes:
    """JSON text of a value."""
    if isinstance(value, bytes):
        return value
    comma, colon = (b" ,\n", b"\t: ") if spaced else (b",", b":")
    if isinstance(value, Array):
        return b"[" + comma.join(written(entry, spaced=spaced) for entry in value) + b"]"
    pairs = [b'"%s"%s%s' % (name.encode(), colon, written(inner, spaced=spaced)) for name, inner in value]
    return b"{" + comma.join(pairs) + b"}"


def _spots(members: list[Member]) -> list[tuple[list[Member], int]]:
    """Every member of a document, as (its object, number)."""
    found = []
    for number, (_, value) in enumerate(members):
        found.append((members, number))
        for inner in value if isinstance(value, Array) else [value]:
            if isinstance(inner, list) and not isinstance(inner, Array):
                found += _spots(inner)
    return found


def _drop(_: Instances, members: list[Member], number: int, __: Chance) -> None:
    del members[number]


def _again(_: Instances, members: list[Member], number: int, chance: Chance) -> None:
    members.insert(chance.randint(0, len(members)), list(members[number]))


def _misvalue(made: Instances, members: list[Member], number: int, _: Chance) -> None:
    made.wrong_value(members[number])


def _twist(_: Instances, members: list[Member], number: int, chance: Chance) -> None:
    """A leaf's value becomes a near miss of its own; of an array, one of its entries, or it holds one twice."""
    value = members[number][1]
    if isinstance(value, bytes):
        members[number][1] = _missed(value, chance)
    elif isinstance(value, Array) and value:
        at = chance.randrange(len(value))
        if isinstance(value[at], bytes) and chance.random() < 0.6:
            value[at] = _missed(value[at], chance)
        else:
            value.insert(chance.randint(0, len(value)), value[at])


def _missed(token: bytes, chance: Chance) -> bytes:
    try:
        return near_miss(token, chance)
    except ValueError:  # not JSON any more
        return chance.choice(ODD)


def _rewrap(_: Instances, members: list[Member], number: int, chance: Chance) -> None:
    """An object as an array, an array as its entry, a leaf in either, an entry more."""
    value = members[number][1]
    if isinstance(value, Array):
        members[number][1] = chance.choice(
            (Array([*value, b"{}"]), Array([*value, b"null"]), Array([value]), value[0] if value else b"{}")
        )
    else:
        members[number][1] = chance.choice((Array([value]), [["x", value]], Array([]), b"null"))


def _rename(made: Instances, members: list[Member], number: int, _: Chance) -> None:
    made.rename(members[number])


def _stray(made: Instances, members: list[Member], number: int, chance: Chance) -> None:
    """A member from elsewhere, or the same again under another name."""
    stray = [members[number][0], chance.choice(ODD)]
    made.rename(stray)
    members.insert(chance.randint(0, len(members)), stray)


MUTATIONS: tuple[Callable[[Instances, list[Member], int, Chance], None], ...] = (
    *(_drop, _again, _misvalue, _twist, _twist, _twist, _rewrap, _rename, _stray),
)


def mutate(made: Instances, document: list[Member], chance: Chance) -> None:
    """Changes one to three things."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        spots = _spots(document)
        if spots:
            members, number = chance.choice(spots)
            chance.choice(MUTATIONS)(made, members, number, chance)


def garbled(text: bytes, chance: Chance) -> bytes:
    """Changes an octet or two."""
    data = bytearray(text)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(data) + 1)
        way = chance.randrange(4)
        if way == 0:
            data[at:at] = chance.choice(
                (b" ", b"\n", b",", b"0", b'"', b"\\", b"\\u0041", b"}", b"{}", b"\x00", b"\xef\xbb\xbf", b"\x7f")
            )
        elif way == 1:
            del data[at : at + chance.choice((1, 1, 5))]
        elif way == 2 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        else:
            data[at:at] = data[at : at + chance.randrange(40)]
    return bytes(data)


def case(made: Instances, chance: Chance) -> tuple[str, bytes]:
    """A case: what was done to it (``valid``, ``mutated``, ``garbled``), and its text."""
    document = made.document()
    fate = chance.random()
    if fate >= 0.35:
        mutate(made, document, chance)
    text = written(document, spaced=chance.random() < 0.1)
    if fate >= 0.92:
        return "garbled", garbled(text, chance)
    return ("valid" if fate < 0.35 else "mutated"), text

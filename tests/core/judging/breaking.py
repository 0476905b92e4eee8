"""Contents that are broken on purpose, written in JSON, XML and CBOR, with names and with SIDs, from one model.

The model knows what it broke, so it also knows what is left: nothing here is taken from the code under test.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape

from cbor2 import CBORTag

UNKNOWN: Final = "unknown"
INVALID: Final = "invalid"
_SPACES: Final = {"t": "urn:t", "o": "urn:o", "x": "urn:x"}
_FIRST_SID: Final = 60_000


@dataclass
class Leaf:
    """A leaf, or a value of a leaf-list.

    Attributes:
        name: Local, or ``x:name`` of a module that nobody has.
        json: What RFC 7951 has.
        xml: Its text.
        cbor: Its item.
        broken: UNKNOWN, INVALID or nothing.
    """

    name: str
    json: Any
    xml: str
    cbor: Any
    broken: str = ""


@dataclass
class Box:
    """A container, or an entry of a list."""

    name: str
    members: "list[Member]" = field(default_factory=list)
    broken: str = ""
    key: Leaf | None = None
    presence: bool = False


@dataclass
class Entries:
    """A list, or a leaf-list."""

    name: str
    items: "list[Box] | list[Leaf]"
    broken: str = ""


Member = Leaf | Box | Entries
Values = Callable[[random.Random], tuple[Any, str, Any]]
"""JSON, XML and CBOR of one value."""


def _same(*values: Any) -> Values:
    return _each(*((value, str(value), value) for value in values))


def _each(*values: tuple[Any, str, Any]) -> Values:
    return lambda chance: chance.choice(values)


def _wide(low: int, high: int) -> Values:
    def made(chance: random.Random) -> tuple[Any, str, Any]:
        number = chance.choice((low, high, 0, chance.randint(low, high)))
        return str(number), str(number), number

    return made


RIGHT: Final[dict[str, Values]] = {
    "i8": _same(-128, 0, 127),
    "i64": _wide(-(2**63), 2**63 - 1),
    "u32": _same(0, 2**32 - 1),
    "u64": _wide(0, 2**64 - 1),
    "dec": _each(("1.5", "1.5", Decimal("1.5")), ("-0.25", "-0.25", Decimal("-0.25")), ("10.0", "10.0", Decimal(10))),
    "boo": _each((True, "true", True), (False, " false ", False)),
    "enu": _each(("up", "up", 1), ("down", "\ndown", "down")),
    "bit": _each(("z y", "z  y", b"\3"), ("y", "y", [b"\2"]), ("", "", b"")),
    "bin": _each(("AQI=", "AQ\nI=", b"\1\2"), ("", "", b"")),
    "emp": _each(([None], "", None)),
    "ide": _each(("o:one", "oo:one", "o:one"), ("b", "q:b", "t:b")),
    "own": _each(("a", "q:a", "a"), ("a", "a", "t:a")),
    "ins": _each(
        ("/t:c/i8", "/q:c/q:i8", "/t:c/i8"),
        ("/t:c/k-ide[k='o:two']", "/q:c/q:k-ide[q:k='oo:two']", "/t:c/k-ide[k='o:two']"),
    ),
    "uni": _each((5, "5", 5), ("a", "q:a", CBORTag(45, "t:a")), ("text", "text", "text")),
    "num": _each(("-7", "-7", -7), (True, "true", True)),
    "str": _same("", "text", " blanks ", "<&>", "\N{GRINNING FACE}", "line\nbreak"),
}
WRONG: Final[dict[str, Values]] = {
    "i8": _each((128, "128", 128), ("x", "x", "x"), (None, "", None)),
    "i64": _each(("0x10", "0x10", "0x10"), (str(2**63), str(2**63), 2**63)),
    "u32": _each((-1, "-1", -1), (1.5, "1.5", 1.5)),
    "u64": _each(("-1", "-1", -1), ("1 2", "1 2", "1 2")),
    "dec": _each(("1.555", "1.555", Decimal("1.555")), ("one", "one", "one")),
    "boo": _each(("maybe", "maybe", "maybe"), (1, "1", 1)),
    "enu": _each(("UP", "UP", "UP"), ("7", "7", 7)),
    "bit": _each(("w", "w", b"\4"), ("z z", "z z", "z z")),
    "bin": _each(
        ("@@@", "@@@", "@@@"),
    ),
    "emp": _each((False, "false", False), (7, "7", 7)),
    "ide": _each(("o:other", "oo:other", "o:other"), ("t:one", "q:one", "t:one")),
    "own": _each(("o:a", "oo:a", "o:a"), ("A", "A", "A")),
    "ins": _each(("path", "path", "path"), ("/t:strange", "/q:strange", "/t:strange")),
    "num": _each(("0x10", "0x10", "0x10"), ("none", "none", "none")),
}
KEYS: Final = ("i8", "i64", "dec", "enu", "ide", "own", "str")
"""Types of keys: each value of these has one spelling here."""


class Breaking:
    """Makes contents of the module ``t`` of ``modules.py``; some of them broken.

    Args:
        chance: Where all randomness comes from.
        odds: How likely a node is broken, by UNKNOWN and INVALID.
    """

    def __init__(self, chance: random.Random, odds: dict[str, float]) -> None:
        self._chance = chance
        self._odds = odds

    def contents(self) -> Box:
        """Returns the container ``c``: its broken members are marked."""
        chance = self._chance
        box = Box("c", self._leaves(chance.randint(0, 4)))
        kinds = chance.sample(sorted(RIGHT), 3)
        box.members += [self._many(kind) for kind in kinds if chance.random() < 0.5]
        box.members += [self._list(f"k-{kind}", kind) for kind in kinds if kind in KEYS and chance.random() < 0.6]
        if chance.random() < 0.6:
            box.members.append(Box("deep", self._leaves(chance.randint(0, 3))))
        if chance.random() < 0.6:
            box.members.append(self._list("l", "str", leaves=True))
        if chance.random() < 0.3:
            box.members.append(Box("p", presence=True))
        if self._is(UNKNOWN):
            inner = [self._strange() for _ in range(chance.randint(1, 3))]
            box.members.append(Box(chance.choice(("x:box", "strange-box")), inner, UNKNOWN))
        chance.shuffle(box.members)
        return box

    def _is(self, kind: str) -> bool:
        return self._chance.random() < self._odds.get(kind, 0.0)

    def _leaves(self, count: int) -> list[Member]:
        found: list[Member] = [self._leaf(kind, kind) for kind in self._chance.sample(sorted(RIGHT), count)]
        return [*found, self._strange()] if self._is(UNKNOWN) else found

    def _leaf(self, kind: str, name: str) -> Leaf:
        if kind in WRONG and self._is(INVALID):
            return Leaf(name, *WRONG[kind](self._chance), broken=INVALID)
        return Leaf(name, *RIGHT[kind](self._chance))

    def _strange(self) -> Leaf:
        name = self._chance.choice(("x:leaf", "x:other", "strange", "x:i8"))
        return Leaf(name, *RIGHT[self._chance.choice(sorted(RIGHT))](self._chance), broken=UNKNOWN)

    def _many(self, kind: str) -> Entries:
        made = [self._leaf(kind, f"m-{kind}") for _ in range(self._chance.randint(1, 3))]
        return Entries(f"m-{kind}", _unlike(made))

    def _list(self, name: str, kind: str, *, leaves: bool = False) -> Entries:
        keys = _unlike([Leaf("k", *RIGHT[kind](self._chance)) for _ in range(self._chance.randint(1, 3))])
        entries = []
        for key in keys:
            entry = Box(name, [key, *(self._leaves(2) if leaves else [Leaf("v", 1, "1", 1)])], key=key)
            if not leaves and self._is(UNKNOWN):
                entry.members.append(self._strange())
            if self._is(INVALID):
                entry.members.remove(key)  # an entry without its key
                entry.broken, entry.key = INVALID, None
            entries.append(entry)
        return Entries(name, entries)


def _unlike(leaves: list[Leaf]) -> list[Leaf]:
    return list({repr(leaf.json): leaf for leaf in leaves}.values())


# --- writing ---


def json_of(member: Member) -> Any:
    match member:
        case Leaf():
            return member.json
        case Box():
            return {each.name: json_of(each) for each in member.members}
        case Entries():
            return [json_of(each) for each in member.items]


def xml_of(member: Member) -> str:
    if isinstance(member, Entries):
        return "".join(xml_of(each) for each in member.items)
    space, _, local = member.name.rpartition(":")
    namespace = _SPACES[space or "t"]
    inner = escape(member.xml) if isinstance(member, Leaf) else "".join(xml_of(each) for each in member.members)
    return f'<{local} xmlns="{namespace}" xmlns:q="urn:t" xmlns:oo="urn:o">{inner}</{local}>'


class Sids:
    """SIDs for every node that is met, by its way from the top."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._of: dict[tuple[str, ...], int] = {}

    def of(self, way: tuple[str, ...]) -> int:
        found = self._of.get(way)
        if found is None:
            found = self._of[way] = _FIRST_SID + len(self._of)
            self.names[found] = f"t:{way[-1]}"
        return found


def cbor_of(member: Member, sids: Sids | None = None, way: tuple[str, ...] = (), above: int = 0) -> Any:
    match member:
        case Leaf():
            return member.cbor
        case Entries():
            return [cbor_of(each, sids, way, above) for each in member.items]
        case Box():
            held = {}
            for each in member.members:
                here = (*way, each.name)
                if sids is None or each.broken == UNKNOWN:
                    held[each.name] = cbor_of(each)
                else:
                    sid = sids.of(here)
                    held[sid - above] = cbor_of(each, sids, here, sid)
            return held


# --- what is to come of it ---


def _quoted(value: Any) -> str:
    return f'"{value}"' if "'" in str(value) else f"'{value}'"


@dataclass
class Left:
    """What is left of contents, and the paths of what is not."""

    json: Any
    paths: list[str]


def broken_in(member: Member) -> set[str]:
    """Returns how contents are broken."""
    if isinstance(member, Leaf) or member.broken:
        return {member.broken} - {""} | (_below(member) if member.broken != UNKNOWN else set())
    return _below(member)


def _below(member: Member) -> set[str]:
    items: list[Any] = (
        [] if isinstance(member, Leaf) else member.members if isinstance(member, Box) else list(member.items)
    )
    return set().union(*(broken_in(each) for each in items)) if items else set()


def left_of(box: Box, path: str) -> Left:
    """Returns what is left when every broken node of an object is set aside."""
    left: dict[str, Any] = {}
    paths: list[str] = []
    for each in box.members:
        here = f"{path}/{each.name}"
        if each.broken:
            paths.append(here)
        elif isinstance(each, Leaf):
            left[each.name] = each.json
        elif isinstance(each, Box):
            found = left_of(each, here)
            left[each.name] = found.json
            paths += found.paths
        else:
            left[each.name] = list(_entries(each, here, paths))
    return Left(left, paths)


def _entries(entries: Entries, path: str, paths: list[str]) -> Iterator[Any]:
    for number, each in enumerate(entries.items, start=1):
        if isinstance(each, Leaf):
            if each.broken:
                paths.append(f"{path}[{number}]")
            else:
                yield each.json
            continue
        where = f"{path}[k={_quoted(each.key.json)}]" if each.key is not None else f"{path}[{number}]"
        found = left_of(each, where)
        paths += found.paths  # what is wrong in an entry is found before the entry
        if each.broken:
            paths.append(where)
        else:
            yield found.json


def says_something(box: Box) -> bool:
    """Whether more than ancestors and keys is left."""
    for each in box.members:
        if each.broken:
            continue
        if isinstance(each, Leaf):
            if each is not box.key:
                return True
        elif isinstance(each, Box):
            if each.presence or says_something(each):
                return True
        elif any(isinstance(item, Leaf) or (not item.broken and says_something(item)) for item in each.items):
            return True
    return False

"""Judges, mends and writes contents in one pass, where earlier messages had the same unknown members and habits.

The compiled judge's structs get a field for each member that was unknown before, and take leaves with habits as they
stand. What they decode is surely valid but for these: unknown members are taken out, habits spelt anew, and the rest
is written. All else is left to the quick look and to the full one.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from yangbeam.core.yang.compiled.judge import CompiledJudge, Reader
from yangbeam.core.yang.compiled.rules import Rule
from yangbeam.core.yang.compiled.structs import RAW, Field, Structs
from yangbeam.core.yang.locate import quote
from yangbeam.core.yang.mending.findings import HABIT, UNKNOWN, Finding
from yangbeam.core.yang.mending.habits import respelt
from yangbeam.core.yang.mending.places import Place, Places
from yangbeam.core.yang.tree import Node

MAX_NAMES: Final = 1_024
"""Unknown members and leaves with habits, in all, that structs are made for; others are left to the quick look."""
MAX_PATHS: Final = 5
"""Findings of one message that have their instance path; what is beyond is counted, and not shown."""
MAX_TEXTS: Final = 256
"""Texts of one leaf whose meaning is remembered."""
MAX_WAIT: Final = 65_536
"""Messages at most between two times that structs are made; each time it is twice as many."""
_NAME: Final = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII).fullmatch
_DECODE: Final = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode())).decode
_ENCODE: Final = msgspec.json.Encoder().encode
_QUOTE: Final = b'"'
_UNSET: Final = msgspec.UNSET
_NO_MEMBER: Final = len(b"{}")
_AROUND: Final = len(',"":')


class Taken(NamedTuple):
    """Contents that are valid as they are written.

    Attributes:
        contents: Their JSON.
        findings: What was done; of those behind the first MAX_PATHS without instance path. Without any they are as they
            came.
    """

    contents: bytes
    findings: list[Finding]


class _IntricateError(Exception):
    """A value takes a longer look."""


_Meant = tuple[str, msgspec.Raw, Finding]
"""Habit, JSON as RFC 7951 has it, and what was found, without its path."""


class _Leaf:
    """A leaf with habits: what its texts mean.

    Args:
        attribute: In its struct.
        field: Its name, and the rule that the compiled judge has for it.
        node: Of the schema.
    """

    __slots__ = ("_decode", "attribute", "known", "name", "node", "rule")

    def __init__(self, attribute: str, field: Field, node: Node) -> None:
        self.attribute = attribute
        self.name = field.name
        self.node = node
        self.rule: Rule = field.what
        self._decode = msgspec.json.Decoder(self.rule.annotation).decode
        self.known: dict[bytes, _Meant | None] = {}

    def meant(self, text: bytes, places: Places) -> _Meant | None:
        """Returns the habit and the text as RFC 7951 has it; None: the text is right as it stands."""
        if text in self.known:
            return self.known[text]
        node = self.node
        found: _Meant | None = None
        if not self._is_right(text):
            meant = respelt(node.type, _DECODE(text), node.module, places.prefixes) if node.type is not None else None
            spelt = _ENCODE(meant[1]) if meant is not None else b""
            if meant is None or not self._is_right(spelt):
                raise _IntricateError
            found = meant[0], msgspec.Raw(spelt), Finding(HABIT, meant[0], "", node.path, node.module)
        if len(self.known) >= MAX_TEXTS:
            self.known.clear()
        self.known[text] = found
        return found

    def _is_right(self, text: bytes) -> bool:
        try:
            value = self._decode(text)
        except msgspec.DecodeError:
            return False
        return self.rule.check is None or self.rule.check(value)


class _Plan(NamedTuple):
    """What is looked at in objects of one struct.

    Attributes:
        below: Path of the objects below the list entry that they are in, or below the top.
        unknown: Attribute, name and finding of each unknown member.
        leaves: Those with habits.
        inner: Attribute, path, whether it is a list, and plan of each member with something to look at.
        keys: Attribute and name of each key, in the schema's order.
    """

    below: str
    unknown: tuple[tuple[str, str, Finding], ...]
    leaves: tuple[_Leaf, ...]
    inner: tuple[tuple[str, str, bool, "_Plan"], ...]
    keys: tuple[tuple[str, str], ...]


_Way = tuple[Any, str, tuple[tuple[str, str], ...], Any, int]
"""How a list entry was reached: the entry that it is in, the path below that, its plan's keys, it, and its number."""


_Mark = tuple[Finding, _Way | None, str, str]
"""A finding without its path; the entry that it is in, the path below that, and the member's name."""


class OnePass:
    """Of one schema, for the thread that loaded it.

    Args:
        judge: The compiled one.
        places: What earlier messages taught.
    """

    def __init__(self, judge: CompiledJudge, places: Places) -> None:
        self._judge = judge
        self._places = places
        self._made_of: tuple[int, int] = (0, 0)
        self._wait = self._next_wait = 0
        self._reader: Reader | None = None
        self._plan: _Plan | None = None
        self._fields: dict[type[msgspec.Struct], tuple[Field, ...]] = {}
        self._shapes: dict[type[msgspec.Struct], tuple[tuple[str, Any, bool], ...]] = {}

    def take(self, text: bytes, accept: frozenset[str]) -> Taken | None:
        """Returns contents as they are to be published; None: this is not for here.

        Args:
            text: The object's bytes.
            accept: Names of the habits that are understood.
        """
        self._make_anew()
        if self._reader is None or self._plan is None:
            return None
        decoded = self._reader.decoded(text)
        if decoded is None:
            return None
        look = _Look(self._places, accept)
        try:
            look.at(decoded, self._plan, None)
        except (_IntricateError, msgspec.DecodeError):
            return None
        written = _ENCODE(decoded)
        if not look.accounts_for(text, written):
            return None
        findings = look.findings()
        if not findings:
            return Taken(text, []) if len(written) > _NO_MEMBER else None
        return Taken(written, findings) if self._says(decoded) else None

    def _make_anew(self) -> None:
        """Makes structs where more was learned since; the more often it was done, the rarer."""
        made_of = (self._places.learned, len(self._judge.met))
        if made_of == self._made_of or not self._places.learned:
            return
        if self._wait:
            self._wait -= 1
            return
        self._made_of = made_of
        self._next_wait = min(2 * self._next_wait + 1, MAX_WAIT)
        self._wait = self._next_wait
        more, loose = self._learned()
        structs, struct = self._judge.with_more(more, loose)
        self._reader, self._plan = Reader(struct), _plan(struct, structs, self._places.top, self._places)
        self._fields, self._shapes = structs.fields, {}

    def _learned(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
        more: dict[str, tuple[str, ...]] = {}
        loose: dict[str, tuple[str, ...]] = {}
        room = MAX_NAMES
        for path, place in self._places.met():
            names = [name for name in place.unknown if _NAME(name) and name not in place.names][:room]
            leaves = [name for name in sorted(place.suspects - place.keys) if place.nodes[name].kind == "leaf"]
            room -= len(names) + len(leaves)
            if names:
                more[path] = tuple(sorted(names))
            if leaves and room >= 0:
                loose[path] = tuple(leaves)
        return more, loose

    def _says(self, members: Any) -> bool:
        """Whether objects have more than ancestors and keys: a leaf, or a presence container."""
        shape = self._shapes.get(members.__class__)
        if shape is None:
            shape = self._shapes[members.__class__] = self._shape(members.__class__)
        for attribute, default, is_value in shape:
            held = getattr(members, attribute)
            if held is default:
                continue
            if is_value or any(map(self._says, held if held.__class__ is list else (held,))):
                return True
        return False

    def _shape(self, struct: Any) -> tuple[tuple[str, Any, bool], ...]:
        """Attribute, default, and whether it is a value, of the members that may say something."""
        defaults = {field.name: field.default for field in msgspec.structs.fields(struct)}
        return tuple(
            (f"f{number}", defaults[f"f{number}"], field.kind not in ("container", "list"))
            for number, field in enumerate(self._fields[struct])
            if not field.required
        )


def _plan(struct: Any, structs: Structs, place: Place, places: Places, path: str = "") -> _Plan:
    unknown, leaves, inner = [], [], []
    for attribute, field in _numbered(structs.fields[struct]):
        if field.kind == RAW and field.name in place.unknown:
            unknown.append((attribute, field.name, place.unknown[field.name]))
        elif field.kind == RAW:
            leaves.append(_Leaf(attribute, field, place.nodes[field.name]))
        elif field.kind in ("container", "list"):
            is_list, way = field.kind == "list", f"{path}/{field.name}"
            below = _plan(field.what, structs, places.inside(place, field.name), places, "" if is_list else way)
            if below.unknown or below.leaves or below.inner:
                inner.append((attribute, way, is_list, below))
    required = {field.name: attribute for attribute, field in _numbered(structs.fields[struct]) if field.required}
    keys = tuple((required[key], key) for key in place.key_names if key in required)
    return _Plan(path, tuple(unknown), tuple(leaves), tuple(inner), keys)


def _numbered(fields: tuple[Field, ...]) -> Iterator[tuple[str, Field]]:
    return ((f"f{number}", field) for number, field in enumerate(fields))


class _Look:
    """Looks at one instance.

    Args:
        places: Of its schema.
        accept: Names of the habits that are understood.
    """

    def __init__(self, places: Places, accept: frozenset[str]) -> None:
        self._places = places
        self._accept = accept
        self._marks: list[_Mark] = []
        self._gone: list[msgspec.Raw] = []
        self._spelt: list[tuple[bytes, bytes]] = []

    def at(self, members: Any, plan: _Plan, way: _Way | None) -> None:
        """Takes out what is unknown and spells habits anew, in an object and below it."""
        for attribute, name, found in plan.unknown:
            raw = getattr(members, attribute)
            if raw is not _UNSET:
                setattr(members, attribute, _UNSET)
                self._gone.append(raw)
                self._marks.append((found, way, plan.below, name))
        for leaf in plan.leaves:
            raw = getattr(members, leaf.attribute)
            if raw is not _UNSET:
                meant = leaf.meant(bytes(raw), self._places)
                if meant is not None:
                    self._spell(members, leaf, meant, bytes(raw))
                    self._marks.append((meant[2], way, plan.below, leaf.name))
        for attribute, path, is_list, below in plan.inner:
            value = getattr(members, attribute)
            if is_list:
                for number, entry in enumerate(value):
                    self.at(entry, below, (way, path, below.keys, entry, number))
            elif value is not None:
                self.at(value, below, way)

    def _spell(self, members: Any, leaf: _Leaf, meant: _Meant, text: bytes) -> None:
        if meant[0] not in self._accept:
            raise _IntricateError
        setattr(members, leaf.attribute, meant[1])
        self._spelt.append((text, bytes(meant[1])))

    def findings(self) -> list[Finding]:
        """Returns what was done."""
        return [
            *(_found_at(*mark) for mark in self._marks[:MAX_PATHS]),
            *[mark[0] for mark in self._marks[MAX_PATHS:]],
        ]

    def accounts_for(self, text: bytes, written: bytes) -> bool:
        """Whether all that is written less than there was is what was taken out, or spelt shorter.

        Of members that repeat the last was read: the others are missing. Blanks and escapes may go.
        """
        values = [bytes(raw) for raw in self._gone]
        nested = b"".join(values)
        if (b"{" in nested or b"[" in nested) and any(map(_repeats, values)):
            return False
        names = [mark[3] for mark in self._marks if mark[0].kind == UNKNOWN]
        less = len(nested) + len("".join(names)) + len(names) * _AROUND
        less += sum([len(before) - len(after) for before, after in self._spelt])
        if len(written) + less == len(text):
            return True
        quotes = nested.count(_QUOTE) + 2 * len(names)
        quotes += sum(before.count(_QUOTE) - after.count(_QUOTE) for before, after in self._spelt)
        return written.count(_QUOTE) + quotes == text.count(_QUOTE)


def _found_at(found: Finding, way: _Way | None, below: str, name: str) -> Finding:
    kind, cause, _, place, module, rule = found
    return Finding(kind, cause, f"{_path(way)}{below}/{name}", place, module, rule)


def _path(way: _Way | None) -> str:
    """Returns the instance path of a list entry, as ``findings.path_of`` has it."""
    if way is None:
        return ""
    above, path, keys, entry, number = way
    if not keys:
        return f"{_path(above)}{path}[{number + 1}]"
    for attribute, key in keys:
        path += f"[{key}={quote(getattr(entry, attribute))}]"
    return path if above is None else _path(above) + path


def _repeats(text: bytes) -> bool:
    """Whether a member may stand twice in an object of a value: the slower looks refuse it then."""
    return text[:1] in b"{[" and _ENCODE(_DECODE(text)).count(_QUOTE) != text.count(_QUOTE)

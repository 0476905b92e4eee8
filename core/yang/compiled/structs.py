"""Builds msgspec structs from schema nodes: decoding into one is judging, in one pass over the bytes.

Only structures that are alike are shared; what a struct cannot judge is no field of it, so that a text which holds it
is refused, and libyang judges.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final

import msgspec

from yangbeam.core.yang.canonical import Canonical, canonical, is_spelt_once
from yangbeam.core.yang.compiled.rules import Rule, rule_of
from yangbeam.core.yang.tree import Node, YangType

_HIGHEST: Final = "18446744073709551615"
_RAISE: Final = "raise ValueError"
"""A new exception each time: one that is shared keeps the frames and documents of all its raises alive."""


RAW: Final = "raw"
"""Kind of a member that is read and written as it stands, and not judged."""
NO_PLACES: Final[Mapping[str, Iterable[str]]] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of an object.

    Attributes:
        name: As it stands in JSON.
        kind: Of the node, or RAW.
        what: Rule of a leaf or leaf-list, struct of a container or list.
        required: A key.
        keys: Of each of the list's keys its number among its entry's fields, and its rule's ``canonical``.
        unique: Values of this leaf-list are unique.
    """

    name: str
    kind: str
    what: Any
    required: bool = False
    keys: tuple[tuple[int, Canonical | None], ...] = ()
    unique: bool = False


class Structs:
    """Structs of one schema tree.

    Args:
        qualified: Every name is spelt ``module:name``, as some publishers do; else only where the module changes.
        more: Path of an object, empty at the top → names of members that it takes beside its own, as they stand.
        loose: Path of an object → names of its leaves that are taken as they stand, and not judged.

    Attributes:
        left_out: Path → why, of what was left to libyang so far; a union may be so in part.
        fields: Struct → its members; that of number n is its attribute ``fn``.
    """

    def __init__(
        self,
        *,
        qualified: bool = False,
        more: Mapping[str, Iterable[str]] = NO_PLACES,
        loose: Mapping[str, Iterable[str]] = NO_PLACES,
    ) -> None:
        self._qualified = qualified
        self._more = more
        self._loose = loose
        self._rules: dict[tuple[int, str], tuple[YangType, Rule | str]] = {}
        self._built: dict[tuple[Field, ...], type[msgspec.Struct]] = {}
        self.left_out: dict[str, str] = {}
        self.fields: dict[type[msgspec.Struct], tuple[Field, ...]] = {}

    def with_more(self, more: Mapping[str, Iterable[str]], loose: Mapping[str, Iterable[str]]) -> "Structs":
        """Returns structs of the same tree that take more; what is alike is shared with these."""
        other = Structs(qualified=self._qualified, more=more, loose=loose)
        other._rules, other._built, other.fields = self._rules, self._built, self.fields
        return other

    def top(self, nodes: Iterable[Node]) -> type[msgspec.Struct]:
        """Returns the struct of an object that holds some of these nodes, by their qualified names."""
        return self._struct((*_kept(self._field(node, "", ()) for node in nodes), *self._raw("")))

    def only(self, node: Node, *, qualified: bool) -> type[msgspec.Struct]:
        """Returns the struct of an object that holds one node anywhere in the tree, ``f0``, and nothing else."""
        field = self._field(node, "" if qualified else node.module, ())
        return self._struct(() if field is None else (replace(field, required=True),))

    def _object(self, node: Node) -> tuple[type[msgspec.Struct], tuple[Field, ...]]:
        loose = self._loose.get(node.path, ())
        own = _kept(self._field(child, node.module, node.keys) for child in node.children.values())
        taken = tuple(Field(each.name, RAW, each.what) if each.name in loose else each for each in own)
        fields = (*taken, *self._raw(node.path))
        return self._struct(fields), fields

    def _raw(self, path: str) -> tuple[Field, ...]:
        return tuple(Field(name, RAW, None) for name in self._more.get(path, ()))

    def _struct(self, fields: tuple[Field, ...]) -> type[msgspec.Struct]:
        built = self._built.get(fields)
        if built is None:
            built = self._built[fields] = _define(fields)
            self.fields[built] = fields
        return built

    def _field(self, node: Node, module: str, keys: tuple[str, ...]) -> Field | None:
        plain = node.module == module and not self._qualified
        name = node.name if plain else f"{node.module}:{node.name}"
        if node.type is not None:
            return self._leaf(node, name, required=node.module == module and node.name in keys)
        if node.kind in ("container", "list"):
            return self._inner(node, name)
        self.left_out[node.path] = f"{node.kind} is judged by libyang"
        return None

    def _leaf(self, node: Node, name: str, *, required: bool) -> Field | None:
        rule = self._rule(node)
        if isinstance(rule, str):
            self.left_out[node.path] = rule
            return None
        if rule.partly:
            self.left_out[node.path] = f"in part: {rule.partly}"
        return Field(name, node.kind, rule, required=required, unique=node.kind == "leaf-list" and node.config)

    def _rule(self, node: Node) -> Rule | str:
        assert node.type is not None, "leaves have a type"  # noqa: S101 - for the type checker
        key = (id(node.type), node.module)
        if key not in self._rules:
            self._rules[key] = (node.type, _rule_of(node, node.type))  # the type is kept: its id stays its own
        return self._rules[key][1]

    def _inner(self, node: Node, name: str) -> Field | None:
        struct, fields = self._object(node)
        numbers = tuple(number for number, member in enumerate(fields) if member.required)
        if len(numbers) != len(node.keys):
            self.left_out[node.path] = "one of its keys is judged by libyang"
            return None
        return Field(name, node.kind, struct, keys=tuple((at, fields[at].what.canonical) for at in numbers))


def _rule_of(node: Node, kind: YangType) -> Rule | str:
    rule = rule_of(kind, node.module)
    # An uint64 that passes has no zeros before it, and no sign.
    if isinstance(rule, str) or kind.base == "uint64" or is_spelt_once(kind):
        return rule
    return replace(rule, canonical=canonical(node))


def _kept(fields: Iterable[Field | None]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field is not None)


def _define(fields: tuple[Field, ...]) -> type[msgspec.Struct]:
    members = [_member(number, field) for number, field in enumerate(fields)]
    source, names = _checks(fields)
    return msgspec.defstruct(
        "Object",
        members,
        rename={f"f{number}": field.name for number, field in enumerate(fields)},
        namespace={"__post_init__": FunctionType(_code(source), names)} if source else None,
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        eq=False,
        gc=False,
    )


_ARRAYS: Final = frozenset(("list", "leaf-list"))


def _member(number: int, field: Field) -> Any:
    inner: Any = field.what.annotation if isinstance(field.what, Rule) else field.what
    annotation: Any = list.__class_getitem__(inner) if field.kind in _ARRAYS else inner
    name = f"f{number}"
    if field.kind == RAW:
        return name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET
    if field.required:
        return name, annotation
    if field.kind in _ARRAYS:
        return name, annotation, ()
    # Of digits in a row an absent one is the least trouble.
    return name, annotation, "1" if isinstance(field.what, Rule) and field.what.digits else None


def _checks(fields: tuple[Field, ...]) -> tuple[str, dict[str, Any]]:
    """Source of what remains to be checked of a decoded object, and the names that it uses; empty for nothing."""
    lines: list[str] = []
    names: dict[str, Any] = {"highest": _HIGHEST}
    digits = []
    for number, field in enumerate(fields):
        rule = field.what if isinstance(field.what, Rule) and field.kind != RAW else None
        if rule is not None and rule.digits and field.kind == "leaf":
            digits.append(number)
            continue
        if rule is not None and rule.check is not None:
            names |= {f"k{number}": rule.known, f"c{number}": rule.check}
        if rule is not None and rule.canonical is not None and field.unique:
            names[f"u{number}"] = rule.canonical
        names |= {f"u{number}_{key}": render for key, render in field.keys if render is not None}
        lines += _lines(number, field, rule)
    return "".join(f"    {line}\n" for line in [*_digits(digits), *lines]), names


def _lines(number: int, field: Field, rule: Rule | None) -> list[str]:
    it = f"self.f{number}"
    conditions = []
    if rule is not None and rule.check is not None:
        known = f"k{number}.issuperset({it})" if field.kind == "leaf-list" else f"{it} in k{number}"
        passes = f"all(map(c{number}, {it}))" if field.kind == "leaf-list" else f"c{number}({it})"
        conditions.append(f"not {known} and not {passes}")
    if field.unique:
        values = it if rule is None or rule.canonical is None else f"map(u{number}, {it})"
        conditions.append(f"len({it}) > 1 and len(set({values})) != len({it})")
    if field.keys:
        key = ", ".join(f"u{number}_{at}(entry.f{at})" if render else f"entry.f{at}" for at, render in field.keys)
        key = f"({key})" if len(field.keys) > 1 else key
        conditions.append(f"len({it}) > 1 and len({{{key} for entry in {it}}}) != len({it})")
    return [f"if {condition}: {_RAISE}" for condition in conditions]


def _digits(numbers: list[int]) -> list[str]:
    """Checks all numbers of 64 bits in one go: joined, they are digits; few begin with a zero, or are long."""
    if not numbers:
        return []
    names = [f"v{number}" for number in numbers]
    joined = "".join(f"{{{name}}}" for name in names)
    zero_first = " or ".join(f"{name} < '1'" for name in names)
    longest = " or ".join(f"len({name}) == 20" for name in names)
    return [
        *(f"v{number} = self.f{number}" for number in numbers),
        f'if not f"{joined}".encode().isdigit(): {_RAISE}',
        f"if {zero_first}:",
        *(f"    if '0' < {name} < '1': {_RAISE}" for name in names),
        f"if {longest}:",
        *(f"    if len({name}) == 20 and {name} > highest: {_RAISE}" for name in names),
    ]


@lru_cache(maxsize=4096)
def _code(source: str) -> CodeType:
    """Compiles the body of a ``__post_init__``; many structs share one, and differ in the names it uses."""
    module = compile(f"def check(self):\n{source}", "<compiled from YANG>", "exec")
    return next(constant for constant in module.co_consts if isinstance(constant, CodeType))

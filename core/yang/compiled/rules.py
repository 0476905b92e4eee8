"""What a leaf's value may be, as a msgspec annotation and, where that cannot say all, a check of the decoded value.

The annotation is judged in C while the text is parsed; the check runs after it and remembers the short texts that
passed, since names, addresses and times of state come again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from yangbeam.core.yang.compiled.texts import Parts, Taker, taker_of, within
from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import BOUNDS

NO_FLOAT: Final = Annotated[float, Meta(ge=2.0, le=1.0)]
"""No number at all: beside an integer it makes msgspec read ``1.0`` and ``1e1`` as what libyang reads with care."""
EMPTY: Final = Annotated[list[None], Meta(min_length=1, max_length=1)]
"""``[null]`` (RFC 7951 section 6.9). As a tuple it would crash msgspec 0.22 in a union with a bounded number."""
MAX_KNOWN: Final = 4096
"""Texts remembered by a rule; when there are more, all are forgotten."""
SHORT: Final = 64
"""Characters of the longest text worth remembering."""
DIGITS: Final = Annotated[str, Meta(min_length=1, max_length=20)]
"""An uint64; the struct checks all of its own in one go."""

Known = set[str | None]


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """How values of one type are judged.

    Attributes:
        annotation: For msgspec.
        check: What the annotation leaves open; None: nothing. Adds the texts that pass to ``known``.
        known: Texts that passed, and None, which stands for a leaf that is absent.
        digits: An uint64 without range: the struct may check its text with others instead.
        partly: What of the type is left to libyang; empty: nothing.
        canonical: What renders equal values as equal texts, where those that pass have more spellings than one.
    """

    annotation: Any
    check: Callable[[Any], bool] | None = None
    known: Known = field(default_factory=lambda: {None})
    digits: bool = False
    partly: str = ""
    canonical: Callable[[Any], str] | None = None


@dataclass(slots=True)
class _Kinds:
    """What kinds of JSON values a type takes: the union of its members."""

    integers: list[tuple[int, int]] = field(default_factory=list)
    literals: set[str] = field(default_factory=set)
    takers: list[Taker] = field(default_factory=list)
    lengths: Parts = ()
    any_text: bool = False
    boolean: bool = False
    empty: bool = False
    left: list[str] = field(default_factory=list)


def rule_of(kind: YangType, module: str) -> Rule | str:
    """Returns the rule of a leaf in ``module``, or why libyang judges it."""
    kinds = _Kinds()
    _collect(kind, module, kinds)
    if kind.base == "uint64" and not kind.ranges:
        return Rule(DIGITS, _checking(kinds, set()), digits=True)
    annotations = [*_plain(kinds), *_integers(kinds), *_texts(kinds)]
    if not annotations:
        return "; ".join(dict.fromkeys(kinds.left)) or "no identity is derived from its base"
    known: Known = {None}
    check = _checking(kinds, known) if _is_open(kinds) else None
    return Rule(reduce(or_, annotations), check, known, partly="; ".join(dict.fromkeys(kinds.left)))


def _collect(kind: YangType, module: str, kinds: _Kinds) -> None:
    if kind.base == "union":
        for member in kind.members:
            _collect(member, module, kinds)
    elif kind.base == "boolean":
        kinds.boolean = True
    elif kind.base == "empty":
        kinds.empty = True
    elif kind.base == "enumeration":
        kinds.literals.update(name for name, _ in kind.enums)
    elif kind.base == "identityref":
        kinds.literals.update(_identities(kind, module))
    elif kind.base in BOUNDS and not kind.base.endswith("64"):
        kinds.integers += kind.ranges or (BOUNDS[kind.base],)
    elif kind.base == "string" and not kind.patterns and not kind.plugin and len(kind.lengths) <= 1:
        _collect_open_text(kind, kinds)
    else:
        _collect_taker(kind, kinds)


def _identities(kind: YangType, module: str) -> list[str]:
    """Both spellings: the module's name may be left out where it is the leaf's own (RFC 7951 section 6.8)."""
    own = f"{module}:"
    return [*kind.identities, *(name.removeprefix(own) for name in kind.identities if name.startswith(own))]


def _collect_open_text(kind: YangType, kinds: _Kinds) -> None:
    if not kind.lengths:
        kinds.any_text = True
    lengths = kind.lengths
    kinds.lengths += lengths
    kinds.takers.append(lambda text: within(len(text), lengths))


def _collect_taker(kind: YangType, kinds: _Kinds) -> None:
    taker, why = taker_of(kind)
    if taker is None:
        kinds.left.append(why)
    else:
        kinds.takers.append(taker)


def _plain(kinds: _Kinds) -> list[Any]:
    return [bool] * kinds.boolean + [EMPTY] * kinds.empty


def _integers(kinds: _Kinds) -> list[Any]:
    if not kinds.integers:
        return []
    low, high = min(low for low, _ in kinds.integers), max(high for _, high in kinds.integers)
    return [Annotated[int, Meta(ge=low, le=high)], NO_FLOAT]


def _is_one_length(kinds: _Kinds) -> bool:
    """The only texts are those of one type that asks for nothing but a length."""
    return len(kinds.lengths) == len(kinds.takers) == 1 and not kinds.literals


def _texts(kinds: _Kinds) -> list[Any]:
    if not kinds.takers:
        return [Literal[tuple(sorted(kinds.literals))]] if kinds.literals else []
    if _is_one_length(kinds):
        low, high = kinds.lengths[0]
        return [Annotated[str, Meta(min_length=low, max_length=min(high, 2**62))]]
    return [str]


def _is_open(kinds: _Kinds) -> bool:
    """Whether the annotation says less than the type."""
    texts = bool(kinds.takers) and not kinds.any_text and not _is_one_length(kinds)
    return texts or len(set(kinds.integers)) > 1


def _checking(kinds: _Kinds, known: Known) -> Callable[[Any], bool]:
    literals, takers, ranges = frozenset(kinds.literals), tuple(kinds.takers), tuple(kinds.integers)

    def check(value: Any) -> bool:
        if value.__class__ is not str:
            return value.__class__ is not int or within(value, ranges)
        if value not in literals and not any(taker(value) for taker in takers):
            return False
        if len(value) <= SHORT:
            if len(known) > MAX_KNOWN:
                known.clear()
                known.add(None)
            known.add(value)
        return True

    return check

"""How some publishers spell values and names otherwise than RFC 7951, and what they mean where the schema leaves one.

Only what is no value of its type is looked at: what is valid already is never spelt anew. docs/causes.md has the table.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

from msgspec import Raw

from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import BOUNDS, broken_rule

LIST_ENTRY: Final = "list-entry-as-object"
LEAF_LIST: Final = "leaf-list-entry-alone"
IDENTITY: Final = "identity-by-prefix"
BARE_IDENTITY: Final = "identity-without-module"
MEMBER: Final = "member-without-module"
MEMBER_PREFIX: Final = "member-by-prefix"
MEMBER_GROUPING: Final = "member-by-grouping"
NUMBER_TEXT: Final = "number-as-string"
TEXT_NUMBER: Final = "string-as-number"
FRACTION: Final = "integer-with-fraction"
BOOLEAN_TEXT: Final = "boolean-as-string"
EMPTY: Final = "true-for-empty"
BLANKS: Final = "blanks-around-value"
REVISION: Final = "empty-revision"


class Habit(NamedTuple):
    """One row of the documentation.

    Attributes:
        what: What is sent.
        done: What it becomes.
        seen: Vendor and release where it was seen; empty: reported, and not seen by this project.
    """

    what: str
    done: str
    seen: str


HABITS: Final[dict[str, Habit]] = {
    LIST_ENTRY: Habit(
        "An entry of a list as an object", "An array of one entry", "Cisco IOS XR (the release is not told), in edits"
    ),
    LEAF_LIST: Habit("A value of a leaf-list alone", "An array of one value", ""),
    IDENTITY: Habit(
        "An identity by the prefix of its module (`ianaift:ethernetCsmacd`)",
        "`module:name`, where prefix, name and base leave one identity",
        "Huawei MA5800T X17, March 2025",
    ),
    BARE_IDENTITY: Habit(
        "An identity of another module without a module", "`module:name`, where name and base leave one identity", ""
    ),
    MEMBER: Habit(
        "A member of another module without its module (`module-version`, augmented leaves)",
        "`module:name`, where one child has the name",
        "",
    ),
    MEMBER_PREFIX: Habit(
        "A member by the prefix of its module (`ip:ipv4`)", "`module:name`, where one module has the prefix", ""
    ),
    MEMBER_GROUPING: Habit(
        "The patch of an update by the module of its grouping (`ietf-yang-patch:yang-patch`)",
        "`yang-patch`: nodes of a grouping are of the module that uses it (RFC 7950 section 7.13)",
        "",
    ),
    NUMBER_TEXT: Habit('A number as a string (`"1500"` for uint32)', "The number", ""),
    TEXT_NUMBER: Habit(
        "A number where a string stands for it (int64, uint64, decimal64) or is one (string)", "The string", ""
    ),
    FRACTION: Habit(
        "An integer with exponent or fraction (`1e3`, `7.0`), a decimal64 with exponent", "The number without", ""
    ),
    BOOLEAN_TEXT: Habit('`"true"` or `"false"` for a boolean', "The boolean", ""),
    EMPTY: Habit('`true`, `null` or `""` for an empty leaf', "`[null]`", ""),
    BLANKS: Habit(
        'Blanks around a value that is no string (`" 8"`), line breaks in base64', "The value without them", ""
    ),
    REVISION: Habit("An empty `revision`", "It is left out: no revision is said", ""),
}
"""By name, which is final: configuration, report and metrics use it."""

LENT: Final = frozenset((("ietf-yang-push", "ietf-yang-patch:yang-patch"),))
"""Modules that use a grouping, and its nodes as named by the module that lends it."""
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII).fullmatch
_JSON_NUMBER: Final = re.compile(
    r"-?(?:0|[1-9][0-9]{0,60})(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII
).fullmatch
_MOST_DIGITS: Final = 40
_BLANKS: Final = " \t\r\n"
_WORDS: Final = re.compile(rf"[^{_BLANKS}]+").findall
Spelt = tuple[str, Any]
"""(habit, the value as RFC 7951 has it)."""
Prefixes = Mapping[str, str]
"""Module name → its YANG prefix."""


def respelt(kind: YangType, value: Any, module: str, prefixes: Prefixes) -> Spelt | None:
    """Returns what a value that is none of its type means, and by which habit; None where not one meaning is left.

    Args:
        kind: The leaf's type.
        value: Parsed JSON; numbers with a fraction or exponent as ``msgspec.Raw``, their very text.
        module: Module of the leaf.
        prefixes: Of the modules of the schema.
    """
    if kind.base == "union":
        return _of_union(kind, value, module, prefixes)
    for found in _candidates(kind, value, prefixes):
        if not broken_rule(kind, found[1], module):
            return found
    bare = _without_blanks(kind, value)
    if bare == value:
        return None
    return (BLANKS, bare) if not broken_rule(kind, bare, module) else respelt(kind, bare, module, prefixes)


def _without_blanks(kind: YangType, value: Any) -> Any:
    """Returns a text as XML has it: blanks around a value are none of it, and none of base64 (RFC 7950 section 9)."""
    if not isinstance(value, str) or kind.base == "string":
        return value
    return "".join(_WORDS(value)) if kind.base == "binary" else value.strip(_BLANKS)


def _of_union(kind: YangType, value: Any, module: str, prefixes: Prefixes) -> Spelt | None:
    """A union leaves one meaning where all of its members that take the value take it as the same."""
    found = [each for member in kind.members if (each := respelt(member, value, module, prefixes)) is not None]
    if not found or any(repr(other) != repr(each) for (_, each), (_, other) in pairwise(found)):
        return None
    return found[0]


def _candidates(kind: YangType, value: Any, prefixes: Prefixes) -> Iterator[Spelt]:
    if kind.base == "identityref":
        yield from _identity(kind, value, prefixes)
    elif kind.base in _READINGS:
        yield from _READINGS[kind.base](value)


def _identity(kind: YangType, value: Any, prefixes: Prefixes) -> Iterator[Spelt]:
    if not isinstance(value, str):
        return
    prefix, _, name = value.rpartition(":")
    alike = [identity for identity in kind.identities if identity.rpartition(":")[2] == name]
    if prefix:
        alike = [one for one in alike if prefixes.get(one.rpartition(":")[0]) == prefix]
    if len(alike) == 1:
        yield IDENTITY if prefix else BARE_IDENTITY, alike[0]


def _small(value: Any) -> Iterator[Spelt]:
    if isinstance(value, str) and _INTEGER(value):
        yield NUMBER_TEXT, int(value)
    elif isinstance(value, Raw | str):
        whole = _whole(value)
        if whole is not None:
            yield FRACTION, whole


def _wide(value: Any) -> Iterator[Spelt]:
    whole = value if type(value) is int else _whole(value) if isinstance(value, Raw | str) else None
    if whole is not None:
        yield FRACTION if isinstance(value, str) else TEXT_NUMBER, str(whole)


def _decimal(value: Any) -> Iterator[Spelt]:
    if type(value) is int:
        yield TEXT_NUMBER, f"{value}.0"
    elif isinstance(value, Raw | str):
        number = _number(value)
        if number is not None:
            text = format(number, "f")
            yield FRACTION if isinstance(value, str) else TEXT_NUMBER, text if "." in text else f"{text}.0"


def _string(value: Any) -> Iterator[Spelt]:
    if type(value) is int:
        yield TEXT_NUMBER, str(value)
    elif isinstance(value, Raw):
        yield TEXT_NUMBER, bytes(value).decode()


def _boolean(value: Any) -> Iterator[Spelt]:
    if value in ("true", "false"):
        yield BOOLEAN_TEXT, value == "true"


def _empty(value: Any) -> Iterator[Spelt]:
    if value is True or value is None or value in ("", "true"):
        yield EMPTY, [None]


def _number(value: Raw | str) -> Decimal | None:
    """The number that a text is as JSON has them, where it is not one of thousands of digits."""
    text = value if isinstance(value, str) else bytes(value).decode()
    if not _JSON_NUMBER(text):
        return None
    number = Decimal(text)
    return number if number.is_finite() and abs(number.adjusted()) < _MOST_DIGITS else None


def _whole(value: Raw | str) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


_READINGS: Final[dict[str, Callable[[Any], Iterator[Spelt]]]] = {
    **{base: _wide if base.endswith("64") else _small for base in BOUNDS},
    "decimal64": _decimal,
    "string": _string,
    "boolean": _boolean,
    "empty": _empty,
}

"""How a value of RFC 7951 JSON becomes the value of its column: one compiled function per leaf.

Values leave as int, str, bool, bytes or lists of them: a decimal as its canonical text, a timestamp as microseconds
since the Unix epoch, UTC. Every function raises ``ValueError`` or ``TypeError`` for what its column cannot hold.
"""

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

import orjson

from yangbeam.core.date_and_time import Nearest, nearest
from yangbeam.core.tables.columns import BOUNDS, TEXT, ColumnType, column_type_of, key_type_of, scalar_type
from yangbeam.core.yang.tree import Node, YangType

Convert = Callable[[Any], Any]

_DOUBLE_DIGITS: Final = 15
"""Significant digits that survive a JSON number parsed as a double."""


def converter(node: Node) -> Convert:
    """Returns the function for the values of a leaf, leaf-list, anydata or anyxml."""
    if node.type is None:
        return _as_json
    one = _scalar(node.type, scalar_type(node.type), node.module)
    return partial(_each, one) if column_type_of(node).many else one


def key_converter(leaf: Node) -> Convert:
    """Returns the function for the values of a list's key."""
    return _text if key_type_of(leaf) == TEXT and column_type_of(leaf) != TEXT else converter(leaf)


def _scalar(yang: YangType, column: ColumnType, module: str) -> Convert:
    if column.kind in BOUNDS:
        return partial(_integer, *BOUNDS[column.kind])
    if column.kind == "text":
        return _bits(yang) if yang.base == "bits" else _TEXTS.get(yang.base, _text)
    if column.kind == "decimal":
        return partial(_decimal, column.digits)
    if column.kind == "enum":
        return partial(_one_of, {name: name for member in _members(yang) for name, _ in member.enums})
    if column.kind == "identity":
        return partial(_identity, _spellings(yang, module), module)
    return _empty if yang.base == "empty" else _SIMPLE[column.kind]


def _members(yang: YangType) -> list[YangType]:
    return [below for member in yang.members for below in _members(member)] or [yang]


def _integer(low: int, high: int, value: Any) -> int:
    # 64-bit integers are strings (RFC 7951 section 6.1); devices send either form for any size.
    kind = type(value)
    if kind is str:
        if "_" in value:  # Python's own spelling
            raise ValueError(f"{value!r} is no integer")
        value = int(value)
    elif kind is not int:
        raise TypeError(f"{value!r} is no integer")
    if low <= value <= high:
        return value
    raise ValueError(f"{value} is outside {low}..{high}")


def _decimal(digits: int, value: Any) -> str:
    if type(value) is float:
        value = format(Decimal(repr(value)), "f")
        if len(value.replace(".", "").strip("-0")) > _DOUBLE_DIGITS:
            raise ValueError(f"{value} was a JSON number and has lost digits")
    whole, _, fraction = (str(value) if type(value) is int else _text(value)).partition(".")
    fraction = fraction.rstrip("0")
    scaled = int(whole + fraction.ljust(digits, "0"))
    low, high = BOUNDS["int64"]
    if len(fraction) > digits or "_" in whole or "_" in fraction or not low <= scaled <= high:
        raise ValueError(f"{value} has no place in a decimal64 of {digits} fraction digits")
    text = str(abs(scaled)).rjust(digits + 1, "0")
    return f"{'-' if scaled < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise TypeError(f"{value!r} is no boolean")


def _empty(value: Any) -> bool:
    # RFC 7951 section 6.9: [null].
    if value == [None]:
        return True
    raise ValueError(f"{value!r} is not [null]")


def _one_of(names: Mapping[str, str], value: Any) -> str:
    if value in names:
        return names[value]
    raise ValueError(f"{value!r} is none of {', '.join(names)}")


def _identity(spellings: Mapping[str, str], module: str, value: Any) -> str:
    known = spellings.get(value)
    if known is not None:
        return known
    if type(value) is not str:
        raise TypeError(f"{value!r} is no identity")
    return value if ":" in value else f"{module}:{value}"


def _spellings(yang: YangType, module: str) -> dict[str, str]:
    """Maps both spellings of RFC 7951 section 6.8 to the qualified one; of like names the leaf's own module's wins."""
    qualified = [name for member in _members(yang) for name in member.identities]
    local = {name.rpartition(":")[2]: name for name in qualified}
    own = {name.rpartition(":")[2]: name for name in qualified if name.startswith(f"{module}:")}
    return {**local, **own, **{name: name for name in qualified}}


def _bits(yang: YangType) -> Convert:
    order = dict(yang.bits)
    return partial(_ordered, order)


def _ordered(order: Mapping[str, int], value: Any) -> str:
    names = _text(value).split()
    unknown = [name for name in names if name not in order]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of the bits {', '.join(order)}")
    return " ".join(sorted(names, key=order.__getitem__))


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise TypeError(f"{value!r} is no text")


def _text_or_json(value: Any) -> str:
    # A union's strings as they are, all else as RFC 7951 writes it: 5, true, [null].
    return value if type(value) is str else orjson.dumps(value).decode()


def _binary(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _each(one: Convert, value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"{value!r} is no leaf-list")
    return [one(item) for item in value]


def moment(value: Any) -> Nearest:
    """Returns the instant nearest to a date-and-time; ValueError or TypeError when it is none."""
    found = nearest(_text(value))
    if found is None:
        raise ValueError(f"{value} is no date-and-time")
    return found


def _timestamp(value: Any) -> int:
    return moment(value).us


_TEXTS: Final[dict[str, Convert]] = {"union": _text_or_json}
_SIMPLE: Final[dict[str, Convert]] = {"boolean": _boolean, "binary": _binary, "timestamp": _timestamp}

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
from yangbeam.core.yang.canonical import Canonical, Form, canonical, form_of
from yangbeam.core.yang.tree import Node, Tree, YangType

Convert = Callable[[Any], Any]

_DOUBLE_DIGITS: Final = 15
"""Significant digits that survive a JSON number parsed as a double."""


def converter(node: Node, tree: Tree | None = None) -> Convert:
    """Returns the function for the values of a leaf, leaf-list, anydata or anyxml of a schema."""
    if node.type is None:
        return _as_json
    one = _scalar(node, node.type, scalar_type(node.type), tree)
    return partial(_each, one) if column_type_of(node).many else one


def key_converter(leaf: Node, tree: Tree | None = None) -> Convert:
    """Returns the function for the values of a list's key."""
    return _text if key_type_of(leaf) == TEXT and column_type_of(leaf) != TEXT else converter(leaf, tree)


def _scalar(node: Node, yang: YangType, column: ColumnType, tree: Tree | None) -> Convert:
    if column.kind in BOUNDS:
        return partial(_integer, *BOUNDS[column.kind])
    if column.kind == "text":
        return _worded(node, yang, tree)
    if column.kind == "decimal":
        return partial(_decimal, column.digits)
    if column.kind == "enum":
        return partial(_one_of, {name: name for member in _members(yang) for name, _ in member.enums})
    if column.kind == "identity":
        return partial(_rendered, canonical(node, tree))
    return _empty if yang.base == "empty" else _SIMPLE[column.kind]


def _worded(node: Node, yang: YangType, tree: Tree | None) -> Convert:
    """Returns the function of a column of text: canonical, so that a leaf that points at a key is equal to it."""
    if yang.base == "bits":
        return partial(_formed, form_of(yang, node.module), f"the bits {', '.join(name for name, _ in yang.bits)}")
    render = canonical(node, tree)
    return partial(_member, render) if yang.base == "union" else partial(_rendered, render)


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
    whole, _, fraction = (str(value) if type(value) is int else _text(value).strip(" \t\r\n")).partition(".")
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


def _formed(form: Form, kind: str, value: Any) -> str:
    text = form(value)
    if text is None:
        raise ValueError(f"{value!r} is no value of {kind}")
    return text


def _rendered(render: Canonical, value: Any) -> str:
    return render(_text(value))


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise TypeError(f"{value!r} is no text")


def _member(render: Canonical, value: Any) -> str:
    # A union's values in their canonical form, but for an empty one as RFC 7951 writes it: a text may be empty.
    return render(value) if type(value) is not list else orjson.dumps(value).decode()


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


_SIMPLE: Final[dict[str, Convert]] = {"boolean": _boolean, "binary": _binary, "timestamp": _timestamp}

"""Says whether a JSON value is one of a YANG type (RFC 7951 section 6), and if not, which rule it breaks."""

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from yangbeam.core.yang.backtracking import longest_of
from yangbeam.core.yang.tree import YangType

BOUNDS: dict[str, tuple[int, int]] = {
    **{f"int{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
"""What Python knows beyond that, exponents and infinities, YANG does not, and some of it takes seconds to reckon."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Characters that no YANG string has (RFC 7950 section 14, yang-char); those beyond the first plane are left out."""
_CLASSES = {r"\p{L}": "A-Za-z\u00aa-\uffff", r"\p{N}": "0-9\u00b2-\u00be\u0660-\u0669", r"\p{Nd}": "0-9\u0660-\u0669"}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@lru_cache(maxsize=1024)
def compile_pattern(expression: str) -> tuple[re.Pattern[str] | None, int]:
    r"""Compiles an XSD expression for fullmatch, of texts of so many characters at most.

    None when it uses what Python's re does not have, or what may make it go back without end.

    In XSD ``^`` and ``$`` are ordinary characters, and ``\p{L}`` is a class.
    """
    out, depth, i = [], 0, 0
    while i < len(expression):
        char = expression[i]
        if char == "\\":
            name = next((name for name in _CLASSES if expression.startswith(name, i)), expression[i : i + 2])
            out.append(name if name not in _CLASSES else _CLASSES[name] if depth else f"[{_CLASSES[name]}]")
            i += len(name)
            continue
        depth += {"[": 1, "]": -1}.get(char, 0)
        out.append(f"\\{char}" if char in "^$" and not depth else char)
        i += 1
    try:
        regex = re.compile("".join(out))
    except (re.error, RecursionError):
        return None, 0
    longest = longest_of(expression, regex.pattern)
    return (regex if longest else None), longest


def _within(number: int, parts: tuple[tuple[int, int], ...]) -> bool:
    return not parts or any(low <= number <= high for low, high in parts)


def _parts(parts: tuple[tuple[int, int], ...]) -> str:
    return " | ".join(str(low) if low == high else f"{low}..{high}" for low, high in parts)


def _integer(kind: YangType, value: Any) -> str:
    quoted = kind.base.endswith("64")
    if quoted and not isinstance(value, str):
        return f"{kind.base} is a JSON string (RFC 7951 section 6.1), not {_shown(value)}"
    if not quoted and (not isinstance(value, int) or isinstance(value, bool)):
        return f"{kind.base} is a JSON integer, not {_shown(value)}"
    if quoted and not _INTEGER.fullmatch(value):
        return f"{_shown(value)} is no {kind.base}"
    low, high = BOUNDS[kind.base]
    # Python refuses to convert thousands of digits; no integer of YANG has more than 20.
    digits = str(value).lstrip("+-").lstrip("0")
    number = int(value) if len(digits) <= 20 else high + 1
    if not low <= number <= high:
        return f"{_shown(value)} is outside {kind.base}"
    return "" if _within(number, kind.ranges) else f"{_shown(value)} is outside the range {_parts(kind.ranges)}"


def _decimal64(kind: YangType, value: Any) -> str:
    if not isinstance(value, str):
        return f"decimal64 is a JSON string (RFC 7951 section 6.1), not {_shown(value)}"
    if not _DECIMAL.fullmatch(value):
        return f"{_shown(value)} is no decimal64"
    scaled = Decimal(value).scaleb(kind.fraction_digits)
    if scaled != scaled.to_integral_value():
        return f"{_shown(value)} has more than {kind.fraction_digits} fraction digits"
    if not _within(int(scaled), kind.ranges or (BOUNDS["int64"],)):
        return f"{_shown(value)} is outside the decimal64's range"
    return ""


def _string(kind: YangType, value: Any) -> str:
    if not isinstance(value, str):
        return f"string is a JSON string, not {_shown(value)}"
    if _FORBIDDEN.search(value):
        return f"{_shown(value)} has a character that no YANG string has (RFC 7950 section 14)"
    if not _within(len(value), kind.lengths):
        return f"{_shown(value)} is {len(value)} characters long; allowed: {_parts(kind.lengths)}"
    for expression, inverted in kind.patterns:
        pattern, longest = compile_pattern(expression)
        if pattern and len(value) <= longest and bool(pattern.fullmatch(value)) == inverted:
            return f"{_shown(value)} {'matches' if inverted else 'does not match'} the pattern {expression[:120]}"
    return ""


def _binary(kind: YangType, value: Any) -> str:
    try:
        size = len(base64.b64decode(value, validate=True)) if isinstance(value, str) else -1
    except (binascii.Error, ValueError):
        size = -1
    if size < 0:
        return f"binary is a JSON string in base64, not {_shown(value)}"
    return "" if _within(size, kind.lengths) else f"{size} octets; allowed: {_parts(kind.lengths)}"


def _enumeration(kind: YangType, value: Any) -> str:
    names = [name for name, _ in kind.enums]
    if isinstance(value, str) and value in names:
        return ""
    return f"{_shown(value)} is none of the enumeration's {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"


def _bits(kind: YangType, value: Any) -> str:
    names = {name for name, _ in kind.bits}
    words = value.split() if isinstance(value, str) else [""]
    if len(set(words)) < len(words):
        return f"{_shown(value)} has a bit that stands twice (RFC 7950 section 9.7.2)"
    if all(bit in names for bit in words):
        return ""
    return f"{_shown(value)} is no set of the bits {', '.join(sorted(names)[:12])}"


def _empty(_: YangType, value: Any) -> str:
    return "" if value == [None] else f"empty is [null] (RFC 7951 section 6.9), not {_shown(value)}"


def _boolean(_: YangType, value: Any) -> str:
    return "" if isinstance(value, bool) else f"boolean is true or false, not {_shown(value)}"


def _instance_identifier(_: YangType, value: Any) -> str:
    if isinstance(value, str) and value.startswith("/"):
        return ""
    return f"instance-identifier is a path, not {_shown(value)}"


_RULES: dict[str, Callable[[YangType, Any], str]] = {
    **dict.fromkeys(BOUNDS, _integer),
    "decimal64": _decimal64,
    "string": _string,
    "binary": _binary,
    "enumeration": _enumeration,
    "bits": _bits,
    "empty": _empty,
    "boolean": _boolean,
    "instance-identifier": _instance_identifier,
}


def broken_rule(kind: YangType, value: Any, module: str) -> str:
    """Returns the rule that ``value`` breaks, in words; empty when it is a value of the type.

    Args:
        kind: The type.
        value: Parsed JSON.
        module: Module of the leaf: an identity of it may stand without prefix (RFC 7951 section 6.8).
    """
    if kind.base == "union":
        if any(not broken_rule(member, value, module) for member in kind.members):
            return ""
        members = ", ".join(dict.fromkeys(member.typedef or member.base for member in kind.members))
        return f"{_shown(value)} is no member of the union of {members}"
    if kind.base == "identityref":
        qualified = value if isinstance(value, str) and ":" in value else f"{module}:{value}"
        return "" if qualified in kind.identities else f"{_shown(value)} is no identity that this leaf accepts"
    return _RULES[kind.base](kind, value)

"""Which JSON strings a YANG type surely takes: a function per built-in type, or none where libyang alone can say.

Each is at most as generous as libyang (RFC 7950 section 9, RFC 7951 section 6): rare spellings that libyang also
takes, such as ``+1``, ``0x1f``, ``017`` or blanks around a number, are left to it.
"""

import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv6Address
from typing import Final

from yangbeam.core.yang.compiled.patterns import Pattern, translate
from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import BOUNDS

Taker = Callable[[str], bool]

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,19})").fullmatch
"""A zero before other digits makes libyang read an octal number."""
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?").fullmatch
Parts = tuple[tuple[int, int], ...]


def within(number: int, parts: Parts) -> bool:
    """Whether a number is in one of the intervals, ends included; no intervals: any number."""
    return not parts or any(low <= number <= high for low, high in parts)


def _time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


_PLUGINS: Final[dict[str, Taker]] = {
    "date-and-time": _time,
    # What the patterns of RFC 6991 take for IPv4, inet_pton takes; for IPv6 they are wider.
    "ipv4-address": str.isascii,
    "ipv4-address-no-zone": str.isascii,
    "ipv4-prefix": str.isascii,
    "ipv6-address": _ipv6,
    "ipv6-address-no-zone": _ipv6,
    "ipv6-prefix": lambda text: _ipv6(text.partition("/")[0]),
}
"""What libyang's own types ask beyond their patterns, by the plugin's name."""


def string_taker(kind: YangType) -> tuple[Taker | None, str]:
    """Takes strings by length (in characters), patterns and plugin."""
    if kind.plugin and kind.plugin not in _PLUGINS:
        return None, f"libyang judges {kind.plugin} by more than patterns"
    patterns = []
    for expression, inverted in kind.patterns:
        pattern = translate(expression, inverted=inverted)
        if pattern is None:
            return None, f"pattern {expression!r:.100} is not translated"
        patterns.append(pattern)
    return _string(kind.lengths, tuple(patterns), _PLUGINS.get(kind.plugin)), ""


def _string(lengths: Parts, patterns: tuple[Pattern, ...], plugin: Taker | None) -> Taker:
    if len(patterns) == 1 and not lengths and not plugin and not patterns[0].inverted and not patterns[0].ascii_only:
        fullmatch, longest = patterns[0].regex.fullmatch, patterns[0].longest
        return lambda text: len(text) <= longest and fullmatch(text) is not None

    def takes(text: str) -> bool:
        if not within(len(text), lengths):
            return False
        return all(pattern.takes(text) for pattern in patterns) and (plugin is None or plugin(text))

    return takes


def _wide_integer(kind: YangType) -> tuple[Taker, str]:
    ranges = kind.ranges or (BOUNDS[kind.base],)
    return lambda text: _INTEGER(text) is not None and within(int(text), ranges), ""


def _decimal64(kind: YangType) -> tuple[Taker, str]:
    ranges, digits = kind.ranges or (BOUNDS["int64"],), kind.fraction_digits
    fullmatch = re.compile(rf"(-?[0-9]{{1,19}})(?:\.([0-9]{{1,{digits}}}))?").fullmatch

    def takes(text: str) -> bool:
        found = fullmatch(text)
        return found is not None and within(int(found[1] + (found[2] or "").ljust(digits, "0")), ranges)

    return takes, ""


def _binary(kind: YangType) -> tuple[Taker, str]:
    lengths = kind.lengths

    def takes(text: str) -> bool:
        return _BASE64(text) is not None and within(len(text) // 4 * 3 - text[-2:].count("="), lengths)

    return takes, ""


def _bits(kind: YangType) -> tuple[Taker, str]:
    names = frozenset(name for name, _ in kind.bits)

    def takes(text: str) -> bool:
        words = text.split()
        return text.isascii() and names.issuperset(words) and len(set(words)) == len(words)

    return takes, ""


_TAKERS: Final[dict[str, Callable[[YangType], tuple[Taker | None, str]]]] = {
    "string": string_taker,
    "int64": _wide_integer,
    "uint64": _wide_integer,
    "decimal64": _decimal64,
    "binary": _binary,
    "bits": _bits,
}


def taker_of(kind: YangType) -> tuple[Taker | None, str]:
    """Returns the function for a type whose values are strings, or None and why it has none."""
    return _TAKERS[kind.base](kind) if kind.base in _TAKERS else (None, f"{kind.base} is judged by libyang alone")

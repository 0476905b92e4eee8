"""How long a text may be that Python's re judges by an expression of a module: it goes back, and may do so for years.

``((a+)+)+b`` takes a second for 24 letters and doubles with each more, and nothing stops it. An expression is taken
only where a bound of the ways to read a text is known: what it repeats is read in one way, and where each round of it
ends is clear. libyang's PCRE2 gives up by itself: it judges the rest.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from re import _parser  # type: ignore[attr-defined] # its trees are those that re compiles
from typing import Any, Final, NamedTuple

from yangbeam.core.remembering import digest_of

MAX_WAYS: Final = 64
"""Ways to read a text that are tried at most, for each of its characters."""
LENGTHS: Final = (4_096, 1_024, 256, 64, 32, 16)
"""Characters of the longest text, whichever is the first that keeps to MAX_WAYS."""
_KNOWN: Final = frozenset(
    {
        "8a742f211052acc4",
        "32e07b93c1426945",
        "9ebd5e508d6da5bb",
        "f71bbbd30ce35d82",
        "016443c12a379d44",
        "4a7e7b2311ad24c1",
        "ec31bad4189a81e4",
        "ef25ca4aba991e69",
        "3ff11a29e66cda05",
    }
)
"""Digests of expressions of the IETF's own types that no rule here proves: addresses of IPv6 and names of domains. The
worst of texts that were tried takes microseconds; a test tries them again."""
KNOWN_LONGEST: Final = 256
"""Characters of the longest text that these judge."""
_ENDLESS: Final = 1 << 20
_ASCII: Final = 127
_OTHERS: Final = 1 << 128
"""Stands for all characters that are not ASCII."""
_ANY: Final = (_OTHERS << 1) - 1
_END: Final = _OTHERS << 1
"""Stands for the end of the text, which nothing else takes."""
_FEW_ROUNDS: Final = 8
"""Rounds of what is read in several ways: each multiplies the ways."""
_MOST_COLUMNS: Final = 64


class _UnknownError(Exception):
    """No bound is known."""


class _Shape(NamedTuple):
    """What is known of the texts that a part takes.

    Attributes:
        low: Characters at least.
        high: Characters at most.
        chars: All that may occur, a bit each.
        first: Those that may stand first.
        columns: Of a part of one length, those that may stand at each place.
        is_single: Each text is read in one way.
        spans: By how many ends, of each part whose end is not clear, a text may be read.
        is_delimited: It begins or ends with a character that stands nowhere else in it.
        is_ended: From where it begins, a text can end at one place only.
    """

    low: int = 0
    high: int = 0
    chars: int = 0
    first: int = 0
    columns: tuple[int, ...] | None = ()
    is_single: bool = True
    spans: tuple[int, ...] = ()
    is_delimited: bool = False
    is_ended: bool = False


def longest_of(expression: str, regex: str) -> int:
    """Returns the characters of the longest text that an XSD expression judges as Python's re has it; 0: none."""
    return KNOWN_LONGEST if digest_of(expression).hex()[:16] in _KNOWN else longest_judged(regex)


@lru_cache(1_024)
def longest_judged(expression: str) -> int:
    """Returns the characters of the longest text that an expression of Python's re judges in a bounded time; 0: none.

    >>> longest_judged("((a+)+)+b"), longest_judged("([a-z]+:)*[a-z]+"), longest_judged(".*a.*b.*")
    (0, 4096, 64)
    """
    try:
        spans = _sequence(_parser.parse(expression), _END).spans
    except (_UnknownError, re.error, RecursionError, OverflowError):
        return 0
    return next((size for size in LENGTHS if prod(min(span, size) for span in spans) <= MAX_WAYS * size), 0)


def _sequence(parts: Iterable[tuple[Any, Any]], follows: int | None = None) -> _Shape:
    """Returns the shape of parts one after the other; ``follows``: what stands behind them, None: not known."""
    shapes: list[_Shape] = []
    spans: list[int] = []
    is_single, is_last = True, True
    for name, value in reversed(list(parts)):
        shape = _shape(str(name), value, follows)
        shapes.insert(0, shape)
        is_clear = shape.low == shape.high or shape.is_ended or (follows is not None and not shape.chars & follows)
        is_single &= shape.is_single and (is_clear or is_last)
        if not (is_clear and shape.is_single):
            spans += shape.spans or (min(shape.high, _ENDLESS) - shape.low + 1,)
        is_last &= shape.low == shape.high
        if shape.low:
            follows = shape.first
        elif follows is not None:
            follows |= shape.first
    if not shapes:
        return _Shape()
    first = 0
    for shape in shapes:
        first |= shape.first
        if shape.low:
            break
    columns = [column for shape in shapes for column in shape.columns or ()]
    is_fixed = all(shape.columns is not None for shape in shapes) and len(columns) <= _MOST_COLUMNS
    return _Shape(
        low=sum(shape.low for shape in shapes),
        high=min(sum(shape.high for shape in shapes), _ENDLESS),
        chars=_all(shapes),
        first=first,
        columns=tuple(columns) if is_fixed else None,
        is_single=is_single,
        spans=tuple(spans),
        is_delimited=_is_delimited(shapes),
        is_ended=_is_ended(shapes),
    )


def _all(shapes: Iterable[_Shape]) -> int:
    found = 0
    for shape in shapes:
        found |= shape.chars
    return found


def _is_delimited(shapes: Sequence[_Shape]) -> bool:
    begins, ends = shapes[0], shapes[-1]
    if len(shapes) == 1:
        return begins.is_delimited
    return (begins.low == begins.high == 1 and not begins.chars & _all(shapes[1:])) or (
        ends.low == ends.high == 1 and not ends.chars & _all(shapes[:-1])
    )


def _is_ended(shapes: Sequence[_Shape]) -> bool:
    last = shapes[-1]
    is_marked = last.low == last.high == 1 and not last.chars & _all(shapes[:-1])
    return is_marked or all(shape.low == shape.high or shape.is_ended for shape in shapes)


def _shape(name: str, value: Any, follows: int | None) -> _Shape:
    chars = _chars(name, value)
    if chars:
        return _Shape(1, 1, chars, chars, (chars,))
    match name:
        case "SUBPATTERN":
            return _sequence(value[-1], follows)
        case "BRANCH":
            return _branch([_sequence(each, follows) for each in value[1]])
        case "MAX_REPEAT":
            low, high, inside = value
            return _repeated(low, min(int(high), _ENDLESS), _sequence(inside, follows if int(high) <= 1 else None))
    raise _UnknownError(name)


def _chars(name: str, value: Any) -> int:
    """Returns what a part takes that is one character; 0: it is none."""
    match name:
        case "LITERAL":
            return _bit(value)
        case "NOT_LITERAL":
            return _ANY if value > _ASCII else _ANY & ~_bit(value)
        case "ANY":
            return _ANY
        case "IN":
            return _members(value)
    return 0


def _bit(code: int) -> int:
    return 1 << code if code <= _ASCII else _OTHERS


def _members(members: Iterable[tuple[Any, Any]]) -> int:
    found, is_negated, is_wide = 0, False, False
    for name, value in members:
        match str(name):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                found |= _bit(value)
                is_wide |= value > _ASCII
            case "RANGE":
                low, high = value
                found |= (1 << min(high, _ASCII) + 1) - (1 << min(low, _ASCII)) if low <= _ASCII else 0
                found |= _OTHERS if high > _ASCII else 0
                is_wide |= high > _ASCII
            case _:
                found, is_wide = _ANY, True
    if not is_negated:
        return found
    return _ANY if found == _ANY else (_ANY & ~found) | (_OTHERS if is_wide else 0)


def _branch(shapes: list[_Shape]) -> _Shape:
    are_apart = all(_are_apart(one, other) for at, one in enumerate(shapes) for other in shapes[:at])
    is_single = are_apart and all(shape.is_single for shape in shapes)
    spans = max((shape.spans for shape in shapes), key=prod)
    columns: tuple[int, ...] | None = None
    if all(shape.columns is not None and len(shape.columns) == shapes[0].low for shape in shapes):
        columns = tuple(_union(column) for column in zip(*(shape.columns or () for shape in shapes), strict=True))
    low, high = min(shape.low for shape in shapes), max(shape.high for shape in shapes)
    return _Shape(
        low,
        high,
        _all(shapes),
        _union(shape.first for shape in shapes),
        columns,
        is_single,
        spans if is_single else (*spans, len(shapes)),
    )


def _union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def _are_apart(one: _Shape, other: _Shape) -> bool:
    """Whether no text is taken by both."""
    if one.high < other.low or other.high < one.low or not one.chars & other.chars:
        return bool(one.low or other.low)
    if one.low and other.low and not one.first & other.first:
        return True
    columns, others = one.columns, other.columns
    return columns is not None and others is not None and any(not a & b for a, b in zip(columns, others, strict=False))


def _repeated(low: int, high: int, inside: _Shape) -> _Shape:
    is_fixed = inside.low == inside.high
    is_clear = inside.is_single and inside.low > 0 and (high <= 1 or is_fixed or inside.is_delimited or inside.is_ended)
    if not is_clear and high > _FEW_ROUNDS:
        raise _UnknownError(f"{high} rounds")
    total = min(inside.high * high, _ENDLESS)
    columns = None
    if low == high and inside.columns is not None and len(inside.columns) * high <= _MOST_COLUMNS:
        columns = inside.columns * high
    if is_clear and high > 1:
        own: tuple[int, ...] = ()  # another way to read a round ends within it
    else:
        own = (inside.spans or (inside.high - inside.low + 1,)) * max(high, 1)
    return _Shape(
        inside.low * low,
        total,
        inside.chars,
        inside.first,
        columns,
        is_clear,
        () if is_clear and high > 1 else (*own, high - low + 1),
        inside.is_delimited and low == high == 1,
        low == high and (is_fixed or inside.is_ended),
    )

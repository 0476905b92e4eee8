"""Whether lengths and patterns were tightened (RFC 7950 section 11): what pyang's check leaves out.

These are warnings. Published revisions write down limits that a type had all along (the length of a URI, say), so that
a narrower text is not always a narrower type; the verdict is pyang's.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

from pyang import error
from pyang.plugins import check_update

Parts = list[tuple[float, float]]
_LENGTH: Final = "CHK_UNDECIDED_LENGTH"
_PATTERN: Final = "CHK_UNDECIDED_PATTERN"


def teach() -> None:
    """Puts the check of strings and octets into pyang's."""
    error.add_error_code(_LENGTH, 4, "the length is more constrained than before (RFC 7950: sec. 11, p5, bullet 3)")
    error.add_error_code(_PATTERN, 4, "the pattern '%s' may be more constrained than before")
    check_update.chk_type_func["string"] = _check
    check_update.chk_type_func["binary"] = _check


def _check(old: Any, new: Any, _old_type: Any, _new_type: Any, context: Any) -> None:
    """Compares two ``type`` statements of the same base, as pyang's own checks do."""
    before, after = _length(old), _length(new)
    if after is not None and not covers(parts(after), parts(before or "min..max")):
        error.err_add(context.errors, new.pos, _LENGTH, ())
    held = list(_patterns(old))
    for pattern, _ in (each for each in _patterns(new) if each not in held):
        error.err_add(context.errors, new.pos, _PATTERN, pattern)


def chain(statement: Any) -> Iterator[Any]:
    """Yields a type statement and those of the typedefs that it derives from."""
    while statement is not None:
        yield statement
        typedef = getattr(statement, "i_typedef", None)
        statement = typedef.search_one("type") if typedef is not None else None


def _length(statement: Any) -> str | None:
    """The length that holds: the nearest, since a derived type can only narrow."""
    found = (each.search_one("length") for each in chain(statement))
    return next((each.arg for each in found if each is not None), None)


def _patterns(statement: Any) -> Iterator[tuple[str, bool]]:
    for each in chain(statement):
        for pattern in each.search("pattern"):
            yield pattern.arg, pattern.search_one("modifier") is not None


def parts(expression: str) -> Parts:
    """Reads a length (RFC 7950 section 9.4.4).

    >>> parts("1 | 5..max")
    [(1.0, 1.0), (5.0, inf)]
    """
    found = []
    for part in expression.split("|"):
        low, _, high = part.partition("..")
        found.append((_bound(low), _bound(high or low)))
    return found


def _bound(text: str) -> float:
    match text.strip():
        case "min":
            return 0.0
        case "max":
            return inf
        case number:
            return float(number)


def covers(wide: Sequence[tuple[float, float]], narrow: Sequence[tuple[float, float]]) -> bool:
    """Whether every length of ``narrow`` is one of ``wide``; adjacent parts of ``wide`` are one.

    >>> covers([(0, 3), (4, 9)], [(2, 8)]), covers([(0, 3), (5, 9)], [(2, 8)])
    (True, False)
    """
    joined: Parts = []
    for low, high in sorted(wide):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return all(any(low <= first and last <= high for low, high in joined) for first, last in narrow)

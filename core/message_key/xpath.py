"""Reads the XPath of a subscription's filter: its branches, their steps, and what the predicates pin.

RFC 8641 takes any XPath 1.0 that selects nodes. Of that, location paths from the root are read, joined by ``|``; a
predicate that is no equality with a literal pins nothing, and is passed over.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from yangbeam.core.errors import Fault, YangbeamError

MAX_XPATH: Final = 65_535
"""Characters; a longer filter is not read."""
MAX_STEPS: Final = 128


class FilterError(YangbeamError):
    """A filter that no key template can be derived from; its messages go by node and subscription alone."""

    fault = Fault.CONFIGURATION

    def __init__(self, detail: str) -> None:
        super().__init__("filter-without-key", detail)


class FilterStep(NamedTuple):
    """One step of a location path.

    Attributes:
        prefix: As written: a module's name or its prefix; None: none.
        name: Node name.
        pinned: Literal by the local name of the leaf that is compared with it; ``.`` for the node itself.
    """

    prefix: str | None
    name: str
    pinned: dict[str, str]


_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
_STEP: Final = re.compile(rf"/\s*(?:({_NAME}):)?({_NAME})\s*", re.ASCII)
_EQUALITY: Final = re.compile(
    rf"""\s*(?:(?:{_NAME}:)?({_NAME})|(\.))\s*=\s*(?:'([^']*)'|"([^"]*)"|(-?\d+(?:\.\d+)?))\s*""", re.ASCII
)
_AND: Final = re.compile(r"and(?![A-Za-z0-9_.-])", re.ASCII)


def branches_of(xpath: str) -> list[str]:
    """Returns the branches of a union, without the blanks around them.

    Raises:
        FilterError: A quote or bracket is not closed, a branch is empty, or the filter is too long.
    """
    if len(xpath) > MAX_XPATH:
        raise FilterError(f"a filter of {len(xpath)} characters; at most {MAX_XPATH} are read")
    cuts = [at for at, char, depth in _outside_quotes(xpath) if char == "|" and not depth]
    branches = [xpath[first + 1 : last].strip() for first, last in zip([-1, *cuts], [*cuts, len(xpath)], strict=True)]
    if not all(branches):
        raise FilterError(f"filter {xpath!r:.200} has an empty branch")
    return branches


def _outside_quotes(text: str) -> Iterator[tuple[int, str, int]]:
    """Yields (index, character, depth of brackets) of what stands outside of literals."""
    depth, at = 0, 0
    while at < len(text):
        char = text[at]
        if char in "'\"":
            at = text.find(char, at + 1)
            if at < 0:
                raise FilterError(f"filter {text!r:.200}: a literal is not closed")
        else:
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(char, 0)
            yield at, char, depth
        at += 1
    if depth:
        raise FilterError(f"filter {text!r:.200}: brackets do not match")


def steps_of(branch: str) -> tuple[FilterStep, ...]:
    """Returns the steps of one branch, from the root, which is the context node of a filter (RFC 8641 section 3.6).

    Raises:
        FilterError: It is no location path of names: a wildcard, an axis, a function, ``//``.
    """
    steps: list[FilterStep] = []
    at = 0
    branch = branch if branch.startswith("/") or not branch else f"/{branch}"
    while at < len(branch):
        match = _STEP.match(branch, at)
        if match is None or len(steps) == MAX_STEPS:
            raise FilterError(f"filter {branch!r:.200}: no path of node names at character {at}")
        pinned: dict[str, str] = {}
        at = match.end()
        while branch[at : at + 1] == "[":
            end = _closing(branch, at)
            pinned |= _pinned(branch[at + 1 : end])
            at = end + 1
        steps.append(FilterStep(match[1], match[2], pinned))
    if not steps:
        raise FilterError("an empty filter names no node")
    return tuple(steps)


def _closing(branch: str, at: int) -> int:
    """Returns where the bracket that opens at ``at`` closes."""
    for index, char, depth in _outside_quotes(branch[at:]):
        if char == "]" and not depth:
            return at + index
    raise FilterError(f"filter {branch!r:.200}: the bracket at character {at} is not closed")


def _pinned(predicate: str) -> dict[str, str]:
    """Returns what a predicate compares with literals: all of its terms, joined by ``and``; else nothing."""
    found: dict[str, str] = {}
    at = 0
    while match := _EQUALITY.match(predicate, at):
        found[match[1] or "."] = next(group for group in match.groups()[2:] if group is not None)
        at = match.end()
        if at == len(predicate):
            return found
        joined = _AND.match(predicate, at)
        if joined is None:
            return {}
        at = joined.end()
    return {}

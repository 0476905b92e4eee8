"""Multisets of 32-bit numbers as runs: a hole of a million numbers is one run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

MODULUS = 2**32


@dataclass
class Numbers:
    """A multiset of numbers; equal when each number is in both equally often."""

    _changes: Counter[int] = field(default_factory=Counter)
    """By number: how many runs begin there less how many ended just before."""

    @classmethod
    def of(cls, runs: Iterable[tuple[int, int]]) -> Self:
        """Returns the numbers of runs (first, count), each modulo 2**32."""
        made = cls()
        for first, count in runs:
            made.add(first, count)
        return made

    def add(self, first: int, count: int = 1) -> None:
        """Adds ``first`` and what follows it, ``count`` numbers modulo 2**32."""
        first %= MODULUS
        head = min(count, MODULUS - first)
        self._run(first, head)
        if count > head:
            self._run(0, count - head)

    def _run(self, first: int, count: int) -> None:
        self._changes[first] += 1
        self._changes[first + count] -= 1

    def total(self) -> int:
        """Returns how many numbers there are."""
        return -sum(at * change for at, change in self._changes.items())

    def plus(self, other: Self) -> Self:
        """Returns the numbers of both."""
        changes = self._changes.copy()
        changes.update(other._changes)  # which, unlike a sum, keeps what is below zero
        return type(self)(changes)

    def surplus(self, other: Self) -> int:
        """Returns how many numbers are in this and not in ``other``."""
        found = before = 0
        depth = 0
        for at in sorted({*self._changes, *other._changes}):
            found += max(0, depth) * (at - before)
            depth += self._changes[at] - other._changes[at]
            before = at
        return found

    def __eq__(self, other: object) -> bool:
        """Says whether both hold the same."""
        return isinstance(other, Numbers) and not self.surplus(other) and not other.surplus(self)

    __hash__ = None  # type: ignore[assignment] # it changes

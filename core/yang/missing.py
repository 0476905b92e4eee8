"""Decides what one error says of several modules that are missing: all of them, the most needed first."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from yangbeam.core.errors import SchemaError

MOST: Final = 32
"""Modules that one error names."""
SHOWN: Final = 8
"""Of these, modules that its words name."""
_ALSO: Final = "; also missing: "

E = TypeVar("E", bound=SchemaError)
A = TypeVar("A")
F = TypeVar("F")


def all_found(find: Callable[[A], F], asked: Iterable[A]) -> list[F]:
    """Returns what is found of each that is asked for, in order.

    Raises:
        SchemaError: Of all that are missing: a message may name thousands, and nobody asks for one after the other.
    """
    found: list[F] = []
    missing: list[SchemaError] = []
    for each in asked:
        try:
            found.append(find(each))
        except SchemaError as error:
            missing.append(error.anew())  # without the frames, one of which holds this list
    if missing:
        raise all_missing(missing)
    return found


def all_missing(errors: Sequence[E]) -> E:
    """Returns one error for several modules that are missing, with the words of the most needed one.

    Args:
        errors: One for each need of a module that is missing, at least one: who needs it says it in its detail.

    Returns:
        That of the module that is needed most often, of equals the first by name; ``also`` has the others, ``absent``
        all of them, however many.
    """
    needs = Counter(error.module for error in errors)
    ranked = sorted(needs, key=lambda name: (-needs[name], name))
    first = next(error for error in errors if error.module == ranked[0])
    others = tuple(ranked[1:MOST])
    if not others:
        return first
    words = first.detail.partition(_ALSO)[0]
    more = f" and {len(ranked) - SHOWN} more" if len(ranked) > SHOWN else ""
    found = first.reworded(f"{words}{_ALSO}{', '.join(others[: SHOWN - 1])}{more}")
    found.also, found.absent = others, frozenset(ranked)
    return found

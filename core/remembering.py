"""What may be remembered of foreign texts: their number and their octets are bounded, as one may have megabytes."""

from collections.abc import Callable
from functools import lru_cache, wraps
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

LONGEST: Final = 1_024
"""Octets of texts in what something is remembered by; beyond it the answer is found anew each time."""

T = TypeVar("T")


def octets_of(*values: Any) -> int:
    """Returns the characters and octets of all texts in values, structs and tuples among them.

    >>> octets_of("ab", None, ("c", b"de"), 7)
    5
    """
    found = 0
    for value in values:
        kind = value.__class__
        if kind is str or kind is bytes:
            found += len(value)
        elif kind is tuple or kind is frozenset:
            found += octets_of(*value)
        elif isinstance(value, msgspec.Struct):
            found += octets_of(*msgspec.structs.astuple(value))
    return found


def remembered(most: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Makes a function remember its newest ``most`` answers, by arguments of LONGEST octets at most."""

    def decorate(find: Callable[..., T]) -> Callable[..., T]:
        kept = lru_cache(most)(find)

        @wraps(find)
        def found(*asked: Any) -> T:
            return kept(*asked) if octets_of(*asked) <= LONGEST else find(*asked)

        return found

    return decorate


def digest_of(*texts: str) -> bytes:
    """Returns 16 octets that stand for texts, whatever their length: texts that differ have others.

    >>> digest_of("a", "bc") == digest_of("ab", "c")
    False
    """
    found = blake2b(digest_size=16)
    for text in texts:
        octets = text.encode("utf-8", "surrogatepass")
        found.update(len(octets).to_bytes(8, "big") + octets)
    return found.digest()

"""What tables and columns are called: snake case of schema names, unique, short enough for every database.

PostgreSQL cuts identifiers at 63 octets without a word, so that is the default limit; a name that is too long or taken
gets a short hash of its schema path, which is the same in every process and every run.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

LIMIT = 63
"""Longest identifier of PostgreSQL, in octets; names here are ASCII (RFC 7950 section 6.2), so also characters."""
HASH_DIGITS = 6
"""24 bits: among the 100 columns of a wide table two that collide also hash alike once in 3,000 schemas."""
SEPARATOR = "__"

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9_]")


def snake(identifier: str) -> str:
    """Returns a YANG identifier as a lower-case SQL one.

    >>> snake("in-octets"), snake("sysName"), snake("x.25")
    ('in_octets', 'sys_name', 'x_25')
    """
    return _OTHER.sub("_", _HUMP.sub("_", identifier).lower())


def joined(identifiers: Iterable[str]) -> str:
    """Returns the name of a path of identifiers.

    >>> joined(["statistics", "in-octets"])
    'statistics__in_octets'
    """
    return SEPARATOR.join(map(snake, identifiers))


def shortened(name: str, path: str, limit: int = LIMIT) -> str:
    """Returns ``name``, or its beginning and a hash of ``path`` when it is longer than ``limit``."""
    return name if len(name) <= limit else hashed(name, path, limit)


def hashed(name: str, path: str, limit: int = LIMIT) -> str:
    """Returns ``name``, cut if need be, with a hash of ``path``: at most ``limit`` characters."""
    digest = hashlib.sha256(path.encode()).hexdigest()[:HASH_DIGITS]
    return f"{name[: limit - HASH_DIGITS - 1].rstrip('_')}_{digest}"


def distinct(wanted: Sequence[tuple[str, str]], taken: Iterable[str] = (), limit: int = LIMIT) -> list[str]:
    """Returns a name for each (name, path), unique among themselves and against ``taken``.

    The path with the fewest changes of module keeps a contested name, so that an augmentation that comes with a later
    revision does not rename what was there; the others get the hash of their path. The result does not depend on
    the order of ``wanted``.
    """
    names = dict.fromkeys(taken, "")
    given: dict[int, str] = {}
    for index in sorted(range(len(wanted)), key=lambda i: (wanted[i][1].count(":"), wanted[i][1])):
        name, path = wanted[index]
        name = shortened(name, path, limit)
        if name in names:
            name = hashed(name, path, limit)
        names[name] = path
        given[index] = name
    return [given[index] for index in range(len(wanted))]

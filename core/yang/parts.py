"""Cuts contents whose top has long lists: libyang finds its place at the top by going through all that stands there.

30,000 entries of a leaf-list took 40 s, and everybody waited; within a container the same take a third of one.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

TOGETHER: Final = 500
"""Entries of a list at the top that libyang reads at once."""


def is_long(document: Mapping[str, Any]) -> bool:
    """Whether a list at the top has more entries than are read at once."""
    return any(value.__class__ is list and len(value) > TOGETHER for value in document.values())


def parts_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields documents that have together what one has; of lists at the top TOGETHER entries at most.

    An entry and its annotations (RFC 7952 section 5.2.3) stay together.
    """
    rest = dict(document)
    for name, value in document.items():
        if name.startswith("@") or value.__class__ is not list or len(value) <= TOGETHER:
            continue
        del rest[name]
        notes = rest.pop(f"@{name}", None)
        if notes is not None and notes.__class__ is not list:
            yield {name: value[:1], f"@{name}": notes}  # is none: refused as in one piece
            notes = None
        for at in range(0, len(value), TOGETHER):
            part = {name: value[at : at + TOGETHER]}
            if notes is not None and notes[at : at + TOGETHER]:
                part[f"@{name}"] = notes[at : at + TOGETHER]
            yield part
        if notes is not None and len(notes) > len(value):
            yield {name: value[:1], f"@{name}": notes[: TOGETHER + 1]}  # more than there are entries: refused as well
    if rest:
        yield rest

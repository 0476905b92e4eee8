"""Reads what libyang's C structures hold, by the extension that the C compiler laid out (``libyang.h``, ``setup.py``).

Pointers are only valid while their context lives; everything is copied out at once. Whether the library that runs is
laid out as the one that the extension was built for is asked of a canary (``canary.py``).
"""

from collections.abc import Iterator
from typing import Any

from yangbeam.core.errors import CannotReadLibyangError

try:
    from yangbeam.core.yang._libyang import ffi, lib
except ImportError as error:
    raise CannotReadLibyangError(
        "libyang-missing",
        f"the extension that reads libyang does not load ({error}): install yangbeam again on this machine",
    ) from error

__all__ = [
    "Raw",
    "array",
    "derived_identities",
    "ffi",
    "lib",
    "modules_of",
    "patterns",
    "ranges",
    "text_of",
    "versions",
]

Raw = Any
"""A cffi pointer."""

# What goes wrong is kept in the context, nothing is printed, warnings are none of ours.
lib.ly_log_options(lib.LY_LOSTORE)
lib.log_level(lib.LY_LLERR)


def text_of(pointer: Raw) -> str:
    """Copies a C string; NULL is the empty string."""
    if not pointer:
        return ""
    copied: bytes = ffi.string(pointer)
    return copied.decode("utf-8", "replace")


def versions() -> tuple[str, str]:
    """Versions of the library that runs (empty: it does not say) and of the headers that it is read by."""
    return text_of(lib.running()), text_of(lib.built_for())


def array(pointer: Raw) -> Iterator[Raw]:
    """Yields the items of a sized array."""
    for index in range(lib.array_length(pointer)):
        yield pointer[index]


def modules_of(context: Raw) -> list[Raw]:
    """Every ``struct lys_module *`` of a context, implemented or not."""
    index = ffi.new("uint32_t *")
    found = []
    while module := lib.ly_ctx_get_module_iter(context, index):
        found.append(module)
    return found


def ranges(restriction: Raw, *, signed: bool) -> tuple[tuple[int, int], ...]:
    """Parts of a ``struct lysc_range *``, which may be NULL: pairs of 64-bit bounds."""
    parts = array(restriction.parts) if restriction else ()
    if signed:
        return tuple((int(part.min_64), int(part.max_64)) for part in parts)
    return tuple((int(part.min_u64), int(part.max_u64)) for part in parts)


def patterns(pointer: Raw) -> tuple[tuple[str, bool], ...]:
    """``struct lysc_pattern **``: (expression, inverted)."""
    return tuple((text_of(item.expr), bool(lib.is_inverted(item))) for item in array(pointer))


def derived_identities(bases: Raw) -> list[Raw]:
    """Every identity derived from one of ``bases`` (a sized array), without the bases; each once, nearest first."""
    seen: dict[int, Raw] = {}
    waiting = list(array(bases))
    while waiting:
        for child in array(waiting.pop(0).derived):
            address = int(ffi.cast("uintptr_t", child))
            if address not in seen:
                seen[address] = child
                waiting.append(child)
    return list(seen.values())

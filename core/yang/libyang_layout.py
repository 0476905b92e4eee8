"""Reads what libyang's C structures hold and its Python binding does not declare: ranges, patterns, identities.

The layouts are those of libyang's ``tree_schema.h``, the same in 2.1 and 3.x (soversions 2 and 3). Pointers are only
valid while their context lives; everything is copied out at once.
"""

from collections.abc import Iterator
from typing import Any

from _libyang import ffi

Raw = Any
"""A cffi pointer."""


def text_of(pointer: Raw) -> str:
    """Copies a C string; NULL is the empty string."""
    if not pointer:
        return ""
    copied: bytes = ffi.string(ffi.cast("char *", pointer))
    return copied.decode("utf-8", "replace")


def array_length(pointer: Raw) -> int:
    """Length of a libyang sized array: the 64-bit count stands just before its first item."""
    return int(ffi.cast("uint64_t *", pointer)[-1]) if pointer else 0


def array(pointer: Raw) -> Iterator[Raw]:
    """Yields the items of a sized array whose item type the binding knows."""
    for index in range(array_length(pointer)):
        yield pointer[index]


def ranges(pointer: Raw, *, signed: bool) -> tuple[tuple[int, int], ...]:
    """Parts of a ``struct lysc_range``: pairs of 64-bit bounds."""
    if not pointer:
        return ()
    parts = ffi.cast("void **", pointer)[0]
    bounds = ffi.cast("int64_t *" if signed else "uint64_t *", parts)
    return tuple((int(bounds[2 * i]), int(bounds[2 * i + 1])) for i in range(array_length(parts)))


def patterns(pointer: Raw) -> tuple[tuple[str, bool], ...]:
    """``struct lysc_pattern **``: (expression, inverted); seven pointers, then the bit field with the inverted flag."""
    found = []
    for item in array(ffi.cast("void ***", pointer)) if pointer else ():
        flags = ffi.cast("uint32_t *", ffi.cast("char *", item) + 7 * ffi.sizeof("void *"))[0]
        found.append((text_of(item[0]), bool(flags & 1)))
    return tuple(found)


def identity_name(pointer: Raw) -> tuple[str, Raw]:
    """``struct lysc_ident``: (local name, its ``struct lys_module *``)."""
    fields = ffi.cast("void **", pointer)
    return text_of(fields[0]), ffi.cast("struct lys_module *", fields[3])


def derived_identities(bases: Raw) -> list[Raw]:
    """Every identity derived from one of ``bases`` (a sized array), without the bases; each once, nearest first."""
    seen: dict[int, Raw] = {}
    waiting = list(array(ffi.cast("void ***", bases)))
    while waiting:
        children = ffi.cast("void ***", waiting.pop(0)[4])
        for child in array(children) if children else ():
            address = int(ffi.cast("uintptr_t", child))
            if address not in seen:
                seen[address] = child
                waiting.append(child)
    return list(seen.values())

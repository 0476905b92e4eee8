"""The base of everything that stands inside an element of the graph."""

import msgspec


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Base of everything inside a batch: immutable, encoded as an array."""

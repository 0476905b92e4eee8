"""Schema sets as 0.1.0 kept them: the ids that it gave still lead to them."""

import msgspec

from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set


class _Registered(msgspec.Struct, array_like=True):
    format: int
    texts: dict[str, str]
    roots: list[tuple[str, str]]
    features: dict[str, tuple[str, ...]]


def decoded(body: bytes) -> SchemaSet:
    """Returns the set of a row of the table ``schemas``."""
    stored = msgspec.msgpack.decode(body, type=_Registered)
    return make_schema_set(stored.texts, stored.roots, features=stored.features)

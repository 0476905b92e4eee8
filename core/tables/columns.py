"""Which logical column type a YANG type becomes: exact, in the project's own terms; each database has its dialect.

| YANG | column |
|---|---|
| int8 … uint64 | the same |
| decimal64 | decimal of its fraction digits: 19 digits hold every value (RFC 7950 section 9.3.4) |
| boolean; empty, presence container | boolean |
| enumeration, identityref | enum, identity: text; an identity always as ``module:name`` |
| bits | text, names in the order of their positions: canonical, and fit for a key |
| binary | binary |
| date-and-time | timestamp, UTC: the nearest instant (``core/date_and_time.py``); of a list's key text |
| union | the type that holds all members exactly, else text: the RFC 7951 lexical form |
| leaf-list | list of the above |
| anydata, anyxml | json |
"""

from collections.abc import Iterator, Sequence

import msgspec

from yangbeam.core.yang.tree import Node, YangType

SIGNED = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
UNSIGNED = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
BOUNDS: dict[str, tuple[int, int]] = {
    **{name: (-(1 << bits - 1), (1 << bits - 1) - 1) for name, bits in SIGNED.items()},
    **{name: (0, (1 << bits) - 1) for name, bits in UNSIGNED.items()},
}
"""Integer type → (lowest, highest), both included."""
DECIMAL_DIGITS = 19
"""decimal64 is a 64-bit integer scaled: at most 19 digits."""
COUNTERS = frozenset({"counter32", "counter64", "zero-based-counter32", "zero-based-counter64"})
"""Typedefs of RFC 6991/9911, and of OpenConfig, whose values only grow between discontinuities."""


class ColumnType(msgspec.Struct, array_like=True, frozen=True):
    """A logical column type."""

    kind: str
    """int8 … uint64, decimal, boolean, text, enum, identity, binary, timestamp or json."""
    digits: int = 0
    """After the point, of a decimal."""
    many: bool = False
    """A list of such values."""

    def __str__(self) -> str:
        kind = f"decimal({DECIMAL_DIGITS},{self.digits})" if self.kind == "decimal" else self.kind
        return f"list<{kind}>" if self.many else kind


TEXT = ColumnType("text")
BOOLEAN = ColumnType("boolean")
JSON = ColumnType("json")

_BY_BASE: dict[str, ColumnType] = {
    **{name: ColumnType(name) for name in BOUNDS},
    "boolean": BOOLEAN,
    "empty": BOOLEAN,
    "enumeration": ColumnType("enum"),
    "identityref": ColumnType("identity"),
    "binary": ColumnType("binary"),
}


def column_type_of(node: Node) -> ColumnType:
    """Returns the column type of a leaf, leaf-list, anydata, anyxml or presence container."""
    if node.kind == "container":
        return BOOLEAN
    if node.type is None:
        return JSON
    single = scalar_type(node.type)
    return msgspec.structs.replace(single, many=True) if node.kind == "leaf-list" else single


def key_type_of(leaf: Node) -> ColumnType:
    """Returns the column type of a list's key: a time as its text, as two times may have one nearest instant."""
    column = column_type_of(leaf)
    return TEXT if column.kind == "timestamp" else column


def scalar_type(yang: YangType) -> ColumnType:
    """Returns the column type of one value of a YANG type.

    >>> str(scalar_type(YangType("union", members=(YangType("uint8"), YangType("int8")))))
    'int16'
    """
    if yang.base == "union":
        return _union_type(tuple(_flat(yang)))
    if yang.base == "decimal64":
        return ColumnType("decimal", yang.fraction_digits)
    if yang.base == "string" and yang.typedef.rpartition(":")[2] == "date-and-time":
        return ColumnType("timestamp")
    return _BY_BASE.get(yang.base, TEXT)


def is_counter(yang: YangType | None) -> bool:
    """Tells whether values only grow, so that a rate may be taken."""
    return yang is not None and yang.typedef.rpartition(":")[2] in COUNTERS


def holds(wide: ColumnType, narrow: ColumnType) -> bool:
    """Tells whether a column of type ``wide`` holds every value of ``narrow`` as the same value.

    >>> holds(ColumnType("uint64"), ColumnType("uint32")), holds(ColumnType("int64"), ColumnType("uint64"))
    (True, False)
    """
    if wide.many != narrow.many:
        return False
    if wide.kind in BOUNDS and narrow.kind in BOUNDS:
        (low, high), (lowest, highest) = BOUNDS[wide.kind], BOUNDS[narrow.kind]
        return low <= lowest and highest <= high
    textual = {"text", "enum", "identity"}
    return (wide.kind in textual and narrow.kind in textual) or (wide.kind, wide.digits) == (narrow.kind, narrow.digits)


def _flat(yang: YangType) -> Iterator[YangType]:
    """Yields the members of a union, of nested unions too, in the schema's order."""
    for member in yang.members:
        yield from _flat(member) if member.base == "union" else (member,)


def _union_type(members: Sequence[YangType]) -> ColumnType:
    types = {scalar_type(member) for member in members}
    if len(types) == 1 and all(member.base != "empty" for member in members):
        return types.pop()
    if types and all(column.kind in BOUNDS for column in types):
        return _covering({column.kind for column in types})
    return TEXT


def _covering(kinds: set[str]) -> ColumnType:
    """Returns the narrowest integer type that holds all of ``kinds``; text where there is none (int8 and uint64)."""
    low, high = min(BOUNDS[kind][0] for kind in kinds), max(BOUNDS[kind][1] for kind in kinds)
    fitting = (kind for kind, (lowest, highest) in BOUNDS.items() if lowest <= low and high <= highest)
    narrowest = min(fitting, key=lambda kind: BOUNDS[kind][1] - BOUNDS[kind][0], default=TEXT.kind)
    return ColumnType(narrowest)

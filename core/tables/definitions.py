"""What a derived table is: its columns, what identifies a row, and what the catalog says of each column."""

import msgspec

from yangbeam.core.tables.columns import TEXT, ColumnType


class Column(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A column of a derived table."""

    name: str
    type: ColumnType
    role: str = "value"
    """``identity`` (NOT NULL, identifies a row), ``control`` (names with an underscore) or ``value``."""
    path: str = ""
    """Schema path of the node it comes from; empty for what no schema names."""
    yang_type: str = ""
    """Typedef where the schema has one, else the built-in type."""
    units: str = ""
    description: str = ""
    counter: bool = False
    """Values only grow between discontinuities: a rate may be taken."""
    config: bool = False
    """False: state, or no data of the node at all."""
    names: tuple[str, ...] = ()
    """What an enumeration may be, in the order of its values in this revision."""


class Table(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A derived table."""

    name: str
    path: str
    """Schema path of its list, container or notification."""
    columns: tuple[Column, ...]
    """Identity first, then control, then values in the schema's order."""
    description: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """Names of the columns that identify a row, in order."""
        return tuple(column.name for column in self.columns if column.role == "identity")


def _identity(name: str, kind: str, description: str) -> Column:
    return Column(name, ColumnType(kind), "identity", description=description)


TS = _identity("ts", "timestamp", "When it was observed, else the event time, else the arrival at the collector; UTC.")
NODE = _identity("node", "text", "The publisher's host name, else the exporter's address.")
SUBSCRIPTION = _identity("subscription", "uint32", "Subscription id of the publisher; 0 when it sent none.")
MESSAGE = _identity(
    "_message",
    "uint64",
    "Tells messages apart where the schema gives an entry no key: sequence number, else a digest of the payload.",
)
SEQ = _identity(
    "_seq",
    "uint64",
    "Index of the edit in its message; in a keyless list the entry's index, plus 2^32 times that of the edit.",
)
OP = Column("_op", TEXT, "control", description="update; delete: gone from here down; move: took another place.")
PATH = Column("_path", TEXT, "control", description="What of the entry an edit was about; absent: all of it.")
SCHEMA_ID = Column("_schema_id", ColumnType("int32"), "control", description="Registered schema it was read by.")

INEXACT = Column(
    "_inexact",
    ColumnType("text", many=True),
    "control",
    description="COLUMN=TEXT of each time that its column holds as the nearest instant; absent: all times are exact.",
)

LEADING = (TS, NODE, SUBSCRIPTION)
CONTROL = (OP, PATH, SCHEMA_ID, INEXACT)
RESERVED = frozenset(column.name for column in (*LEADING, MESSAGE, SEQ, *CONTROL))
"""Names that no leaf can have; a leaf called so gets the hash of its path."""

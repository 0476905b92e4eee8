"""What derived tables are in DuckDB's SQL: types, definitions, comments, upserts.

An enumeration is VARCHAR, not ENUM: a later schema revision may add names, an ENUM cannot be extended in place, and a
column's type cannot change below an index. DuckDB compresses repeated text with dictionaries either way; the names
are in ``yang_catalog``.
"""

import msgspec
import orjson

from yangbeam.core.tables.columns import DECIMAL_DIGITS, ColumnType
from yangbeam.core.tables.definitions import Column, Table
from yangbeam.core.tables.evolution import Fit
from yangbeam.core.tables.folding import Upsert

CATALOG = "yang_catalog"
"""What each column is: schema path, type, units, description; also how a new process knows what is there."""

_TYPES = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "identity": "VARCHAR",
    "json": "VARCHAR",
    "binary": "BLOB",
    "timestamp": "TIMESTAMP",
}

CREATE_CATALOG = f"""CREATE TABLE IF NOT EXISTS {CATALOG} (
  table_name VARCHAR NOT NULL, column_name VARCHAR NOT NULL, ordinal INTEGER NOT NULL, table_path VARCHAR NOT NULL,
  path VARCHAR NOT NULL, role VARCHAR NOT NULL, type VARCHAR NOT NULL, yang_type VARCHAR NOT NULL,
  units VARCHAR NOT NULL, description VARCHAR NOT NULL, counter BOOLEAN NOT NULL, config BOOLEAN NOT NULL,
  names VARCHAR[] NOT NULL,  logical VARCHAR NOT NULL, PRIMARY KEY (table_name, column_name))"""
"""``type`` in SQL, ``logical`` as a JSON array that ``logical_type`` reads."""
INSERT_CATALOG = f"INSERT OR REPLACE INTO {CATALOG} VALUES ({', '.join('?' * 14)})"  # noqa: S608 # constants
SELECT_CATALOG = (
    f"SELECT table_name, table_path, column_name, role, path, logical FROM {CATALOG} ORDER BY table_name, ordinal"  # noqa: S608 # a constant
)


def sql_type(column: ColumnType) -> str:
    """Returns DuckDB's type."""
    single = f"DECIMAL({DECIMAL_DIGITS},{column.digits})" if column.kind == "decimal" else _TYPES[column.kind]
    return f"{single}[]" if column.many else single


def quoted(name: str) -> str:
    """Returns an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Returns a string literal."""
    return "'" + value.replace("'", "''") + "'"


def definition(fit: Fit, table: Table) -> list[str]:
    """Returns the statements that make a table, or add columns to it, with their comments."""
    name = quoted(fit.name)
    statements = [f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {_declared(column)}" for column in fit.added]
    if fit.new:
        key = ", ".join(map(quoted, fit.identity))
        columns = ", ".join(_declared(column) for column in fit.added)
        statements = [
            f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key}))",
            f"COMMENT ON TABLE {name} IS {text(comment({'path': table.path, 'description': table.description}))}",
        ]
    return statements + [
        f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {text(column_comment(column))}" for column in fit.added
    ]


def catalog_row(fit: Fit, table: Table, ordinal: int, column: Column, said: Column) -> tuple[object, ...]:
    """Returns the catalog's row of a column: the place it has, and what the newest schema says of it."""
    facts = (said.yang_type, said.units, said.description, said.counter, said.config, list(said.names))
    place = (fit.name, column.name, ordinal, table.path, column.path, column.role, sql_type(column.type))
    return (*place, *facts, msgspec.json.encode(column.type).decode())


def logical_type(encoded: str) -> ColumnType:
    """Returns the type that the catalog's ``logical`` holds."""
    return msgspec.json.decode(encoded, type=ColumnType)


def insert(rows: Upsert, source: str) -> str:
    """Returns the statement that writes rows from a view, and fails when one of them is there."""
    listed = ", ".join(quoted(column.name) for column in rows.columns)
    return f"INSERT INTO {quoted(rows.table)} ({listed}) SELECT {listed} FROM {quoted(source)}"  # noqa: S608 # quoted


def count(table: str) -> str:
    """Returns the statement that counts a table's rows."""
    return f"SELECT count(*) FROM {quoted(table)}"  # noqa: S608 # quoted


def upsert(rows: Upsert, source: str) -> str:
    """Returns the statement that writes rows from a view: only the columns that they carry are touched."""
    changed = [quoted(column.name) for column in rows.columns if column.name not in rows.identity]
    key = ", ".join(map(quoted, rows.identity))
    sets = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return f"{insert(rows, source)} ON CONFLICT ({key}) DO UPDATE SET {sets}"


def column_comment(column: Column) -> str:
    """Returns what DuckDB shows of a column: JSON, without what is not said."""
    facts = {
        "path": column.path,
        "type": column.yang_type,
        "units": column.units,
        "counter": column.counter,
        "config": column.config,
        "description": column.description,
    }
    return comment(facts)


def comment(facts: dict[str, object]) -> str:
    """Returns facts as one line of JSON, the empty ones left out."""
    return orjson.dumps({name: value for name, value in facts.items() if value}).decode()


def _declared(column: Column) -> str:
    null = " NOT NULL" if column.role == "identity" else ""
    return f"{quoted(column.name)} {sql_type(column.type)}{null}"

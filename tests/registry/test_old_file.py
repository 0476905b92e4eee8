"""A registry's file as 0.1.0 wrote it: its ids stay true, and new schemas get others."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.store import SchemaStore

MODULE = """module old { namespace "u:old"; prefix o; feature f;
  leaf a { type string; } leaf b { if-feature f; type int8; } }"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The tables and the encoding of 0.1.0, written out."""
    path = tmp_path / "registry.sqlite"
    body = msgspec.msgpack.encode([1, {"old.yang": MODULE}, [["old", ""]], {"old": []}])
    with closing(sqlite3.connect(path)) as file, file:
        columns = "id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, body BLOB NOT NULL"
        file.execute(f"CREATE TABLE schemas ({columns})")
        file.execute("INSERT INTO schemas VALUES (41, 'digest', ?)", (body,))
    return path


def test_an_id_of_before_leads_to_its_set(old: Path) -> None:
    schema = EmbeddedRegistry(old).schema(41)
    schema.validate_contents(b'{"old:a":"x"}')
    with pytest.raises(Exception, match="old:b"):
        schema.validate_contents(b'{"old:b":1}')  # the feature is off


def test_new_schemas_get_ids_above_those_of_before(old: Path) -> None:
    assert EmbeddedRegistry(old).resolve("192.0.2.1", None, frozenset()) > 41
    SchemaStore(old).close()  # opening again changes nothing
    assert EmbeddedRegistry(old, use_bundled=False).schema(41)


def test_an_id_of_neither_is_unknown(old: Path) -> None:
    with pytest.raises(SchemaError, match="40 is not registered"):
        EmbeddedRegistry(old).schema(40)

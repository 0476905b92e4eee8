"""Registered schemas in one SQLite file: an id for each content, the same for equal content, whoever asks."""

import sqlite3
import threading
from pathlib import Path
from typing import Final

from yangbeam.core.errors import Fault, SchemaError, YangbeamError

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS schemas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL UNIQUE,
  body BLOB NOT NULL
);
"""

BUSY_MS: Final = 10_000
"""How long a writer waits for another process's transaction: each takes milliseconds."""


class StoreError(YangbeamError):
    """The file cannot be used."""

    fault = Fault.ENVIRONMENT


class SchemaStore:
    """Schemas by id, shared by threads and processes (WAL mode).

    Ids are 31-bit, rise from 1, and are never given twice, so that a schema id on a message stays true.

    Args:
        path: The SQLite file; its folder is made.

    Raises:
        StoreError: It cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def register(self, digest: str, body: bytes) -> int:
        """Returns the id of a content, giving it one if it is new. Idempotent.

        Raises:
            StoreError: The file cannot be written.
        """
        try:
            with self._lock:
                found = self._db.execute("SELECT id FROM schemas WHERE digest = ?", (digest,)).fetchone()
                if found is None:
                    insert = "INSERT INTO schemas (digest, body) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
                    self._db.execute(insert, (digest, body))
                    found = self._db.execute("SELECT id FROM schemas WHERE digest = ?", (digest,)).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return int(found[0])

    def body(self, schema_id: int) -> bytes:
        """Returns the content of an id.

        Raises:
            SchemaError: The id was never given.
            StoreError: The file cannot be read.
        """
        try:
            with self._lock:
                found = self._db.execute("SELECT body FROM schemas WHERE id = ?", (schema_id,)).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if found is None:
            raise SchemaError("schema-unknown", f"schema id {schema_id} is not registered in {self._path}")
        return bytes(found[0])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError("schema-store", f"cannot use {self._path} as schema store: {error}; choose another path")

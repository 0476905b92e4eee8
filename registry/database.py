"""One SQLite file, shared by threads and processes: how it is opened, written in one piece, and made."""

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from yangbeam.core.errors import Fault, YangbeamError

FORMAT: Final = 2
"""Of the file, in ``user_version``; 0 is a new file or that of 0.1.0."""

BUSY_MS: Final = 10_000
"""How long a writer waits for another process's transaction: each takes milliseconds."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS schema (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL UNIQUE,
  guid TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS schema_by_guid ON schema (guid);
CREATE TABLE IF NOT EXISTS version (
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  id INTEGER NOT NULL REFERENCES schema (id),
  deleted INTEGER NOT NULL DEFAULT 0,
  made_ms INTEGER,
  PRIMARY KEY (subject, version)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS version_by_id ON version (id);
CREATE TABLE IF NOT EXISTS reference (
  id INTEGER NOT NULL REFERENCES schema (id),
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (subject, version, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (scope, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdict (
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  value BLOB,
  PRIMARY KEY (subject, version)
) WITHOUT ROWID;
"""

_HAS_TIME: Final = "SELECT 1 FROM pragma_table_info('version') WHERE name = 'made_ms'"
_ADD_TIME: Final = "ALTER TABLE version ADD COLUMN made_ms INTEGER"
"""When a version was registered: files that were made before lack it, and who does not know it leaves it out."""
_HAS_OLD: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schemas'"
"""The table of 0.1.0."""
_ABOVE_OLD: Final = """
INSERT INTO sqlite_sequence (name, seq)
SELECT 'schema', COALESCE(MAX(id), 0) FROM schemas
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'schema')
"""
"""Ids that 0.1.0 gave are on messages: they are not given to something else."""


class StoreError(YangbeamError):
    """The file cannot be used."""

    fault = Fault.ENVIRONMENT


class Database:
    """A connection that threads take turns with, in WAL mode.

    Args:
        path: The SQLite file; its folder is made.

    Raises:
        StoreError: It cannot be opened or written, or a later version of yangbeam made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
            weakref.finalize(self, self._db.close)  # Python closes no connection by itself without a complaint
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self.found_format = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        if self.found_format > FORMAT:
            raise StoreError("schema-store", f"a later version of yangbeam made {path}: use that one, or another path")
        self._make()

    def _make(self) -> None:
        try:
            if self.found_format < FORMAT:
                self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
                if self.row(_HAS_OLD):
                    self._db.execute(_ABOVE_OLD)
            elif not self.row(_HAS_TIME):
                self._add_time()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _add_time(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        if not self.row(_HAS_TIME):  # another process may have been faster
            self._db.execute(_ADD_TIME)
        self._db.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Writes all or nothing; no other process writes meanwhile. Transactions within it are part of it.

        Raises:
            StoreError: The file cannot be written.
        """
        with self._lock:
            if self._depth:
                yield
                return
            self._run("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._run("ROLLBACK")
                raise
            else:
                self._run("COMMIT")
            finally:
                self._depth = 0

    def write(self, statement: str, *values: Any) -> int:
        """Runs one statement and returns the id of the row it inserted."""
        with self._lock:
            return int(self._run(statement, *values).lastrowid or 0)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Returns all rows of a query.

        Raises:
            StoreError: The file cannot be read.
        """
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """Returns the first row of a query; None when there is none."""
        return next(iter(self.rows(query, *values)), None)

    def old_body(self, schema_id: int) -> bytes | None:
        """Returns what 0.1.0 kept under an id; None: nothing."""
        if not self.row(_HAS_OLD):
            return None
        row = self.row("SELECT body FROM schemas WHERE id = ?", schema_id)
        return bytes(row[0]) if row else None

    def close(self) -> None:
        """Closes the file; closing twice is harmless."""
        with self._lock:
            self._db.close()

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            "schema-store", f"cannot use {self.path} as schema store: {error}; free it, or choose another path"
        )

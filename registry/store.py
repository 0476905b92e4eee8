"""Registered schemas in one SQLite file: an id for each content, the same for equal content, whoever asks.

Only what is there, not what may be done with it: that is the registrar's.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body
from yangbeam.registry.database import Database, StoreError

__all__ = ["MAX_ID", "SchemaStore", "StoreError", "Version"]

MAX_ID: Final = 2**31 - 1
"""Ids are 31 bits: they travel as a signed 32-bit integer."""

_IDENTITY: Final = "identity"
_VERSIONS: Final = "SELECT subject, version, id, deleted, made_ms FROM version WHERE "


class Version(NamedTuple):
    """One version of a subject; ``made_ms``: when it was registered, milliseconds since the Unix epoch."""

    subject: str
    version: int
    id: int
    is_deleted: bool
    made_ms: int | None = None


class SchemaStore:
    """Schemas, subjects and settings, shared by threads and processes.

    Ids rise from 1 and are never given to another content, so that a schema id on a message stays true.

    Args:
        path: The SQLite file; its folder is made.
        clock: Seconds since the Unix epoch, for when a version was registered.

    Raises:
        StoreError: It cannot be opened or written.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._db = Database(path)
        self._clock = clock
        self.path = path

    def writing(self) -> AbstractContextManager[None]:
        """Writes all or nothing; see ``Database.writing``."""
        return self._db.writing()

    def identity(self) -> str:
        """Returns what tells this registry from every other: 16 hexadecimal digits, drawn when it is first asked."""
        with self.writing():
            found = self.setting("", _IDENTITY)
            if found is None:
                found = secrets.token_hex(8).encode()
                self.set("", _IDENTITY, found)
        return found.decode()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    # Schemas

    def put(self, body: Body, schema_id: int | None = None, *, copies: bool = False) -> int:
        """Returns the id of a content, giving it one if it is new. Idempotent.

        Args:
            body: The content.
            schema_id: The id it is to have if it is new.
            copies: It gets that id beside the one that it has: other registries gave some contents several.

        Raises:
            SchemaError: ``schema-id-taken``: other content has that id, or this content has another.
            StoreError: The file cannot be written.
        """
        with self.writing():
            found = self.id_of(body)
            if found is None:
                found = self._insert(body, schema_id, body.digest)
            elif copies and schema_id not in (None, found):
                found = self._copied(body, schema_id)
            if schema_id is not None and found != schema_id:
                raise SchemaError("schema-id-taken", f"this schema has the id {found}, not {schema_id}")
        return found

    def _copied(self, body: Body, schema_id: int | None) -> int:
        digest = f"{body.digest}#{schema_id}"
        row = self._db.row("SELECT id FROM schema WHERE digest = ?", digest)
        return int(row[0]) if row else self._insert(body, schema_id, digest)

    def _insert(self, body: Body, schema_id: int | None, digest: str) -> int:
        if schema_id is not None and self._db.row("SELECT 1 FROM schema WHERE id = ?", schema_id):
            raise SchemaError("schema-id-taken", f"the id {schema_id} is another schema's")
        insert = "INSERT INTO schema (id, digest, guid, body) VALUES (?, ?, ?, ?)"
        given = self._db.write(insert, schema_id, digest, body.guid, body.identity())
        needs = sorted({(need.subject, need.version) for need in body.references})
        for subject, version in needs:
            self._db.write("INSERT INTO reference (id, subject, version) VALUES (?, ?, ?)", given, subject, version)
        return given

    def id_of(self, body: Body) -> int | None:
        """Returns the id of a content; None: it was never registered."""
        row = self._db.row("SELECT id FROM schema WHERE digest = ?", body.digest)
        return int(row[0]) if row else None

    def body(self, schema_id: int) -> Body:
        """Returns the content of an id that some subject has, or had and only soft-deleted.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        query = "SELECT body FROM schema WHERE id = ? AND EXISTS (SELECT 1 FROM version WHERE version.id = schema.id)"
        row = self._db.row(query, schema_id)
        if row is None:
            raise SchemaError("schema-unknown", f"schema id {schema_id} is not registered in {self.path}")
        return msgspec.json.decode(row[0], type=Body)

    def body_of(self, subject: str, version: int) -> Body:
        """Returns the content of a version, soft-deleted or not.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        found = self.version(subject, version)
        if found is None:
            raise SchemaError("schema-unknown", f"version {version} of {subject} is not registered in {self.path}")
        return self.body(found.id)

    def old_body(self, schema_id: int) -> bytes | None:
        """Returns what 0.1.0 kept under an id, in its form; None: nothing."""
        return self._db.old_body(schema_id)

    def ids_of_guid(self, guid: str) -> list[int]:
        """Returns the ids of a GUID that some subject has."""
        query = "SELECT id FROM schema WHERE guid = ? AND EXISTS (SELECT 1 FROM version WHERE version.id = schema.id)"
        return [int(row[0]) for row in self._db.rows(query, guid)]

    def greatest_id(self) -> int:
        """Returns the greatest id that was given; 0: none was."""
        row = self._db.row("SELECT MAX(id) FROM schema")
        return int(row[0] or 0) if row else 0

    # Subjects and versions

    def add_version(self, subject: str, schema_id: int, version: int | None = None) -> int:
        """Appends a version to a subject and returns its number: one above all that ever were, deleted ones too."""
        with self.writing():
            if version is None:
                row = self._db.row("SELECT MAX(version) FROM version WHERE subject = ?", subject)
                version = 1 + int((row and row[0]) or 0)
            insert = "INSERT INTO version (subject, version, id, made_ms) VALUES (?, ?, ?, ?)"
            self._db.write(insert, subject, version, schema_id, int(self._clock() * 1000))
        return version

    def version(self, subject: str, version: int) -> Version | None:
        """Returns one version, soft-deleted or not."""
        return next(self._versions("subject = ? AND version = ?", subject, version), None)

    def versions(self, subject: str) -> list[Version]:
        """Returns all versions of a subject, soft-deleted ones too, oldest first."""
        return list(self._versions("subject = ? ORDER BY version", subject))

    def versions_of(self, schema_id: int) -> list[Version]:
        """Returns where an id stands, soft-deleted versions too."""
        return list(self._versions("id = ? ORDER BY subject, version", schema_id))

    def all_versions(self, prefix: str = "") -> list[Version]:
        """Returns every version of the subjects that begin so, soft-deleted ones too, by subject and version."""
        return list(self._versions("substr(subject, 1, ?) = ? ORDER BY subject, version", len(prefix), prefix))

    def elsewhere(self, name: str) -> str:
        """Returns the first subject of a context whose name is this one; empty: there is none."""
        query = (
            "SELECT DISTINCT subject FROM version WHERE subject >= ':.' AND subject < ':/' AND deleted = 0 "
            "AND substr(subject, -?) = ? ORDER BY 1"
        )
        found = (row[0] for row in self._db.rows(query, len(name) + 1, f":{name}"))
        return next((subject for subject in found if subject.split(":", 2)[2] == name), "")

    def _versions(self, condition: str, *values: str | int) -> Iterator[Version]:
        for subject, version, schema_id, deleted, made_ms in self._db.rows(_VERSIONS + condition, *values):
            yield Version(subject, version, schema_id, bool(deleted), made_ms)

    def soft_delete(self, subject: str, version: int) -> None:
        """Hides a version."""
        self._db.write("UPDATE version SET deleted = 1 WHERE subject = ? AND version = ?", subject, version)

    def erase(self, subject: str, version: int) -> None:
        """Forgets a version for good; the id of its content is never another's."""
        with self.writing():
            self._db.write("DELETE FROM version WHERE subject = ? AND version = ?", subject, version)
            self._db.write("DELETE FROM verdict WHERE subject = ? AND version = ?", subject, version)

    def referenced_by(self, subject: str, version: int, *, deleted: bool = False, outside: str = "") -> list[int]:
        """Returns the ids of schemas that need a version directly.

        Args:
            subject: Of the version.
            version: Its number.
            deleted: Also those that stand in soft-deleted versions alone.
            outside: Not those that stand in this subject alone.
        """
        query = (
            "SELECT DISTINCT reference.id FROM reference JOIN version ON version.id = reference.id "
            "WHERE reference.subject = ? AND reference.version = ? AND version.deleted <= ? AND version.subject != ? "
            "ORDER BY 1"
        )
        return [int(row[0]) for row in self._db.rows(query, subject, version, int(deleted), outside)]

    # Settings and verdicts

    def setting(self, scope: str, kind: str) -> bytes | None:
        """Returns a setting of a subject, a context, or (scope empty) of all."""
        row = self._db.row("SELECT value FROM setting WHERE scope = ? AND kind = ?", scope, kind)
        return bytes(row[0]) if row else None

    def set(self, scope: str, kind: str, value: bytes | None) -> None:
        """Writes a setting; None removes it."""
        if value is None:
            self._db.write("DELETE FROM setting WHERE scope = ? AND kind = ?", scope, kind)
        else:
            write = (
                "INSERT INTO setting VALUES (?, ?, ?) ON CONFLICT (scope, kind) DO UPDATE SET value = excluded.value"
            )
            self._db.write(write, scope, kind, value)

    def scopes(self, kind: str, prefix: str) -> list[str]:
        """Returns the scopes that begin so and have a setting of a kind."""
        query = "SELECT scope FROM setting WHERE kind = ? AND substr(scope, 1, ?) = ?"
        return [row[0] for row in self._db.rows(query, kind, len(prefix), prefix)]

    def put_verdict(self, subject: str, version: int, value: bytes | None) -> None:
        """Keeps what was found of a version against the one before; None: still to be judged."""
        write = (
            "INSERT INTO verdict VALUES (?, ?, ?) ON CONFLICT (subject, version) DO UPDATE SET value = excluded.value"
        )
        self._db.write(write, subject, version, value)

    def verdict(self, subject: str, version: int) -> bytes | None:
        """Returns a verdict; None: there is none, or it is still to be judged."""
        row = self._db.row("SELECT value FROM verdict WHERE subject = ? AND version = ?", subject, version)
        return bytes(row[0]) if row and row[0] is not None else None

    def forget_verdict(self, subject: str, version: int) -> None:
        """Removes a verdict: there is nothing to judge."""
        self._db.write("DELETE FROM verdict WHERE subject = ? AND version = ?", subject, version)

    def unjudged(self, most: int = 100) -> list[tuple[str, int]]:
        """Returns versions whose verdict is still to be found."""
        query = "SELECT subject, version FROM verdict WHERE value IS NULL ORDER BY subject, version LIMIT ?"
        return [(row[0], row[1]) for row in self._db.rows(query, most)]

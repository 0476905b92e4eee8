"""Which schema is registered, under which version and id: the rules of the registry, over its store and its formats."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import YANG, Body, Reference, Registered
from yangbeam.registry.compatibility import misfits
from yangbeam.registry.formats.parsed import Format, Parsed
from yangbeam.registry.refusals import Code, RefusedError, invalid, no_subject, no_version
from yangbeam.registry.settings import Settings
from yangbeam.registry.store import SchemaStore, Version
from yangbeam.registry.subjects import checked, context_of, qualified

MAX_TEXT: Final = 16 << 20
"""Characters of one schema: the largest published YANG modules have some 2 million."""
LATEST: Final = -1
ATTEMPTS: Final = 10
"""How often registering starts again because another process was faster."""


class Registrar:
    """Registers schemas and finds them.

    Args:
        store: Where they are kept.
        formats: Kinds of schema by name.
    """

    def __init__(self, store: SchemaStore, formats: Mapping[str, Format]) -> None:
        self.store = store
        self.formats = formats
        self.settings = Settings(store)

    def register(
        self,
        subject: str,
        body: Body,
        *,
        normalise: bool = False,
        trusted: bool = False,
        version: int | None = None,
        schema_id: int | None = None,
    ) -> Registered:
        """Registers a schema under a subject; idempotent.

        Args:
            subject: Whole name.
            body: The schema; references in its context may name it or not.
            normalise: Drop differences of writing.
            trusted: The caller has compiled it: it is not judged again.
            version: The version it is to have; another than the next one only in mode IMPORT.
            schema_id: The id it is to have; only in mode IMPORT.

        Raises:
            RefusedError: 409, 42201, 42202, 42205, 42207, 42208, 42209.
        """
        checked(subject)
        mode = self.writable(subject)
        if mode != "IMPORT" and schema_id is not None:
            raise RefusedError(Code.NOT_PERMITTED, f"Subject {subject} is not in import mode: leave out the id.")
        body = self._resolved(subject, body)
        found = self._held(subject, body)
        if found is None:
            if not trusted:
                body = self._canonical(subject, body, normalise=normalise)
            found = self._append(subject, body, version, schema_id, is_import=mode == "IMPORT")
        elif schema_id not in (None, found.id):
            raise RefusedError(Code.ID_MISMATCH, f"The schema is registered with id {found.id}, not {schema_id}.")
        return found

    def lookup(self, subject: str, body: Body, *, normalise: bool = False, deleted: bool = False) -> Version:
        """Returns where under a subject a schema is registered, the newest of several.

        Raises:
            RefusedError: 40401, 40403, 42201.
        """
        versions = [version for version in self.store.versions(subject) if deleted or not version.is_deleted]
        if not versions:
            raise no_subject(subject)
        body = self._resolved(subject, body)
        schema_id = self.store.id_of(body)
        if schema_id is None:
            schema_id = self.store.id_of(self._canonical(subject, body, normalise=normalise))
        found = [version for version in versions if version.id == schema_id]
        if not found:
            raise RefusedError(Code.NO_SCHEMA, "Schema not found")
        return found[-1]

    def version(self, subject: str, version: int, *, deleted: bool = False) -> Version:
        """Returns one version; LATEST for the newest.

        Raises:
            RefusedError: 40401, 40402.
        """
        versions = [found for found in self.store.versions(subject) if deleted or not found.is_deleted]
        if not versions:
            raise no_subject(subject)
        found = [each for each in versions if version in (LATEST, each.version)]
        if not found:
            raise no_version(version)
        return found[-1]

    def body(self, schema_id: int) -> Body:
        """Returns the schema of an id.

        Raises:
            RefusedError: 40403.
        """
        try:
            return self.store.body(schema_id)
        except SchemaError:
            raise RefusedError(Code.NO_SCHEMA, f"Schema {schema_id} not found") from None

    def misfits(self, subject: str, body: Body, versions: Iterable[Version], level: str) -> tuple[str, ...]:
        """Says what keeps a schema from following versions at a compatibility level; empty: nothing does.

        Raises:
            RefusedError: 42201.
        """
        body = self._canonical(subject, self._resolved(subject, body), normalise=False)
        return self._misfits(body, list(versions), level)

    def parsed(self, body: Body, label: str = "") -> Parsed:
        """Returns a registered schema with all that it needs."""
        return Parsed(body, tuple(self._needs(body)), label)

    def _misfits(self, body: Body, versions: list[Version], level: str) -> tuple[str, ...]:
        olds = [self.parsed(self.store.body(old.id), f"{old.subject} version {old.version}") for old in versions]
        return misfits(self.formats, self.parsed(body, "the new schema"), olds, level)

    def writable(self, subject: str) -> str:
        """Returns the mode of a subject that may be written.

        Raises:
            RefusedError: 42205.
        """
        mode = self.settings.effective_mode(subject)
        if mode.startswith("READONLY"):
            raise RefusedError(Code.NOT_PERMITTED, f"Subject {subject} is in read-only mode.")
        return mode

    def _resolved(self, subject: str, body: Body) -> Body:
        """Names the context and the version of each reference."""
        if len(body.text) > MAX_TEXT:
            raise RefusedError(Code.TOO_LARGE, f"The schema has {len(body.text):,} characters, over {MAX_TEXT:,}.")
        context = context_of(subject)
        references = []
        for need in body.references:
            name = qualified(context, need.subject)
            try:
                found = self.version(name, need.version)
            except RefusedError:
                what = f'No schema reference found for subject "{name}" and version {need.version}'
                raise invalid(what) from None
            references.append(Reference(need.name, name, found.version))
        return msgspec.structs.replace(body, references=tuple(references)).normal()

    def _needs(self, body: Body) -> list[tuple[Reference, Body]]:
        """What a schema needs, in depth first."""
        found: dict[tuple[str, int], tuple[Reference, Body]] = {}
        entered: set[tuple[str, int]] = set()
        waiting = [(need, False) for need in reversed(body.references)]
        while waiting:
            need, is_left = waiting.pop()
            key = (need.subject, need.version)
            if is_left:
                found[key] = (need, self.store.body_of(*key))
            elif key not in entered:
                entered.add(key)
                waiting.append((need, True))
                waiting += [(inner, False) for inner in reversed(self.store.body_of(*key).references)]
        return list(found.values())

    def _canonical(self, subject: str, body: Body, *, normalise: bool) -> Body:
        judge = self.formats.get(body.kind)
        if judge is None:
            known = ", ".join(self.formats)
            raise invalid(f"Invalid schema type {body.kind[:40]!r}: this registry knows {known}.")
        if not normalise:
            normalise = bool(self.settings.effective_config(subject).normalize)
        text = judge.canonical(self.parsed(body, "the schema"), normalise=normalise)
        references = tuple(sorted(body.references)) if normalise else body.references
        return msgspec.structs.replace(body, text=text, references=references).normal()

    def _held(self, subject: str, body: Body) -> Registered | None:
        schema_id = self.store.id_of(body)
        if schema_id is None:
            return None
        found = [each for each in self.store.versions(subject) if each.id == schema_id and not each.is_deleted]
        return Registered(subject, schema_id, found[-1].version) if found else None

    def _append(
        self, subject: str, body: Body, version: int | None, schema_id: int | None, *, is_import: bool
    ) -> Registered:
        """Appends a version that fits those before; begins again if another was appended meanwhile."""
        for _ in range(ATTEMPTS):
            before = self.store.versions(subject)
            if not is_import:
                self._check_fit(subject, body, before)
            with self.store.writing():
                found = self._held(subject, body)
                if found is not None:
                    return found
                if self.store.versions(subject) == before:
                    return self._write(subject, body, before, version, schema_id, is_import=is_import)
        raise RefusedError(Code.TIMEOUT, f"Subject {subject} is being written by others without end; try again.")

    def _check_fit(self, subject: str, body: Body, before: list[Version]) -> None:
        config = self.settings.effective_config(subject)
        group = config.compatibility_group
        live = [
            version
            for version in before
            if not version.is_deleted
            and (group is None or self.store.body(version.id).property(group) == body.property(group))
        ]
        found = self._misfits(body, live, config.compatibility or "NONE") if live else ()
        if found:
            what = f'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: '
            raise RefusedError(Code.INCOMPATIBLE, what + "; ".join(found), found)

    def _write(
        self,
        subject: str,
        body: Body,
        before: list[Version],
        version: int | None,
        schema_id: int | None,
        *,
        is_import: bool,
    ) -> Registered:
        following = 1 + max((each.version for each in before), default=0)
        wanted = version or following
        taken = any(each.version == wanted for each in before)
        if taken or (wanted != following and not is_import):
            raise RefusedError(Code.INVALID_VERSION, f"The next version of {subject} is {following}, not {wanted}.")
        try:
            given = self.store.put(body, schema_id)
        except SchemaError as error:
            raise RefusedError(Code.ID_MISMATCH, error.detail) from None
        self.store.add_version(subject, given, wanted)
        if body.kind == YANG and any(not each.is_deleted and each.version < wanted for each in before):
            self.store.put_verdict(subject, wanted, None)
        return Registered(subject, given, wanted, is_new=True)

"""Which schema is registered, under which version and id: the rules of the registry, over its store and its formats."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body, Reference, Registered
from yangbeam.registry import rule_sets
from yangbeam.registry.appending import LATEST, Appending, Plan, as_sent
from yangbeam.registry.carrying import carried
from yangbeam.registry.compatibility import misfits
from yangbeam.registry.formats.parsed import Format, Parsed
from yangbeam.registry.matching import same
from yangbeam.registry.refusals import Code, RefusedError, invalid, no_subject, no_version
from yangbeam.registry.settings import Settings
from yangbeam.registry.store import SchemaStore, Version
from yangbeam.registry.subjects import checked, context_of, qualified

MAX_TEXT: Final = 16 << 20
"""Characters of one schema: the largest published YANG modules have some 2 million."""


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
        self._appending = Appending(store, formats, self.settings, self.parsed)

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
            body: The schema; references in its context may name it or not. Without a text it is that of the newest
                version with other metadata; metadata None are those of the newest version, but of YANG.
            normalise: Drop differences of writing.
            trusted: The caller has compiled it: it is not judged again, and nothing is taken over.
            version: The version it is to have; another than the next one only in mode IMPORT. LATEST: that of the
                newest version if it is the same, else the next one. A version is kept in the metadata.
            schema_id: The id it is to have; only in mode IMPORT. Who registers there without one must mean a schema
                that is there.

        Raises:
            RefusedError: 409, 42201, 42202, 42205, 42207, 42208, 42209, 42210.
        """
        checked(subject)
        rule_sets.checked(body.rules)
        is_import = self._is_import(subject, schema_id)
        versions = self.store.versions(subject)
        if not body.text.strip():
            body = self._filled(body, versions, is_import=is_import)
        sends_metadata = body.metadata is not None
        body = self._resolved(subject, body)
        found = None if version else self._appending.held(subject, body)
        if found is None:
            if not trusted:
                body = self._canonical(subject, body, normalise=normalise)
            plan = Plan(
                body, version, schema_id, sends_metadata=sends_metadata, is_import=is_import, takes_over=not trusted
            )
            found = self._appending.append(subject, plan)
        if schema_id not in (None, found.id):
            raise RefusedError(Code.ID_MISMATCH, f"The schema is registered with id {found.id}, not {schema_id}.")
        return found

    def _is_import(self, subject: str, schema_id: int | None) -> bool:
        """Whether a subject is being imported to; who sends an id must import."""
        is_import = self.writable(subject) == "IMPORT"
        if not is_import and schema_id is not None:
            place = f"Subject {subject} in context {context_of(subject)}"
            raise RefusedError(Code.NOT_PERMITTED, f"{place} is not in import mode")
        return is_import

    def _filled(self, body: Body, versions: list[Version], *, is_import: bool) -> Body:
        """Returns the newest version's text and references, with what was sent of metadata and rules."""
        live = [version for version in versions if not version.is_deleted]
        if is_import or not live:
            raise invalid("Empty schema")
        newest = self.store.body(live[-1].id)
        return msgspec.structs.replace(body, text=newest.text, kind=newest.kind, references=newest.references)

    def lookup(self, subject: str, body: Body, *, normalise: bool = False, deleted: bool = False) -> Version:
        """Returns where under a subject a schema is registered, the newest of several.

        Raises:
            RefusedError: 40401, 40403, 42201.
        """
        versions = [version for version in self.store.versions(subject) if deleted or not version.is_deleted]
        if not versions:
            raise no_subject(subject)
        if not body.text.strip():
            raise RefusedError(Code.NO_SCHEMA, "Schema not found")
        sends_metadata = body.metadata is not None
        body = self._resolved(subject, body)
        held = [version for version in versions if version.id == self.store.id_of(body)]
        if held:
            return held[-1]
        body = self._canonical(subject, body, normalise=normalise)
        found = self._same(body, versions)
        if found is None:
            sent = as_sent(body, sends_metadata=sends_metadata)
            newest = self.store.body(versions[-1].id)
            config = self.settings.effective_config(subject)
            found = self._same(carried(sent, newest, config, 0, is_numbered=False), versions)
        if found is None:
            raise RefusedError(Code.NO_SCHEMA, "Schema not found")
        return found

    def _same(self, body: Body, versions: list[Version]) -> Version | None:
        return same(self.store, self.formats, self.parsed, body, versions)

    def version(self, subject: str, version: int, *, deleted: bool = False) -> Version:
        """Returns one version; LATEST for the newest.

        Raises:
            RefusedError: 40401, 40402.
        """
        exact = self.store.version(subject, version)
        if exact is not None and (deleted or not exact.is_deleted):
            return exact
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

    def misfits(
        self, subject: str, body: Body, versions: Iterable[Version], level: str, *, normalise: bool = False
    ) -> tuple[str, ...]:
        """Says what keeps a schema from following versions at a compatibility level; empty: nothing does.

        Raises:
            RefusedError: 42201.
        """
        if not body.text.strip():
            raise invalid("Empty schema")
        body = self._canonical(subject, self._resolved(subject, body), normalise=normalise)
        peers = self._appending.peers(body, versions, self.settings.effective_config(subject))
        return misfits(self.formats, self.parsed(body, "the new schema"), self._olds(peers), level)

    def parsed(self, body: Body, label: str = "") -> Parsed:
        """Returns a registered schema with all that it needs."""
        return Parsed(body, tuple(self._needs(body)), label)

    def _olds(self, versions: Iterable[Version]) -> list[Parsed]:
        return [self.parsed(self.store.body(old.id), f"{old.subject} version {old.version}") for old in versions]

    def writable(self, subject: str) -> str:
        """Returns the mode of a subject that may be written.

        Raises:
            RefusedError: 42205.
        """
        mode = self.settings.effective_mode(subject)
        if mode.startswith("READONLY"):
            place = f"Subject {subject} in context {context_of(subject)}"
            raise RefusedError(Code.NOT_PERMITTED, f"{place} is in read-only mode")
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
        config = self.settings.effective_config(subject)
        normalise = normalise or bool(config.normalize)
        schema = replace(self.parsed(body, "the schema"), any_names=config.validate_names is False)
        text = judge.canonical(schema, normalise=normalise)
        references = tuple(sorted(body.references)) if normalise else body.references
        return msgspec.structs.replace(body, text=text, references=references).normal()

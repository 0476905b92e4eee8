"""Appends a version to a subject: what it takes over, whether it fits those before, which number and id it gets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import YANG, Body, Metadata, Registered
from yangbeam.registry.carrying import carried
from yangbeam.registry.compatibility import compared
from yangbeam.registry.formats.parsed import Format, Parsed
from yangbeam.registry.matching import same
from yangbeam.registry.refusals import Code, RefusedError, invalid
from yangbeam.registry.reserved import conflicts
from yangbeam.registry.settings import Config, Settings
from yangbeam.registry.store import SchemaStore, Version
from yangbeam.registry.subjects import context_of

LATEST: Final = -1
ATTEMPTS: Final = 10
"""How often registering starts again because another process was faster."""
MAX_SHOWN: Final = 2_000
"""Characters of an earlier schema in the message of an incompatibility."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be registered.

    Attributes:
        body: The schema, in canonical form.
        version: The version it is to have; None: the next one; LATEST: the newest if it is the same.
        schema_id: The id it is to have.
        sends_metadata: It came with metadata of its own, if only empty ones.
        is_import: With ids and versions of another registry, whatever fits.
        takes_over: Metadata of the version before, and what is configured, hold for it.
    """

    body: Body
    version: int | None
    schema_id: int | None
    sends_metadata: bool
    is_import: bool
    takes_over: bool


class Appending:
    """Appends versions.

    Args:
        store: Where they are kept.
        formats: Kinds of schema by name.
        settings: What is configured of subjects.
        parsed: Finds what a schema needs; takes the schema and how it is called.
    """

    def __init__(
        self,
        store: SchemaStore,
        formats: Mapping[str, Format],
        settings: Settings,
        parsed: Callable[[Body, str], Parsed],
    ) -> None:
        self._store = store
        self._formats = formats
        self._settings = settings
        self._parsed = parsed

    def held(self, subject: str, body: Body) -> Registered | None:
        """Returns where a schema stands under a subject, as it is; None: nowhere."""
        schema_id = self._store.id_of(body)
        if schema_id is None:
            return None
        found = [each for each in self._store.versions(subject) if each.id == schema_id and not each.is_deleted]
        return Registered(subject, schema_id, found[-1].version) if found else None

    def append(self, subject: str, plan: Plan) -> Registered:
        """Appends a version that fits those before; begins again if another was appended meanwhile."""
        for _ in range(ATTEMPTS):
            before = self._store.versions(subject)
            found = self._planned(subject, plan, before)
            if isinstance(found, Registered):
                return found
            if not plan.is_import:
                self._check_fit(subject, found, before)
            with self._store.writing():
                held = None if plan.version else self.held(subject, found)
                if held is not None:
                    return held
                if self._store.versions(subject) == before:
                    return self._write(subject, found, before, plan)
        raise RefusedError(Code.TIMEOUT, f"Subject {subject} is being written by others without end; try again.")

    def _planned(self, subject: str, plan: Plan, before: list[Version]) -> Body | Registered:
        """Returns what is to be appended, or where it stands already."""
        live = [version for version in before if not version.is_deleted]
        body, number = plan.body, following(before)
        if plan.is_import:
            return self._imported(subject, plan, live)
        if not plan.takes_over:
            return body
        if plan.version in (None, LATEST):
            found = self._same(body, live[-1:] if plan.version == LATEST else live)
            if found is not None:
                return Registered(subject, found.id, found.version)
        elif plan.version != number:
            raise invalid(f"Version is not one more than previous version: the next one of {subject} is {number}")
        sent = as_sent(body, sends_metadata=plan.sends_metadata)
        newest = self._store.body(live[-1].id) if live else None
        config = self._settings.effective_config(subject)
        return carried(sent, newest, config, number, is_numbered=plan.version is not None)

    def _imported(self, subject: str, plan: Plan, live: list[Version]) -> Body | Registered:
        """Like ``_planned``, of what is imported: clients that register as always find what is there already."""
        there = None
        if plan.schema_id is None:
            there = self._same(plan.body, live)
            if there is None:
                place = f"Subject {subject} in context {context_of(subject)}"
                raise RefusedError(Code.NOT_PERMITTED, f"{place} is not in read-write mode")
        elif plan.version is not None:
            there = next((each for each in live if each.version == plan.version), None)
            there = there if there is not None and self._store.body(there.id) == plan.body else None
        return plan.body if there is None else Registered(subject, there.id, there.version)

    def _same(self, body: Body, versions: list[Version]) -> Version | None:
        return same(self._store, self._formats, self._parsed, body, versions)

    def _check_fit(self, subject: str, body: Body, before: list[Version]) -> None:
        config = self._settings.effective_config(subject)
        level = config.compatibility or "NONE"
        live = [version for version in before if not version.is_deleted]
        found: list[str] = []
        if config.validate_fields:
            found += conflicts(body, self._store.body(live[-1].id) if live else None)
        peers = self.peers(body, live, config) if level != "NONE" else []
        # What a schema needs is read only if there is something to compare it with: a set has hundreds of modules.
        new = self._parsed(body, "the new schema") if peers else Parsed(body)
        for old, said in compared(self._formats, new, self._olds(peers), level):
            if said:
                number = old.label.rpartition(" ")[2]
                found += [*said, f"{{oldSchemaVersion: {number}}}", f"{{oldSchema: '{old.body.text[:MAX_SHOWN]}'}}"]
        if found:
            validates = str(bool(config.validate_fields)).lower()
            found.append(f"{{validateFields: '{validates}', compatibility: '{level}'}}")
            what = f'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: '
            raise RefusedError(Code.INCOMPATIBLE, f"{what}[{', '.join(dict.fromkeys(found))}]", tuple(found))

    def peers(self, body: Body, versions: Iterable[Version], config: Config) -> list[Version]:
        """Returns the versions that a schema is compared with: those of its compatibility group, if there are any."""
        group = config.compatibility_group
        return [
            version
            for version in versions
            if group is None or self._store.body(version.id).property(group) == body.property(group)
        ]

    def _olds(self, versions: list[Version]) -> list[Parsed]:
        return [self._parsed(self._store.body(old.id), f"{old.subject} version {old.version}") for old in versions]

    def _write(self, subject: str, body: Body, before: list[Version], plan: Plan) -> Registered:
        wanted = plan.version if plan.version not in (None, LATEST) else following(before)
        there = next((each for each in before if each.version == wanted), None)
        if there is not None and not (plan.is_import and there.is_deleted):
            what = f"Version {wanted} of {subject} is there already"
            raise RefusedError(Code.INVALID_VERSION, f"{what}; the next one is {following(before)}.")
        if there is not None:
            self._store.erase(subject, wanted)
        try:
            given = self._store.put(body, plan.schema_id, copies=plan.version is not None)
        except SchemaError as error:
            raise RefusedError(*self._id_taken(subject, body, plan.schema_id, error)) from None
        self._store.add_version(subject, given, wanted)
        if body.kind == YANG and any(not each.is_deleted and each.version < wanted for each in before):
            self._store.put_verdict(subject, wanted, None)
        return Registered(subject, given, wanted, is_new=True)

    def _id_taken(self, subject: str, body: Body, schema_id: int | None, error: SchemaError) -> tuple[Code, str]:
        """Says why an id cannot be given: it is another content's, or this content has another."""
        if self._store.id_of(body) is not None:
            return Code.ID_MISMATCH, error.detail
        place = f"in context {context_of(subject)}"
        return Code.NOT_PERMITTED, f"Overwrite new schema with id {schema_id} {place} is not permitted."


def as_sent(body: Body, *, sends_metadata: bool) -> Body:
    """Returns a schema whose metadata are None only if none were sent; in normal form, empty ones are none either."""
    return msgspec.structs.replace(body, metadata=body.metadata or (Metadata() if sends_metadata else None))


def following(versions: list[Version]) -> int:
    """Returns the next version of a subject, given all that it has, deleted ones too."""
    return 1 + max((each.version for each in versions), default=0)

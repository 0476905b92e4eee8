"""The registry's store in this process, as what registers and reads schema sets."""

from dataclasses import replace
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body, Registered
from yangbeam.core.registered_set import read_set
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.envelope import enveloped, is_ours, own_set
from yangbeam.registry.formats.judges import HERE, Judge
from yangbeam.registry.old_sets import decoded
from yangbeam.registry.register import RegisteredSet, register_root, register_set
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.settings import Config

REMEMBERED: Final = 1_024
"""Sets of which is remembered where their modules stand."""
MAX_SUBJECTS: Final = 256
"""New subjects that one set gets from this process, as each exporter makes one, and addresses may be forged. Further
exporters get the same id under the first subject."""


class LocalRegistry:
    """Implements ``RegistryClient`` and ``RegistryReader`` over a store; a set is written as a whole or not at all.

    Args:
        registrar: The rules over the store.
        prefix: Before each module's name, for its subject.
        judge: Who says whether a set compiles.
    """

    def __init__(self, registrar: Registrar, prefix: str = "", judge: Judge = HERE) -> None:
        self._judge = judge
        self._registrar = registrar
        self._prefix = prefix
        self._known: dict[str, RegisteredSet] = {}
        self._subjects: dict[str, int] = {}
        """New subjects, by the digest of their set."""

    def register_set(self, schema_set: SchemaSet, subject: str) -> RegisteredSet:
        """Registers a set with its envelope; see ``register.register_set``.

        Raises:
            SchemaError: ``schema-invalid``: it does not compile; or an operator's compatibility level refuses it.
        """
        known = self._known.get(schema_set.digest)
        with self._registrar.store.writing():
            if known is not None and self._are_there(known):
                return self._root(schema_set.digest, known, subject)
        complete = enveloped(schema_set, HERE if is_ours(schema_set) else self._judge)
        with self._registrar.store.writing():
            found = register_set(self, complete, subject, prefix=self._prefix)
        old = tuple(msgspec.structs.replace(module, is_new=False) for module in found.modules)
        self._known[schema_set.digest] = replace(found, modules=old)
        while len(self._known) > REMEMBERED:
            first = next(iter(self._known))
            self._known.pop(first, None)
            self._subjects.pop(first, None)
        return found

    def _root(self, digest: str, known: RegisteredSet, subject: str) -> RegisteredSet:
        """Registers the root of a set that is there under one more subject, unless there are too many."""
        count = self._subjects.get(digest, 0)
        if count >= MAX_SUBJECTS and not self._registrar.store.versions(subject):
            return known
        found = register_root(self, subject, known)
        self._subjects[digest] = count + found.root.is_new
        return found

    def register_own(self, module: str) -> int:
        """Registers a module that comes with the packages, under its own name; returns its id."""
        with self._registrar.store.writing():
            return register_set(self, own_set(module), module, prefix=self._prefix, top=module).root.id

    def _are_there(self, known: RegisteredSet) -> bool:
        """Whether no operator deleted what the root needs."""
        found = (self._registrar.store.version(need.subject, need.version) for need in known.body.references)
        return all(version is not None and not version.is_deleted for version in found)

    def schema_set(self, schema_id: int) -> SchemaSet:
        """Returns the set of an id.

        Raises:
            SchemaError: ``schema-unknown``, ``not-yang``.
        """
        try:
            return read_set(self, schema_id)
        except SchemaError:
            old = self._registrar.store.old_body(schema_id)
            if old is None:
                raise
            return decoded(old)

    def register(self, subject: str, body: Body) -> Registered:
        """See ``RegistryClient``; the set was compiled as a whole, so that its parts are not judged again."""
        return self._registrar.register(subject, body, trusted=True)

    def compatibility(self, subject: str) -> str | None:
        """See ``RegistryClient``."""
        config = self._registrar.settings.config(subject)
        return config.compatibility if config else None

    def set_compatibility(self, subject: str, level: str) -> None:
        """See ``RegistryClient``."""
        self._registrar.settings.set_config(subject, Config(level))

    def body(self, schema_id: int) -> Body:
        """See ``RegistryReader``."""
        return self._registrar.store.body(schema_id)

    def body_of(self, subject: str, version: int) -> Body:
        """See ``RegistryReader``."""
        return self._registrar.store.body_of(subject, version)

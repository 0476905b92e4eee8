"""Which compatibility level and mode hold for a subject: its own, else its context's, else everybody's."""

from collections.abc import Iterator
from typing import Final

import msgspec

from yangbeam.core.registered import Metadata
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.rule_sets import RuleSet, checked
from yangbeam.registry.store import SchemaStore
from yangbeam.registry.subjects import context_of, scope_of

LEVELS: Final = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
"""Compatibility levels of Confluent's API."""
_TOLD: Final = ("NONE", "BACKWARD", "FORWARD", "FULL", "BACKWARD_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE")
"""In the order of its message."""
MODES: Final = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT")
"""What may be done: everything, reading (with OVERRIDE wherever else is said otherwise), registering with ids."""


class Config(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", forbid_unknown_fields=True):
    """What is configured of a subject, a context, or all; what is None is configured elsewhere.

    Attributes:
        compatibility: One of LEVELS.
        normalize: Normalise what is registered, asked or not.
        compatibility_group: Property of the metadata; only versions with the same value are compared.
        validate_fields: No schema has fields that its metadata reserve.
        validate_names: Avro names are those of its specification; unless it is false.
        default_metadata: Under those that a schema is registered with.
        override_metadata: Over them.
        default_rule_set: Rules under those that a schema is registered with.
        override_rule_set: Over them.
        alias: The subject that this one's name means; only of a subject.
    """

    compatibility: str | None = None
    normalize: bool | None = None
    compatibility_group: str | None = None
    validate_fields: bool | None = None
    validate_names: bool | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None
    alias: str | None = None


DEFAULTS: Final = Config("BACKWARD")


class Settings:
    """Reads and writes what is configured.

    Args:
        store: Where it is kept.
    """

    def __init__(self, store: SchemaStore) -> None:
        self._store = store

    def config(self, scope: str) -> Config | None:
        """Returns what is configured of a scope itself; None: nothing."""
        written = self._store.setting(scope, "config")
        return None if written is None else msgspec.json.decode(written, type=Config)

    def set_config(self, scope: str, config: Config) -> None:
        """Configures a scope; what the new configuration leaves open stays.

        Raises:
            RefusedError: 42203, 42210.
        """
        if config.compatibility is not None and config.compatibility not in LEVELS:
            *others, last = (level.lower() for level in _TOLD)
            detail = f"Invalid compatibility level. Valid values are {', '.join(others)}, and {last}"
            raise RefusedError(Code.INVALID_COMPATIBILITY, detail)
        checked(config.default_rule_set)
        checked(config.override_rule_set)
        with self._store.writing():
            merged = _over(config, self.config(scope) or Config())
            self._store.set(scope, "config", msgspec.json.encode(merged))

    def drop_config(self, scope: str) -> Config | None:
        """Removes what is configured of a scope, and returns it."""
        with self._store.writing():
            found = self.config(scope)
            self._store.set(scope, "config", None)
        return found

    def effective_config(self, scope: str) -> Config:
        """Returns what holds for a subject or context."""
        found = DEFAULTS
        for outer in reversed(list(_scopes(scope))):
            found = _over(self.config(outer) or Config(), found)
        return found

    def mode(self, scope: str) -> str | None:
        """Returns the mode of a scope itself; None: it has none."""
        written = self._store.setting(scope, "mode")
        return None if written is None else written.decode()

    def set_mode(self, scope: str, mode: str, *, force: bool = False) -> None:
        """Sets a mode.

        Args:
            scope: A subject, a context, or all (empty).
            mode: One of MODES.
            force: Allow IMPORT although there are schemas.

        Raises:
            RefusedError: 42204, or 42205: IMPORT over schemas that are there.
        """
        if mode not in MODES:
            detail = f"Invalid mode {mode[:40]!r}. Valid values are {', '.join(MODES)}."
            raise RefusedError(Code.INVALID_MODE, detail)
        with self._store.writing():
            if mode == "IMPORT" and not force and self.mode(scope) != mode and self._is_inhabited(scope):
                raise RefusedError(Code.NOT_PERMITTED, "Cannot import since found existing subjects; use force=true.")
            self._store.set(scope, "mode", mode.encode())

    def drop_mode(self, scope: str, *, below: bool = False) -> str | None:
        """Removes a mode, and returns it.

        Args:
            scope: A subject, a context, or all (empty).
            below: Also those of the subjects in that context; of all: in the default one.
        """
        with self._store.writing():
            found = self.mode(scope)
            for each in {scope, *(self._store.scopes("mode", scope) if below else ())}:
                if each == scope or scope_of(context_of(each)) == scope:
                    self._store.set(each, "mode", None)
        return found

    def effective_mode(self, scope: str) -> str:
        """Returns the mode that holds for a subject or context."""
        if self.mode("") == "READONLY_OVERRIDE":
            return "READONLY_OVERRIDE"
        return next((mode for outer in _scopes(scope) if (mode := self.mode(outer))), "READWRITE")

    def forget(self, subject: str) -> None:
        """Removes everything that is set of a subject."""
        self.drop_config(subject)
        self.drop_mode(subject)

    def forget_context(self, context: str) -> None:
        """Removes everything that is set of a context and its subjects."""
        scope = scope_of(context)
        with self._store.writing():
            for kind in ("config", "mode"):
                for each in self._store.scopes(kind, scope):
                    self._store.set(each, kind, None)

    def _is_inhabited(self, scope: str) -> bool:
        if scope and not scope.endswith(":"):
            return any(not version.is_deleted for version in self._store.versions(scope))
        return any(not version.is_deleted for version in self._store.all_versions(scope))


def _scopes(scope: str) -> Iterator[str]:
    """Yields where to look, nearest first."""
    return iter(dict.fromkeys((scope, scope_of(context_of(scope)), "")))


def _over(upper: Config, lower: Config) -> Config:
    return Config(
        *(
            above if above is not None else below
            for above, below in zip(msgspec.structs.astuple(upper), msgspec.structs.astuple(lower), strict=True)
        )
    )

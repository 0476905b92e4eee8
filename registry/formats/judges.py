"""Who judges YANG: this process, for what is trusted, or a guard with limits, for what comes from elsewhere."""

from typing import Final, Protocol

from yangbeam.core.yang.libyang_context import LibyangContext
from yangbeam.core.yang.salvage import salvaged
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.temporary_folders import temporary_folder
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.formats import yang_update
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.formats.yang_update import Update
from yangbeam.registry.guard.trial import LibyangTrial


class Judge(Protocol):
    """What is asked of whoever judges YANG. Safe for threads; blocks until it is judged.

    Each raises SchemaError with what is wrong, ``schema-too-costly`` where it costs more than it may, and
    SchemaPendingError where it is to be asked again.
    """

    def compiles(self, schema_set: SchemaSet) -> None:
        """Has libyang compile a set."""
        ...

    def salvaged(self, schema_set: SchemaSet) -> SchemaSet:
        """Returns what of a set compiles; see ``core.yang.salvage``."""
        ...

    def update(self, new: Parsed, old: Parsed, *, backwards: bool = False, patient: bool = False) -> Update:
        """Compares two schemas; see ``yang_update.update``. Patient: nobody waits for it."""
        ...

    def check_syntax(self, text: str, name: str) -> None:
        """Parses a text alone."""
        ...

    def normalised(self, text: str, name: str) -> str:
        """Prints a module in canonical order, without comments."""
        ...


class _Here:
    """Judges in this process, without limits."""

    def compiles(self, schema_set: SchemaSet) -> None:
        with temporary_folder() as folder:
            LibyangContext(schema_set, write_set(schema_set, folder)).close()

    def salvaged(self, schema_set: SchemaSet) -> SchemaSet:
        with temporary_folder() as folder, LibyangTrial(folder) as trial:
            return salvaged(schema_set, trial)

    def update(self, new: Parsed, old: Parsed, *, backwards: bool = False, patient: bool = False) -> Update:
        del patient
        return yang_update.update(new, old, backwards=backwards)

    def check_syntax(self, text: str, name: str) -> None:
        yang_update.check_syntax(text, name)

    def normalised(self, text: str, name: str) -> str:
        return yang_update.normalised(text, name)


HERE: Final[Judge] = _Here()

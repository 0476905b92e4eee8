"""Compiles with libyang what is tried: a set anew, or modules on top of it, which it takes back if it refuses them."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from yangbeam.core.yang.libyang_context import LibyangContext, RefusedModuleError
from yangbeam.core.yang.module_text import readable, structures_as_containers
from yangbeam.core.yang.salvage import Key, Refused
from yangbeam.core.yang.schema_set import SchemaSet

LONGEST_S: Final = 12.0
"""CPU that is spent on one set where nobody says otherwise."""


class LibyangTrial:
    """Implements ``salvage.Trial`` with one context for a base and all that is added to it.

    Args:
        folder: An empty folder; what libyang reads is written there.
        at: Told which modules are tried next, before they are.
        clock: CPU seconds of this process.
        longest_s: Of them so many are spent; what was not tried by then is left out.
    """

    def __init__(
        self,
        folder: str | Path,
        at: Callable[[Sequence[str]], object] = lambda _: None,
        clock: Callable[[], float] = time.process_time,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._folder = Path(folder)
        self._at = at
        self._clock = clock
        self._until = clock() + longest_s
        self._context: LibyangContext | None = None
        self._written: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._context is not None:
            self._context.close()

    def begin(self, schema_set: SchemaSet) -> Refused | None:
        """See ``Trial``."""
        if self._context is not None:
            self._context.close()
            self._context = None
        self._at(())
        self._write({module.file_name: module.text for module in schema_set.modules})
        try:
            self._context = LibyangContext(schema_set, self._folder)
        except RefusedModuleError as error:
            return Refused(error.words, error.path)
        return None

    def add(self, texts: Mapping[str, str], modules: Sequence[tuple[Key, tuple[str, ...] | None]]) -> Refused | None:
        """See ``Trial``."""
        assert self._context is not None  # noqa: S101 - begin stands before it
        self._at([name for (name, _), _ in modules])
        self._write(texts)
        try:
            self._context.add((name, revision, features) for (name, revision), features in modules)
        except RefusedModuleError as error:
            return Refused(error.words, error.path)
        return None

    def is_over(self) -> bool:
        """See ``Trial``."""
        return self._clock() >= self._until

    def _write(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            if self._written.get(name) != text:
                (self._folder / name).write_text(readable(structures_as_containers(text)), encoding="utf-8")
                self._written[name] = text

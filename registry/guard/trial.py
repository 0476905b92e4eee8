"""Compiles with libyang what is tried: a set anew, or modules on top of it, which it takes back if it refuses them."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from yangbeam.core.yang.libyang_context import LibyangContext, RefusedModuleError, is_starved
from yangbeam.core.yang.module_text import readable, structures_as_containers
from yangbeam.core.yang.salvage import Key, Refused
from yangbeam.core.yang.schema_set import SchemaSet

_PARTS: Final = re.compile(r"\b(?:feature|include)\s")
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
        """See ``Trial``. Raises MemoryError where libyang was refused memory."""
        if self._context is not None:
            self._context.close()
            self._context = None
        self._at(())
        texts = {module.file_name: module.text for module in schema_set.modules}
        self._remove([name for name in self._written if name not in texts])
        self._write(texts)
        try:
            self._context = LibyangContext(schema_set, self._folder)
        except RefusedModuleError as error:
            return _judged(error)
        return None

    def add(self, texts: Mapping[str, str], modules: Sequence[tuple[Key, tuple[str, ...] | None]]) -> Refused | None:
        """See ``Trial``. Raises MemoryError where libyang was refused memory."""
        assert self._context is not None  # noqa: S101 - begin stands before it
        self._at([name for (name, _), _ in modules])
        plain = {key: text for (key, _), text in _plain(texts, modules)}
        files = {name: text for name, text in texts.items() if name not in {_file(key) for key in plain}}
        new = [name for name in files if name not in self._written]
        self._write(files)
        try:
            self._context.add(plain.get(key) or (*key, features) for key, features in modules)
        except RefusedModuleError as error:
            self._remove(new)  # for each module libyang looks through the whole folder
            return _judged(error)
        return None

    def is_over(self) -> bool:
        """See ``Trial``."""
        return self._clock() >= self._until

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            (self._folder / name).unlink()
            del self._written[name]

    def _write(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            if self._written.get(name) != text:
                (self._folder / name).write_text(_readable(text), encoding="utf-8")
                self._written[name] = text


def _judged(error: RefusedModuleError) -> Refused:
    """Returns why libyang refuses what is tried.

    Raises:
        MemoryError: It was refused memory: that says nothing of the modules, and its context is not to be trusted.
    """
    if is_starved(error.words):
        raise MemoryError(error.words) from error
    return Refused(error.words, error.path)


def _plain(
    texts: Mapping[str, str], modules: Sequence[tuple[Key, tuple[str, ...] | None]]
) -> list[tuple[tuple[Key, tuple[str, ...] | None], str]]:
    """Returns the modules that take no file: alone, and without features and submodules. A file costs milliseconds."""
    if len(modules) > 1:
        return []
    return [
        (module, _readable(text)) for module in modules if (text := texts[_file(module[0])]) and not _PARTS.search(text)
    ]


def _file(key: Key) -> str:
    return "@".join(filter(None, key)) + ".yang"


def _readable(text: str) -> str:
    return readable(structures_as_containers(text))

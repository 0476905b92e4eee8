"""Reads YANG modules from directories and packages, and writes schema sets where libyang can find them."""

import os
import tempfile
from collections.abc import Iterable
from importlib import metadata, resources
from pathlib import Path

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames, read_sid_files


def read_modules(path: str | Path) -> dict[str, str]:
    """Reads every ``*.yang`` of a directory (not of those below it): file name → text.

    Raises:
        SchemaError: ``module-directory``: it is no directory, or a file of it cannot be read as UTF-8.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise SchemaError("module-directory", f"{directory} is no directory of YANG modules")
    try:
        return {file.name: file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.yang"))}
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError("module-directory", f"a module of {directory} cannot be read: {error}") from error


def bundled() -> dict[str, str]:
    """Returns the modules that need no download: those of the pyang package, then our own; file name → text."""
    texts = {}
    for file in metadata.files("pyang") or ():
        if file.suffix == ".yang":
            texts[file.name] = Path(str(file.locate())).read_text(encoding="utf-8")
    for item in resources.files("yangbeam.core.yang.modules").iterdir():
        if item.name.endswith(".yang"):
            texts[item.name] = item.read_text(encoding="utf-8")
    return texts


def write_set(schema_set: SchemaSet, cache: str | Path) -> Path:
    """Writes the texts of a set to ``cache/DIGEST`` and returns that directory; an existing one is left as it is.

    Safe against concurrent writers: the directory appears at once, by rename.

    Raises:
        SchemaError: ``module-directory``: the cache cannot be written.
    """
    target = Path(cache) / schema_set.digest
    if target.is_dir():
        return target
    try:
        Path(cache).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".writing-") as draft:
            inner = Path(draft) / "set"
            inner.mkdir()
            for name, text in schema_set.files().items():
                (inner / name).write_text(text, encoding="utf-8")
            try:
                os.rename(inner, target)  # noqa: PTH104 - Path.rename would follow the same path; errors are told apart here
            except OSError:
                if not target.is_dir():  # somebody else was not faster: a true failure
                    raise
    except OSError as error:
        raise SchemaError("module-directory", f"cannot write the module cache {cache}: {error}") from error
    return target


def read_sids(places: Iterable[str | Path]) -> SidNames:
    """Reads .sid files, and those of folders.

    Raises:
        SchemaError: ``sid-file``: one cannot be read, or is none; it is named.
    """
    found = NO_SIDS
    for file in (file for place in places for file in _sid_files(Path(place))):
        try:
            more = read_sid_files([file.read_bytes()])
        except OSError as error:
            raise SchemaError("sid-file", f"{file} cannot be read: {error.strerror}") from error
        except SchemaError as error:
            raise SchemaError("sid-file", f"{file}: {error.detail}") from error
        found = SidNames({**found.nodes, **more.nodes}, {**found.identities, **more.identities})
    return found


def _sid_files(place: Path) -> list[Path]:
    return sorted(place.glob("*.sid")) if place.is_dir() else [place]

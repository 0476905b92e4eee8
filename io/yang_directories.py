"""Reads YANG modules from directories and packages, and writes schema sets where libyang can find them."""

import codecs
import logging
import os
import tempfile
from collections.abc import Iterable
from importlib import metadata, resources
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.endless import without_endless
from yangbeam.core.yang.node_modules import MAX_MODULE_BYTES
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames, read_sid_files

_log: Final = logging.getLogger(__name__)


def read_modules(path: str | Path, unread: dict[str, str] | None = None) -> dict[str, str]:
    """Reads every ``*.yang`` of a directory (not of those below it): file name → text.

    A text is UTF-8 (RFC 7950 section 6), with or without a byte order mark; UTF-16 is known by its own. What is
    neither is read with U+FFFD where it cannot be: names and strings of YANG's own are ASCII.

    Args:
        path: The directory.
        unread: Gets the files that cannot be read, with the reason; None: one of them is an error.

    Raises:
        SchemaError: ``module-directory``: it is no directory, or a file of it cannot be read.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise SchemaError("module-directory", f"{directory} is no directory of YANG modules")
    found = {}
    try:
        files = sorted(file for file in directory.iterdir() if file.suffix.lower() == ".yang")
    except OSError as error:
        raise SchemaError("module-directory", f"{directory} cannot be read: {error}") from error
    for file in files:
        why = _unreadable(file)
        if not why:
            found[file.name] = _decoded(file.read_bytes())
        elif unread is not None:
            unread[file.name] = why
        else:
            raise SchemaError("module-directory", f"a module of {directory} cannot be read: {file.name}: {why}")
    return found


def _unreadable(file: Path) -> str:
    """Says why a file is not read; empty: it is."""
    try:
        size = file.stat().st_size
        with file.open("rb"):
            return f"it has {size:,} octets, more than {MAX_MODULE_BYTES:,}" if size > MAX_MODULE_BYTES else ""
    except OSError as error:
        return error.strerror or str(error)


def _decoded(octets: bytes) -> str:
    encoding = "utf-16" if octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    return TextIOWrapper(BytesIO(octets), encoding, errors="replace").read()  # lines end with one character


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

    Patterns that may go back without end are left out of them: see ``core/yang/endless.py``.

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
                kept, endless = without_endless(text)
                (inner / name).write_text(kept, encoding="utf-8")
                for each in endless:
                    _log.warning(
                        "%s, line %d: no value is judged by %s: it is no expression, or may take years",
                        name,
                        each.line,
                        each,
                    )
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

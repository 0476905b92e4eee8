"""Keeps what nodes gave of their YANG on disk: texts and sets by content, and which set a content-id means.

    texts/ab/abcd….yang       a module, named by the SHA-256 of its octets
    sets/abcd….json           a library with the hashes of its texts, named likewise
    pointers/abcd….json       (content-id, exporter) → set

Many processes write here at once: a file appears whole, by rename, and what is named by its content is the same
whoever wrote it. Everything is verified when read; what is damaged is as if it were not there, and fetched anew.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.undecodable import UNDECODABLE
from yangbeam.core.yang.node_modules import Key, NodeModules
from yangbeam.core.yang.yang_library import LibraryModule, YangLibrary

FORMAT: Final = 1


class ModuleStoreError(YangbeamError):
    """The folder cannot be used."""

    fault = Fault.ENVIRONMENT


class Pointer(msgspec.Struct, frozen=True):
    """What (content-id, exporter) means.

    Attributes:
        content_id: As it was announced; or ``library:DIGEST``.
        exporter: Whose it is; empty: everybody's.
        set_id: The set.
        node: Where it was fetched, for messages.
        own_id: The content-id in the library itself; another than ``content_id`` if the node contradicts itself.
        library: Digest of the library.
    """

    content_id: str
    exporter: str
    set_id: str
    node: str
    own_id: str = ""
    library: str = ""
    format: int = FORMAT


class _Set(msgspec.Struct, frozen=True):
    modules: tuple[LibraryModule, ...]
    tells_augments: bool
    source: str
    texts: tuple[tuple[str, str, str], ...]
    """(name, revision, SHA-256)."""
    refused: tuple[tuple[str, str, str], ...]
    """(name, revision, why)."""
    format: int = FORMAT
    quirks: tuple[str, ...] = ()


_Document = TypeVar("_Document", Pointer, _Set)


class ModuleStore:
    """One folder of modules.

    Args:
        path: The folder; made when first written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, modules: NodeModules) -> str:
        """Keeps a node's modules and returns the id of their set: the same for equal contents.

        Raises:
            ModuleStoreError: The folder cannot be written.
        """
        texts = tuple(
            (name, revision, self._put_text(text)) for (name, revision), text in sorted(modules.texts.items())
        )
        refused = tuple((*key, why) for key, why in sorted(modules.refused.items()))
        library = modules.library
        encoded = msgspec.json.encode(
            _Set(library.modules, library.tells_augments, library.source, texts, refused, quirks=library.quirks)
        )
        set_id = _hash(encoded)
        self._write(self._path / "sets" / f"{set_id}.json", encoded, anew=False)
        return set_id

    def get(self, set_id: str, node: str, content_id: str) -> NodeModules | None:
        """Returns a set; None when it is not here, or damaged. Texts that are damaged are left out of it.

        Args:
            set_id: As ``put`` returned it.
            node: Where it was fetched, for messages.
            content_id: The node's id of its library.
        """
        encoded = self._read(self._path / "sets" / f"{set_id}.json", set_id)
        found = _decoded(encoded, _Set)
        if found is None:
            return None
        texts: dict[Key, str] = {}
        for name, revision, digest in found.texts:
            text = self._read(self._text_path(digest), digest)
            if text is not None:
                texts[name, revision] = text.decode()
        library = YangLibrary(content_id, found.modules, found.tells_augments, found.source, found.quirks)
        return NodeModules(node, library, texts, {(name, revision): why for name, revision, why in found.refused})

    def point(self, pointer: Pointer) -> None:
        """Keeps what a content-id of an exporter means; a later one takes the place of an earlier.

        Raises:
            ModuleStoreError: The folder cannot be written.
        """
        encoded = msgspec.json.encode(pointer)
        self._write(self._pointer_path(pointer.content_id, pointer.exporter), encoded, anew=True)

    def pointed(self, content_id: str, exporter: str) -> Pointer | None:
        """Returns what a content-id of an exporter means; None when that is not known."""
        try:
            encoded = self._pointer_path(content_id, exporter).read_bytes()
        except OSError:
            return None
        found = _decoded(encoded, Pointer)
        return found if found and (found.content_id, found.exporter) == (content_id, exporter) else None

    def _put_text(self, text: str) -> str:
        octets = text.encode()
        digest = _hash(octets)
        self._write(self._text_path(digest), octets, anew=False)
        return digest

    def _text_path(self, digest: str) -> Path:
        return self._path / "texts" / digest[:2] / f"{digest}.yang"

    def _pointer_path(self, content_id: str, exporter: str) -> Path:
        name = _hash(msgspec.json.encode((content_id, exporter)))[:40]
        return self._path / "pointers" / f"{name}.json"

    def _read(self, path: Path, digest: str) -> bytes | None:
        """Returns a file if its content is what its name says; a damaged one is removed, so that it is written anew."""
        try:
            octets = path.read_bytes()
        except OSError:
            return None
        if _hash(octets) == digest:
            return octets
        path.unlink(missing_ok=True)
        return None

    def _write(self, path: Path, octets: bytes, *, anew: bool) -> None:
        if not anew and path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(octets)
                Path(draft).replace(path)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ModuleStoreError(
                "module-store", f"cannot write {path.parent} as module cache: {error.strerror}; choose another folder"
            ) from error


def _hash(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def _decoded(encoded: bytes | None, kind: type[_Document]) -> _Document | None:
    """Returns a document; None for one that is damaged, or of a version after this one."""
    try:
        found = None if encoded is None else msgspec.json.decode(encoded, type=kind)
    except UNDECODABLE:
        return None
    return found if found is not None and found.format == FORMAT else None

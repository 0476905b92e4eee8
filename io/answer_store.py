"""What a registry once said, on disk: ids by question, schema sets by id; for as many processes as wish.

Promise: a file is whole or not there, and there are not more than a bound; what does not verify on reading was never
said. Nothing secret is in it.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.left_out import read_left_out
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set

FORMAT: Final = 1
MOST_FILES: Final = {"answers": 131_072, "documents": 131_072, "sets": 1_024}
"""Files of each kind: exporters may be forged, and each asks. The ones that nobody asked for longest go first."""
_LOOKS: Final = 8
"""How often files are counted, while so many are written as there may be."""


class _Number(msgspec.Struct, array_like=True, frozen=True):
    format: int
    question: str
    number: int


class _Document(msgspec.Struct, array_like=True, frozen=True):
    format: int
    question: str
    document: bytes


class _Set(msgspec.Struct, array_like=True, frozen=True):
    format: int
    schema_id: int
    digest: str
    texts: dict[str, str]
    implemented: list[tuple[str, str]]
    features: dict[str, list[str]]
    lent: list[str]
    guid: str
    left_out: list[str] = []


_NUMBER: Final = msgspec.msgpack.Decoder(_Number)
_DOCUMENT: Final = msgspec.msgpack.Decoder(_Document)
_SET: Final = msgspec.msgpack.Decoder(_Set)


class AnswerStore:
    """The answers of one registry.

    Args:
        folder: Where; made if absent.
        registry: Its address: each has its own answers.
    """

    def __init__(self, folder: Path, registry: str) -> None:
        self._folder = folder / hashlib.sha256(registry.encode()).hexdigest()[:16]
        self._written = dict(MOST_FILES)
        """Since files were counted, of each kind; at first they are."""

    def number(self, question: str) -> int | None:
        """Returns the id that answered a question; None: it was never asked."""
        with suppress(OSError, msgspec.MsgspecError):
            found = _NUMBER.decode(self._place("answers", question).read_bytes())
            if (found.format, found.question) == (FORMAT, question):
                return found.number
        return None

    def keep_number(self, question: str, number: int) -> None:
        """Keeps it, unless it is known; without a disk that takes it this process goes on without."""
        if self.number(question) == number:
            self._asked_again("answers", question)
        else:
            self._keep("answers", question, _Number(FORMAT, question, number))

    def document(self, question: str) -> bytes | None:
        """Returns the document that answered a question; None: it was never asked."""
        with suppress(OSError, msgspec.MsgspecError):
            found = _DOCUMENT.decode(self._place("documents", question).read_bytes())
            if (found.format, found.question) == (FORMAT, question):
                return found.document
        return None

    def keep_document(self, question: str, document: bytes) -> None:
        """Keeps it, unless it is known."""
        if self.document(question) == document:
            self._asked_again("documents", question)
        else:
            self._keep("documents", question, _Document(FORMAT, question, document))

    def guid(self, schema_id: int) -> str | None:
        """Returns the GUID of an id; None: it is not known."""
        found = self._read(schema_id)
        return None if found is None else found.guid

    def schema_set(self, schema_id: int) -> SchemaSet | None:
        """Returns the set of an id; None: it is not known."""
        found = self._read(schema_id)
        if found is None:
            return None
        with suppress(SchemaError):
            made = make_schema_set(found.texts, found.implemented, features=found.features, imported_only=found.lent)
            left_out = tuple(read_left_out(each) for each in found.left_out)
            return replace(made, left_out=left_out) if made.digest == found.digest else None
        return None

    def keep_set(self, schema_id: int, guid: str, schema_set: SchemaSet) -> None:
        """Keeps it, in place of what stood there."""
        texts = {module.file_name: module.text for module in schema_set.modules}
        names = {module.name for module in schema_set.modules if not module.belongs_to}
        features = {name: list(on) for name, on in schema_set.features.items()}
        lent = sorted(names - {name for name, _ in schema_set.implemented})
        implemented = list(schema_set.implemented)
        left_out = [str(each) for each in schema_set.left_out]
        kept = _Set(FORMAT, schema_id, schema_set.digest, texts, implemented, features, lent, guid, left_out)
        self._keep("sets", str(schema_id), kept)

    def _read(self, schema_id: int) -> _Set | None:
        with suppress(OSError, msgspec.MsgspecError):
            found = _SET.decode(self._place("sets", str(schema_id)).read_bytes())
            if (found.format, found.schema_id) == (FORMAT, schema_id):
                return found
        return None

    def _asked_again(self, kind: str, key: str) -> None:
        with suppress(OSError):
            os.utime(self._place(kind, key))

    def _keep(self, kind: str, key: str, what: msgspec.Struct) -> None:
        _write(self._place(kind, key), what)
        self._written[kind] += 1
        if self._written[kind] >= MOST_FILES[kind] // _LOOKS:
            self._written[kind] = 0
            _forget_oldest(self._folder / kind, MOST_FILES[kind])

    def _place(self, kind: str, key: str) -> Path:
        return self._folder / kind / hashlib.sha256(key.encode()).hexdigest()[:32]


def _forget_oldest(folder: Path, most: int) -> None:
    """Removes what is beyond so many files; other processes may do so at the same time."""
    with suppress(OSError), os.scandir(folder) as found:
        files = sorted((each.stat().st_mtime_ns, each.path) for each in found)
        for _, path in files[: max(len(files) - most, 0)]:
            Path(path).unlink(missing_ok=True)


def _write(place: Path, what: msgspec.Struct) -> None:
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".writing-")
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.msgpack.encode(what))
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)  # of a disk that is full

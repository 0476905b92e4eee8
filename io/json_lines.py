"""WriteJsonLines: batches of records to a file, one JSON object a line: the broker-less form of a topic."""

import logging
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import LedgerTotals
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.outside import Kind
from yangbeam.core.stage import LEDGER
from yangbeam.transforms.acknowledged import ACKNOWLEDGED
from yangbeam.transforms.outputs import delivered, kept
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.stage import StageOutput, sunk

_log: Final = logging.getLogger(__name__)

_BLOCK: Final = 1 << 16
_FIRST: Final = b"{"
"""What every line of ours begins with."""

Lines = Callable[[Any], Iterable[bytes]]
"""Batch to lines without their line feeds; a module-level function, so that it can be pickled."""


class FileError(YangbeamError):
    """The disk, not the data: fails the bundle."""

    fault = Fault.ENVIRONMENT


def _opened(path: Path) -> FileIO:
    """Opens a file to be appended to, and to be read back where that can be; mends an end that a full disk left."""
    if path.exists() and not path.is_file():
        return FileIO(path, "ab")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = FileIO(path, "a+b")
    try:
        _mend(file, path)
    except OSError:
        file.close()
        raise
    return file


def _mend(file: FileIO, path: Path) -> None:
    """Cuts the part of a line that an earlier run left; a foreign one stays, and is ended."""
    number = file.fileno()
    end = begin = os.fstat(number).st_size
    while begin:
        at = max(begin - _BLOCK, 0)
        feed = os.pread(number, begin - at, at).rfind(b"\n")
        begin = at + feed + 1
        if feed >= 0:
            break
    if begin == end:
        return
    if os.pread(number, 1, begin) != _FIRST:
        file.write(b"\n")
        return
    os.ftruncate(number, begin)
    _log.warning(
        "%s ended in a part of a line, of an earlier run that the disk failed: %d octets cut", path, end - begin
    )


def _lines_since(found: os.stat_result, number: int, before: int, written: bytes) -> int:
    """Returns how many lines stand in a file behind a place, as the system gives them back."""
    if not stat.S_ISREG(found.st_mode):
        return written.count(b"\n")
    return os.pread(number, max(found.st_size - before, 0), before).count(b"\n")


def _append(file: FileIO, lines: bytes) -> int | None:
    """Appends lines and returns how many are there then; None: the file was deleted meanwhile, and they with it.

    Raises:
        OSError: The disk did not take all of them; then none of them stays.
    """
    before = os.fstat(file.fileno())
    rest = memoryview(lines)
    try:
        while rest:
            rest = rest[file.write(rest) or 0 :]
    except OSError:
        if stat.S_ISREG(before.st_mode):
            os.ftruncate(file.fileno(), before.st_size)
        raise
    after = os.fstat(file.fileno())
    if before.st_nlink and not after.st_nlink:
        return None
    return _lines_since(after, file.fileno(), before.st_size, lines)


def _is_at(file: FileIO, path: str) -> bool:
    """Says whether an open file is still what its path names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), Path(path).stat())
    except FileNotFoundError:
        return False


class _Open:
    """The open files of this process, by path; DoFns come and go with bundles, files stay."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, FileIO] = {}

    def write(self, path: str, lines: bytes) -> int:
        """Appends whole lines, and returns how many the system has then: those in what the file grew by.

        A reader sees all of a finished batch. A pipe or a terminal shows nothing back: there it is what it took. A file
        that was moved away or deleted, or its folder, is made anew, as log rotation expects.
        """
        try:
            with self._lock:
                there = _append(self._file(path), lines)
                if there is None:
                    there = _append(self._file(path), lines)
        except OSError as error:
            why = os.strerror(error.errno or 0)
            OUTSIDES.failed(Kind.DISK, path, why, is_told=True)
            raise FileError("file-write", f"cannot write {path}: {why}; free space or choose another place") from error
        OUTSIDES.answered(Kind.DISK, path)
        return there or 0

    def _file(self, path: str) -> FileIO:
        file = self._files.get(path)
        if file is not None and _is_at(file, path):
            return file
        if file is not None:
            _log.warning("%s was moved away or deleted while it was written: it is made anew", path)
            self._files.pop(path).close()
        file = self._files[path] = _opened(Path(path))
        return file

    def close(self, below: str) -> None:
        """Closes the files below a folder."""
        with self._lock:
            for path in [path for path in self._files if Path(path).is_relative_to(below)]:
                self._files.pop(path).close()


_OPEN: Final = _Open()
close_below = _OPEN.close


class WriteJsonLines(beam.PTransform):
    """Appends each batch's lines to one file.

    Delivery: at least once, in order of arrival within a shard; only a bundle that is retried writes its lines again,
    and bounded runs never retry. What counts as delivered are the lines that the file has grown by, read back from the
    operating system after each batch.

    Args:
        path: The file; its folder is made.
        lines: Batch to lines.
        sink: Name under which the batch's ``records`` are tallied as delivered.
        account: Name under which lines are tallied as kept, of a sink of the account; of one of the ledger itself they
            are counted in this process (``transforms.acknowledged``), as what counts the ledger cannot be in it.
    """

    def __init__(self, path: Path, lines: Lines, sink: str = "", account: str = "") -> None:
        super().__init__()
        self._write = _Write(str(path), lines, sink, account)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the sink; returns what it counted."""
        return sunk(self._write, batches, "Append", LEDGER)


class _Write(beam.DoFn):
    def __init__(self, path: str, lines: Lines, sink: str, account: str) -> None:
        super().__init__()
        self._path = path
        self._lines = lines
        self._sink = sink
        self._account = account

    def process(self, batch: Any) -> Iterator[Any]:
        text = b"".join(line + b"\n" for line in self._lines(batch))
        acknowledged = _OPEN.write(self._path, text) if text else 0
        if self._sink:
            yield TaggedOutput(LEDGER, delivered(batch, self._sink, acknowledged))
        elif isinstance(batch, LedgerTotals):
            ACKNOWLEDGED.add(self._account, acknowledged)
        elif self._account and acknowledged:
            yield TaggedOutput(LEDGER, kept(batch, self._account, acknowledged))

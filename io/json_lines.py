"""WriteJsonLines: batches of records to a file, one JSON object a line: the broker-less form of a topic."""

import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import LedgerTotals
from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.outside import Kind
from yangbeam.transforms.acknowledged import ACKNOWLEDGED
from yangbeam.transforms.outputs import LEDGER, Written, delivered, kept, written
from yangbeam.transforms.outsides import OUTSIDES

Lines = Callable[[Any], Iterable[bytes]]
"""Batch to lines without their line feeds; a module-level function, so that it can be pickled."""


class FileError(YangbeamError):
    """The disk, not the data: fails the bundle."""

    fault = Fault.ENVIRONMENT


def _opened(path: Path) -> BinaryIO:
    """Opens a file to be appended to, and to be read back where that can be."""
    if path.exists() and not path.is_file():
        return path.open("ab")
    return path.open("a+b")


def _lines_since(number: int, before: int, written: bytes) -> int:
    """Returns how many lines stand in a file behind a place, as the system gives them back."""
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode):
        return written.count(b"\n")
    return os.pread(number, max(found.st_size - before, 0), before).count(b"\n")


class _Open:
    """The open files of this process, by path; DoFns come and go with bundles, files stay."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, BinaryIO] = {}

    def write(self, path: str, lines: bytes) -> int:
        """Appends whole lines, and returns how many the system has then: those in what the file grew by.

        A reader sees all of a finished batch. A pipe or a terminal shows nothing back: there it is what it took.
        """
        try:
            with self._lock:
                file = self._files.get(path)
                if file is None:
                    Path(path).parent.mkdir(parents=True, exist_ok=True)
                    file = self._files[path] = _opened(Path(path))
                before = os.fstat(file.fileno()).st_size
                file.write(lines)
                file.flush()
                there = _lines_since(file.fileno(), before, lines)
        except OSError as error:
            why = os.strerror(error.errno or 0)
            OUTSIDES.failed(Kind.DISK, path, why, is_told=True)
            raise FileError("file-write", f"cannot write {path}: {why}; free space or choose another place") from error
        OUTSIDES.answered(Kind.DISK, path)
        return there

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
    def expand(self, batches: PCollection) -> Written:
        """Applies the sink; returns what it counted."""
        return written(batches | "Append" >> beam.ParDo(self._write).with_outputs(LEDGER, main="none"))


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

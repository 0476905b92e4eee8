"""WriteJsonLines: batches of records to a file, one JSON object a line: the broker-less form of a topic."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.outside import Kind
from yangbeam.transforms.outputs import LEDGER, Written, delivered, written
from yangbeam.transforms.outsides import OUTSIDES

Lines = Callable[[Any], Iterable[bytes]]
"""Batch to lines without their line feeds; a module-level function, so that it can be pickled."""


class FileError(YangbeamError):
    """The disk, not the data: fails the bundle."""

    fault = Fault.ENVIRONMENT


class _Open:
    """The open files of this process, by path; DoFns come and go with bundles, files stay."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, BinaryIO] = {}

    def write(self, path: str, lines: bytes) -> None:
        """Appends whole lines and hands them to the system: a reader sees all of a finished batch."""
        try:
            with self._lock:
                file = self._files.get(path)
                if file is None:
                    Path(path).parent.mkdir(parents=True, exist_ok=True)
                    file = self._files[path] = Path(path).open("ab")  # noqa: SIM115 # outlives the call by design
                file.write(lines)
                file.flush()
        except OSError as error:
            why = os.strerror(error.errno or 0)
            OUTSIDES.failed(Kind.DISK, path, why, is_told=True)
            raise FileError("file-write", f"cannot write {path}: {why}; free space or choose another place") from error
        OUTSIDES.answered(Kind.DISK, path)

    def close(self, below: str) -> None:
        """Closes the files below a folder."""
        with self._lock:
            for path in [path for path in self._files if Path(path).is_relative_to(below)]:
                self._files.pop(path).close()


_OPEN: Final = _Open()
close_below = _OPEN.close


class WriteJsonLines(beam.PTransform):
    """Appends each batch's lines to one file.

    Delivery: at least once, in order of arrival within a shard; only a bundle that is retried writes its lines
    again, and bounded runs never retry. A batch counts as delivered once its lines were handed to the operating system.

    Args:
        path: The file; its folder is made.
        lines: Batch to lines.
        sink: Name under which the batch's ``records`` are tallied as delivered; None tallies nothing.
    """

    def __init__(self, path: Path, lines: Lines, sink: str | None = None) -> None:
        super().__init__()
        self._write = _Write(str(path), lines, sink)

    @no_annotations
    def expand(self, batches: PCollection) -> Written:
        """Applies the sink; returns what it counted."""
        return written(batches | "Append" >> beam.ParDo(self._write).with_outputs(LEDGER, main="none"))


class _Write(beam.DoFn):
    def __init__(self, path: str, lines: Lines, sink: str | None) -> None:
        super().__init__()
        self._path = path
        self._lines = lines
        self._sink = sink

    def process(self, batch: Any) -> Iterator[Any]:
        text = b"".join(line + b"\n" for line in self._lines(batch))
        if text:
            _OPEN.write(self._path, text)
        if self._sink is not None:
            yield TaggedOutput(LEDGER, delivered(batch, self._sink))

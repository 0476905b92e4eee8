"""Keeps records on disk while their topic does not take them: segment files, in order, within a limit of octets.

Promise: at least once. What ``append`` took and ``flush`` wrote is given again after a crash of the process, from the
last ``commit`` on; after a loss of power only what ``sync`` wrote. What does not fit is refused, never waited for.
"""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.core.outside import Kind
from yangbeam.core.spool import HEAD, MAGIC, Spooled, encode, entries, entry_octets
from yangbeam.transforms.outsides import OUTSIDES

SEGMENT_BYTES: Final = 16 << 20
"""A segment that reached it is closed; the unit in which disk space returns."""
READ_BYTES: Final = 1 << 20
_SUFFIX: Final = ".spool"
_POSITION: Final = "position"


class SpoolError(ConfigurationError):
    """The spool's folder cannot be used."""

    fault = Fault.ENVIRONMENT


class SpoolLog:
    """One queue of records in a folder of its own: appended at one end, read and committed at the other.

    Args:
        folder: Made if absent; what an earlier process left in it is given first.
        segment_bytes: See SEGMENT_BYTES.

    Attributes:
        octets: On disk or about to be, headers of entries included.
        damaged: Entries and segment ends that could not be read, cumulative.
        lost: Records that the disk did not take, cumulative.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._pending: list[bytes] = []
        self.damaged = 0
        self.lost = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._sizes = {int(each.stem): each.stat().st_size for each in sorted(folder.glob(f"*{_SUFFIX}"))}
        except (OSError, ValueError) as error:
            raise SpoolError("spool", f"{folder} cannot be used: {error}; choose another spool folder") from error
        self.octets = sum(self._sizes.values())
        self._committed = self._read_position()
        # An earlier process's last segment may end in half an entry: a new one begins behind it.
        self._writing = max(self._sizes, default=self._committed[0]) + 1
        self._out = -1
        self._taken = self._cursor = self._committed
        """Behind the last record that ``read`` gave, and behind the last one read ahead."""
        self._is_unreadable = False
        """The last attempt to read failed, for another reason than damage."""
        self._ahead: deque[tuple[Spooled, tuple[int, int]]] = deque()
        """Read, not yet taken: the record and the place behind it."""

    def append(self, record: Spooled) -> int:
        """Takes a record; ``flush`` writes it. Returns its octets on disk."""
        entry = encode(record)
        self._pending.append(entry)
        self.octets += len(entry)
        return len(entry)

    def flush(self) -> None:
        """Writes what was appended; what the disk does not take is lost, and counted."""
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        try:
            self._write(b"".join(pending))
        except OSError as error:
            self.octets -= sum(map(len, pending))
            self.lost += len(pending)
            OUTSIDES.failed(Kind.DISK, str(self._folder.parent), os.strerror(error.errno or 0))
        else:
            OUTSIDES.answered(Kind.DISK, str(self._folder.parent))

    def _write(self, octets: bytes) -> None:
        if self._sizes.get(self._writing, 0) >= self._segment_bytes:
            self._begin_segment()
        size = self._sizes.get(self._writing, 0)
        if self._out < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._out = os.open(self._path(self._writing), flags, 0o600)
        rest = memoryview(octets if size else MAGIC + octets)
        written = len(rest)
        try:
            while rest:
                rest = rest[os.write(self._out, rest) :]
        except OSError:
            os.ftruncate(self._out, size)
            raise
        self.octets += written - len(octets)
        self._sizes[self._writing] = size + written

    def sync(self) -> bool:
        """Flushes, and has the disk confirm it; returns False when it did not."""
        lost = self.lost
        self.flush()
        try:
            if self._out >= 0:
                os.fdatasync(self._out)
        except OSError:
            return False
        return self.lost == lost

    def read(self, max_bytes: int) -> Iterator[Spooled]:
        """Yields the oldest records not yet read, of about ``max_bytes`` in all, at least one if there is one."""
        octets = 0
        while octets < max_bytes and self._fill():
            record, self._taken = self._ahead.popleft()
            octets += len(record.value) + HEAD.size
            yield record

    def commit(self) -> None:
        """Forgets what was read: it is safe elsewhere."""
        if not self._ahead:
            self._taken = self._cursor  # damaged rests that ``read`` passed over go, too
        if self._taken == self._committed:
            return
        self._committed = self._taken
        is_empty = self.is_empty
        if is_empty:  # give the space back, of the segment being written, too
            self._begin_segment()
        for number in list(self._sizes):
            if is_empty or number < self._committed[0]:
                self._forget(number)
        self._write_position()

    def rewind(self) -> None:
        """Makes ``read`` begin again behind the last ``commit``."""
        self._taken = self._cursor = self._committed
        self._ahead.clear()

    @property
    def is_empty(self) -> bool:
        """Whether everything that was appended was read and committed."""
        number, at = self._committed
        return not self._pending and all(
            each < number or (each == number and size <= at) for each, size in self._sizes.items()
        )

    @property
    def is_read(self) -> bool:
        """Whether ``read`` would give nothing, now and later."""
        return not self._fill() and not self._is_unreadable

    def close(self) -> None:
        """Writes and closes everything; safe to call twice."""
        self.sync()
        self._begin_segment()

    def _fill(self) -> bool:
        """Reads ahead; returns whether there is a record now."""
        while not self._ahead:
            self.flush()
            number, at = self._cursor
            if at >= self._sizes.get(number, 0):
                later = [each for each in self._sizes if each > number]
                if not later:
                    return False
                self._cursor = (min(later), 0)
            elif not self._read_on(number, at):
                return False
        return True

    def _read_on(self, number: int, at: int) -> bool:
        """Reads ahead in one segment; returns False when that fails now."""
        start = at or len(MAGIC)
        try:
            octets = self._octets_of(number, start, READ_BYTES)
            if entry_octets(octets) > len(octets):
                octets = self._octets_of(number, start, entry_octets(octets))
            is_ours = at > 0 or self._octets_of(number, 0, len(MAGIC)) == MAGIC
        except OSError:  # too many files are open, say: what is there is not damaged for that
            self._is_unreadable = True
            return False
        self._is_unreadable = False
        found, is_damaged = entries(octets) if is_ours else ([], True)
        for end, record in found:
            if record is None:
                self.damaged += 1
            else:
                self._ahead.append((record, (number, start + end)))
        self._cursor = (number, start + found[-1].end) if found else self._cursor
        if is_damaged or not found:
            self._give_up(number)
        return True

    def _give_up(self, number: int) -> None:
        """Leaves the rest of a segment: damaged, or half an entry at the end of what a crash left."""
        self.damaged += 1
        if number == self._writing:
            self._begin_segment()
        self._cursor = (number, self._sizes[number])

    def _octets_of(self, number: int, at: int, count: int) -> bytes:
        try:
            with self._path(number).open("rb") as file:
                file.seek(at)
                return file.read(count)
        except FileNotFoundError:
            return b""

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016}{_SUFFIX}"

    def _forget(self, number: int) -> None:
        self.octets -= self._sizes.pop(number, 0)
        self._path(number).unlink(missing_ok=True)

    def _begin_segment(self) -> None:
        """Closes the segment being written; the next write opens another."""
        if self._out >= 0:
            os.close(self._out)
            self._out = -1
            self._writing += 1

    def _read_position(self) -> tuple[int, int]:
        try:
            number, at = msgspec.json.decode((self._folder / _POSITION).read_bytes(), type=tuple[int, int])
        except (OSError, msgspec.DecodeError):
            number, at = 0, 0
        return (number, at) if number in self._sizes or not self._sizes else (min(self._sizes), 0)

    def _write_position(self) -> None:
        new = self._folder / f"{_POSITION}.new"
        try:
            new.write_bytes(msgspec.json.encode(self._committed))
            new.replace(self._folder / _POSITION)
        except OSError:
            return  # after a crash more is given again

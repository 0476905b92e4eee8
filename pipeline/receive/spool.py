"""In which order spooled records go: what earlier processes left, what a producer gave back, what never reached it."""

from pathlib import Path
from typing import Final

from yangbeam.core.spool import Spooled
from yangbeam.io.spool_files import SEGMENT_BYTES, SpoolLog

_RETURNED: Final = "returned"
_WAITING: Final = "waiting"
_OVERHEAD: Final = 64
"""Octets that an entry, or a header of it, may take beside what it holds, as the limit counts it."""


class Spool:
    """Several logs as one queue.

    Args:
        folder: Made if absent.
        max_bytes: On disk at most.
        adopted: Folders of spools that nobody fills any more; their records are given first.
        segment_bytes: See SEGMENT_BYTES.
    """

    def __init__(
        self, folder: Path, max_bytes: int, adopted: tuple[Path, ...] = (), segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._max_bytes = max_bytes
        folders = [each / name for each in (*adopted, folder) for name in (_RETURNED, _WAITING)]
        self._logs = [SpoolLog(each, segment_bytes) for each in folders]
        self._returned, self._waiting = self._logs[-2:]

    def append(self, record: Spooled) -> bool:
        """Takes a record to the end of the queue; returns False when there is no room."""
        return self._take(self._waiting, record)

    def put_back(self, record: Spooled) -> bool:
        """Takes a record that was on its way before everything that ``append`` took; False when there is no room."""
        return self._take(self._returned, record)

    def _take(self, log: SpoolLog, record: Spooled) -> bool:
        headers = sum(len(name) + len(value or b"") + _OVERHEAD for name, value in record.headers)
        if self.octets + len(record.value) + len(record.key or b"") + headers + _OVERHEAD > self._max_bytes:
            return False
        log.append(record)
        return True

    def flush(self) -> None:
        """Writes what was taken."""
        self._returned.flush()
        self._waiting.flush()

    def sync(self) -> bool:
        """Flushes, and has the disk confirm it; returns False when it did not."""
        return all([self._returned.sync(), self._waiting.sync()])

    def read(self, max_bytes: int) -> list[Spooled]:
        """Returns the oldest records not yet read, of about ``max_bytes`` in all."""
        for log in self._logs:
            if found := list(log.read(max_bytes)):
                return found
        return []

    def commit(self) -> None:
        """Forgets what was read: it is safe elsewhere."""
        for log in self._logs:
            log.commit()

    def rewind(self) -> None:
        """Makes ``read`` begin again behind the last ``commit``."""
        for log in self._logs:
            log.rewind()

    @property
    def octets(self) -> int:
        """On disk, or about to be."""
        return sum(log.octets for log in self._logs)

    @property
    def is_empty(self) -> bool:
        """Whether everything that was taken was read and committed."""
        return all(log.is_empty for log in self._logs)

    @property
    def is_read(self) -> bool:
        """Whether ``read`` would give nothing."""
        return all(log.is_read for log in self._logs)

    @property
    def lost(self) -> int:
        """Records that the disk did not take, cumulative."""
        return sum(log.lost for log in self._logs)

    @property
    def damaged(self) -> int:
        """Records and rests of segments that could not be read, cumulative."""
        return sum(log.damaged for log in self._logs)

    def close(self) -> None:
        """Writes and closes everything; safe to call twice."""
        for log in self._logs:
            log.close()

"""Folders that end with whoever made them: at once, or where that was killed, when the next one is made.

The kernel drops the lock on a folder with the process that holds it, however that ends; what nobody locks is left over.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PREFIX: Final = "yangbeam-tmp-"


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Gives a folder in the system's temporary one, for its user alone, and removes it at the end; sweeps before."""
    sweep()
    folder, lock = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep() -> None:
    """Removes the folders of this user whose makers were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, no folder, or somebody else's
            continue
        try:
            if os.fstat(lock).st_uid == os.geteuid() and _is_free(lock):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _made() -> tuple[Path, int]:
    """Returns a new folder and the descriptor that holds its lock; a sweep may take one before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

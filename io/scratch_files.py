"""Whether a folder takes files: one without a name is written and is gone."""

import tempfile
from pathlib import Path


def unwritable(folder: Path) -> str:
    """Returns why no file can be written into a folder, or into the nearest one that would hold it; empty: one can.

    Nothing is left behind, and no folder is made.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return f"{there} is a file, not a folder"
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"yangbeam")
            file.flush()
    except OSError as error:
        return f"{there}: {error.strerror}"
    return ""

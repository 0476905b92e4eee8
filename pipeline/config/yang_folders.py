"""What is wrong with a folder of YANG modules: none in it; and which folders below it have some."""

import os
from pathlib import Path
from typing import Final

MAX_ENTRIES: Final = 20_000
"""Files and folders that are looked at: a folder may be the root of a disk."""
MAX_NAMED: Final = 3
"""Folders below it that are named."""


def lacks_modules(folder: Path) -> tuple[str, str] | None:
    """Returns what is wrong, and what to write instead; None: the folder has modules, or cannot be read.

    Args:
        folder: An existing folder.
    """
    try:
        if any(name.endswith(".yang") for name in os.listdir(folder)):  # noqa: PTH208 # names are enough
            return None
    except OSError:
        return None
    what = f"there is no .yang file in {folder}"
    below = _with_modules(folder)
    if not below:
        return what, "put the modules there, or name the folder that has them"
    named = " or ".join(f'"{path}"' for path in below[:MAX_NAMED])
    more = " and others" if len(below) > MAX_NAMED else ""
    return f"{what}, and folders below it are not searched", f"name the folder that has them: {named}{more}"


def _with_modules(folder: Path) -> list[Path]:
    """Returns the folders below that have modules, as far as they are found within MAX_ENTRIES; one more than named."""
    found: list[Path] = []
    seen = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        seen += len(folders) + len(files)
        if any(name.endswith(".yang") for name in files):
            found.append(Path(place))
        if seen > MAX_ENTRIES or len(found) > MAX_NAMED:
            break
    return found

"""What our processes make is for their own user: files of originals, tables and answers are 0600, folders 0700."""

import os
from typing import Final

OTHERS: Final = 0o077
"""What group and others may do with what is made: nothing. A folder or file that is there keeps its mode."""


def keep_private() -> None:
    """Takes group and others away from everything that this process and its children make, libraries included."""
    os.umask(os.umask(OTHERS) | OTHERS)

"""Decides how a process that carries batches treats memory: kept for the next batch, and searched for garbage rarely.

Batches are made and dropped by reference counts; elements have no cycles. Python's defaults look through everything
that lives (Beam, schemas, the state of thousands of exporters) some times a second under load, for a tenth of all CPU
time, and find nothing. The C library's give each of some megabytes back and ask for it again, page by page.
"""

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = (10_000, 50, 1_000_000)
"""Objects before the youngest are looked at; of those looks one in 50 takes the next, and practically none the old."""
EVERY_S: Final = 300.0
"""Between two looks at everything: it takes a tenth of a second, and a second with a million objects of state."""
ALLOCATION: Final = {"MMAP_THRESHOLD": 32 << 20, "TRIM_THRESHOLD": 256 << 20, "TOP_PAD": 16 << 20}
"""Octets from which something is asked of the system by itself (no more is taken), that may lie idle before they are
given back, that are asked for beside."""
_MALLOPT: Final = {"TRIM_THRESHOLD": -1, "TOP_PAD": -2, "MMAP_THRESHOLD": -3}
"""Parameters of mallopt(3)."""


def collect_rarely(every_s: float = EVERY_S) -> threading.Event:
    """Looks for garbage rarely in this process; setting the event that is returned ends the looks at everything."""
    gc.set_threshold(*YOUNG)
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every_s):
            gc.collect()

    threading.Thread(target=look, name="rare-collections", daemon=True).start()
    return ended


def keep_memory() -> bool:
    """Lets the C library keep the memory of a batch for the next one; returns False where it has no such choice."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(_MALLOPT[name], octets) for name, octets in ALLOCATION.items())


@contextmanager
def batches_carried() -> Iterator[None]:
    """Treats memory so while it is entered; what the C library was told holds on."""
    before = gc.get_threshold()
    keep_memory()
    ended = collect_rarely()
    try:
        yield
    finally:
        ended.set()
        gc.set_threshold(*before)

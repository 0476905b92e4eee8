"""The clock of this host: what it shows, and whether something keeps it right."""

import ctypes
import time

_TIMEX_OCTETS = 512
"""More than ``struct timex`` has; all zero: nothing is set."""
_ERROR = 5
"""TIME_ERROR of adjtimex(2): not synchronised."""


def now_s() -> float:
    """Returns seconds since the Unix epoch."""
    return time.time()


def is_synchronised() -> bool | None:
    """Says whether the kernel's clock is kept right, by NTP, PTP or the host of a virtual machine; None: not told."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_OCTETS))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _ERROR

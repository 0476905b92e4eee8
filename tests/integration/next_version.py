"""The next version of the code, as far as its state goes: a worker that imports this module keeps one field more.

It is loaded by Beam's ``--beam_plugins`` before any stage runs, and says so in the TaskManager's log.
"""

import logging

from yangbeam.core import totals
from yangbeam.core.versioned import Codec

FORMAT = totals.FORMAT + 1


class NextLedgerState(totals._LedgerState, array_like=True):
    """A field appended, with a default for the states of the version before."""

    release: str = "unknown"


totals.FORMAT = FORMAT  # type: ignore[misc]
totals._LedgerState = NextLedgerState  # type: ignore[misc]
totals._CODEC = Codec(NextLedgerState, FORMAT)  # type: ignore[misc]

SAID = "state of the next version"
logging.getLogger(__name__).warning(SAID)

"""Decides how often a worker looks for garbage in cycles: young objects as they come, old ones every five minutes.

Batches are made and dropped by reference counts; elements have no cycles. Python's defaults look through everything
that lives (Beam, schemas, the state of thousands of exporters) some times a second under load, for a tenth of all CPU
time, and find nothing.

Importing this module in a worker puts it in place; ``runners/flink_options.py`` names it as a plugin of Beam's.
"""

import gc
import threading
from typing import Final

YOUNG: Final = (10_000, 50, 1_000_000)
"""Objects before the youngest are looked at; of those looks one in 50 takes the next, and practically none the old."""
EVERY_S: Final = 300.0
"""Between two looks at everything: it takes a tenth of a second, and a second with a million objects of state."""


def install(every_s: float = EVERY_S) -> threading.Event:
    """Sets it up for this process; setting the event that is returned ends the looks at everything."""
    gc.set_threshold(*YOUNG)
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every_s):
            gc.collect()

    threading.Thread(target=look, name="rare-collections", daemon=True).start()
    return ended


ENDED: Final = install()

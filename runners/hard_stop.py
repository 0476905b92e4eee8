"""Decides when an end that was asked for is over although a call never returns: nothing moves, and nothing may wait.

Adapters look at the time that is left by themselves (``transforms.outsides``); a call into a library that hangs does
not. Its thread cannot be ended, so the run leaves it behind, and the process ends without it.
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.transforms.outsides import OUTSIDES

STILL_S: Final = 3.0
"""How long nothing moves, once the end may wait no more, until a call counts as one that never returns."""
MOST_S: Final = 60.0
"""How long an end that may wait no more may go on moving."""
LOOK_S: Final = 0.25
BUSY: Final = 0.1
"""Share of a core: a process that uses more is at work, whatever its counts say."""
CLOSE_S: Final = 5.0
"""For what is open to be closed, behind a call that never returned."""
T = TypeVar("T")
_OURS: Final = Path(__file__).resolve().parents[1]

LEFT_BEHIND: Final = threading.Event()
"""Threads of this process may hang: it ends without waiting for them."""


class StuckError(YangbeamError):
    """A call of a sink, a registry or a reader did not return when the end could wait no longer."""

    fault = Fault.ENVIRONMENT


class Stillness:
    """Says whether an end is stuck, from what is seen of it now and then.

    Args:
        now_s: When it may wait no more; seconds of one monotonic clock.
    """

    def __init__(self, now_s: float) -> None:
        self._over_s = self._moved_s = self._looked_s = now_s
        self._seen: object = None
        self._cpu_s: float | None = None

    def is_stuck(self, now_s: float, seen: object, cpu_s: float) -> bool:
        """Takes a look.

        Args:
            now_s: When.
            seen: Counts that change as long as the run goes on.
            cpu_s: CPU time of the process so far.
        """
        passed = now_s - self._looked_s
        is_busy = self._cpu_s is not None and cpu_s - self._cpu_s >= BUSY * passed > 0
        if self._cpu_s is None or seen != self._seen or is_busy:
            self._moved_s = now_s
        self._seen, self._cpu_s, self._looked_s = seen, cpu_s, now_s
        return now_s - self._moved_s >= STILL_S or now_s - self._over_s >= MOST_S


def ended_in_time(work: Callable[[], T], seen: Callable[[], object]) -> T:
    """Does the work in a thread of its own, so that this one is free when a call of it never returns.

    Args:
        work: What runs.
        seen: Gives counts that change as long as it goes on.

    Raises:
        StuckError: The end may wait no more (``OUTSIDES.is_over``) and nothing moves; the thread is left behind.
        KeyboardInterrupt: Likewise, at once.
        BaseException: What the work raised.
    """
    done: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 # raised by who waits
            raised.append(error)

    working = threading.Thread(target=run, name="graph", daemon=True)
    working.start()
    try:
        _wait(working, seen)
    except (StuckError, KeyboardInterrupt):
        LEFT_BEHIND.set()
        raise
    if raised:
        raise raised.pop()
    return done.pop()


def _wait(working: threading.Thread, seen: Callable[[], object]) -> None:
    still: Stillness | None = None
    while working.is_alive():
        working.join(LOOK_S)
        if OUTSIDES.is_over:
            now_s = time.monotonic()
            still = still or Stillness(now_s)
            if still.is_stuck(now_s, seen(), time.process_time()) and working.is_alive():
                raise StuckError("end-stuck", _words())


def _words() -> str:
    where = where_it_hangs()
    at = f"; it waits in {where}" if where else ""
    return (
        f"a call did not return when the end of the run could wait no longer{at}; look at what is outside there, or "
        "wait longer: beam.flush_s"
    )


def where_it_hangs() -> str:
    """Returns the place in our adapters where another thread is, innermost first; empty when none is in one."""
    own = threading.get_ident()
    for ident, frame in sys._current_frames().items():  # noqa: SLF001 # the one way to see other threads
        if ident != own and (place := _place(frame)):
            return place
    return ""


def _place(frame: FrameType | None) -> str:
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS / "io") or path.is_relative_to(_OURS / "registry"):
            return f"{path.relative_to(_OURS)} line {frame.f_lineno} ({frame.f_code.co_name})"
        frame = frame.f_back
    return ""


def close_in_time(close: Callable[[], None]) -> None:
    """Closes what is open; behind a call that never returned it is waited for no longer than CLOSE_S."""
    if not isinstance(sys.exception(), (StuckError, KeyboardInterrupt)):
        close()
        return
    closing = threading.Thread(target=close, name="closing", daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    if closing.is_alive():
        LEFT_BEHIND.set()

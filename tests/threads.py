"""Which threads a test left behind: they would work, and allocate, beside the tests that follow it."""

import threading
from collections.abc import Collection
from typing import Final

END_S: Final = 5.0
"""For a thread that was told to end."""
LOOKED_AT: Final = ("tests.", "yangbeam.", "socketserver", "http.server")
"""Modules of what tests start; pools of libraries live on, and rest."""


def left_behind(before: Collection[threading.Thread]) -> list[str]:
    """Returns the names of the threads, no daemons, that were started since and do not end."""
    started = [each for each in threading.enumerate() if each not in before and not each.daemon and _is_of_a_test(each)]
    for each in started:
        each.join(END_S)
    return [f"{each.name}, which runs {_target(each)}" for each in started if each.is_alive()]


def _target(thread: threading.Thread) -> str:
    target = getattr(thread, "_target", None)
    return f"{getattr(target, '__module__', '')}.{getattr(target, '__qualname__', '')}"


def _is_of_a_test(thread: threading.Thread) -> bool:
    return _target(thread).startswith(LOOKED_AT)

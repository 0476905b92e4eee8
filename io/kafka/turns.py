"""How the groups of one worker take turns: how long each may wait, when it is idle, when its offsets are left.

Elements of a worker slot are called one after another: what one of them waits, the others' records wait too.
"""

import threading
import time
from typing import Final
from weakref import WeakKeyDictionary

from yangbeam.io.kafka.raw_topic import RawTopic

WAIT_S: Final = 0.1
"""Longest wait for records within one call."""
TURN_S: Final = 0.002
"""The same while another group of this process has records."""
BUSY_S: Final = 1.0
"""For how long a group that had records is taken to have more."""
COMMIT_S: Final = 1.0
"""Between two bundles that leave offsets with the broker."""

_lock: Final = threading.Lock()
_heard: Final[WeakKeyDictionary[RawTopic, float]] = WeakKeyDictionary()
"""When a consumer last had records; of a new one when it was asked first."""
_marked: Final[WeakKeyDictionary[RawTopic, tuple[float, dict[int, int]]]] = WeakKeyDictionary()
"""When a bundle of a consumer last asked for its offsets to be left with the broker, and which."""


def patience(topic: RawTopic) -> float:
    """Returns how long a call may wait for its first record."""
    since = time.monotonic() - BUSY_S
    with _lock:
        others = [at for other, at in _heard.items() if other is not topic]
    return TURN_S if any(at > since for at in others) else WAIT_S


def is_idle(topic: RawTopic, *, has_records: bool) -> bool:
    """Notes what a call had; says whether nothing came for longer than a request may take."""
    now = time.monotonic()
    with _lock:
        if has_records:
            _heard[topic] = now
        return not has_records and now - _heard.setdefault(topic, now) >= WAIT_S


def is_due(topic: RawTopic) -> bool:
    """Says whether offsets are to be left with the broker: they moved, and COMMIT_S has passed since that was asked.

    A worker keeps all that it made for a bundle until that is durable, and makes it anew for the next one: some 10 ms.
    """
    now = time.monotonic()
    with _lock:
        marked = _marked.get(topic)
        if marked is not None and (now - marked[0] < COMMIT_S or marked[1] == topic.next):
            return False
        _marked[topic] = (now, dict(topic.next))
        return True


def forget() -> None:
    """Forgets all: at the end of a test, or of a worker."""
    with _lock:
        _heard.clear()
        _marked.clear()

"""What takes long is done beside those who ask: they hear that it is pending, and ask again."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from yangbeam.core.errors import SchemaError, SchemaPendingError

MAX_QUEUED: Final = 256
"""Jobs that wait at most; who asks beyond that is told the same, and asks again."""
MAX_KEPT: Final = 1_024
"""Errors, and results that nobody fetched, that are kept; the oldest go first."""

T = TypeVar("T")


class SchemaCompilingError(SchemaPendingError):
    """A schema that is there, and is being compiled."""


class Workshop:
    """Does jobs in threads of its own, which no end of the process waits for.

    Args:
        threads: Jobs at the same time at most.
        doing: What is done with what is asked for, for the error.
    """

    def __init__(self, threads: int = 2, doing: str = "compiled") -> None:
        self._threads = threads
        self._doing = doing
        self._working = 0
        self._lock = threading.Lock()
        self._queue: deque[tuple[Hashable, Callable[[], Any]]] = deque()
        self._asked: set[Hashable] = set()
        self._done: OrderedDict[Hashable, Any] = OrderedDict()

    def ask(self, key: Hashable, job: Callable[[], T], what: str) -> T:
        """Returns what a job gives, as soon as it is done.

        Args:
            key: What the job depends on: a job that fails is not tried again for the same.
            job: To be done once; a SchemaPendingError of its own makes it be tried again.
            what: What is being done, for the error.

        Raises:
            SchemaPendingError: It waits, or is under way.
            SchemaError: What the job raised.
        """
        with self._lock:
            if key not in self._done:
                if key not in self._asked and len(self._queue) < MAX_QUEUED:
                    self._asked.add(key)
                    self._queue.append((key, job))
                    self._begin()
                raise SchemaCompilingError("schema-pending", f"{what} is being {self._doing}, beside the data")
            found = self._done[key]
            if not isinstance(found, SchemaError):
                del self._done[key]
        if isinstance(found, SchemaError):
            raise found.anew()
        if isinstance(found, BaseException):  # a defect, not a type
            raise RuntimeError(f"{what} could not be {self._doing}") from found  # noqa: TRY004
        result: T = found
        return result

    def _begin(self) -> None:
        if self._working < self._threads:
            self._working += 1
            threading.Thread(target=self._work, name="schema-workshop", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._working -= 1
                    return
                key, job = self._queue.popleft()
            found = _outcome(job)
            with self._lock:
                self._asked.discard(key)
                if not isinstance(found, SchemaPendingError):
                    self._done[key] = found
                    if len(self._done) > MAX_KEPT:
                        self._done.popitem(last=False)


def _outcome(job: Callable[[], Any]) -> Any:
    try:
        return job()
    except SchemaError as error:
        return error.anew()
    except BaseException as error:  # noqa: BLE001 - a defect: raised to whoever asks
        return error

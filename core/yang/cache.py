"""Keeps the schemas that a thread works with: bounded, least recently used first out, contexts freed at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from yangbeam.core.yang.schema import Schema

DEFAULT_LIMIT = 16
"""Schemas per thread. A context takes 2.6 MB (33 modules) to 5.4 MB (OpenConfig, 71 modules): at most some 90 MB."""
MAX_PREPARED = 4
"""Schemas that were loaded for another thread and not asked for yet."""


class SchemaCache:
    """Schemas by key, for each thread its own: libyang contexts are not shared between threads.

    Args:
        load: Makes the schema of a key; what it raises passes through and nothing is kept.
        limit: Schemas per thread, at least 1.
    """

    def __init__(self, load: Callable[[Any], Schema], limit: int = DEFAULT_LIMIT) -> None:
        if limit < 1:
            raise ValueError(f"limit is at least 1, not {limit}")
        self._load = load
        self._limit = limit
        self._local = threading.local()
        self._prepared: OrderedDict[Hashable, Schema] = OrderedDict()
        self._lock = threading.Lock()

    def _held(self) -> OrderedDict[Hashable, Schema]:
        held: OrderedDict[Hashable, Schema] | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = OrderedDict()
        return held

    def get(self, key: Hashable) -> Schema:
        """Returns the schema of ``key``, loading it on first use; it may be closed by the limit-th other key after."""
        held = self._held()
        schema = held.get(key)
        if schema is None:
            with self._lock:
                schema = self._prepared.pop(key, None)
            schema = held[key] = schema or self._load(key)
            while len(held) > self._limit:
                held.popitem(last=False)[1].close()
        else:
            held.move_to_end(key)
        return schema

    def is_there(self, key: Hashable) -> bool:
        """Whether this thread has the schema of ``key``."""
        return key in self._held()

    def prepare(self, key: Hashable) -> None:
        """Loads the schema of ``key`` in this thread, for the first other thread that asks for it."""
        schema = self._load(key)
        with self._lock:
            self._prepared[key] = schema
            unwanted = self._prepared.popitem(last=False)[1] if len(self._prepared) > MAX_PREPARED else None
        if unwanted is not None:
            unwanted.close()

    def __len__(self) -> int:
        """Schemas that this thread holds."""
        return len(self._held())

    def close(self) -> None:
        """Frees what this thread holds; other threads' contexts go with their threads."""
        held = self._held()
        while held:
            held.popitem()[1].close()

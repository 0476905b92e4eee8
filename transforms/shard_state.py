"""State of one shard in a stateful DoFn: a snapshot, a journal, and the decoded value kept by the process.

State by individual key would cost about a millisecond per key and bundle; here a whole shard is one decoded value that
the process keeps, and three cells make it durable: ``snapshot`` (the whole value, folded every FOLD batches),
``journal`` (what each batch since changed) and ``version`` (which write the cells hold). A bundle that is retried, or
that comes back to another process, finds another version than the process keeps, and reads the cells again.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec

from yangbeam.core.stage import Restore, ShardValue, Value

FOLD = 64
"""Batches between two snapshots: reading a journal back costs at most this many entries."""

_KEPT_SHARDS = 1024
"""Decoded shards one process keeps at most: far above shards per worker, a bound all the same."""

Cells = tuple[Any, Any, Any]
"""Snapshot, journal and version."""
Result = TypeVar("Result")


def snapshot_cell() -> ReadModifyWriteStateSpec:
    """Returns the spec of the snapshot cell; each DoFn class makes its own as a class attribute."""
    return ReadModifyWriteStateSpec("snapshot", BytesCoder())


def journal_cell() -> BagStateSpec:
    """Returns the spec of the journal bag."""
    return BagStateSpec("journal", BytesCoder())


def version_cell() -> ReadModifyWriteStateSpec:
    """Returns the spec of the version cell: 2 octets of journal length, then 8 random octets."""
    return ReadModifyWriteStateSpec("version", BytesCoder())


class _Kept:
    """Decoded shards of this process, by stage and shard, with the version they stand at; least used go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, int], tuple[bytes, Any]] = OrderedDict()

    def take(self, stage: str, shard: int, version: bytes | None) -> Any | None:
        with self._lock:
            kept = self._values.pop((stage, shard), None)
        return kept[1] if kept is not None and kept[0] == version else None

    def put(self, stage: str, shard: int, version: bytes, value: Any) -> None:
        with self._lock:
            self._values[stage, shard] = (version, value)
            while len(self._values) > _KEPT_SHARDS:
                self._values.popitem(last=False)


_KEPT = _Kept()


def updated(restore: Restore[Value], stage: str, shard: int, cells: Cells, update: Callable[[Value], Result]) -> Result:
    """Applies ``update`` to the shard's value, makes the change durable, and returns what ``update`` returned.

    Args:
        restore: Makes the value of a shard from what the cells hold.
        stage: Name of the stage, unique in the process.
        shard: The shard.
        cells: The (snapshot, journal, version) cells of this key.
        update: Mutates the value; when it raises, nothing is written and the kept value is forgotten.
    """
    snapshot, journal, version = cells
    stored: bytes | None = version.read()
    value = _KEPT.take(stage, shard, stored) if stored is not None else None
    if value is None:
        value = restore(snapshot.read(), _in_order(journal.read()))
    result = update(value)
    _KEPT.put(stage, shard, _write(value, cells, stored), value)
    return result


def _in_order(journal: Iterable[bytes]) -> list[bytes]:
    # A bag promises no order; entries of one journal are numbered by their first two octets.
    return [entry[2:] for entry in sorted(journal, key=lambda entry: entry[:2])]


def _write(value: ShardValue, cells: Cells, stored: bytes | None) -> bytes:
    snapshot, journal, version = cells
    entries = int.from_bytes(stored[:2], "big") + 1 if stored is not None else FOLD
    if entries >= FOLD:
        journal.clear()
        snapshot.write(value.snapshot())
        entries = 0
    else:
        journal.add(entries.to_bytes(2, "big") + value.changes())
    # Random, not counted up: a failed attempt of this bundle may have left the same count with other contents.
    written = entries.to_bytes(2, "big") + os.urandom(8)
    version.write(written)
    return written

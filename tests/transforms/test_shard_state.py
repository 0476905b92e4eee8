"""State of one shard: snapshot, journal, and the decoded value kept by the process."""

import struct
from collections.abc import Callable
from typing import Any, Self

import pytest

from yangbeam.transforms.shard_state import FOLD, updated


class Cell:
    """A state cell whose content survives the DoFn."""

    def __init__(self) -> None:
        self.content: Any = None

    def read(self) -> Any:
        return self.content

    def write(self, content: Any) -> None:
        self.content = content


class Bag(Cell):
    """A bag that gives its entries back in an order of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.content: list[bytes] = []

    def read(self) -> list[bytes]:
        return list(reversed(self.content))

    def add(self, entry: bytes) -> None:
        self.content.append(entry)

    def clear(self) -> None:
        self.content.clear()


class Last:
    """Keeps the last number it saw, and how many."""

    restored = 0

    def __init__(self) -> None:
        self.last, self.count = 0, 0

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        cls.restored += 1
        value = cls()
        for entry in ([snapshot] if snapshot else []) + journal:
            value.last, value.count = struct.unpack(">II", entry)
        return value

    def snapshot(self) -> bytes:
        return struct.pack(">II", self.last, self.count)

    changes = snapshot

    def see(self, number: int) -> int:
        self.last, self.count = number, self.count + 1
        return self.count


def seeing(number: int) -> Callable[[Last], int]:
    return lambda value: value.see(number)


def cells() -> tuple[Cell, Bag, Cell]:
    return Cell(), Bag(), Cell()


def test_the_process_decodes_a_shard_once() -> None:
    stored, before = cells(), Last.restored
    for number in range(5):
        updated(Last.restore, "once", 0, stored, seeing(number))
    assert Last.restored - before == 1


def test_another_process_finds_the_same_value_after_every_batch() -> None:
    stored = cells()
    for number in range(3 * FOLD):
        updated(Last.restore, "here", 0, stored, seeing(number))
        assert updated(Last.restore, f"elsewhere-{number}", 0, copied(stored), seeing(0)) == number + 2


def copied(stored: tuple[Cell, Bag, Cell]) -> tuple[Cell, Bag, Cell]:
    copies = cells()
    for copy, original in zip(copies, stored, strict=True):
        copy.content = list(original.content) if isinstance(original.content, list) else original.content
    return copies


def test_the_journal_is_folded() -> None:
    stored = cells()
    for number in range(2 * FOLD + 1):
        updated(Last.restore, "fold", 0, stored, seeing(number))
    assert len(stored[1].content) <= FOLD


def test_a_retried_bundle_starts_from_what_was_committed() -> None:
    stored = cells()
    updated(Last.restore, "retry", 0, stored, seeing(1))
    attempt = copied(stored)
    updated(Last.restore, "retry", 0, attempt, seeing(2))  # this attempt's writes are thrown away
    assert updated(Last.restore, "retry", 0, stored, seeing(2)) == 2


def test_an_update_that_raises_leaves_no_trace() -> None:
    stored = cells()
    updated(Last.restore, "raise", 0, stored, seeing(1))

    def spoil(value: Last) -> None:
        value.see(99)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        updated(Last.restore, "raise", 0, stored, spoil)
    assert updated(Last.restore, "raise", 0, stored, seeing(2)) == 2

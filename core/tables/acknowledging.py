"""Which messages a flush of rows delivered, by what the database said that it inserted and updated."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from yangbeam.core.tables.row_batch import RowBatch

Stamp = tuple[int, int]
"""(index of the batch in the flush, index of the notification in the batch)."""


class Changed(NamedTuple):
    """What one statement did to one table, as the database counts it."""

    table: str
    inserted: int
    updated: int


@dataclass(slots=True)
class Acknowledgement:
    """What a flush came to.

    Attributes:
        laid_over: Rows that were laid over another one before they were written.
        affected: Rows inserted and updated, by the database's count.
        inserted: Of those, the new ones, by table.
    """

    laid_over: int = 0
    affected: int = 0
    inserted: Counter[str] = field(default_factory=Counter)

    def take(self, laid_over: int, changed: Iterable[Changed]) -> None:
        """Takes what one transaction did."""
        self.laid_over += laid_over
        for one in changed:
            self.affected += one.inserted + one.updated
            self.inserted[one.table] += one.inserted


def rows_of(batches: Sequence[RowBatch]) -> dict[Stamp, int]:
    """Returns how many rows each notification has, those without any too, in order."""
    counted = {(index, at): 0 for index, batch in enumerate(batches) for at in range(len(batch.notifications))}
    for index, batch in enumerate(batches):
        for group in batch.groups:
            for origin in group.origins:
                counted[index, origin] += 1
    return counted


def delivered(rows: dict[Stamp, int], acknowledged: int) -> set[Stamp]:
    """Returns the notifications whose rows the database has; where it does not say which it lacks, the first ones."""
    found: set[Stamp] = set()
    for stamp, count in rows.items():
        acknowledged -= count
        if acknowledged >= 0:
            found.add(stamp)
    return found

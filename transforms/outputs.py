"""What a sink counts of the batches that it was given: what its outside took, and the letters of what it refused."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Final

from yangbeam.core.dead_letter import letter_of_record
from yangbeam.core.elements import DeadLetter, DeadLetterBatch, LedgerDelta, place
from yangbeam.core.errors import YangbeamError
from yangbeam.core.ledger import DEAD_AT, DEAD_PARTS, DELIVERED, KEPT, MORE_LETTERS, NOBODY, PARTS, SPLIT, Tallies
from yangbeam.core.stage import is_ended

NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


def delivered(batch: Any, sink: str, acknowledged: int) -> LedgerDelta:
    """Returns what a sink tallies for a batch of ``records``, of which its outside acknowledged so many."""
    return refused_by_sink(batch, sink, [], acknowledged)[1]


def kept(batch: Any, sink: str, acknowledged: int, beside: Mapping[str, int] = NOTHING) -> LedgerDelta:
    """Returns what a sink of the account tallies.

    Args:
        batch: A batch that it wrote.
        sink: Its name.
        acknowledged: How much its outside acknowledged.
        beside: What else it counted, by REPLACED and UNWRITTEN.
    """
    tallies = Tallies(sink)
    for name, count in {KEPT: acknowledged, **beside}.items():
        if count:
            tallies.add(f"{name}:{sink}", NOBODY, None, None, 0, count)
    return tallies.delta(**place(batch))


def refused_by_sink(
    batch: Any, sink: str, why: Sequence[YangbeamError | None], acknowledged: int
) -> tuple[DeadLetterBatch | None, LedgerDelta]:
    """Returns the letters and the tallies of a batch of ``records``.

    A message counts by its first record; the records of one that was split balance on a line of their own.

    Args:
        batch: The batch.
        sink: Name of the sink.
        why: For each record what keeps it from being taken, None for nothing; empty: none is kept from it.
        acknowledged: How many of the others the outside acknowledged; where it does not say which, the first ones.
    """
    tallies = Tallies(sink)
    letters: list[DeadLetter] = []
    for record, error in zip_longest(batch.records, why):
        if error is None:
            if acknowledged <= 0:
                continue
            acknowledged -= 1
        where = (record.exporter, record.publisher_id, record.subscription_id, record.arrival_us)
        if not record.raw_index:
            tallies.add(f"{DELIVERED}:{sink}" if error is None else f"{DEAD_AT}:{sink}:{error.reason}", *where)
        if record.raw_parts > 1:
            counts = tallies.at(*where)
            _count(counts, f"{SPLIT}:{sink}", 0 if record.raw_index else record.raw_parts)
            _count(counts, f"{PARTS}:{sink}" if error is None else f"{DEAD_PARTS}:{sink}:{error.reason}", 1)
        if error is not None:
            letters.append(letter_of_record(f"write {sink}", record, error))
            if record.raw_index:
                tallies.add(MORE_LETTERS, *where)
    refused = DeadLetterBatch(letters=letters, **place(batch)) if letters else None
    return refused, tallies.delta(**place(batch), end=is_ended(batch))


def _count(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more

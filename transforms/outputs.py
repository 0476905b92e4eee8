"""The named outputs of a fallible stage, and how they get their types."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from apache_beam.pvalue import DoOutputsTuple, PCollection

from yangbeam.core.dead_letter import letter_of_record
from yangbeam.core.elements import DeadLetter, DeadLetterBatch, EndOfInput, LedgerDelta, place
from yangbeam.core.errors import YangbeamError
from yangbeam.core.ledger import DEAD_AT, DEAD_PARTS, DELIVERED, KEPT, MORE_LETTERS, NOBODY, PARTS, SPLIT, Tallies

LETTERS: Final = "dead_letters"
LEDGER: Final = "ledger"
NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Staged(NamedTuple):
    """What a stage returns: none of it may stay unconsumed (pipeline.graph collects letters and deltas of all)."""

    out: PCollection
    dead_letters: PCollection
    ledger: PCollection


def staged(outputs: DoOutputsTuple, element: type[Any]) -> Staged:
    """Names the outputs of a ParDo with ``with_outputs(LETTERS, LEDGER, main=…)`` and declares their types.

    Beam infers no type for tagged outputs, and would pickle them where they are encoded.
    """
    out, letters, ledger = outputs[outputs._main_tag], outputs[LETTERS], outputs[LEDGER]  # noqa: SLF001 # no accessor
    out.element_type, letters.element_type, ledger.element_type = element, DeadLetterBatch, LedgerDelta
    return Staged(out, letters, ledger)


class Written(NamedTuple):
    """What a sink returns: what it counted after its flush, and the letters of what it could not take."""

    ledger: PCollection
    dead_letters: PCollection | None = None


def written(outputs: DoOutputsTuple) -> Written:
    """Returns what the ParDo of a sink that takes everything put out, typed: ``with_outputs(LEDGER, main=…)``."""
    ledger = outputs[LEDGER]
    ledger.element_type = LedgerDelta
    return Written(ledger)


def written_or_refused(outputs: DoOutputsTuple) -> Written:
    """As ``written``, of a sink that may refuse: ``with_outputs(LETTERS, LEDGER, main=…)``."""
    letters = outputs[LETTERS]
    letters.element_type = DeadLetterBatch
    return Written(written(outputs).ledger, letters)


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
    ended = any(isinstance(control, EndOfInput) for control in batch.controls)
    return DeadLetterBatch(letters=letters, **place(batch)) if letters else None, tallies.delta(
        **place(batch), end=ended
    )


def _count(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more

"""The named outputs of a fallible stage, and how they get their types."""

from typing import Any, Final, NamedTuple

from apache_beam.pvalue import DoOutputsTuple, PCollection

from yangbeam.core.elements import DeadLetterBatch, EndOfInput, LedgerDelta, place
from yangbeam.core.ledger import DELIVERED, Tallies

LETTERS: Final = "dead_letters"
LEDGER: Final = "ledger"


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


def written(outputs: DoOutputsTuple) -> PCollection:
    """Returns what a sink's ParDo with ``with_outputs(LEDGER, main=…)`` counted after its flush, typed."""
    ledger = outputs[LEDGER]
    ledger.element_type = LedgerDelta
    return ledger


def delivered(batch: Any, sink: str) -> LedgerDelta:
    """Returns what a sink tallies for a batch of ``records`` it has written."""
    tallies = Tallies(sink)
    for record in batch.records:
        where = (record.exporter, record.publisher_id, record.subscription_id, record.arrival_us)
        tallies.add(f"{DELIVERED}:{sink}", *where)
    ended = any(isinstance(control, EndOfInput) for control in batch.controls)
    return tallies.delta(**place(batch), end=ended)

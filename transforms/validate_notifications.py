"""ValidateNotifications: bound notifications judged by their schemas, contents too, and transcoded to JSON once."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import (
    Bound,
    BoundBatch,
    DeadLetter,
    DeadLetterBatch,
    EndOfInput,
    Validated,
    ValidatedBatch,
    place,
)
from yangbeam.core.errors import InvalidInstanceError, YangbeamError
from yangbeam.core.ledger import INVALID, MARKED, VALIDATED, Tallies
from yangbeam.core.policy import JUDGED, Policy
from yangbeam.core.schemas import Schemas
from yangbeam.core.set_aside import count_findings, keep_original
from yangbeam.core.validation import STAGE, judgement
from yangbeam.core.vendors import vendor_said
from yangbeam.core.yang.schema import Schema
from yangbeam.transforms.outputs import LEDGER, LETTERS, Staged, staged


class ValidateNotifications(beam.PTransform):
    """Judges each notification by the schema it is bound to; stateless, order kept.

    ``BoundBatch`` to ``ValidatedBatch``. Nodes that no schema has are set aside and counted, and their message goes on;
    originals of some of these travel beside the letters. Letters: what its schema refuses, with path, rule and schema
    id. XML and CBOR become RFC 7951 JSON here, once, by the bound schema.

    Args:
        schemas: Handle on the registered schemas; loaded once per thread and schema.
        policy: What is judged, and what becomes of what fails.
    """

    def __init__(self, schemas: Schemas, policy: Policy) -> None:
        super().__init__()
        self._validate = _Validate(schemas, policy)

    @no_annotations
    def expand(self, batches: PCollection) -> Staged:
        """Applies the stage."""
        validated = batches | "Validate" >> beam.ParDo(self._validate).with_outputs(LETTERS, LEDGER, main="validated")
        return staged(validated, ValidatedBatch)


class _Validate(beam.DoFn):
    def __init__(self, schemas: Schemas, policy: Policy) -> None:
        super().__init__()
        self._schemas = schemas
        self._policy = policy

    def _own(self) -> Schema:
        """Returns the schema of the notifications alone."""
        return self._schemas.schema(self._schemas.resolve("", None, frozenset()))

    def _vendor(self, bound: Bound, schema_of: Callable[[int], Schema]) -> str:
        """Returns whose the exporter is, by the operator's word, else by the modules of its schema."""
        said = vendor_said(bound.notification.message.exporter, self._policy.releases)
        return said or (schema_of(bound.schema_id).vendor if bound.schema_id is not None else "")

    def process(self, batch: BoundBatch) -> Iterator[Any]:
        tallies = Tallies(STAGE)
        judged: list[Validated] = []
        letters: list[DeadLetter] = []
        originals: list[DeadLetter] = []
        kept: list[int] = []
        schema_of = lru_cache(self._schemas.schema)  # asked once per batch: the handle's own cache costs microseconds
        for bound in batch.notifications:
            kept.append(len(judged))
            try:
                found = judgement(bound, schema_of, self._policy, self._own)
            except InvalidInstanceError as error:
                letters.append(_give_up(bound, error, tallies))
                continue
            validated, findings = found.validated, found.findings
            judged.append(validated)
            tallies.add(VALIDATED if validated.verdict in JUDGED else f"{MARKED}:{validated.verdict}", *_where(bound))
            if findings:
                vendor = self._vendor(bound, schema_of) if validated.habits else ""
                count_findings(findings, tallies, _where(bound), vendor)
                original = keep_original(bound.notification, findings, self._policy.originals, tallies, _where(bound))
                originals += () if original is None else (original,)
        kept.append(len(judged))
        controls = [msgspec.structs.replace(control, at=kept[control.at]) for control in batch.controls]
        yield ValidatedBatch(notifications=judged, subscriptions=batch.subscriptions, controls=controls, **place(batch))
        if letters or originals:
            yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, originals=originals, **place(batch)))
        ended = any(isinstance(control, EndOfInput) for control in controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))


def _give_up(bound: Bound, error: YangbeamError, tallies: Tallies) -> DeadLetter:
    tallies.add(INVALID, *_where(bound))
    letter = letter_of_notification(STAGE, bound.notification, error)
    count_dead(letter, tallies, _where(bound))
    return letter


def _where(bound: Bound) -> tuple[str, int | None, int | None, int]:
    notification = bound.notification
    message = notification.message
    return message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us

"""Validate: which bound notifications are what their schemas say, and what of them is published."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import Bound, BoundBatch, DeadLetter, Validated, ValidatedBatch, place
from yangbeam.core.errors import InvalidInstanceError, YangbeamError
from yangbeam.core.ledger import INVALID, MARKED, VALIDATED, Tallies
from yangbeam.core.policy import JUDGED, Policy
from yangbeam.core.schemas import Schemas
from yangbeam.core.set_aside import count_findings, keep_original
from yangbeam.core.stage import StepResult, moved
from yangbeam.core.validation import STAGE, judgement
from yangbeam.core.vendors import vendor_said
from yangbeam.core.yang.schema import Schema


@dataclass(frozen=True, slots=True)
class Validate:
    """``BoundBatch`` to ``ValidatedBatch``; stateless, order kept.

    Nodes that no schema has are set aside and counted, and their message goes on; originals of some of these travel
    beside the letters. Letters: what its schema refuses, with path, rule and schema id.

    Attributes:
        schemas: Handle on the registered schemas; loaded once per thread and schema.
        policy: What is judged, and what becomes of what fails.
    """

    schemas: Schemas
    policy: Policy

    def step(self, batch: BoundBatch) -> StepResult:
        """Returns what is published of a batch."""
        tallies = Tallies(STAGE)
        judged: list[Validated] = []
        letters: list[DeadLetter] = []
        originals: list[DeadLetter] = []
        kept: list[int] = []
        schema_of = lru_cache(self.schemas.schema)  # asked once per batch: the handle's own cache costs microseconds
        for bound in batch.notifications:
            kept.append(len(judged))
            try:
                found = judgement(bound, schema_of, self.policy, self._own)
            except InvalidInstanceError as error:
                letters.append(_give_up(bound, error, tallies))
                continue
            validated, findings = found.validated, found.findings
            judged.append(validated)
            tallies.add(VALIDATED if validated.verdict in JUDGED else f"{MARKED}:{validated.verdict}", *_where(bound))
            if findings:
                vendor = self._vendor(bound, schema_of) if validated.habits else ""
                count_findings(findings, tallies, _where(bound), vendor)
                original = keep_original(bound.notification, findings, self.policy.originals, tallies, _where(bound))
                originals += () if original is None else (original,)
        kept.append(len(judged))
        controls = moved(batch.controls, kept)
        out = ValidatedBatch(notifications=judged, subscriptions=batch.subscriptions, controls=controls, **place(batch))
        return StepResult(out, tallies, letters, originals)

    def _vendor(self, bound: Bound, schema_of: Callable[[int], Schema]) -> str:
        """Returns whose the exporter is, by the operator's word, else by the modules of its schema."""
        said = vendor_said(bound.notification.message.exporter, self.policy.releases)
        return said or (schema_of(bound.schema_id).vendor if bound.schema_id is not None else "")

    def _own(self) -> Schema:
        """Returns the schema of the notifications alone."""
        return self.schemas.schema(self.schemas.resolve("", None, frozenset()))


def _give_up(bound: Bound, error: YangbeamError, tallies: Tallies) -> DeadLetter:
    tallies.add(INVALID, *_where(bound))
    letter = letter_of_notification(STAGE, bound.notification, error)
    count_dead(letter, tallies, _where(bound))
    return letter


def _where(bound: Bound) -> tuple[str, int | None, int | None, int]:
    notification = bound.notification
    message = notification.message
    return message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us
